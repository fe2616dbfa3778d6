"""The last version heard of subjects that are not applications."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("create table subject_state (subject text primary key, heard integer not null)")


def downgrade() -> None:
    op.execute("drop table subject_state")
