"""Kept answers come in the order of their time and go so: an index of ranges finds the old ones, and costs a submission next to nothing."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("drop index idempotency_key_created_at")
    op.execute("create index idempotency_key_created_at on idempotency_key using brin (created_at) with (autosummarize = on)")


def downgrade() -> None:
    op.execute("drop index idempotency_key_created_at")
    op.execute("create index idempotency_key_created_at on idempotency_key (created_at)")
