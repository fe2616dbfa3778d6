"""How records are kept at and behind a parked key: each once, with their bytes where they may be resumed, in the order in which they came.

They come again: from a relay that was killed before it marked what it had sent, because another receiver in the same process was away, or
because somebody has them sent or read again. One that was dropped is given up for good, and is passed over then.
"""

import hashlib
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import text

from shared.events.catalogue import decode
from shared.events.envelope import Refusal
from shared.messaging.transport import Record
from shared.persistence.database import Tx

_KNOWN: Final = text(
    "select key, coalesce(event_id::text, topic || ' ' || sha256) from parked_event where settled_at is null and key = any(:keys) "
    "and (event_id = any(:ids) or event_id is null and sha256 = any(:hashes))"
)
_COPIES: Final = text(
    "select o.id from parked_event g join parked_event o on o.key = g.key and o.settled_at is null and o.event_id is not distinct from "
    "g.event_id and (g.event_id is not null or (o.topic, o.sha256) = (g.topic, g.sha256)) where g.id = :id"
)
_GIVEN_UP: Final = text(
    "select key, event_id::text, topic || ' ' || sha256 from parked_event "
    "where settled_how = 'dropped' and key = any(cast(:keys as text[]))"
)
_KEEP: Final = text(
    "insert into parked_event (key, topic, partition, next_offset, event_id, type, value, sha256, size_bytes, reason_code, reason) "
    "values (:key, :topic, :partition, :offset, :event_id, :type, :value, :sha256, :size, :code, :reason)"
)


def key_of(record: Record) -> str:
    """The key that a record stops: its own, or its partition where the producer gave none."""
    return record.key if record.key is not None else f"{record.partition.topic}/{record.partition.number}"


async def copies(tx: Tx, parked: int) -> list[int]:
    """The ids of that row and of what waits behind its key as the same: earlier releases kept what came again once more."""
    return list((await tx.execute(_COPIES, {"id": parked})).scalars())


async def given_up(tx: Tx, keys: Collection[str]) -> frozenset[tuple[str, str]]:
    """What was dropped of these keys, as `is_among` knows it; nearly always nothing. Ask once the keys are locked, as a drop locks them."""
    rows = await tx.execute(_GIVEN_UP, {"keys": sorted(keys)})
    return frozenset((key, name) for key, event_id, by_hash in rows for name in (event_id, by_hash) if name is not None)


def is_among(record: Record, dropped: frozenset[tuple[str, str]]) -> bool:
    """Whether the record is one of those: an event by its id, any bytes by their topic and hash."""
    row = _row(record)
    return bool(dropped & {(row["key"], str(row["event_id"])), (row["key"], f"{row['topic']} {row['sha256']}")})


async def keep(tx: Tx, records: Sequence[Record], *, code: str = "behind", reason: str = "behind an earlier event of its key") -> None:
    """Keep the records behind their parked keys, which this transaction has locked; those that wait there already are not kept twice.

    An event is known by its id. Bytes that are no event of ours are kept as position, size and hash only, with what is wrong with them, and
    known by topic and hash. All that waits behind these keys is gone through, once for all records: a tenth of a second where that is
    100,000.
    """
    rows = [{"code": code, "reason": reason[:2000]} | _row(record) for record in records]
    asked = {
        "keys": sorted({row["key"] for row in rows}),
        "ids": [row["event_id"] for row in rows if row["event_id"] is not None],
        "hashes": [row["sha256"] for row in rows if row["event_id"] is None],
    }
    known = {tuple(row) for row in await tx.execute(_KNOWN, asked)}
    fresh: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        which = row["key"], str(row["event_id"] or f"{row['topic']} {row['sha256']}")
        if which not in known:
            fresh.setdefault(which, row)
    if fresh:
        await tx.execute(_KEEP, list(fresh.values()))


def _row(record: Record) -> dict[str, Any]:
    event_id, kind, kept = None, None, None
    wrong: dict[str, str] = {}
    try:
        event = decode(record.value)
        event_id, kind, kept = event.id, event.type, record.value
    except Refusal as refusal:
        if refusal.code == "unknown_type":
            kept = record.value
        else:
            wrong = {"code": refusal.code, "reason": str(refusal)[:2000]}
    return {
        **wrong,
        "key": key_of(record),
        "topic": record.partition.topic,
        "partition": record.partition.number,
        "offset": record.offset + 1,
        "event_id": event_id,
        "type": kind,
        "value": kept,
        "sha256": hashlib.sha256(record.value).hexdigest(),
        "size": len(record.value),
    }
