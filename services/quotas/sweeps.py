"""Work started by time: rounds, the closing of lists, the end of a participation.

A sweep only looks for what is due and asks for it with the commands that everything goes through; the decision looks again under the
locks. So a sweep may run twice, late, or in several processes at once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from services.quotas import tally
from services.quotas.domain.commands import CloseList, CloseYear, Command, EndParticipation, ServeLists, ServeRound
from services.quotas.domain.terms import Terms
from services.quotas.settings import QuotasSettings
from services.quotas.store import idempotency
from services.quotas.store.room import lacking
from services.quotas.store.terms import load_terms
from services.quotas.use_cases import apply
from shared.messaging.service import Sweep
from shared.persistence.database import Database, Tx, driver

CELLS: Final = 20
KEYS: Final = 1_000

# Locked as they are looked at: a publication that moves a date holds the cells, and whoever waited for it looks at the date anew.
# A round that nobody served before the list closed, as after months without a worker, gives nothing any more: those who wait are refused.
_ROUNDS: Final = (
    "select key from cell where listed and not served and grants_from <= $1 and (list_closes < $1) is not true "
    "order by key limit $2 for no key update"
)
_LISTS: Final = "select key from cell where listed and not closed and list_closes < $1 order by key limit $2 for no key update"
_YEARS: Final = "select key, list_closes from cell where listed and closed and not settled and list_closes < $1 order by key limit $2"
_UNFINISHED: Final = "select key, programme, country, year from cell where listed and (free > 0 or waiting > 0) order by key"

_NOT_IN_PLAN: Final = (
    "select c.key from cell c where c.waiting > 0 and (not c.listed "
    "or not exists (select from unnest($1::text[], $2::int[]) as call (programme, year) "
    "where call.programme = c.programme and call.year = c.year) "
    "or not exists (select from unnest($3::text[], $4::text[]) as known (programme, country) "
    "where known.programme = c.programme and known.country = c.country)) order by c.key limit $5"
)

_LEFT_PARTS: Final = (
    "select distinct c.key from cell c "
    "join unnest($1::text[], $2::text[], $3::int[], $4::text[]) as gone (programme, country, year, part) "
    "using (programme, country, year) "
    "join place p on p.cell = c.key and p.state = 'waiting' and (p.course = gone.part or gone.part = any(p.parts)) "
    "where c.listed order by c.key limit $5"
)

_WAITING: Final = (
    "select p.application, c.key from cell c "
    "join unnest($1::text[], $2::text[], $3::int[]) as back (programme, country, year) using (programme, country, year) "
    "join place p on p.cell = c.key and p.state = 'waiting' where c.free > 0 and c.listed and c.list_closes >= $4 order by c.key"
)

Due = Callable[[Tx, datetime], Awaitable[Sequence[Command]]]


def sweeps(db: Database, settings: QuotasSettings) -> tuple[Sweep, ...]:
    """The sweeps of this service."""
    kept = timedelta(days=settings.proposal_key_days)

    async def old_keys(now: datetime) -> int:
        return await db.run(lambda tx: idempotency.purge(tx, before=now - kept, most=KEYS))

    async def count_days(_now: datetime) -> int:
        return await db.run(tally.count)

    return (
        Sweep("rounds", 1.0, _sweep(db, rounds_due)),
        Sweep("lists", 5.0, _sweep(db, lists_due)),
        Sweep("years", 5.0, _sweep(db, years_due)),
        Sweep("participation", 60.0, _sweep(db, participation_ended)),
        Sweep("participation_again", 60.0, _sweep(db, participation_begun)),
        Sweep("day_counts", 2.0, count_days),
        Sweep("idempotency_keys", 3600.0, old_keys),
    )


def _sweep(db: Database, due: Due) -> Callable[[datetime], Awaitable[int]]:
    async def run(now: datetime) -> int:
        async def work(tx: Tx) -> int:
            verdict = await apply(tx, await due(tx, now))
            return len(verdict.cells)

        return await db.run(work)

    return run


async def rounds_due(tx: Tx, now: datetime) -> Sequence[Command]:
    """The cells whose list is to be served by rank now."""
    return [ServeRound(cell=row["key"], at=now) for row in await (await driver(tx)).fetch(_ROUNDS, now, CELLS)]


async def lists_due(tx: Tx, now: datetime) -> Sequence[Command]:
    """The cells whose waiting list has closed (its last second inside)."""
    return [CloseList(cell=row["key"], at=now) for row in await (await driver(tx)).fetch(_LISTS, now, CELLS)]


async def years_due(tx: Tx, now: datetime) -> Sequence[Command]:
    """The cells whose call is over: its list has closed, so that nobody can use what is free."""
    rows = await (await driver(tx)).fetch(_YEARS, now, CELLS)
    return [CloseYear(cell=row["key"], at=now, ends_at=row["list_closes"]) for row in rows]


async def participation_ended(tx: Tx, now: datetime) -> Sequence[Command]:
    """The cells, up to this year's, of countries that take part no longer, and those in which somebody waits for a part that was left.

    Also those in which somebody waits though the plan that is in force has the country or the year no longer. Which day and year it is,
    is asked where each call is made.
    """
    connection = await driver(tx)
    codes = [row["code"] for row in await connection.fetch("select code from programme order by code")]
    terms = await load_terms(connection, codes)
    rows = [row for row in await connection.fetch(_UNFINISHED) if _has_left(terms[row["programme"]], row["country"], row["year"], now)]
    rows = rows[:CELLS] + await connection.fetch(_LEFT_PARTS, *_columns(_parts_left(terms, now), 4), CELLS)
    calls = [(code, year) for code in codes for year in sorted(terms[code].calls)]
    known = [(code, country) for code in codes for country, periods in sorted(terms[code].participation.items()) if periods]
    in_plan = ([one for one, _ in calls], [year for _, year in calls], [one for one, _ in known], [country for _, country in known])
    rows += await connection.fetch(_NOT_IN_PLAN, *in_plan, CELLS)
    return [EndParticipation(cell=key, at=now) for key in dict.fromkeys(row["key"] for row in rows)]


async def participation_begun(tx: Tx, now: datetime) -> Sequence[Command]:
    """The lists of countries that take part again: what came free meanwhile served nobody there, and no decision marks the day."""
    connection = await driver(tx)
    codes = [row["code"] for row in await connection.fetch("select code from programme order by code")]
    terms = await load_terms(connection, codes)
    back = [
        (code, country, year)
        for code, one in terms.items()
        for country, periods in one.participation.items()
        if len(periods) > 1
        for year in one.calls
        if one.takes_part_at_all(country, one.day(year, now))
    ]
    rows = await connection.fetch(_WAITING, *_columns(back, 3), now)
    lacks = await lacking(connection, [row["application"] for row in rows], now)
    due: dict[str, dict[str, None]] = {}
    for row in rows:
        if lacks.get(row["application"]) == ():
            due.setdefault(row["key"].partition(":")[0], {})[row["key"]] = None
    return [ServeLists(cell=next(iter(keys)), at=now, cells=tuple(keys)[:CELLS], cause="takes_part_again") for keys in due.values()]


def _has_left(terms: Terms, country: str, year: int, now: datetime) -> bool:
    """Whether the country has left by now, and the year has begun; what it holds in later ones is for their first day."""
    day = terms.day(year, now)
    return year <= day.year and terms.has_left(country, day)


def _parts_left(terms: Mapping[str, Terms], now: datetime) -> list[tuple[str, str, int, str]]:
    """Programmes, countries, years up to this one and parts of which the country takes part in everything else today."""
    return sorted(
        {
            (code, country, year, part)
            for code, one in terms.items()
            for year in one.calls
            if year <= (day := one.day(year, now)).year
            for country, periods in one.participation.items()
            for period in periods
            if period.covers(day, period.parts)
            for part in period.without
        }
    )


def _columns(rows: Sequence[tuple[Any, ...]], number: int) -> list[list[Any]]:
    """The rows as so many arrays, also where there is none."""
    return [[row[column] for row in rows] for column in range(number)]
