"""What those who wait lack now, by the same rules as the decision's: for lists, for the person who waits, and for the live check."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.quotas.domain.limits import BY_NAME, CELL, KINDS, PLACE_KINDS, Named, keys_of
from services.quotas.domain.terms import Terms
from services.quotas.store.terms import load_terms
from shared.kernel.cells import Cell

_WAITERS = (
    "select p.application, p.person, p.course, p.channel, p.parts, c.programme, c.country, c.year, c.target, c.free "
    "from place p join cell c on c.key = p.cell where p.application = any($1::uuid[]) and p.state = 'waiting'"
)
_LIMITS = "select key, used, fixed from limit_counter where key = any($1::text[])"


async def lacking(connection: "asyncpg.Connection[Any]", applications: Sequence[UUID], now: datetime) -> dict[UUID, tuple[str, ...]]:
    """Application -> the keys of the limits that have no room for it now; `participation:<country>` where the country takes no part.

    Only those that wait are in the answer. Nobody but who waits for a round's moment, or for a list that is not served, lacks nothing.
    """
    rows = await connection.fetch(_WAITERS, list(applications)) if applications else []
    terms = await load_terms(connection, {row["programme"] for row in rows}) if rows else {}
    drawn = {row["application"]: _drawn(row, terms[row["programme"]]) for row in rows}
    keys = sorted({key for found in drawn.values() for key in found})
    limits = {row["key"]: row for row in await connection.fetch(_LIMITS, keys)} if keys else {}
    return {row["application"]: _lacks(row, drawn[row["application"]], limits, terms[row["programme"]], now) for row in rows}


def _drawn(row: "asyncpg.Record", terms: Terms) -> dict[str, int | None]:
    cell = Named(CELL, row["programme"], row["country"], row["year"], target=row["target"])
    place = Named(CELL, person=row["person"], course=row["course"], channel=row["channel"])
    return {key: BY_NAME[key.partition(":")[0]].capacity(terms, cell, place) for key in keys_of(PLACE_KINDS, terms, cell, place)}


def _lacks(
    row: "asyncpg.Record", drawn: Mapping[str, int | None], limits: Mapping[str, "asyncpg.Record"], terms: Terms, now: datetime
) -> tuple[str, ...]:
    takes_part = terms.takes_part(row["country"], terms.day(row["year"], now), row["parts"], row["course"])
    found = [] if takes_part else [f"participation:{row['country']}"]
    if not row["free"]:
        found.append(f"cell:{row['programme']}:{row['country']}:{row['year']}")
    return (*found, *(key for key, planned in drawn.items() if not _has_room(limits.get(key), planned)))


def _has_room(limit: "asyncpg.Record | None", planned: int | None) -> bool:
    capacity = planned if limit is None or limit["fixed"] is None else limit["fixed"]
    return capacity is None or (limit["used"] if limit is not None else 0) < capacity


class CellLimit(NamedTuple):
    """A limit on which applications to a cell draw: what is used, what the plan says, and what officers have fixed instead."""

    key: str
    used: int
    planned: int | None
    fixed: int | None

    @property
    def capacity(self) -> int | None:
        return self.planned if self.fixed is None else self.fixed


async def limits_of(connection: "asyncpg.Connection[Any]", key: str) -> tuple[CellLimit, ...]:
    """The limits of a cell that officers may set, in the order of their kinds, then of the plan; none where the plan has no such cell."""
    row = await connection.fetchrow("select programme, country, year, target from cell where key = $1 and listed", key)
    if row is None:
        return ()
    terms = (await load_terms(connection, [row["programme"]]))[row["programme"]]
    planned = _planned(terms, Named(CELL, row["programme"], row["country"], row["year"], target=row["target"]))
    stored = await _stored(connection, planned)
    return tuple(
        CellLimit(one, stored[one]["used"], count, stored[one]["fixed"]) if one in stored else CellLimit(one, 0, count, None)
        for one, count in planned.items()
    )


class MovedLimit(NamedTuple):
    """A limit that follows from a cell's places: how much there is with those of today, how much with others, and how much is used."""

    key: str
    before: int | None
    after: int | None
    used: int


async def limits_that_follow(
    connection: "asyncpg.Connection[Any]", programme: str, targets: Mapping[str, tuple[int, int]]
) -> tuple[MovedLimit, ...]:
    """The limits of these cells of a programme that would be others, by cell; `targets`: its places today and afterwards, by its key.

    As many statements for all countries as for one.
    """
    terms = (await load_terms(connection, [programme]))[programme]
    moved: dict[str, tuple[int | None, int | None]] = {}
    for key, places in targets.items():
        cell = Cell.parse(key)
        before, after = (_planned(terms, Named(CELL, programme, cell.country, cell.year, target=target)) for target in places)
        moved |= {one: (count, after[one]) for one, count in before.items() if after[one] != count}
    stored = await _stored(connection, moved)
    free = {key: counts for key, counts in moved.items() if key not in stored or stored[key]["fixed"] is None}
    return tuple(MovedLimit(key, *counts, stored[key]["used"] if key in stored else 0) for key, counts in free.items())


def _planned(terms: Terms, cell: Named) -> dict[str, int | None]:
    """Limit -> how much of it the plan gives to the cell."""
    draws = [
        cell,
        *(cell._replace(course=course) for year, course in terms.courses if year == cell.year),
        *(cell._replace(channel=channel) for channel in terms.channels),
    ]
    planned: dict[str, int | None] = {}
    for kind in (kind for kind in KINDS if kind.settable):
        for place in draws:
            if kind.draws(terms, cell, place) and all(getattr(place, name) is not None for name in kind.fields):
                planned.setdefault(kind.key(cell, place), kind.capacity(terms, cell, place))
    return planned


async def _stored(connection: "asyncpg.Connection[Any]", keys: Collection[str]) -> dict[str, "asyncpg.Record"]:
    return {one["key"]: one for one in await connection.fetch(_LIMITS, list(keys))}
