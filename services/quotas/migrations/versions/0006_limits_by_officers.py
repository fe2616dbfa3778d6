"""Limits whose capacity officers have set."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("alter table limit_counter add column fixed integer constraint limit_counter_fixed check (fixed >= 0)")


def downgrade() -> None:
    op.execute("alter table limit_counter drop column fixed")
