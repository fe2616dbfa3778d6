"""Whether quotas took the place back when the stay ended."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute("alter table application add column gave_back boolean not null default false")


def downgrade() -> None:
    op.execute("alter table application drop column gave_back")
