"""What leaves an outbox first, and what stays in it for good."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from sqlalchemy import text

from shared.events.catalogue import JOURNAL, PLACES
from shared.messaging.relay import KEEP_SENT_DAYS, Relay, connect
from shared.messaging.transport import Outgoing
from shared.persistence.database import Database

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
