"""Which offer's deadline was told to have passed, and a quick look for those that are due."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("alter table application add column passed_version integer")
    op.execute("create index application_due on application (answer_by) where state = 'offered'")


def downgrade() -> None:
    op.execute("drop index application_due")
    op.execute("alter table application drop column passed_version")
