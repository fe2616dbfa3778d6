"""Events leave a service through its outbox: stored in the caller's transaction, so that they exist exactly when its effects do.

Call `add` while holding the row lock of the event's subject. Then the order of ids is the order of commits for every
subject, and the relay, which sends by id, keeps it.
"""

from collections.abc import Sequence

from sqlalchemy import text

from shared.events.catalogue import BY_TYPE
from shared.events.envelope import MAX_BYTES, AnyEvent, encode
from shared.persistence.database import Tx

_INSERT = text(
    "insert into outbox (topic, key, event_id, type, value, created_at) "
    "select * from unnest(cast(:topics as text[]), cast(:keys as text[]), cast(:ids as uuid[]), cast(:types as text[]), "
    "cast(:values as bytea[]), cast(:times as timestamptz[]))"
)


class TooLarge(Exception):
    """An event is larger than any consumer accepts; the transaction that wanted to publish it must not commit."""


def encoded(event: AnyEvent) -> bytes:
    """The event's bytes; `TooLarge` above 64 KiB."""
    value = encode(event)
    if len(value) > MAX_BYTES:
        raise TooLarge(f"{event.type} of {event.subject} has {len(value)} bytes; at most {MAX_BYTES} can be published")
    return value


async def add(tx: Tx, *events: AnyEvent) -> None:
    """Store `events`, in this order, for the relay to publish after the commit. One statement, however many."""
    if events:
        await tx.execute(_INSERT, columns(events))


def columns(events: Sequence[AnyEvent]) -> dict[str, list[object]]:
    """The outbox rows of `events` as parallel arrays, for services that write them in a statement of their own."""
    return {
        "topics": [BY_TYPE[event.type].topic.name for event in events],
        "keys": [event.partitionkey for event in events],
        "ids": [event.id for event in events],
        "types": [event.type for event in events],
        "values": [encoded(event) for event in events],
        "times": [event.time for event in events],
    }
