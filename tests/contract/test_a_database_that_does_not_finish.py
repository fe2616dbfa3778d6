"""A statement that the database cancels, or has no room for, is tried again: no healthy key waits for a person because of it.

What is never finished stops its own key after a while, and is tried again by itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.events.catalogue import APPLICATIONS
from shared.events.envelope import AnyEvent, encode
from shared.kernel.ids import new_id
from shared.messaging import parking, unfinished
from shared.messaging.broker import Broker
from shared.messaging.consumer import Consumer
from shared.messaging.kafka import KafkaTransport
from shared.messaging.service import Waits
from shared.messaging.transport import Partition, Record
from shared.persistence.database import Database, Tx, Unavailable
from shared.settings import CommonSettings
from tests.conftest import NewDatabase
from tests.contract.rig import KEYS, MOMENT, Rig, add_tables, apply_once, fact, service

SLOW = "select pg_sleep(5)"
"""Longer than these databases let a statement take."""
READ = Partition(APPLICATIONS.name, 0)
Attempt = Callable[[], Awaitable[object]]


class Handled:
    """The rig's handler; with an event of the subject `bad` it first asks `statement` of the database, as often as `times` says."""

    def __init__(self, statement: str = SLOW, times: int = 1_000) -> None:
        self.statement, self.times, self.batches = statement, times, list[int]()

    async def __call__(self, tx: Tx, events: Sequence[AnyEvent]) -> None:
        self.batches.append(len(events))
        if self.times and any(one.subject == "bad" for one in events):
            self.times -= 1
            await tx.execute(text(self.statement))
        await apply_once(tx, events)


@pytest.fixture
async def db(new_database: NewDatabase) -> AsyncIterator[Database]:
    """A consumer's database that cancels what takes longer than a moment."""
    found = Database(await new_database("quotas"), options={"statement_timeout": "2000"})
    await add_tables(found)
    yield found
    await found.close()


def records(*events: AnyEvent) -> list[Record]:
    return [Record(READ, number, one.partitionkey, encode(one)) for number, one in enumerate(events)]


async def rows(db: Database, query: str) -> list[tuple[object, ...]]:
    async def work(tx: Tx) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await tx.execute(text(query))]

    return await db.run(work)


async def until_taken(consumer: Consumer, given: Sequence[Record], most: int = 20) -> int:
    """Hand the records over again and again, as a relay does, until they are taken; how often that was in vain."""
    for times in range(most):
        try:
            await consumer.deliver(given)
        except Unavailable as error:
            assert "the database could not finish" in str(error)
        else:
            return times
    raise AssertionError(f"not taken in {most} tries")


def made_up(state: str) -> str:
    return f"do $$ begin raise exception 'made up' using errcode = '{state}'; end $$"


@pytest.mark.parametrize(
    "statement",
    [SLOW, "select pg_cancel_backend(pg_backend_pid()), pg_sleep(5)", *map(made_up, ("53100", "53200", "58030"))],
    ids=["timeout", "cancelled", "disk_full", "out_of_memory", "io_error"],
)
async def test_what_was_not_finished_once_comes_again_and_stops_nothing(db: Database, statement: str) -> None:
    handled = Handled(statement, times=1)
    events = records(fact("good", 1, KEYS[0]), fact("bad", 1, KEYS[1]), fact("good", 2, KEYS[0]))
    assert await until_taken(Consumer(service("quotas", db, handled)), events) == 1
    assert await rows(db, "select subject, version from effect order by id") == [("good", 1), ("bad", 1), ("good", 2)]
    assert await rows(db, "select key from parked_key") == []


async def test_the_one_that_is_never_finished_is_found_and_stops_its_own_key_after_a_while(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many came with it, it is alone after a few tries; those before it are done by then, those behind it once it gave way."""
    monkeypatch.setattr(unfinished, "PATIENCE_S", 0.0)
    handled = Handled(made_up("57014"))
    others = [fact(f"s{n}", 1, KEYS[1 + n % 9]) for n in range(299)]
    given = records(*others[:150], fact("bad", 1, KEYS[0]), *others[150:], fact("bad", 2, KEYS[0]))
    consumer = Consumer(service("quotas", db, handled))
    assert await until_taken(consumer, given) == 5, "together with 301, 31 and 4, and alone, the third time for good"
    assert sorted(await rows(db, "select subject from effect")) == sorted((one.subject,) for one in others)
    assert await rows(db, "select key, waits_for, reason_code from parked_key") == [(KEYS[0], parking.AGAIN, "unfinished")]
    assert [(one.key, one.reason_code) for one in await db.run(parking.listing)] == [(KEYS[0], "unfinished"), (KEYS[0], "behind")]
    handled.batches.clear()
    await consumer.deliver(records(*others))
    assert handled.batches == [299], "afterwards they come together again"


async def test_what_is_too_much_for_one_transaction_comes_to_its_end_in_several(new_database: NewDatabase) -> None:
    """Each event is quick enough, and all of them together are not: the database ends the transaction, each time that they come so."""
    db = Database(await new_database("quotas"), options={"transaction_timeout": "1000"})
    await add_tables(db)

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        for one in events:
            await tx.execute(text("select pg_sleep(0.1)"))
            await apply_once(tx, [one])

    events = [fact(f"s{n}", 1, KEYS[n % 10]) for n in range(20)]
    assert await until_taken(Consumer(service("quotas", db, handle)), records(*events)) >= 1
    assert await rows(db, "select subject from effect order by id") == [(one.subject,) for one in events]
    assert await rows(db, "select key from parked_key") == []
    await db.close()


async def test_while_the_patience_lasts_nothing_is_stopped_however_often_it_is_tried(db: Database) -> None:
    consumer = Consumer(service("quotas", db, Handled(made_up("53100"))))
    for _ in range(10):
        with pytest.raises(Unavailable):
            await consumer.deliver(records(fact("bad", 1, KEYS[0])))
    assert await rows(db, "select key from parked_key") == []


async def test_a_stopped_one_is_tried_again_after_a_pause_and_goes_on_by_itself_in_order(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfinished, "PATIENCE_S", 0.0)
    handled = Handled(made_up("57014"))
    await until_taken(Consumer(service("quotas", db, handled)), records(*(fact("bad", version, KEYS[0]) for version in (1, 2, 3))))
    handled.batches.clear()

    async def a_pause_is_over() -> None:
        await rows(db, "update parked_key set parked_at = parked_at - interval '6 minutes' returning 1")

    assert await parking.resume_waiting(db, handled, now=MOMENT) == 0 and handled.batches == [], "not at once"
    await a_pause_is_over()
    assert await parking.resume_waiting(db, handled, now=MOMENT) == 0 and handled.batches == [1], "tried, in vain"
    assert await parking.resume_waiting(db, handled, now=MOMENT) == 0 and handled.batches == [1], "and then not before another pause"
    handled.times = 0
    await a_pause_is_over()
    assert await parking.resume_waiting(db, handled, now=MOMENT) == 3
    assert await rows(db, "select version from effect order by id") == [(1,), (2,), (3,)]
    assert await rows(db, "select key from parked_key") == []


@pytest.mark.parametrize("by", ["a person", "itself"])
async def test_a_key_that_is_resumed_and_not_finished_waits_for_no_person(db: Database, by: str) -> None:
    """It was stopped for something else, which is mended; what is done before it stays done."""
    handled, mended = Handled(), False

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        if not mended:
            raise Waits("programme:training")
        await handled(tx, events)

    await Consumer(service("quotas", db, handle)).deliver(records(fact("good", 1, KEYS[0]), fact("bad", 1, KEYS[0])))
    mended = True
    if by == "itself":
        assert await parking.resume_waiting(db, handle, now=MOMENT) == 0
    else:
        tally = parking.Tally()
        with pytest.raises(Waits, match=parking.AGAIN):
            await parking.resume(db, handle, KEYS[0], now=MOMENT, actor="operator", tally=tally)
        assert tally.done == 1
    assert await rows(db, "select subject from effect") == [("good",)]
    assert await rows(db, "select waits_for, reason_code from parked_key") == [(parking.AGAIN, "unfinished")]


async def test_a_database_that_cannot_even_note_what_stopped_is_waited_for(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk takes no parked event either: the worker is told so, and nothing is lost."""
    monkeypatch.setattr(unfinished, "PATIENCE_S", 0.0)
    consumer = Consumer(service("quotas", db, Handled(made_up("53100"))))
    given = records(fact("bad", 1, KEYS[0]))
    for statement in (
        "create function full_disk() returns trigger language plpgsql as $f$ begin raise exception 'full' using errcode = '53100'; end $f$",
        "create trigger full_disk before insert on parked_key execute function full_disk()",
    ):
        await db.run(lambda tx, s=statement: tx.execute(text(s)))  # type: ignore[misc]
    for _ in range(unfinished.TRIES_ALONE + 2):
        with pytest.raises((Unavailable, DBAPIError), match=r"could not finish|full"):
            await consumer.deliver(given)
    await db.run(lambda tx: tx.execute(text("drop trigger full_disk on parked_key")))
    assert await until_taken(consumer, given) == 0
    assert await rows(db, "select waits_for from parked_key") == [(parking.AGAIN,)]


@pytest.mark.kafka
async def test_the_worker_says_what_it_waits_for_and_goes_on(kafka: Broker, new_database: NewDatabase) -> None:
    settings = CommonSettings(kafka_bootstrap=kafka.bootstrap, kafka_prefix=f"t{new_id().hex[-10:]}.")
    producer = Database(await new_database("applications"))
    consumer = Database(await new_database("quotas"), options={"statement_timeout": "300"})
    await add_tables(consumer)
    rig, handled = Rig(producer, consumer, KafkaTransport(settings)), Handled()
    async with rig.relaying(), rig.consuming(handled) as worker:
        await rig.publish(fact("bad", 1, KEYS[0]), *(fact(f"s{n}", 1, KEYS[n]) for n in range(1, 10)))

        async def says_so() -> bool:
            return bool(worker.state.startswith("consumer waits: the database could not finish"))

        await rig.until(says_so)
        handled.times = 0
        await rig.until_effects(10)

        async def well() -> bool:
            return bool(worker.state == "ok")

        await rig.until(well)
    assert await rows(consumer, "select key from parked_key") == []
    await producer.close()
    await consumer.close()
