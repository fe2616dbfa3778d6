"""How records are kept at and behind a parked key: with their bytes where they may be resumed, and in the order in which they came."""

import hashlib

from sqlalchemy import text

from shared.events.catalogue import decode
from shared.events.envelope import Refusal
from shared.messaging.transport import Record
from shared.persistence.database import Tx


def key_of(record: Record) -> str:
    """The key that a record stops: its own, or its partition where the producer gave none."""
    return record.key if record.key is not None else f"{record.partition.topic}/{record.partition.number}"


async def keep(tx: Tx, record: Record, *, code: str = "behind", reason: str = "behind an earlier event of its key") -> None:
    """Keep the record behind its parked key. Bytes that are no event of ours are kept as position, size and hash only."""
    event_id, kind, kept = None, None, None
    try:
        event = decode(record.value)
        event_id, kind, kept = event.id, event.type, record.value
    except Refusal as refusal:
        if refusal.code == "unknown_type":
            kept = record.value
    await tx.execute(
        text(
            "insert into parked_event (key, topic, partition, next_offset, event_id, type, value, sha256, size_bytes, reason_code, reason) "
            "values (:key, :topic, :partition, :offset, :event_id, :type, :value, :sha256, :size, :code, :reason)"
        ),
        {
            "key": key_of(record),
            "topic": record.partition.topic,
            "partition": record.partition.number,
            "offset": record.offset + 1,
            "event_id": event_id,
            "type": kind,
            "value": kept,
            "sha256": hashlib.sha256(record.value).hexdigest(),
            "size": len(record.value),
            "code": code,
            "reason": reason[:2000],
        },
    )
