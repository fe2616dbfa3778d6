"""What those who wait lack now, by the same rules as the decision's: for lists, for the person who waits, and for the live check."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.quotas.domain.limits import CELL, PLACE_KINDS, Named, keys_of
from services.quotas.domain.terms import Terms
from services.quotas.store.terms import load_terms

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
    return {key: kind.capacity(terms, cell, place) for kind, key in keys_of(PLACE_KINDS, terms, cell, place)}


def _lacks(
    row: "asyncpg.Record", drawn: Mapping[str, int | None], limits: Mapping[str, "asyncpg.Record"], terms: Terms, now: datetime
) -> tuple[str, ...]:
    found = [] if terms.takes_part(row["country"], now, row["parts"]) else [f"participation:{row['country']}"]
    if not row["free"]:
        found.append(f"cell:{row['programme']}:{row['country']}:{row['year']}")
    return (*found, *(key for key, planned in drawn.items() if not _has_room(limits.get(key), planned)))


def _has_room(limit: "asyncpg.Record | None", planned: int | None) -> bool:
    capacity = planned if limit is None or limit["fixed"] is None else limit["fixed"]
    return capacity is None or (limit["used"] if limit is not None else 0) < capacity
