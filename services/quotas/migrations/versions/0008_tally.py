"""Decisions counted by day, so that a trend over a year of decisions is read in a few rows."""

from alembic import op

revision = "0008"
down_revision = "0007"

DDL = (
    """
    create table day_count (
        cell text collate "C" not null,
        day date not null,
        outcome text not null,
        count integer not null constraint day_count_count check (count > 0),
        primary key (cell, day, outcome)
    )
    """,
    """
    create table counted_cell (
        cell text collate "C" primary key,
        number integer not null constraint counted_cell_number check (number > 0)
    )
    """,
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    for table in ("counted_cell", "day_count"):
        op.execute(f"drop table {table}")
