"""Events that were dropped are found by an index: every batch asks whether one of them comes again."""

from alembic import op

from shared.messaging.tables import DROPPED

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(DROPPED)


def downgrade() -> None:
    op.execute("drop index parked_event_dropped")
