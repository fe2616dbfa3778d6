"""Topics are read again from their beginning, or sent again, while everything runs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from rich.console import Console

from services.run.replay import reread
from shared.events.envelope import AnyEvent
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
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

            await rig.until(again, 20)
            assert await rig.count("select count(*) from consumer_offset where next_offset > 0") > 0
        await rig.publish(fact("late", 1, KEYS[0]))
        await rig.until_effects(13)
        assert heard.times == 37, "each time all of it came once, and nothing else"
        assert worker.state == "ok"
