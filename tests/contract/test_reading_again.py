"""Topics are read again from their beginning, or sent again, while everything runs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest
from rich.console import Console
from sqlalchemy import text

from services.run.replay import republish, reread
from shared.events.catalogue import APPLICATIONS, decode
from shared.events.envelope import AnyEvent
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.messaging import parking
from shared.messaging.broker import Broker
from shared.messaging.kafka import KafkaTransport
from shared.persistence.database import Tx
from shared.settings import CommonSettings
from tests.conftest import NewDb
from tests.contract.rig import KEYS, MOMENT, Rig, add_tables, apply_once, fact, history, service

QUIET = Console(quiet=True)


class Heard:
    """The rig's handler, which also notes how often it was given anything."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self, tx: Tx, events: Sequence[AnyEvent]) -> None:
        await apply_once(tx, events)
        self.times += len(events)


@asynccontextmanager
async def on_kafka(kafka: Broker, new_db: NewDb) -> AsyncIterator[Rig]:
    producer, consumer = await new_db("applications"), await new_db("quotas")
    await add_tables(consumer)
    yield Rig(producer, consumer, KafkaTransport(CommonSettings(kafka_bootstrap=kafka.bootstrap, kafka_prefix=f"t{new_id().hex[-10:]}.")))


@pytest.mark.kafka
async def test_a_worker_that_has_nothing_to_do_takes_up_the_new_positions_by_itself(kafka: Broker, new_db: NewDb) -> None:
    """No record has to come to tell it: it looks where the database stands whenever it renews its leases."""
    heard = Heard()
    async with on_kafka(kafka, new_db) as rig, rig.relaying(), rig.consuming(heard) as worker:
        await rig.publish(*history(subjects=6, versions=2))
        await rig.until_effects(12)
        await rig.until_sent()
        assert heard.times == 12
        for turn in (2, 3):
            await reread({"quotas": service("quotas", rig.consumer, heard)}, ManualClock(MOMENT), QUIET)

            async def again(turn: int = turn) -> bool:
                return heard.times == 12 * turn

            async def settled() -> bool:
                return await rig.count("select count(*) from consumer_offset where next_offset > 0") > 0

            await rig.until(again, 20)
            await rig.until(settled)
        await rig.publish(fact("late", 1, KEYS[0]))
        await rig.until_effects(13)
        assert heard.times == 37, "each time all of it came once, and nothing else"
        assert worker.state == "ok"


class Poisoned(Heard):
    """The same, which cannot do the second event of the subject `bad`."""

    async def __call__(self, tx: Tx, events: Sequence[AnyEvent]) -> None:
        if any((one.subject, one.subjectversion) == ("bad", 2) for one in events):
            raise ArithmeticError("a place for two")
        await super().__call__(tx, events)


KEPT_TWICE = """
    insert into parked_event (key, topic, partition, next_offset, event_id, type, value, sha256, size_bytes, reason_code, reason)
    select key, topic, partition, next_offset, event_id, type, value, sha256, size_bytes, 'behind', reason from parked_event
    where reason_code <> 'behind'
"""
"""As older versions kept what came twice."""


async def smuggle(tx: Tx) -> None:
    """Bytes of no event, under the second key."""
    await tx.execute(
        text("insert into outbox (topic, key, event_id, type, value, created_at) values (:topic, :key, :id, 'x', :value, :at)"),
        {"topic": APPLICATIONS.name, "key": KEYS[1], "id": new_id(), "value": b"\xff not an event", "at": MOMENT},
    )


async def test_what_was_dropped_is_given_up_for_good_however_often_it_comes_again(rig: Rig) -> None:
    """An event by its id, bytes of no event by topic and hash: once while its key is still stopped, then where it goes on."""
    handle = Poisoned()
    async with rig.consuming(handle), rig.relaying():
        await rig.producer.run(smuggle)
        await rig.publish(*(fact("bad", version, KEYS[0]) for version in (1, 2, 3)), fact("fine", 1, KEYS[1]))

        async def parked() -> bool:
            return await _open(rig) == [(KEYS[1], "malformed"), (KEYS[1], "behind"), (KEYS[0], "handler_failed"), (KEYS[0], "behind")]

        await rig.until(parked)
        await rig.consumer.run(lambda tx: tx.execute(text(KEPT_TWICE)))
        for one in await rig.consumer.run(parking.listing):
            if one.reason_code != "behind":
                assert await rig.consumer.run(partial(parking.drop, parked=one.id, now=MOMENT, actor="operator", reason="a test"))
        await all_again(rig, 1)
        assert sorted(await _open(rig)) == [(KEYS[1], "behind")] * 2 + [(KEYS[0], "behind")] * 3, "with the first of 'bad', and the marks"
        for key, number in ((KEYS[0], 3), (KEYS[1], 2)):
            assert await parking.resume(rig.consumer, handle, key, now=MOMENT, actor="operator") == number
        await all_again(rig, 2)
        assert await _open(rig) == []
        assert await rig.count("select count(*) from parked_key") == 0
    assert [(subject, version) for _key, subject, version in await rig.effects() if subject == "bad"] == [("bad", 1), ("bad", 3)]


async def test_reading_again_adds_to_a_stopped_key_what_was_done_before_it_once(rig: Rig) -> None:
    handle = Poisoned()
    async with rig.consuming(handle), rig.relaying():
        await rig.publish(fact("bad", 1, KEYS[0]))
        await rig.until_effects(1)
        await rig.publish(fact("bad", 2, KEYS[0]), fact("bad", 3, KEYS[0]), fact("fine", 1, KEYS[1]))
        await rig.until_effects(2)
        for turn in (1, 2, 3):
            await all_again(rig, turn)
            assert len(await _open(rig)) == 3 + turn, "what failed, what is behind it, what was done before, and the marks"


async def all_again(rig: Rig, turn: int) -> None:
    """Send everything again, and wait for a mark behind all of it in each of the two keys."""
    await rig.until_sent()
    await republish({"applications": service("applications", rig.producer, apply_once)}, 28, ManualClock(MOMENT), QUIET)
    marks = [f"mark{turn} of {key}" for key in KEYS[:2]]
    await rig.publish(*(fact(mark, 1, key) for mark, key in zip(marks, KEYS[:2], strict=True)))

    async def there() -> bool:
        found = {subject for _key, subject, _version in await rig.effects()}
        for value in await rig.consumer.run(_values):
            found.add(decode(value).subject)
        return found.issuperset(marks)

    await rig.until(there)


async def _values(tx: Tx) -> list[bytes]:
    return list((await tx.execute(text("select value from parked_event where settled_at is null and value is not null"))).scalars())


async def _open(rig: Rig) -> list[tuple[str, str]]:
    return [(one.key, one.reason_code) for one in await rig.consumer.run(parking.listing)]
