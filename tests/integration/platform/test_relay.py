"""What leaves an outbox first, and what stays in it for good."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from shared.events.catalogue import JOURNAL, PLACES
from shared.messaging.relay import KEEP_SENT_DAYS, Relay, connect, runs
from shared.messaging.transport import Outgoing
from shared.persistence.database import Database, Tx

NewDb = Callable[[str], Awaitable[Database]]
ROW = text(
    "insert into outbox (topic, key, event_id, type, value, created_at, sent_at) "
    "values (:topic, 'k', gen_random_uuid(), 't', 'v', now(), now() - make_interval(days => cast(:days as int)))"
)


class Broker:
    """Takes what it is given, up to `most` rows in all; the rest it does not acknowledge."""

    def __init__(self, most: int = 1_000) -> None:
        self.asked: list[list[str]] = []
        self.most = most

    async def publish(self, rows: Sequence[Outgoing]) -> Sequence[int]:
        self.asked.append([row.topic for row in rows])
        taken = [row.row for row in rows][: self.most]
        self.most -= len(taken)
        return taken

    async def close(self) -> None:
        """Nothing is held open."""


@pytest.fixture
async def db(new_db: Callable[[str], Awaitable[Database]]) -> Database:
    """An outbox in which two batches are recorded, each with two events that tell of it."""
    made = await new_db("quotas")
    for topic in (JOURNAL, PLACES, PLACES, JOURNAL, PLACES, PLACES):
        await made.run(lambda tx, name=topic.name: tx.execute(ROW, {"topic": name, "days": None}))  # type: ignore[misc]
    return made


async def drained(db: Database, broker: Broker, *, turns: int) -> int:
    connection = await connect(db.url)
    try:
        return await Relay(connection, broker).drain(going_on=lambda: len(broker.asked) < turns)
    finally:
        await connection.close()


async def test_the_journal_is_stored_before_anything_that_it_led_to_leaves(db: Database) -> None:
    broker = Broker()
    assert await drained(db, broker, turns=10) == 6
    assert broker.asked == [[JOURNAL.name] * 2, [PLACES.name] * 4]


async def test_while_the_journal_is_not_stored_nobody_is_told(db: Database) -> None:
    """What others know is always in the journal, whenever a database is lost."""
    broker = Broker(most=1)
    assert await drained(db, broker, turns=3) == 1
    assert {name for asked in broker.asked for name in asked} == {JOURNAL.name}


async def test_old_rows_are_forgotten_but_for_what_is_kept_for_good(db: Database) -> None:
    for topic in (JOURNAL, PLACES):
        await db.run(lambda tx, name=topic.name: tx.execute(ROW, {"topic": name, "days": KEEP_SENT_DAYS + 1}))  # type: ignore[misc]
    connection = await connect(db.url)
    try:
        await Relay(connection, Broker()).prune()
        left = await connection.fetch("select topic from outbox where sent_at is not null")
    finally:
        await connection.close()
    assert [row["topic"] for row in left] == [JOURNAL.name]


class Slow:
    """A broker that is at work on what it was given first until `go_on`; `most` of it is stored, and of everything later all."""

    def __init__(self, *, most: int = 1_000) -> None:
        self.sent: list[tuple[str, int]] = []
        self.at_work, self.go_on = asyncio.Event(), asyncio.Event()
        self._most = most

    async def publish(self, rows: Sequence[Outgoing]) -> Sequence[int]:
        taken = rows if self.at_work.is_set() else rows[: self._most]
        self.at_work.set()
        await self.go_on.wait()
        self.sent += [(row.key, row.row) for row in taken]
        return [row.row for row in taken]

    async def close(self) -> None:
        """Nothing is held open."""


class Seen:
    """Passes everything on to a connection, and says when the outbox was read the second time."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.readings = 0
        self.read_ahead = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, *asked: Any) -> Any:
        found = await self._connection.fetch(*asked)
        self.readings += 1
        if self.readings == 2:
            self.read_ahead.set()
        return found


KEYED = text(
    "insert into outbox (topic, key, event_id, type, value, created_at) "
    f"values ('{PLACES.name}', :key, gen_random_uuid(), 't', 'v', now()) returning id"
)


async def put(db: Database, *keys: str) -> list[int]:
    """Rows of these keys, each in a transaction of its own; their ids."""
    return [(await db.run(lambda tx, key=key: tx.execute(KEYED, {"key": key}))).scalar_one() for key in keys]  # type: ignore[misc]


@asynccontextmanager
async def draining(db: Database, broker: Slow) -> AsyncIterator[tuple[Seen, "asyncio.Task[int]"]]:
    connection = await connect(db.url)
    seen = Seen(connection)
    try:
        yield seen, asyncio.create_task(Relay(seen, broker).drain())  # type: ignore[arg-type]
    finally:
        await connection.close()


async def test_the_next_chunk_is_read_while_the_broker_is_at_work(new_db: NewDb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.messaging.relay.CHUNK", 2)
    db, broker = await new_db("quotas"), Slow()
    ids = await put(db, "a", "b", "a", "b", "a")
    async with draining(db, broker) as (seen, done), asyncio.timeout(30):
        await broker.at_work.wait()
        await seen.read_ahead.wait()
        broker.go_on.set()
        assert await done == 5
    assert [row for _key, row in broker.sent] == ids


async def test_a_row_that_commits_late_is_not_overtaken_by_one_that_was_read_ahead(new_db: NewDb, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a lower id than what is on its way, and a later row of its key a higher one: whoever reads on from the last id loses it."""
    monkeypatch.setattr("shared.messaging.relay.CHUNK", 2)
    db, broker, numbered, finish = await new_db("quotas"), Slow(), asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> int:
        row = (await tx.execute(KEYED, {"key": "late"})).scalar_one()
        numbered.set()
        await finish.wait()
        return int(row)

    held = asyncio.create_task(db.run(slow))
    await numbered.wait()
    await put(db, "a", "b", "c", "d", "e")
    async with draining(db, broker) as (seen, done), asyncio.timeout(30):
        await broker.at_work.wait()
        await seen.read_ahead.wait()
        finish.set()
        first = await held
        (second,) = await put(db, "late")
        broker.go_on.set()
        assert await done == 7
    assert [row for key, row in broker.sent if key == "late"] == [first, second]


async def test_what_was_read_ahead_waits_where_the_chunk_before_it_was_not_stored_whole(
    new_db: NewDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.CHUNK", 2)
    db, broker = await new_db("quotas"), Slow(most=1)
    ids = await put(db, "a", "a", "a", "a")
    async with draining(db, broker) as (seen, done), asyncio.timeout(30):
        await broker.at_work.wait()
        await seen.read_ahead.wait()
        broker.go_on.set()
        assert await done == 4
    assert [row for _key, row in broker.sent] == ids


def test_ids_are_marked_by_their_runs_and_no_other_id_with_them() -> None:
    assert runs([]) == []
    assert runs([7]) == [(7, 7)]
    assert runs([3, 1, 2, 9, 5, 6]) == [(1, 3), (5, 6), (9, 9)]
