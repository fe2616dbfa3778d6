"""The movements of a cell's places are found by an index, and those that came from another cell, which are few, by one of their own: each
page of a cell read the movements of all cells.

How long writes wait for it is in docs/operations.md, "Upgrade".
"""

from alembic import op

revision = "0014"
down_revision = "0013"

BETWEEN = "starts_with(source, 'free:') and starts_with(target, 'free:')"


def upgrade() -> None:
    op.execute("create index transfer_of_cell on transfer (cell, id)")
    op.execute(f"create index transfer_between_cells on transfer (target, id) where {BETWEEN}")


def downgrade() -> None:
    op.execute("drop index transfer_between_cells")
    op.execute("drop index transfer_of_cell")
