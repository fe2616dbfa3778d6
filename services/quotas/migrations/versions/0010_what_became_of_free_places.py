"""What the report of a closed year looks for: the decision that closed it, and the places that left its cells."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("create index decision_target_set on decision (cell, number) where outcome = 'target_set'")
    op.execute("create index transfer_out_of_cell on transfer (cell) where starts_with(target, 'lapsed:') or starts_with(target, 'pool:')")


def downgrade() -> None:
    op.execute("drop index transfer_out_of_cell")
    op.execute("drop index decision_target_set")
