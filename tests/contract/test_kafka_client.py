"""What the Kafka client would do wrong by itself, on a real broker: each is a fault that others have had."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import TopicPartition

from shared.events.catalogue import TOPICS, Topic
from shared.kernel.ids import new_id
from shared.messaging import kafka as client
from shared.messaging.broker import Broker
from shared.messaging.kafka import KafkaPublisher, KafkaSource, KafkaTransport, connection_settings
from shared.messaging.transport import LogLost, Outgoing, Partition, Record, TransportAway
from shared.settings import CommonSettings

pytestmark = pytest.mark.kafka

TOPIC = "puente.applications.v1"
A, B = Partition(TOPIC, 0), Partition(TOPIC, 1)


class Nobody:
    """Stands where a receiver would; a source hands nothing over by itself."""

    async def deliver(self, records: object) -> None:
        raise AssertionError(f"handed over: {records}")


class Bench:
    """A transport on a topic prefix of its own, and a plain producer beside it that writes where it is told."""

    def __init__(self, bootstrap: str) -> None:
        self.settings = CommonSettings(kafka_bootstrap=bootstrap, kafka_prefix=f"t{new_id().hex[-10:]}.")
        self.transport = KafkaTransport(self.settings)

    async def source(self) -> KafkaSource:
        found = await self.transport.source("quotas", Nobody())
        assert isinstance(found, KafkaSource)
        return found

    async def write(self, partition: Partition, *values: bytes) -> None:
        """Put records into a partition as some other program would."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_bootstrap, acks="all", max_request_size=2 * 1024 * 1024)
        await producer.start()
        try:
            for value in values:
                await producer.send(self.settings.kafka_prefix + partition.topic, value, key=b"k", partition=partition.number)
        finally:
            await producer.stop()

    async def admin(self) -> AIOKafkaAdminClient:
        made = AIOKafkaAdminClient(**connection_settings(self.settings))
        await made.start()
        return made


@pytest.fixture
async def bench(kafka: Broker) -> Bench:
    made = Bench(kafka.bootstrap)
    await made.transport.prepare(TOPICS)
    return made


@pytest.fixture
async def source(bench: Bench) -> AsyncIterator[KafkaSource]:
    opened = await bench.source()
    yield opened
    await opened.close()


@pytest.fixture
async def publisher(bench: Bench) -> AsyncIterator[KafkaPublisher]:
    opened = await bench.transport.publisher()
    yield opened
    await opened.close()


async def read(source: KafkaSource, number: int, *, most: int = 1_000) -> list[Record]:
    """Fetch until `number` records are here."""
    found: list[Record] = []
    async with asyncio.timeout(30):
        while len(found) < number:
            found += await source.fetch(max_records=most, timeout_ms=250)
    return found


async def test_a_source_begins_exactly_where_it_is_told_and_forgets_what_it_had_fetched(bench: Bench, source: KafkaSource) -> None:
    """The client fetches ahead; records of the former position must not come out after another assignment."""
    await bench.write(A, *(b"%d" % n for n in range(50)))
    await bench.write(B, b"b")
    source.assign({A: 40})
    assert (await read(source, 1, most=1))[0].offset == 40
    source.assign({B: 0})
    assert [(record.partition, record.offset) for record in await read(source, 1)] == [(B, 0)]
    source.assign({A: 7, B: 0})
    again = await read(source, 44)
    assert [record.offset for record in again if record.partition == A] == list(range(7, 50))
    source.assign({})
    assert await source.fetch(max_records=10, timeout_ms=10) == []


async def test_a_position_is_never_asked_of_the_broker(bench: Bench, source: KafkaSource) -> None:
    """With a position of its own the client would begin at the newest record; here an empty partition is waited on in peace."""
    source.assign({A: 0})
    assert await source.fetch(max_records=10, timeout_ms=500) == []
    await bench.write(A, b"first")
    assert [record.value for record in await read(source, 1)] == [b"first"]


async def test_a_backlog_in_one_partition_does_not_hold_up_another(bench: Bench, source: KafkaSource) -> None:
    """The client alone drains one partition before it looks at the next."""
    await bench.write(A, *(b"a" for _ in range(3_000)))
    await bench.write(B, *(b"b" for _ in range(30)))
    source.assign({A: 0, B: 0})
    early = await read(source, 300, most=100)
    assert sum(record.partition == B for record in early) == 30
    offsets = [record.offset for record in early if record.partition == A]
    assert offsets == list(range(len(offsets)))


async def test_the_largest_record_that_the_broker_takes_comes_through(bench: Bench, source: KafkaSource) -> None:
    """A stranger's record near the topic's limit is read like any other, and the one behind it too; the consumer parks it."""
    huge = b"x" * (1024 * 1024 - 1_000)
    await bench.write(A, b"before", huge, b"after")
    source.assign({A: 0})
    assert [len(record.value) for record in await read(source, 3)] == [6, len(huge), 5]


async def test_after_an_error_another_producer_sends_what_was_left(bench: Bench, publisher: KafkaPublisher, source: KafkaSource) -> None:
    """What one partition took is told; what the failed one held is given again, to a new producer, in the old order."""
    await publisher.publish([Outgoing(0, TOPIC, "warm", b"up")])
    used = publisher._producer
    keys = {publisher_partition(key): key for key in (f"key{n}" for n in range(64))}
    good, bad = keys[1], keys[2]
    rows = [Outgoing(1, TOPIC, good, b"1"), Outgoing(2, TOPIC, bad, b"x" * 1_100_000), Outgoing(3, TOPIC, good, b"3")]
    assert sorted(await publisher.publish(rows)) == [1, 3]
    assert publisher._producer is not used
    with pytest.raises(TransportAway, match="did not take the events"):
        await publisher.publish(rows[1:2])
    assert list(await publisher.publish([Outgoing(2, TOPIC, bad, b"2")])) == [2]
    source.assign({Partition(TOPIC, 1): 0, Partition(TOPIC, 2): 0})
    found = {(record.partition.number, record.value) for record in await read(source, 3)}
    assert {(1, b"1"), (1, b"3"), (2, b"2")} <= found


def publisher_partition(key: str) -> int:
    """The partition that the client's own partitioner gives a key."""
    numbers = list(range(next(topic for topic in TOPICS if topic.name == TOPIC).partitions))
    return int(DefaultPartitioner()(key.encode(), numbers, numbers))


async def test_a_topic_with_another_number_of_partitions_is_refused(bench: Bench) -> None:
    """Keys would move between partitions, and their order with them."""
    asked = Topic("puente.grown.v1", 3, 1)
    admin = await bench.admin()
    name = bench.settings.kafka_prefix + asked.name
    await admin.create_topics([NewTopic(name, 5, 1)])
    async with asyncio.timeout(30):
        while len((await admin.describe_topics([name]))[0]["partitions"]) < 5:
            continue
    await admin.close()
    with pytest.raises(LogLost, match="has 5 partitions, the catalogue says 3: make a new topic and drain the old one"):
        await bench.transport.prepare([asked])


async def test_an_offset_that_the_log_no_longer_holds_stops_and_says_so(bench: Bench, source: KafkaSource) -> None:
    """Neither skipping to the newest nor starting over: a person decides."""
    await bench.write(A, *(b"%d" % n for n in range(10)))
    source.assign({A: 11})
    with pytest.raises(LogLost, match=r"lies outside of what Kafka at .* keeps"):
        await read(source, 1)
    admin = await bench.admin()
    topic = TopicPartition(bench.settings.kafka_prefix + TOPIC, 0)
    await admin.delete_records({topic: RecordsToDelete(before_offset=5)})
    await admin.close()
    source.assign({A: 2})
    with pytest.raises(LogLost):
        await read(source, 1)
    assert await source.beginnings([A]) == {A: 5}
    source.assign({A: 5})
    assert [record.value for record in await read(source, 5)] == [b"5", b"6", b"7", b"8", b"9"]


async def test_topics_keep_what_was_acknowledged(bench: Bench) -> None:
    """Made with our settings, also where the broker's own differ; with one broker one replica must do."""
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    admin = await bench.admin()
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, bench.settings.kafka_prefix + TOPIC)])
    await admin.close()
    found = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    days = next(topic for topic in TOPICS if topic.name == TOPIC).retention_days
    assert days is not None
    assert found["unclean.leader.election.enable"] == "false"
    assert found["cleanup.policy"] == "delete"
    assert found["max.message.bytes"] == str(1024 * 1024)
    assert found["retention.ms"] == str(days * 86_400_000)
    assert found["min.insync.replicas"] == "1"


async def test_a_broker_that_stands_still_ends_the_wait_and_everything_is_sent_again(
    own_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client itself would wait for ever. What was under way may have arrived, so it is given again, by a new producer."""
    bench = Bench(own_broker.bootstrap)
    await bench.transport.prepare(TOPICS)
    publisher, source = await bench.transport.publisher(), await bench.source()
    rows = [Outgoing(n, TOPIC, "one-key", b"%d" % n) for n in range(1, 6)]
    await publisher.publish([Outgoing(0, TOPIC, "one-key", b"0")])
    monkeypatch.setattr(client, "CHUNK_DEADLINE_S", 1.5)
    monkeypatch.setattr(client, "CLOSE_DEADLINE_S", 0.5)
    await asyncio.to_thread(own_broker.pause)
    try:
        with pytest.raises(TransportAway, match="did not take the events"):
            await publisher.publish(rows)
        with pytest.raises(TransportAway, match="does not tell its offsets"):
            await source.ends([A])
    finally:
        await asyncio.to_thread(own_broker.resume)
    async with asyncio.timeout(60):
        while True:
            try:
                assert list(await publisher.publish(rows)) == [1, 2, 3, 4, 5]
                break
            except TransportAway:
                continue
    partition = Partition(TOPIC, publisher_partition("one-key"))
    source.assign({partition: 0})
    found = [int(record.value) for record in await read(source, 6)]
    await source.close()
    await publisher.close()
    first = list(dict.fromkeys(found))
    assert first == [0, 1, 2, 3, 4, 5], "first occurrences are in order, whatever was sent twice"
