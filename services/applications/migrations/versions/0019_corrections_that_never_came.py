"""What was sent back is found by its day; a withdrawn application names that day only where nobody corrected it in time."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute("create index application_uncorrected on application (correct_by, id) where state = 'returned'")
    op.execute("update application set correct_by = null where state = 'withdrawn' and correct_by is not null")
    # Until now nothing ended on that day, so nobody was told that it would: those whose day is over already have two more weeks.
    op.execute("update application set correct_by = current_date + 14 where state = 'returned' and correct_by <= current_date")


def downgrade() -> None:
    op.execute("drop index application_uncorrected")
