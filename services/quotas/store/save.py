"""How a verdict is written: one statement with arrays for everything, however large the batch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from services.quotas.domain.model import PlaceState, Verdict
from services.quotas.store.journal import Number

_SEPARATOR: Final = "\x1f"

_WRITE: Final = """
with changed_cells as (
    update cell c set target = v.target, free = v.free, offered = v.offered, taken = v.taken, waiting = v.waiting,
        last_decision = v.last_decision, last_hash = v.last_hash, served = v.served, closed = v.closed
    from unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::text[], $9::bool[], $10::bool[])
        as v (key, target, free, offered, taken, waiting, last_decision, last_hash, served, closed)
    where c.key = v.key
), changed_limits as (
    update limit_counter l set capacity = v.capacity, used = v.used, version = v.version
    from unnest($11::text[], $12::int[], $13::int[], $14::int[]) as v (key, capacity, used, version)
    where l.key = v.key
), changed_places as (
    insert into place (application, person, cell, state, application_version, version, decision, score, submitted_at, parts, course,
        channel, nominated, ended, position, answer_by, reason, reason_limit, decided_at)
    select application, person, cell, state, application_version, version, decision, score, submitted_at, string_to_array(parts, E'\\x1f'),
        course, channel, nominated, ended, position, answer_by, reason, reason_limit, decided_at
    from unnest($15::uuid[], $16::uuid[], $17::text[], $18::text[], $19::int[], $20::int[], $21::int[], $22::int[], $23::timestamptz[],
        $24::text[], $25::text[], $26::text[], $27::bool[], $28::bool[], $29::int[], $30::timestamptz[], $31::text[], $32::text[],
        $33::timestamptz[]) as v (application, person, cell, state, application_version, version, decision, score, submitted_at, parts,
        course, channel, nominated, ended, position, answer_by, reason, reason_limit, decided_at)
    on conflict (application) do update set state = excluded.state, application_version = excluded.application_version,
        version = excluded.version, decision = excluded.decision, score = excluded.score, submitted_at = excluded.submitted_at,
        parts = excluded.parts, course = excluded.course, channel = excluded.channel, nominated = excluded.nominated,
        ended = excluded.ended, position = excluded.position, answer_by = excluded.answer_by, reason = excluded.reason,
        reason_limit = excluded.reason_limit, decided_at = excluded.decided_at
), new_decisions as (
    insert into decision (cell, number, application, at, outcome, record, hash, turn, batch)
    select *, $57::bigint
    from unnest($34::text[], $35::int[], $36::uuid[], $37::timestamptz[], $38::text[], $39::text[], $40::text[], $58::int[])
), new_transfers as (
    insert into transfer (programme, cell, decision, source, target, count, cause, at, turn, batch)
    select *, $57::bigint
    from unnest($41::text[], $42::text[], $43::int[], $44::text[], $45::text[], $46::int[], $47::text[], $48::timestamptz[], $59::int[])
), changed_accounts as (
    update account a set balance = a.balance + v.gained from unnest($49::text[], $50::int[]) as v (key, gained) where a.key = v.key
)
insert into outbox (topic, key, event_id, type, value, created_at)
select * from unnest($51::text[], $52::text[], $53::uuid[], $54::text[], $55::bytea[], $56::timestamptz[])
"""


async def save(connection: "asyncpg.Connection[Any]", verdict: Verdict, number: Number, outbox: Mapping[str, Sequence[object]]) -> None:
    """Write the verdict of a batch and the events that tell of it, given as the outbox's columns. The locks are held by `load`."""
    turns = {(decision.cell, decision.number): turn for turn, decision in enumerate(verdict.decisions)}
    pools = sorted(verdict.pools.items())
    await connection.execute(
        _WRITE,
        *_columns(
            10,
            (
                (c.key, c.target, c.free, c.offered, c.taken, c.waiting, c.last_decision, c.last_hash, c.served, c.closed)
                for c in verdict.cells
            ),
        ),
        *_columns(4, ((limit.key, limit.capacity, limit.used, limit.version) for limit in verdict.limits)),
        *_columns(19, map(_place, verdict.places)),
        *_columns(7, ((d.cell, d.number, d.application, d.at, d.outcome.kind, d.record, d.hash) for d in verdict.decisions)),
        *_columns(8, verdict.transfers),
        [f"pool:{programme}" for programme, _gained in pools],
        [gained for _programme, gained in pools],
        *(outbox[name] for name in ("topics", "keys", "ids", "types", "values", "times")),
        number,
        list(turns.values()),
        [turns[transfer.cell, transfer.decision] for transfer in verdict.transfers],
    )


def _columns(width: int, rows: Iterable[Sequence[object]]) -> list[Sequence[object]]:
    """Rows turned into columns; as many empty columns where there is no row."""
    return list(zip(*rows, strict=True)) or [()] * width


def _place(state: PlaceState) -> Sequence[object]:
    return (*state[:9], _SEPARATOR.join(state.parts), *state[10:])
