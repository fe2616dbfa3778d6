"""Decisions counted by cell, day and outcome: what trends and reports read instead of every decision.

The counts follow from the chains, so they can be thrown away. A sweep keeps them close behind; a read adds what was decided since, so
that it is exact at any moment, only slower where nobody has counted yet.
"""

from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import text

from shared.persistence.database import Tx

CELLS: Final = 200
DECISIONS: Final = 5_000
"""So many decisions of a cell are counted at once."""


def tally(cells: str) -> str:
    """SQL of every count of the cells that a condition on `c` chooses, with what was decided since the last counting."""
    return f"""
        select c.key as cell, n.day, n.outcome, n.count from cell c join day_count n on n.cell = c.key where {cells}
        union all
        select c.key, cast(d.at at time zone 'UTC' as date), d.outcome, 1
        from cell c left join counted_cell k on k.cell = c.key
        join decision d on d.cell = c.key and d.number > coalesce(k.number, 0) and d.number <= c.last_decision
        where c.last_decision > coalesce(k.number, 0) and {cells}
    """  # noqa: S608 - built of constants


_ONE_AT_A_TIME: Final = text("select pg_try_advisory_xact_lock(hashtext('quotas.day_count'))")
_COUNT: Final = text("""
    with due as materialized (
        select c.key, coalesce(k.number, 0) as after, least(c.last_decision, coalesce(k.number, 0) + :decisions) as upto
        from cell c left join counted_cell k on k.cell = c.key
        where c.last_decision > coalesce(k.number, 0) order by c.key limit :cells
    ), fresh as (
        select d.cell, cast(d.at at time zone 'UTC' as date) as day, d.outcome, count(*) as n
        from due join decision d on d.cell = due.key and d.number > due.after and d.number <= due.upto group by 1, 2, 3
    ), added as (
        insert into day_count (cell, day, outcome, count) select cell, day, outcome, n from fresh
        on conflict (cell, day, outcome) do update set count = day_count.count + excluded.count
    )
    insert into counted_cell (cell, number) select key, upto from due
    on conflict (cell) do update set number = excluded.number
""")
_FLOW: Final = text(f"""
    select t.day, t.outcome, sum(t.count) as n from ({tally("c.programme = :programme and c.year = :year and c.listed")}) as t
    where t.outcome in ('offered', 'taken', 'released') group by t.day, t.outcome order by t.day, t.outcome
""")  # noqa: S608 - built of constants


class DayRow(NamedTuple):
    """So many decisions of an outcome (`offered`, `taken`, `released`) on a day (UTC)."""

    day: date
    outcome: str
    number: int


async def count(tx: Tx) -> int:
    """Count a bounded portion of what was decided since. Answers how many cells it went on in; 0 where another process counts."""
    if not (await tx.execute(_ONE_AT_A_TIME)).scalar_one():
        return 0
    done = await tx.execute(_COUNT, {"cells": CELLS, "decisions": DECISIONS})
    return int(done.rowcount)  # type: ignore[attr-defined] # an insert's result has it


async def flow(tx: Tx, programme: str, year: int) -> tuple[DayRow, ...]:
    """The places that were offered, taken and given back on each day, of a programme's year."""
    rows = await tx.execute(_FLOW, {"programme": programme, "year": year})
    return tuple(DayRow(row.day, row.outcome, int(row.n)) for row in rows)
