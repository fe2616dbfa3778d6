"""What a batch locks and loads: a constant number of statements, however large it is.

Locks are taken in the one order of `store.locks`. Call it inside a savepoint: where it turns out that more has to be locked, everything is
let go and taken again in order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from services.quotas.domain import reach
from services.quotas.domain.commands import Command, OfApplication, RequestPlace, SetLimit
from services.quotas.domain.limits import CELL, NO_COUNTRY, PERSON, Named, named
from services.quotas.domain.model import WAITING, Books, CellState, Limit, Listed, Needs, PlaceState
from services.quotas.store import locks, ranks
from services.quotas.store.terms import load_terms
from shared.kernel.cells import Cell as CellName

Connection = "asyncpg.Connection[Any]"

_CELLS: Final = (
    "select key, programme, country, year, listed, target, free, offered, taken, waiting, last_decision, last_hash, served, closed, "
    "settled "
    "from cell where key = any($1::text[]) order by key for no key update"
)
_MAKE_CELLS: Final = (
    "insert into cell (key, programme, country, year, listed) "
    "select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bool[]) as made (key) order by made.key on conflict do nothing"
)
_PLACE: Final = (
    "application, person, cell, state, application_version, version, decision, score, submitted_at, parts, course, channel, "
    "nominated, ended, position, answer_by, reason, reason_limit, decided_at"
)
_PLACES: Final = (
    f"select {_PLACE}, false from place where application = any($1::uuid[]) "  # noqa: S608 - a constant
    f"union all select first.*, true from unnest($2::text[], $3::int[]) as list (key, most) cross join lateral (select {_PLACE} "
    "from place where cell = list.key and state = 'waiting' order by -score, submitted_at, application limit list.most) as first"
)
_LET_GO: Final = "select application, cell, person, course, channel from place where application = any($1::uuid[])"
_WAITING_PERSONS: Final = "select 'person:' || person, cell from place where person = any($1::uuid[]) and state = 'waiting'"
_WAITING_FOR: Final = """
    select k.key, c.key from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[]) as k (key, programme, country, year, course)
    join cell c on c.programme = k.programme and c.waiting > 0 and (k.country is null or c.country = k.country)
        and (k.year is null or c.year = k.year)
    cross join lateral (
        select where k.course is null
        union all (select from place p where p.cell = c.key and p.state = 'waiting' and p.course = k.course limit 1)
    ) as somebody
"""
_OF_LIMITS: Final = """
    select c.key from unnest($1::text[], $2::text[], $3::int[]) as k (programme, country, year)
    join cell c on c.programme = k.programme and (k.country is null or c.country = k.country) and (k.year is null or c.year = k.year)
"""
_LIMITS: Final = (
    "select key, kind, capacity, used, version, fixed from limit_counter where key = any($1::text[]) order by key for no key update"
)
_POOLS: Final = "select programme, balance from account where key = any($1::text[]) order by key for no key update"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is locked and loaded besides what the commands themselves name; grows until the decision needs no more."""

    cells: frozenset[str] = frozenset()
    limits: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    spare: int = reach.SPARE
    gaining: frozenset[str] = frozenset()
    pools: frozenset[str] = frozenset()
    programmes: frozenset[str] = frozenset()
    """Those in which cells are made that no plan has."""

    def and_also(self, needs: Needs) -> "Wanted":
        return Wanted(
            self.cells | needs.cells,
            self.limits | needs.limits,
            self.lists | needs.lists,
            self.whole | needs.whole,
            self.spare * (reach.SPARE_GROWS if needs.further else 1),
            self.gaining | needs.gaining,
            self.pools | needs.pools,
            self.programmes | needs.programmes,
        )


class _LetGo(NamedTuple):
    """What of a place says on which limits it draws."""

    application: UUID
    cell: str
    person: UUID
    course: str | None
    channel: str | None


async def first_wanted(connection: "asyncpg.Connection[Any]", commands: Sequence[Command]) -> Wanted:
    """What the commands make it likely to need, looked up without a lock."""
    gaining = await _that_gain(connection, commands)
    elsewhere = await _elsewhere(connection, gaining)
    cells = reach.cells_named(commands).union(await _of_limits(connection, commands), *elsewhere.values())
    return Wanted(cells=cells, gaining=gaining, pools=reach.pools_drawn_on(commands))


async def _of_limits(connection: "asyncpg.Connection[Any]", commands: Sequence[Command]) -> set[str]:
    """The cells that draw on the limits of several cells whose capacity is set.

    One that nobody drew on yet is no row that could be locked: whoever begins to wait for it meanwhile holds a cell, and is seen so.
    """
    limits = [limit for one in commands if isinstance(one, SetLimit) and (limit := named(one.key)) is not None and limit.kind.crosses]
    if not limits:
        return set()
    countries, years = [None if one.country == NO_COUNTRY else one.country for one in limits], [one.year or None for one in limits]
    return {row[0] for row in await connection.fetch(_OF_LIMITS, [one.programme for one in limits], countries, years)}


async def _that_gain(connection: "asyncpg.Connection[Any]", commands: Sequence[Command]) -> frozenset[str]:
    applications = [command.application for command in reach.that_let_go(commands)]
    rows = await connection.fetch(_LET_GO, applications) if applications else []
    places = {row[0]: _LetGo(*row) for row in rows}
    cells = {place.cell: CellName.parse(place.cell) for place in places.values()}
    terms = await load_terms(connection, {cell.programme for cell in cells.values()}) if cells else {}
    shown = {key: Named(CELL, cell.programme, cell.country, cell.year) for key, cell in cells.items()}
    return reach.limits_that_gain(shown, terms, places, commands)


async def load(connection: "asyncpg.Connection[Any]", commands: Sequence[Command], wanted: Wanted) -> Books | Needs:
    """Lock and load; `Needs` where a cell, or what stands before cells, has to be locked besides, found only under the locks.

    Raises `Waits` for a programme that was not published yet, `ValueError` for a key that is none of a cell.
    """
    if wanted.programmes:
        await locks.still(connection, wanted.programmes)
    cells = {row[0]: CellState(*row) for row in await connection.fetch(_CELLS, sorted(wanted.cells))}
    unknown = wanted.cells.difference(cells)
    making = frozenset(key.partition(":")[0] for key in unknown) - wanted.programmes
    if making:
        return Needs(programmes=making)
    terms = await load_terms(connection, {key.partition(":")[0] for key in wanted.cells})
    if unknown:
        await _make_cells(connection, unknown)
        cells = {row[0]: CellState(*row) for row in await connection.fetch(_CELLS, sorted(wanted.cells))}
    most = reach.lists_to_load(cells, terms, commands, besides=wanted.lists, whole=wanted.whole, spare=wanted.spare)
    places, lists = await _places(connection, commands, most)
    keys = reach.limits_to_lock(cells, terms, places, lists, commands, wanted.spare) | wanted.limits
    limits = await _limits(connection, keys)
    elsewhere = await _elsewhere(connection, wanted.gaining)
    new_cells = frozenset().union(*elsewhere.values()) - wanted.cells
    if new_cells:
        return Needs(cells=new_cells)
    lists |= await _ahead(connection, commands, cells, places, lists)
    pools = await _pools(connection, wanted.pools)
    return Books(terms, cells, limits, places, lists, elsewhere, pools)


async def _make_cells(connection: "asyncpg.Connection[Any]", keys: Iterable[str]) -> None:
    """Rows for cells that no plan has: what is asked of them is refused, and the refusal has a chain to stand in."""
    made = [CellName.parse(key) for key in sorted(keys)]
    await connection.execute(
        _MAKE_CELLS,
        [cell.key for cell in made],
        [cell.programme for cell in made],
        [cell.country for cell in made],
        [cell.year for cell in made],
        [False for _ in made],
    )


async def _places(
    connection: "asyncpg.Connection[Any]", commands: Iterable[Command], most: Mapping[str, int]
) -> tuple[dict[UUID, PlaceState], dict[str, Listed]]:
    """The places of the commands' applications, and of each list as many of those who come first."""
    applications = [command.application for command in commands if isinstance(command, OfApplication)]
    places: dict[UUID, PlaceState] = {}
    waiters: dict[str, list[PlaceState]] = {key: [] for key in most}
    if applications or most:
        for row in await connection.fetch(_PLACES, applications, list(most), list(most.values())):
            *columns, of_list = row
            columns[9] = tuple(columns[9])
            place = PlaceState(*columns)
            if of_list:
                waiters[place.cell].append(place)
            else:
                places[place.application] = place
    return places, {key: Listed(tuple(found)) for key, found in waiters.items()}


async def _ahead(
    connection: "asyncpg.Connection[Any]",
    commands: Iterable[Command],
    cells: Mapping[str, CellState],
    places: Mapping[UUID, PlaceState],
    lists: Mapping[str, Listed],
) -> dict[str, Listed]:
    """The lists that are longer than what was loaded of them and that somebody new may join, with how many stand before each newcomer."""
    longer = {key for key, listed in lists.items() if len(listed.first) < cells[key].waiting}
    joining = [one for one in commands if isinstance(one, RequestPlace) and one.cell in longer]
    newcomers = [one for one in joining if (place := places.get(one.application)) is None or place.state != WAITING]
    if not newcomers:
        return {}
    ahead = await ranks.ahead_of(connection, newcomers)
    return {key: replace(lists[key], ahead=ahead) for key in {one.cell for one in newcomers}}


async def _limits(connection: "asyncpg.Connection[Any]", keys: Collection[str]) -> dict[str, Limit]:
    """The counters, locked; one that nobody drew on yet is no row, and `save` finds out whether that is still so."""
    if not keys:
        return {}
    found = {row[0]: Limit(*row) for row in await connection.fetch(_LIMITS, list(keys))}
    return found | {key: Limit(key, key.partition(":")[0], None, 0, 0) for key in keys if key not in found}


async def _elsewhere(connection: "asyncpg.Connection[Any]", keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Limit -> the cells in which somebody waits who draws on it. Asked again under the limits' locks, nobody can join unseen."""
    found: dict[str, list[str]] = {key: [] for key in keys}
    limits = {key: limit for key in keys if (limit := named(key)) is not None}
    persons = [limit.person for limit in limits.values() if limit.kind is PERSON]
    if persons:
        for key, cell in await connection.fetch(_WAITING_PERSONS, persons):
            found[key].append(cell)
    others = [(key, limit) for key, limit in limits.items() if limit.kind is not PERSON]
    if others:
        columns = [
            [key for key, _limit in others],
            [limit.programme for _key, limit in others],
            [None if limit.country == NO_COUNTRY else limit.country for _key, limit in others],
            [limit.year or None for _key, limit in others],
            [limit.course for _key, limit in others],
        ]
        for key, cell in await connection.fetch(_WAITING_FOR, *columns):
            found[key].append(cell)
    return {key: tuple(cells) for key, cells in found.items()}


async def _pools(connection: "asyncpg.Connection[Any]", programmes: Collection[str]) -> dict[str, int]:
    if not programmes:
        return {}
    rows = await connection.fetch(_POOLS, [f"pool:{programme}" for programme in sorted(programmes)])
    return dict.fromkeys(programmes, 0) | {row["programme"]: row["balance"] for row in rows}
