"""Whether anybody waits for a course is one look into an index; where nobody did, the whole list of each cell was gone through.

Not `concurrently`: that cannot be done within the transaction of a migration, and would wait for the processes that wait for that one's lock. How long
writes wait for it is in docs/operations.md, "Upgrade".
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("create index place_course_waiter on place (cell, course) where state = 'waiting' and course is not null")


def downgrade() -> None:
    op.execute("drop index place_course_waiter")
