"""Events leave a service through its outbox: stored in the caller's transaction, so that they exist exactly when its effects do.

Call `add` while holding the row lock of the event's subject. Then the order of ids is the order of commits for every
subject, and the relay, which sends by id, keeps it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg
from sqlalchemy import text

from shared.events.catalogue import BY_TYPE
from shared.events.envelope import MAX_BYTES, AnyEvent, encode
from shared.persistence.database import Tx

_INSERT = text(
    "insert into outbox (topic, key, event_id, type, value, created_at) "
    "select * from unnest(cast(:topics as text[]), cast(:keys as text[]), cast(:ids as uuid[]), cast(:types as text[]), "
    "cast(:values as bytea[]), cast(:times as timestamptz[]))"
)
_NAMES: Final = ("topics", "keys", "ids", "types", "values", "times")
_COLUMNS: Final = ("topic", "key", "event_id", "type", "value", "created_at")


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
    rows = [_row(event) for event in events]
    return {name: [row[place] for row in rows] for place, name in enumerate(_NAMES)}


async def copy(connection: "asyncpg.Connection[Any]", events: Sequence[AnyEvent]) -> None:
    """The same for many events on the driver's connection, by COPY, which costs less than half."""
    if events:
        await connection.copy_records_to_table("outbox", columns=_COLUMNS, records=map(_row, events))


def _row(event: AnyEvent) -> tuple[object, ...]:
    return BY_TYPE[event.type].topic.name, event.partitionkey, event.id, event.type, encoded(event), event.time


class UnsentOfTopic(NamedTuple):
    """Events of one topic that an outbox has not sent yet, and since when the oldest waits."""

    topic: str
    number: int
    since: datetime


async def unsent_by_topic(tx: Tx) -> list[UnsentOfTopic]:
    """What the outbox of this database has not sent, by topic."""
    rows = await tx.execute(text("select topic, count(*), min(created_at) from outbox where sent_at is null group by topic order by topic"))
    return [UnsentOfTopic(*row) for row in rows]


class Unsent(NamedTuple):
    """Events that were not sent yet, and since when the oldest waits."""

    number: int
    since: datetime | None


async def unsent(tx: Tx) -> Unsent:
    """What the outbox of this database has not sent, over all topics."""
    found = await unsent_by_topic(tx)
    return Unsent(sum(one.number for one in found), min((one.since for one in found), default=None))
