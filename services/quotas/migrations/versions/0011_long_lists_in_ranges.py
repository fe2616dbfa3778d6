"""Long waiting lists are counted in ranges of rank, so that a newcomer's position is found without going through the list.

The list's index is by what ranks are compared by. Rows are rewritten by no statement here; the index is made anew.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

DDL = (
    """
    create table list_range (
        cell text collate "C" not null,
        minus_score integer not null,
        submitted_at timestamptz not null,
        application uuid not null,
        count integer not null constraint list_range_count check (count > 0),
        primary key (cell, minus_score, submitted_at, application)
    )
    """,
    "create index place_rank_list on place (cell, (-score), submitted_at, application) include (score) where state = 'waiting'",
    "drop index place_list",
    "alter index place_rank_list rename to place_list",
    """
    insert into list_range (cell, minus_score, submitted_at, application, count)
    select cell, minus_score, submitted_at, application, least(256, inside - number) from (
        select p.cell, -p.score as minus_score, p.submitted_at, p.application, count(*) over (partition by p.cell) as inside,
            row_number() over (partition by p.cell order by -p.score, p.submitted_at, p.application) - 1 as number
        from place p join cell c on c.key = p.cell and c.waiting > 1024 where p.state = 'waiting'
    ) as ranked where number % 256 = 0
    """,
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table list_range")
    op.execute("drop index place_list")
    op.execute("create index place_list on place (cell, score desc, submitted_at, application) where state = 'waiting'")
