"""How many wait ahead of somebody, without going through the list: long lists are counted in ranges of rank.

A list that grows longer than `LONG` has rows in `list_range`: each counts whoever ranks from its first rank up to the next one's, and the
first one those who rank before it as well. So a newcomer's position is a sum of counts and a look into one range. A range that outgrows
`MOST` is made several of `FEW`; one in which nobody is left goes. A list that shrinks to half of `LONG` is counted as it stands again.
Everything here happens under the cell's lock.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg

from services.quotas.domain.model import Books, Moved, Rank, Verdict
from services.quotas.store.columns import columns

LONG: Final = 1_024
FEW: Final = 256
MOST: Final = 2 * FEW

_BEFORE_ALL: Final[Rank] = (-(2**31), datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))
_BEHIND_ALL: Final[Rank] = (2**31 - 1, datetime(9999, 12, 31, tzinfo=UTC), UUID(int=2**128 - 1))

_RANGES: Final = """
    select cell, minus_score, submitted_at, application, count from list_range where cell = any($1::text[])
    order by cell, minus_score, submitted_at, application
"""
_INSIDE: Final = """
    select (
        select count(*) from place p where p.cell = n.cell and p.state = 'waiting'
            and (-p.score, p.submitted_at, p.application) >= (n.from_score, n.from_at, n.from_application)
            and (-p.score, p.submitted_at, p.application) < (n.to_score, n.to_at, n.to_application)
    ) from unnest($1::text[], $2::int[], $3::timestamptz[], $4::uuid[], $5::int[], $6::timestamptz[], $7::uuid[])
        with ordinality as n (cell, from_score, from_at, from_application, to_score, to_at, to_application, turn) order by n.turn
"""
_BETWEEN: Final = """
    select application from place where cell = $1 and state = 'waiting'
        and (-score, submitted_at, application) >= ($2::int, $3::timestamptz, $4::uuid)
        and (-score, submitted_at, application) < ($5::int, $6::timestamptz, $7::uuid)
    order by -score, submitted_at, application limit $8
"""
_CHANGE: Final = """
    with gone as (
        delete from list_range r using unnest($1::text[], $2::int[], $3::timestamptz[], $4::uuid[])
            as v (cell, minus_score, submitted_at, application)
        where (r.cell, r.minus_score, r.submitted_at, r.application) = (v.cell, v.minus_score, v.submitted_at, v.application)
    )
    update list_range r set count = v.count from unnest($5::text[], $6::int[], $7::timestamptz[], $8::uuid[], $9::int[])
        as v (cell, minus_score, submitted_at, application, count)
    where (r.cell, r.minus_score, r.submitted_at, r.application) = (v.cell, v.minus_score, v.submitted_at, v.application)
"""
_MAKE: Final = """
    insert into list_range (cell, minus_score, submitted_at, application, count)
    select cell, minus_score, submitted_at, application, least($8, inside - number) from (
        select n.cell, -p.score as minus_score, p.submitted_at, p.application, count(*) over (partition by n.turn) as inside,
            row_number() over (partition by n.turn order by -p.score, p.submitted_at, p.application) - 1 as number
        from unnest($1::text[], $2::int[], $3::timestamptz[], $4::uuid[], $5::int[], $6::timestamptz[], $7::uuid[])
            with ordinality as n (cell, from_score, from_at, from_application, to_score, to_at, to_application, turn)
        join place p on p.cell = n.cell and p.state = 'waiting'
            and (-p.score, p.submitted_at, p.application) >= (n.from_score, n.from_at, n.from_application)
            and (-p.score, p.submitted_at, p.application) < (n.to_score, n.to_at, n.to_application)
    ) as ranked where number % $8 = 0
"""


@dataclass(slots=True)
class Ranges:
    """One list's ranges in their order: the first rank of each, and how many wait in it. A list without any is one range."""

    firsts: list[Rank] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def home(self, rank: Rank) -> int:
        """The number of the range in which that rank is counted."""
        return max(0, bisect_right(self.firsts, rank) - 1)

    def start(self, number: int) -> Rank:
        return self.firsts[number] if number else _BEFORE_ALL

    def end(self, number: int) -> Rank:
        """The first rank that is in it no longer."""
        return self.firsts[number + 1] if number + 1 < len(self.firsts) else _BEHIND_ALL

    def counted(self, moved: Iterable[Moved]) -> dict[int, int]:
        """The ranges that somebody came to or went from, by number, with how many wait there now."""
        found: dict[int, int] = {}
        for one in moved:
            number = self.home((one.minus_score, one.submitted_at, one.application))
            found[number] = found.get(number, self.counts[number]) + one.by
        return found


class Ranked(Protocol):
    """An application with what it ranks by in its cell."""

    @property
    def cell(self) -> str: ...
    @property
    def application(self) -> UUID: ...
    @property
    def score(self) -> int: ...
    @property
    def submitted_at(self) -> datetime: ...


async def ahead_of(connection: "asyncpg.Connection[Any]", newcomers: Sequence[Ranked]) -> dict[UUID, int]:
    """How many wait in each one's cell who rank before them, by application; whoever waits already is not ahead of themselves."""
    ranges = await _ranges(connection, {one.cell for one in newcomers})
    sums = {cell: [0, *accumulate(found.counts)] for cell, found in ranges.items()}
    asked: list[tuple[str, Rank, Rank]] = []
    before: list[int] = []
    for one in newcomers:
        found, rank = ranges[one.cell], (-one.score, one.submitted_at, one.application)
        number = found.home(rank)
        before.append(sums[one.cell][number])
        asked.append((one.cell, found.start(number), rank))
    inside = await connection.fetch(_INSIDE, *_bounds(asked))
    return {one.application: ahead + row[0] for one, ahead, row in zip(newcomers, before, inside, strict=True)}


async def between(connection: "asyncpg.Connection[Any]", one: Ranked, other: Ranked, most: int) -> tuple[UUID, ...]:
    """Who waits in their cell and ranks before the other one, but not before the first; the best ranked of them, `most` at the utmost."""
    ranks = ((who.cell, (-who.score, who.submitted_at, who.application)) for who in (one, other))
    (cell, start), (_cell, end) = ranks
    return tuple(row[0] for row in await connection.fetch(_BETWEEN, cell, *start, *end, most))


async def keep(connection: "asyncpg.Connection[Any]", loaded: Books, verdict: Verdict) -> None:
    """Count who came to long lists and who went from them; the places themselves are written before."""
    waiting = {cell.key: cell.waiting for cell in verdict.cells}
    long: dict[str, list[Moved]] = {}
    for one in verdict.moved:
        if max(loaded.cells[one.cell].waiting, waiting[one.cell]) > LONG // 2:
            long.setdefault(one.cell, []).append(one)
    if not long:
        return
    changed: list[tuple[object, ...]] = []
    gone: list[tuple[object, ...]] = []
    made: list[tuple[str, Rank, Rank]] = []
    for cell, found in (await _ranges(connection, long)).items():
        if waiting[cell] <= LONG // 2:
            gone += [(cell, *first) for first in found.firsts]
        elif found.firsts:
            for number, count in found.counted(long[cell]).items():
                if 0 < count <= MOST:
                    changed.append((cell, *found.firsts[number], count))
                    continue
                gone.append((cell, *found.firsts[number]))
                if count:
                    made.append((cell, found.start(number), found.end(number)))
        elif waiting[cell] > LONG:
            made.append((cell, _BEFORE_ALL, _BEHIND_ALL))
    await connection.execute(_CHANGE, *columns(4, gone), *columns(5, changed))
    if made:
        await connection.execute(_MAKE, *_bounds(made), FEW)


async def _ranges(connection: "asyncpg.Connection[Any]", cells: Collection[str]) -> dict[str, Ranges]:
    """The ranges of these cells' lists; none in those that are short."""
    found = {cell: Ranges() for cell in cells}
    for cell, *rank, count in await connection.fetch(_RANGES, list(cells)):
        found[cell].firsts.append((rank[0], rank[1], rank[2]))
        found[cell].counts.append(count)
    return found


def _bounds(asked: Iterable[tuple[str, Rank, Rank]]) -> list[Sequence[object]]:
    return columns(7, ((cell, *start, *end) for cell, start, end in asked))
