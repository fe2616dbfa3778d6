"""The tables of messaging."""

from alembic import op

from shared.messaging.tables import DDL, TABLES

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    for table in sorted(TABLES):
        op.execute(f"drop table {table}")
