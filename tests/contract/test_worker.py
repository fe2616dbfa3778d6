"""What a worker does about things that go wrong around it: it waits, says so, takes up where its database stands, and goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest
from sqlalchemy import text

from shared.events.envelope import AnyEvent
from shared.kernel.ids import new_id
from shared.messaging import worker as working
from shared.messaging.broker import Broker
from shared.messaging.kafka import KafkaTransport
from shared.messaging.local import LocalPublisher, LocalTransport
from shared.messaging.transport import Partition, Receiver, Record, Source, TransportAway
from shared.persistence.database import Database, Tx
from shared.settings import CommonSettings
from tests.conftest import NewDatabase
from tests.contract.rig import KEYS, Rig, add_tables, apply_once, fact, forward, history, in_order

GATE = 7_002
NewDb = Callable[[str], Awaitable[Database]]


async def plain(db: Database) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection beside the service's own."""
    return await asyncpg.connect(db.url.replace("postgresql+asyncpg://", "postgresql://", 1))


async def test_a_batch_whose_connection_is_cut_is_done_again_from_where_the_database_stands(rig: Rig) -> None:
    """The client has moved on past the failed batch; going on from there would lose it."""
    gate = await plain(rig.consumer)
    await gate.execute("select pg_advisory_lock($1)", GATE)

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        await apply_once(tx, events)
        await tx.execute(text("select pg_advisory_xact_lock_shared(:gate)"), {"gate": GATE})

    at_the_gate = "select pid from pg_locks where locktype = 'advisory' and not granted and objid = $1"
    events = history(subjects=30, versions=4)
    async with rig.relaying(), rig.consuming(handle):
        await forward(events[:60], rig.publish, 20)

        async def stands() -> bool:
            return bool(await gate.fetch(at_the_gate, GATE))

        await rig.until(stands)
        for (pid,) in await gate.fetch(at_the_gate, GATE):
            await gate.execute("select pg_terminate_backend($1)", pid)
        await gate.execute("select pg_advisory_unlock($1)", GATE)
        await forward(events[60:], rig.publish, 20)
        await rig.until_effects(len(events))
        await rig.until_sent()
    await gate.close()
    effects = await rig.effects()
    assert len(effects) == len(events)
    assert in_order(effects)


# --------------------------------------------------------------------------------------------------------- on Kafka only
class Sick:
    """A source whose client falls ill at its first fetch. Meets `transport.Source`."""

    def __init__(self, real: Source, illness: str) -> None:
        self._real = real
        self._illness = illness

    def assign(self, positions: Mapping[Partition, int]) -> None:
        self._real.assign(positions)

    async def fetch(self, *, max_records: int, timeout_ms: int) -> list[Record]:
        if self._illness == "cancels itself":
            raise asyncio.CancelledError
        found = await self._real.fetch(max_records=max_records, timeout_ms=timeout_ms)
        return [] if self._illness == "stands still" else found

    async def beginnings(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        return await self._real.beginnings(partitions)

    async def ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        return await self._real.ends(partitions)

    async def close(self) -> None:
        await self._real.close()


class Hospital(KafkaTransport):
    """Kafka with a first source that is ill in the way that is named; the next ones are well."""

    def __init__(self, settings: CommonSettings, illness: str = "") -> None:
        super().__init__(settings)
        self.illness = illness
        self.opened = 0

    async def source(self, service: str, receiver: Receiver) -> Source:
        real = await super().source(service, receiver)
        self.opened += 1
        return Sick(real, self.illness) if self.opened == 1 else real


@asynccontextmanager
async def hospital(kafka: Broker, new_db: NewDb, illness: str = "") -> AsyncIterator[tuple[Rig, Hospital]]:
    settings = CommonSettings(kafka_bootstrap=kafka.bootstrap, kafka_prefix=f"t{new_id().hex[-10:]}.")
    producer, consumer = await new_db("applications"), await new_db("quotas")
    await add_tables(consumer)
    transport = Hospital(settings, illness)
    async with Rig(producer, consumer, KafkaTransport(settings)).relaying():
        yield Rig(producer, consumer, transport), transport


@pytest.mark.kafka
@pytest.mark.parametrize("illness", ["stands still", "cancels itself"])
async def test_a_client_that_falls_ill_in_silence_is_replaced(
    kafka: Broker, new_db: NewDb, monkeypatch: pytest.MonkeyPatch, illness: str
) -> None:
    """Such a client shows no error to anybody. What tells is that there is more in the log and nothing moves."""
    monkeypatch.setattr(working, "PROBE_S", 0.1)
    monkeypatch.setattr(working, "STALLED_S", 0.5)
    async with hospital(kafka, new_db, illness) as (rig, transport), rig.consuming() as worker:
        said: list[str] = []
        await rig.publish(*history(subjects=5, versions=2))

        async def noted() -> bool:
            said.append(worker.state)
            return await rig.count("select count(*) from effect") == 10

        await rig.until(noted)
        assert transport.opened >= 2
        assert any("nothing arrived" in one or "was cancelled" in one for one in said)

        async def well() -> bool:
            return bool(worker.state == "ok")

        await rig.until(well)
    assert in_order(await rig.effects())


@pytest.mark.kafka
async def test_having_nothing_to_do_is_no_illness(kafka: Broker, new_db: NewDb, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet night is not taken for a client that stands still."""
    monkeypatch.setattr(working, "PROBE_S", 0.05)
    monkeypatch.setattr(working, "STALLED_S", 0.2)
    async with hospital(kafka, new_db) as (rig, transport), rig.consuming():
        await rig.publish(fact("a", 1, KEYS[0]))
        await rig.until_effects(1)
        before = transport.opened
        with suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                await asyncio.Event().wait()
        assert transport.opened == before
        await rig.publish(fact("a", 2, KEYS[0]))
        await rig.until_effects(2)


@pytest.mark.kafka
async def test_a_batch_that_takes_longer_than_its_lease_is_applied_once_and_goes_on(kafka: Broker, new_db: NewDb) -> None:
    """Another worker takes the partition meanwhile and finds the offset locked, then moved: one effect, and no circle."""
    asleep = asyncio.Event()

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        await apply_once(tx, events)
        if not asleep.is_set():
            asleep.set()
            await tx.execute(text("select pg_sleep(4)"))  # the lease of a rig's worker is 2 s

    owners = "select count(distinct owner) from partition_lease where held_until > now()"
    async with hospital(kafka, new_db) as (rig, _), rig.consuming(handle), rig.consuming(handle):

        async def shared() -> bool:
            return await rig.count(owners) == 2

        async def overtaken() -> bool:
            return await rig.count(owners) == 1

        await rig.until(shared)
        events = history(subjects=10, versions=6)
        await rig.publish(*events[:10])
        await asleep.wait()
        await rig.until(overtaken, 10)
        await forward(events[10:], rig.publish, 10)
        await rig.until_effects(len(events))
        await rig.until(shared)
    effects = await rig.effects()
    assert len(effects) == len(events)
    assert in_order(effects)


@pytest.mark.kafka
async def test_a_log_that_is_shorter_than_what_was_read_stops_the_worker_with_words(kafka: Broker, new_db: NewDb) -> None:
    """The topics were lost or cut: it neither skips nor starts over. Once a person has set it right, it goes on by itself."""
    async with hospital(kafka, new_db) as (rig, _):
        async with rig.consuming():
            await rig.publish(*(fact(f"s{n}", 1, KEYS[n]) for n in range(10)))
            await rig.until_effects(10)
            await rig.until_sent()
        await rig.consumer.run(lambda tx: tx.execute(text("update consumer_offset set next_offset = next_offset + 1000")))
        async with rig.consuming() as worker:

            async def says_so() -> bool:
                return "lies outside" in worker.state

            await rig.until(says_so)
            assert worker.state.startswith("consumer stopped: ")
            await rig.publish(*(fact(f"s{n}", 2, KEYS[n]) for n in range(10)))
            await rig.until_sent()
            assert len(await rig.effects()) == 10
            await rig.consumer.run(lambda tx: tx.execute(text("delete from consumer_offset")))
            await rig.until_effects(20)
    assert in_order(await rig.effects())


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("options", "said"),
    [({"lock_timeout": "20"}, "refusing the locks"), ({"statement_timeout": "1000"}, "could not finish its work")],
    ids=["lock", "statement"],
)
async def test_a_lock_that_somebody_keeps_through_every_try_is_waited_for(
    kafka: Broker, new_database: NewDatabase, options: dict[str, str], said: str
) -> None:
    """A worker that was stopped keeps the leases' lock until the database ends its transaction; the others say so, and go on after it.

    So they do where their wait itself is cancelled.
    """
    settings = CommonSettings(kafka_bootstrap=kafka.bootstrap, kafka_prefix=f"t{new_id().hex[-10:]}.")
    producer, consumer = (
        Database(await new_database("applications")),
        Database(await new_database("quotas"), options=options),
    )
    await add_tables(consumer)
    rig = Rig(producer, consumer, KafkaTransport(settings))
    stopped = await asyncpg.connect(consumer.url.replace("postgresql+asyncpg://", "postgresql://", 1))
    await stopped.execute("select pg_advisory_lock(hashtext('puente.leases'))")
    async with rig.relaying(), rig.consuming() as worker:
        await rig.publish(*history(subjects=5, versions=2))

        async def says_so() -> bool:
            return said in worker.state

        await rig.until(says_so)
        await stopped.close()
        await rig.until_effects(10)
        assert in_order(await rig.effects())
    await producer.close()
    await consumer.close()


class NowhereToPublish(LocalTransport):
    """The broker takes nothing, while it gives what it has."""

    away = True

    async def publisher(self) -> LocalPublisher:
        if self.away:
            raise TransportAway("nobody takes anything at 127.0.0.1:1")
        return await super().publisher()


async def test_a_loop_that_goes_on_does_not_hide_another_that_waits(new_db: NewDb) -> None:
    """The consumer is well all the time; who looks at the worker still sees that nothing is sent."""
    producer, transport = await new_db("applications"), NowhereToPublish()
    consumer = await new_db("quotas")
    await add_tables(consumer)
    rig = Rig(producer, consumer, transport)
    async with rig.consuming() as worker:

        async def says_so() -> bool:
            return bool(worker.state == "leader waits: nobody takes anything at 127.0.0.1:1")

        async def well() -> bool:
            return bool(worker.state == "ok")

        await rig.until(says_so)
        assert worker.state != "ok", "and it stays so"
        transport.away = False
        await rig.until(well)
