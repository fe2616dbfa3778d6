"""What was pledged and what became of it: every cell of a plan with its figures, and their sums. Reads only, no people.

A country that a programme is for has a line for every year, also where it has no place and where nothing was decided.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Row, text

from services.quotas import views
from services.quotas.domain.model import GENESIS
from services.quotas.rows import ProgrammeRow
from services.quotas.tally import tally
from shared.events.applications import Names
from shared.kernel.cells import Cell
from shared.persistence.database import Tx

Key = TypeVar("Key")

GROUPS: Final = ("LDC", "LLDC", "SIDS")
"""The groups whose needs the plan considers. A country may be in several, or in one for some years only."""
NO_GROUP: Final = "none"

_ASKED: Final = "c.listed and (cast(:programme as text) is null or c.programme = :programme)"
_CELLS: Final = text(f"""
    with ended as (
        select t.cell, sum(t.count) as n from ({tally(_ASKED)}) as t where t.outcome = 'ended' group by t.cell
    ), closed as (
        select d.cell, min(d.number) as number from decision d join cell c on c.key = d.cell
        where d.outcome = 'target_set' and cast(d.record as jsonb) ->> 'cause' = 'year_closed' and {_ASKED} group by d.cell
    ), unused as (
        select t.cell, sum(t.count) filter (where starts_with(t.target, 'lapsed:')) as lapsed,
            sum(t.count) filter (where starts_with(t.target, 'pool:')) as rolled_over
        from transfer t join closed on closed.cell = t.cell and t.decision >= closed.number
        where starts_with(t.target, 'lapsed:') or starts_with(t.target, 'pool:') group by t.cell
    )
    select c.key, c.programme, c.country, c.year, c.target, c.offered, c.taken, c.free, c.waiting, coalesce(e.n, 0) as ended,
        coalesce(u.lapsed, 0) as lapsed, coalesce(u.rolled_over, 0) as rolled_over, c.last_decision, c.last_hash, d.at as last_at
    from cell c left join ended e on e.cell = c.key left join unused u on u.cell = c.key
        left join decision d on d.cell = c.key and d.number = c.last_decision
    where {_ASKED} order by c.key
""")  # noqa: S608 - built of the constants above


@dataclass(frozen=True, slots=True)
class Figures:
    """Places of one cell or of many: `allotted` to countries; of these `offered`, `taken` (`ended` of those), `free`; people `waiting`.

    Of a year that was closed nobody has the places that were free then or came back later: they `lapsed`, or `rolled_over` into the pool,
    and are allotted no more.
    """

    allotted: int = 0
    offered: int = 0
    taken: int = 0
    ended: int = 0
    free: int = 0
    waiting: int = 0
    lapsed: int = 0
    rolled_over: int = 0

    @property
    def held(self) -> int:
        return self.offered + self.taken


FIGURES: Final = tuple(one.name for one in fields(Figures))
NOTHING: Final = Figures()


@dataclass(frozen=True, slots=True)
class Line:
    """A country's places in a programme's year. `last_decision` and `last_hash` are the head of its chain of decisions."""

    key: str
    programme: str
    country: str
    year: int
    names: Names
    groups: tuple[str, ...]
    tile: tuple[int, int]
    figures: Figures
    last_decision: int
    last_hash: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Books:
    """Programmes and the lines of all their countries and years, by programme, year and country's code."""

    programmes: tuple[ProgrammeRow, ...]
    lines: tuple[Line, ...]

    def of(self, programme: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.programme == programme)

    @property
    def last(self) -> Line | None:
        """The line in which the last decision was made."""
        decided = [line for line in self.lines if line.last_at is not None]
        return max(decided, key=lambda line: (line.last_at, line.key), default=None)


async def books(tx: Tx, programme: str | None = None) -> Books:
    """The books of every programme, or of one; in two statements, however many countries, years and decisions there are."""
    known = await views.programmes_with_countries(tx, programme)
    rows = {row.key: row for row in await tx.execute(_CELLS, {"programme": programme})}
    lines = [
        _line(Cell(one.code, country.code, year), country.names, tuple(country.groups.get(year, ())), country.tile, rows)
        for one, countries in known
        for year in one.years
        for country in sorted(countries, key=lambda country: country.code)
    ]
    return Books(tuple(one for one, _countries in known), tuple(lines))


def _line(cell: Cell, names: Names, groups: tuple[str, ...], tile: tuple[int, int], rows: Mapping[str, Row[Any]]) -> Line:
    row = rows.get(cell.key)
    if row is None:
        return Line(cell.key, cell.programme, cell.country, cell.year, names, groups, tile, NOTHING, 0, GENESIS, None)
    counts = row.target, row.offered, row.taken, int(row.ended), row.free, row.waiting, int(row.lapsed), int(row.rolled_over)
    figures = Figures(*counts)
    return Line(
        cell.key, cell.programme, cell.country, cell.year, names, groups, tile, figures, row.last_decision, row.last_hash, row.last_at
    )


def total(lines: Iterable[Line]) -> Figures:
    """The sums over the lines."""
    found = [line.figures for line in lines]
    return Figures(**{name: sum(getattr(one, name) for one in found) for name in FIGURES})


def by(lines: Sequence[Line], key: Callable[[Line], Key]) -> dict[Key, tuple[Line, ...]]:
    """The lines that share a key, the keys in the order in which they come."""
    found: dict[Key, list[Line]] = {}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return {one: tuple(of_it) for one, of_it in found.items()}


def by_group(lines: Sequence[Line]) -> dict[str, tuple[Line, ...]]:
    """The lines of each group, and of none; a country that is in two groups that year counts in both."""
    found = {group: tuple(line for line in lines if group in line.groups) for group in GROUPS}
    return found | {NO_GROUP: tuple(line for line in lines if not set(line.groups) & set(GROUPS))}
