"""What is done to a programme as a whole: its terms come into force, its places come into its pool and out of it again. Each is an act."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from services.quotas.domain.participation import Change
from services.quotas.store import journal, locks
from services.quotas.store.journal import Number
from services.quotas.store.terms import StoredChange, changes_of, stored
from shared.events import quotas
from shared.events.applications import ProgrammePublished
from shared.events.catalogue import event
from shared.events.fact import Moment
from shared.events.quotas import Act
from shared.kernel.cells import Cell
from shared.messaging import outbox
from shared.persistence.database import Tx, driver

IN_FORCE: Final = "terms_in_force"
FUND: Final = "fund"
PARTICIPATION: Final = "participation_changed"


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The act `terms_in_force`: the terms themselves are in the event that published this version."""

    programme: str
    version: int
    at: Moment


class Fund(msgspec.Struct, frozen=True, kw_only=True):
    """The act `fund`: the programme shall have `total` places in its books; `only_more` leaves them where they are more already."""

    programme: str
    total: int
    only_more: bool
    at: Moment


class ChangedParticipation(msgspec.Struct, frozen=True, kw_only=True):
    """The act `participation_changed`: from its first day on, a country takes part in a programme, or does not."""

    programme: str
    change: StoredChange
    at: Moment


_LOCK_COUNTRY: Final = "select key from cell where programme = $1 and country = $2 order by key for no key update"
_KEEP_CHANGES: Final = "update programme set changes = cast($2::text as jsonb) where code = $1"
_KEEP_TERMS: Final = """
    insert into programme (code, plan, plan_version, version, terms, places_total, funded, published_at)
    values ($1, $2, $3, $4, $5, $6, 0, $7)
    on conflict (code) do update set plan = excluded.plan, plan_version = excluded.plan_version, version = excluded.version,
        terms = excluded.terms, places_total = excluded.places_total, published_at = excluded.published_at
"""
_KEEP_CELLS: Final = """
    insert into cell (key, programme, country, year, listed, grants_from, list_closes)
    select key, $1, country, year, true, grants_from, list_closes
    from unnest($2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[])
    as v (key, country, year, grants_from, list_closes)
    order by key
    on conflict (key) do update set listed = true, grants_from = excluded.grants_from, list_closes = excluded.list_closes
"""
_KEEP_LAPSED: Final = """
    insert into account (key, programme) select 'lapsed:' || $1::text || ':' || year, $1 from unnest($2::int[]) as year order by year
    on conflict do nothing
"""
_LOCK_CELLS: Final = "select key from cell where programme = $1 order by key for no key update"
_KEEP_PLANNED: Final = "update cell c set planned = v.planned from unnest($1::text[], $2::int[]) as v (key, planned) where c.key = v.key"
_FUND: Final = """
    with moved as (
        insert into transfer (programme, source, target, count, cause, at, batch, turn)
        select $1, $3, $4, $5::int, $6, $7, $8, 0 where $5::int > 0
    ), booked as (
        update account set balance = balance + $2::int where key = 'pool:' || $1
    )
    update programme set funded = funded + $2::int where code = $1
"""


async def put_in_force(
    tx: Tx, data: ProgrammePublished, planned: Mapping[str, int], *, version: int, at: datetime, number: Number | None = None
) -> None:
    """The published terms count from now on, and `planned` is the plan's own figure of every cell. No place is moved.

    `number` is the batch's, where it was recorded before. Locks the programme, then all its cells.
    """
    connection = await driver(tx)
    await locks.programme(connection, data.programme)
    await connection.execute(_LOCK_CELLS, data.programme)
    await connection.execute(_KEEP_TERMS, data.programme, data.plan, data.plan_version, version, stored(data), data.places_total, at)
    await connection.execute("insert into account (key, programme) values ('pool:' || $1::text, $1) on conflict do nothing", data.programme)
    calls = {call.year: call for call in data.calls}
    await connection.execute(_KEEP_LAPSED, data.programme, sorted(calls))
    cells = [cell for cell in map(Cell.parse, sorted(planned)) if cell.year in calls]
    await connection.execute(
        _KEEP_CELLS,
        data.programme,
        [cell.key for cell in cells],
        [cell.country for cell in cells],
        [cell.year for cell in cells],
        [calls[cell.year].grants_from for cell in cells],
        [calls[cell.year].list_closes for cell in cells],
    )
    keys = [row["key"] for row in await connection.fetch(_LOCK_CELLS, data.programme)]
    await connection.execute(_KEEP_PLANNED, keys, [planned.get(key, 0) for key in keys])
    number = number or await journal.draw(connection)
    await _record(tx, number, IN_FORCE, InForce(programme=data.programme, version=version, at=at))


async def fund(tx: Tx, programme: str, total: int, *, at: datetime, only_more: bool = False, number: Number | None = None) -> int:
    """Book the programme's places into its pool, or out of it as far as the pool has them; returns how many could not be taken out."""
    connection = await driver(tx)
    await locks.programme(connection, programme)
    row = await connection.fetchrow(
        "select p.funded, a.balance from programme p join account a on a.key = 'pool:' || p.code where p.code = $1 for no key update of a",
        programme,
    )
    assert row is not None, "a programme has a pool from its first publication on"
    gained: int = total - row["funded"]
    if gained == 0 or (only_more and gained < 0):
        return 0
    taken: int = min(-gained, row["balance"])
    if taken == 0:
        return -gained
    number = number or await journal.draw(connection)
    if gained > 0:
        await connection.execute(_FUND, programme, gained, f"plan:{programme}", f"pool:{programme}", gained, "funded", at, number)
    else:
        await connection.execute(
            _FUND, programme, -taken, f"pool:{programme}", f"plan:{programme}", taken, "withdrawn_from_plan", at, number
        )
    await _record(tx, number, FUND, Fund(programme=programme, total=total, only_more=only_more, at=at))
    return 0 if gained > 0 else -gained - taken


async def changes(tx: Tx, programme: str) -> tuple[Change, ...]:
    """What was adopted about participation; nothing where the programme is not known yet."""
    raw = await (await driver(tx)).fetchval("select changes::text from programme where code = $1", programme)
    return changes_of(raw) if raw is not None else ()


async def change_participation(tx: Tx, programme: str, change: StoredChange, *, at: datetime, number: Number | None = None) -> None:
    """From its first day on, the change counts over the plan and over the changes before it; others are told. No place is moved.

    Locks the programme, then the country's cells, which every decision about the country holds.
    """
    connection = await driver(tx)
    await locks.programme(connection, programme)
    raw = await connection.fetchval("select changes::text from programme where code = $1", programme)
    await connection.fetch(_LOCK_COUNTRY, programme, change.country)
    kept = [*msgspec.json.decode(raw), msgspec.to_builtins(change)]
    await connection.execute(_KEEP_CHANGES, programme, msgspec.json.encode(kept).decode())
    given = ChangedParticipation(programme=programme, change=change, at=at)
    told = quotas.ParticipationChanged(
        programme=programme, country=change.country, start=change.start, end=change.end, parts=list(change.parts),
        takes_part=change.takes_part,
    )  # fmt: skip
    version = sum(one["country"] == change.country for one in kept)
    key = Cell(programme, change.country, change.start.year).key
    await _record(tx, number or await journal.draw(connection), PARTICIPATION, given)
    await outbox.add(tx, event(told, subject=f"{programme}:{change.country}", version=version, key=key, at=at))


async def _record(tx: Tx, number: Number, name: str, given: InForce | Fund | ChangedParticipation) -> None:
    await outbox.add(tx, *journal.told(number, [Act(name=name, given=msgspec.to_builtins(given))], at=given.at))
