"""The courses that a person listed, in their order; an application from before has its one course where it was."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute("alter table application add column courses text[] not null default '{}'")


def downgrade() -> None:
    op.execute("alter table application drop column courses")
