"""Processes that are killed or stopped, and a broker that is: every event is applied once, in order, and it goes on by itself."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from shared.kernel.ids import new_id
from shared.messaging.broker import Broker
from shared.messaging.kafka import KafkaTransport
from shared.messaging.local import LocalTransport
from shared.persistence.database import Database
from shared.settings import CommonSettings
from tests.contract.members import Member, running
from tests.contract.rig import KEYS, Rig, add_tables, fact, forward, history, in_order

GATE = 7_001


class Bed:
    """Two databases and a broker, with the arguments that members need."""

    def __init__(self, producer: Database, consumer: Database, bootstrap: str) -> None:
        self.prefix = f"t{new_id().hex[-10:]}."
        transport = KafkaTransport(CommonSettings(kafka_bootstrap=bootstrap, kafka_prefix=self.prefix)) if bootstrap else LocalTransport()
        self.rig = Rig(producer, consumer, transport)
        self.on_kafka = ["--bootstrap", bootstrap, "--prefix", self.prefix] if bootstrap else []
        self.consumer = ["consumer", "--consumer", consumer.url, *self.on_kafka]
        self.producer = ["producer", "--producer", producer.url, *self.on_kafka]
        self.both = ["both", "--consumer", consumer.url, "--producer", producer.url]


NewBed = Callable[[str], Awaitable[Bed]]


@pytest.fixture
async def new_bed(new_db: Callable[[str], Awaitable[Database]]) -> NewBed:
    """A factory of beds on fresh databases; an empty address means the local transport."""

    async def make(bootstrap: str) -> Bed:
        producer, consumer = await new_db("applications"), await new_db("quotas")
        await add_tables(consumer)
        return Bed(producer, consumer, bootstrap)

    return make


async def kill_again_and_again(members: list[Member], rig: Rig, total: int, seed: int) -> None:
    """Kill a random member and start it anew, until everything was applied; at least four times."""
    chance = random.Random(seed)
    killed = 0
    while killed < 4 or (await rig.count("select count(*) from effect") < total and killed < 12):
        reached = await rig.count("select count(*) from effect")
        await rig.until_effects(min(total, reached + chance.randint(1, max(1, total // 8))))
        victim = chance.choice(members)
        await victim.kill()
        await victim.start()
        killed += 1


async def test_one_process_killed_between_effect_and_acknowledgement_neither_loses_nor_repeats(new_bed: NewBed) -> None:
    """The local transport, kill -9 at random moments: what was not marked is handed over again, and the versions settle it."""
    bed = await new_bed("")
    events = history(subjects=80, versions=8)
    await forward(events, bed.rig.publish)
    async with running(*bed.both) as member:
        await kill_again_and_again([member], bed.rig, len(events), seed=3)
        await bed.rig.until_effects(len(events))
        await bed.rig.until_sent()
    effects = await bed.rig.effects()
    assert len(effects) == len(events)
    assert in_order(effects)


@pytest.mark.kafka
async def test_relay_and_workers_killed_under_load_neither_lose_nor_repeat(kafka: Broker, new_bed: NewBed) -> None:
    """A relay between acknowledgement and mark, a consumer between effect and commit: whichever moment the kill hits."""
    bed = await new_bed(kafka.bootstrap)
    events = history(subjects=100, versions=10)
    async with running(*bed.producer) as relay, running(*bed.consumer) as one, running(*bed.consumer) as two:
        publishing = asyncio.create_task(forward(events, bed.rig.publish, 25))
        await kill_again_and_again([relay, one, two], bed.rig, len(events), seed=5)
        await publishing
        await bed.rig.until_effects(len(events), 90)
        await bed.rig.until_sent()
    effects = await bed.rig.effects()
    assert len(effects) == len(events)
    assert in_order(effects)


@pytest.mark.kafka
async def test_a_worker_stopped_in_mid_transaction_is_overtaken_and_writes_nothing_when_it_wakes(kafka: Broker, new_bed: NewBed) -> None:
    """SIGSTOP with the offset row locked: the database ends the transaction, another takes the partitions, the sleeper is fenced."""
    bed = await new_bed(kafka.bootstrap)
    rig = bed.rig
    gate = await asyncpg.connect(rig.consumer.url.replace("postgresql+asyncpg://", "postgresql://", 1))
    await gate.execute("select pg_advisory_lock($1)", GATE)
    async with rig.relaying(), running(*bed.consumer, "--gate", str(GATE)) as sleeper:
        await rig.publish(*(fact(f"s{n}", 1, KEYS[n % 10]) for n in range(20)))

        async def at_the_gate() -> bool:
            return bool(
                await gate.fetchval("select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = $1", GATE)
            )

        await rig.until(at_the_gate)
        sleeper.signal(signal.SIGSTOP)
        await gate.execute("select pg_advisory_unlock($1)", GATE)
        await rig.publish(*(fact(f"s{n}", 2, KEYS[n % 10]) for n in range(20)))
        async with rig.consuming():
            await rig.until_effects(40)
            sleeper.signal(signal.SIGCONT)
            await rig.publish(*(fact(f"s{n}", 3, KEYS[n % 10]) for n in range(20)))
            await rig.until_effects(60)

            async def shared_again() -> bool:
                return await rig.count("select count(distinct owner) from partition_lease where held_until > now()") == 2

            await rig.until(shared_again)
            await rig.publish(*(fact(f"s{n}", 4, KEYS[n % 10]) for n in range(20)))
            await rig.until_effects(80)
    await gate.close()
    effects = await rig.effects()
    assert len(effects) == 80
    assert in_order(effects)


@pytest.mark.kafka
async def test_a_broker_killed_and_restarted_under_load_loses_nothing(own_broker: Broker, new_bed: NewBed) -> None:
    """Publishing goes on while the broker is gone; everything arrives after it is back, without a human hand."""
    bed = await new_bed(own_broker.bootstrap)
    rig = bed.rig
    events = history(subjects=60, versions=9)
    third = len(events) // 3
    async with rig.relaying(), rig.consuming() as worker:
        await forward(events[:third], rig.publish, 20)
        await rig.until_effects(10)
        await asyncio.to_thread(own_broker.kill)
        await forward(events[third : 2 * third], rig.publish, 20)

        async def says_so() -> bool:
            return "Kafka" in worker.state

        await rig.until(says_so, 90)
        await asyncio.to_thread(own_broker.restart)
        await forward(events[2 * third :], rig.publish, 20)
        await rig.until_effects(len(events), 120)
        await rig.until_sent()

        async def well_again() -> bool:
            return bool(worker.state == "ok")

        await rig.until(well_again)
    effects = await rig.effects()
    assert len(effects) == len(events)
    assert in_order(effects)
