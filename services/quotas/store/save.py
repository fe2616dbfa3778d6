"""How a verdict is written: a constant number of statements, however large the batch.

What is new is copied in, each table by one COPY, which costs the client and the server less than arrays; what changes is written by one
statement with arrays. A counter that nobody had drawn on yet is no row that could be locked: two batches may meet in it, and then the
later one waits for the other, and starts over where that one drew on it (`claim`).
"""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.quotas.domain.model import Books, PlaceState, Verdict
from services.quotas.domain.outcomes import LimitSet
from services.quotas.store import ranks
from services.quotas.store.columns import columns
from services.quotas.store.journal import Number

_SEPARATOR: Final = "\x1f"

_FIX: Final = """
    update limit_counter l set fixed = v.fixed from unnest($1::text[], $2::int[]) as v (key, fixed)
    where l.key = v.key and l.fixed is distinct from v.fixed
"""
_CHANGE: Final = """
with changed_cells as (
    update cell c set target = v.target, free = v.free, offered = v.offered, taken = v.taken, waiting = v.waiting,
        last_decision = v.last_decision, last_hash = v.last_hash, served = v.served, closed = v.closed,
        settled = v.settled
    from unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::text[], $9::bool[], $10::bool[],
        $34::bool[]) as v (key, target, free, offered, taken, waiting, last_decision, last_hash, served, closed, settled)
    where c.key = v.key
), changed_limits as (
    update limit_counter l set capacity = v.capacity, used = v.used, version = v.version
    from unnest($11::text[], $12::int[], $13::int[], $14::int[]) as v (key, capacity, used, version)
    where l.key = v.key
), unclaimed as (
    delete from limit_counter where key = any($35::text[])
), changed_places as (
    update place p set state = v.state, application_version = v.application_version, version = v.version, decision = v.decision,
        score = v.score, submitted_at = v.submitted_at, parts = string_to_array(v.parts, E'\\x1f'), course = v.course, channel = v.channel,
        nominated = v.nominated, ended = v.ended, position = v.position, answer_by = v.answer_by, reason = v.reason,
        reason_limit = v.reason_limit, decided_at = v.decided_at
    from unnest($15::uuid[], $16::text[], $17::int[], $18::int[], $19::int[], $20::int[], $21::timestamptz[], $22::text[], $23::text[],
        $24::text[], $25::bool[], $26::bool[], $27::int[], $28::timestamptz[], $29::text[], $30::text[], $31::timestamptz[])
        as v (application, state, application_version, version, decision, score, submitted_at, parts, course, channel, nominated, ended,
        position, answer_by, reason, reason_limit, decided_at)
    where p.application = v.application
), changed_accounts as (
    update account a set balance = a.balance + v.gained from unnest($32::text[], $33::int[]) as v (key, gained) where a.key = v.key
)
select 1
"""
_LIMIT: Final = ("key", "kind", "capacity", "used", "version")
_PLACE: Final = PlaceState._fields
_DECISION: Final = ("cell", "number", "application", "at", "outcome", "record", "hash", "batch", "turn")
_TRANSFER: Final = ("programme", "cell", "decision", "source", "target", "count", "cause", "at", "batch", "turn")


async def claim(connection: "asyncpg.Connection[Any]", loaded: Books, verdict: Verdict) -> None:
    """Make a row for every counter that the verdict drew on first or found unused: for those there was nothing that could be locked.

    Who finds one unused leaves no row in the end (`save`), yet whoever draws on it meanwhile waits for them. Comes before the batch's
    number is drawn: with these rows it holds all its locks. In the order of keys, so that two batches wait for each other in one order.
    Raises a serialization failure, after which the transaction is tried again, where another batch drew on one of them first.
    """
    first_used = [limit[:5] for limit in verdict.limits if loaded.limits[limit.key].version == 0]
    try:
        await _copy(connection, "limit_counter", _LIMIT, sorted([*first_used, *(limit[:5] for limit in verdict.looked_at)]))
    except asyncpg.UniqueViolationError as error:
        raise asyncpg.SerializationError("another batch was the first to draw on a limit that this one found unused") from error


async def save(connection: "asyncpg.Connection[Any]", loaded: Books, verdict: Verdict, number: Number) -> None:
    """Write the verdict of a batch that was decided on `loaded`, whose locks are held, those of `claim` among them."""
    stored = loaded.places.keys() | {place.application for listed in loaded.lists.values() for place in listed.first}
    await _change(connection, loaded, verdict, stored)
    if any(type(decision.outcome) is LimitSet for decision in verdict.decisions):
        await connection.execute(_FIX, *columns(2, ((limit.key, limit.fixed) for limit in verdict.limits)))
    turns = {(decision.cell, decision.number): turn for turn, decision in enumerate(verdict.decisions)}
    await _copy(connection, "place", _PLACE, [place for place in verdict.places if place.application not in stored])
    await ranks.keep(connection, loaded, verdict)
    await _copy(
        connection,
        "decision",
        _DECISION,
        [
            (d.cell, d.number, d.application, d.at, d.outcome.kind, d.record, d.hash, number, turn)
            for turn, d in enumerate(verdict.decisions)
        ],
    )
    await _copy(connection, "transfer", _TRANSFER, [(*move, number, turns[move.cell, move.decision]) for move in verdict.transfers])


async def _change(connection: "asyncpg.Connection[Any]", loaded: Books, verdict: Verdict, stored: Collection[UUID]) -> None:
    """Write what is there already, among it the places of the applications in `stored`.

    A counter is a row from its first version on, so that one without a version was claimed.
    """
    used_again = [limit for limit in verdict.limits if loaded.limits[limit.key].version != 0]
    accounts = sorted({**{f"pool:{programme}": gained for programme, gained in verdict.pools.items()}, **verdict.lapsed}.items())
    await connection.execute(
        _CHANGE,
        *columns(
            10,
            (
                (c.key, c.target, c.free, c.offered, c.taken, c.waiting, c.last_decision, c.last_hash, c.served, c.closed)
                for c in verdict.cells
            ),
        ),
        *columns(4, ((limit.key, limit.capacity, limit.used, limit.version) for limit in used_again)),
        *columns(17, (_place(place) for place in verdict.places if place.application in stored)),
        [account for account, _gained in accounts],
        [gained for _account, gained in accounts],
        [cell.settled for cell in verdict.cells],
        [limit.key for limit in verdict.looked_at],
    )


async def _copy(connection: "asyncpg.Connection[Any]", table: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        await connection.copy_records_to_table(table, columns=names, records=rows)


def _place(state: PlaceState) -> Sequence[object]:
    """What of a place may change; its person and its cell stay."""
    return (state.application, *state[3:9], _SEPARATOR.join(state.parts), *state[10:])
