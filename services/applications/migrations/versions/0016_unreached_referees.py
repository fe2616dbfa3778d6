"""Referees whom the last mail did not reach."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("alter table referee add column mailed uuid, add column unreached_at timestamptz")


def downgrade() -> None:
    op.execute("alter table referee drop column mailed, drop column unreached_at")
