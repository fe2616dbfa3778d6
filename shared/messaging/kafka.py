"""Kafka through aiokafka: the only module that knows the client. Meets `transport.Transport`.

Every default of the client that could lose, reorder or stop is set by hand below, and a test asserts each. Partitions
are assigned by `leases`, not by the group protocol: offsets live in the consumer's database, where they fence, and a
rebalance is a row, so none of the client's group traps apply.
"""

import asyncio
import logging
import ssl
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, RecordTooLargeError, TopicAlreadyExistsError
from aiokafka.partitioner import DefaultPartitioner

from shared.events.catalogue import Topic
from shared.events.envelope import CONTENT_TYPE
from shared.kernel.crash_points import reach
from shared.messaging.transport import LogLost, Outgoing, Partition, Receiver, Record, Source, TransportAway
from shared.settings import CommonSettings

CONSUMER_SETTINGS: Final[Mapping[str, Any]] = {
    "group_id": None,
    "auto_offset_reset": "none",
    "enable_auto_commit": False,
    "fetch_max_bytes": 8 * 1024 * 1024,
    "max_partition_fetch_bytes": 2 * 1024 * 1024,
    "fetch_max_wait_ms": 100,
    "fetch_min_bytes": 1,
    "request_timeout_ms": 20_000,
    "retry_backoff_ms": 100,
    "metadata_max_age_ms": 60_000,
    "check_crcs": True,
    "isolation_level": "read_committed",
}
PRODUCER_SETTINGS: Final[Mapping[str, Any]] = {
    "enable_idempotence": True,
    "acks": "all",
    "linger_ms": 0,
    "max_batch_size": 256 * 1024,
    "max_request_size": 1024 * 1024,
    "request_timeout_ms": 15_000,
    "retry_backoff_ms": 100,
    "metadata_max_age_ms": 60_000,
    "compression_type": None,
}
TOPIC_SETTINGS: Final[Mapping[str, str]] = {
    "max.message.bytes": str(1024 * 1024),
    "unclean.leader.election.enable": "false",
    "cleanup.policy": "delete",
}
CHUNK_DEADLINE_S: Final = 30.0
PROBE_DEADLINE_S: Final = 5.0
CLOSE_DEADLINE_S: Final = 10.0
# While a broker is away the client logs each of ten tries a second; what matters of it reaches us as an error or by the probe.
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
_HEADERS: Final = [("content-type", CONTENT_TYPE.encode())]
_partition_of: Final = DefaultPartitioner()
KNOWN_KEYS_MAX: Final = 100_000
"""The client computes the hash of a key in Python, which takes longer than all else that is done to an event here: so many are kept."""


def connection_settings(settings: CommonSettings) -> dict[str, Any]:
    """The client's connection settings; SASL without TLS cannot be asked for, as it would send the secret in clear."""
    made: dict[str, Any] = {"bootstrap_servers": settings.kafka_bootstrap, "security_protocol": settings.kafka_security}
    if settings.kafka_security != "PLAINTEXT":
        made["ssl_context"] = ssl.create_default_context(cafile=str(settings.kafka_ca_file) if settings.kafka_ca_file else None)
    if settings.kafka_security == "SASL_SSL":
        made |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return made


class KafkaTransport:
    """The brokers that the settings name."""

    def __init__(self, settings: CommonSettings) -> None:
        self._connection = connection_settings(settings)
        self._prefix = settings.kafka_prefix
        self._replication = settings.kafka_replication

    async def prepare(self, topics: Sequence[Topic]) -> None:
        """Create the topics that are missing; refuse one with another number of partitions than the catalogue's, as keys would move."""
        admin = AIOKafkaAdminClient(**self._connection, request_timeout_ms=10_000)
        try:
            await admin.start()
            in_sync = 2 if self._replication >= 3 else 1
            for topic in topics:
                kept_ms = -1 if topic.retention_days is None else topic.retention_days * 86_400_000
                keep = {"retention.ms": str(kept_ms), "min.insync.replicas": str(in_sync)}
                new = NewTopic(self._prefix + topic.name, topic.partitions, self._replication, topic_configs={**TOPIC_SETTINGS, **keep})
                response = await admin.create_topics([new])
                code, message = response.topic_errors[0][1], response.topic_errors[0][2]
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise TransportAway(f"the topic {topic.name} could not be created: {message or code}")
            for description in await admin.describe_topics([self._prefix + topic.name for topic in topics]):
                expected = next(topic for topic in topics if self._prefix + topic.name == description["topic"]).partitions
                found = len(description["partitions"])
                if found not in (0, expected):
                    raise LogLost(
                        f"topic {description['topic']} has {found} partitions, the catalogue says {expected}: "
                        "make a new topic and drain the old one"
                    )
        except (KafkaError, OSError) as error:
            raise TransportAway(f"Kafka at {self._connection['bootstrap_servers']} does not answer: {error!r}") from error
        finally:
            await _close(admin)

    async def publisher(self) -> "KafkaPublisher":
        return KafkaPublisher(self._connection, self._prefix)

    async def source(self, service: str, receiver: Receiver) -> Source:
        return await KafkaSource.open(self._connection, self._prefix)


class KafkaPublisher:
    """Sends whole record batches to partitions that it computes itself, one awaited batch per partition at a time.

    Any error ends the producer object: what it had under way may or may not have arrived, and the next call opens a
    new one. Meets `transport.Publisher`.
    """

    def __init__(self, connection: Mapping[str, Any], prefix: str) -> None:
        self._connection = connection
        self._prefix = prefix
        self._producer: AIOKafkaProducer | None = None
        self._numbers: dict[str, list[int]] = {}
        self._partitions: dict[tuple[str, str], Partition] = {}

    async def publish(self, rows: Sequence[Outgoing]) -> Sequence[int]:
        try:
            producer = await self._opened()
            queues: dict[Partition, list[Outgoing]] = defaultdict(list)
            for row in rows:
                queues[self._partitions.get((row.topic, row.key)) or await self._partition(producer, row)].append(row)
            sent = await asyncio.gather(*(self._send(producer, p, queue) for p, queue in queues.items()), return_exceptions=True)
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise TransportAway(f"Kafka did not take the events: {error!r}") from error
        stored = [row for part in sent if isinstance(part, list) for row in part]
        failures = [part for part in sent if isinstance(part, BaseException)]
        if failures:
            await self.close()
            if not stored:
                raise TransportAway(f"Kafka did not take the events: {failures[0]!r}") from failures[0]
        return stored

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        self._numbers.clear()
        self._partitions.clear()
        if producer is not None:
            await _close(producer)

    async def _opened(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(**self._connection, **PRODUCER_SETTINGS)
            try:
                async with asyncio.timeout(CHUNK_DEADLINE_S):
                    await producer.start()
            except BaseException:
                await _close(producer)
                raise
            self._producer = producer
        return self._producer

    async def _partition(self, producer: AIOKafkaProducer, row: Outgoing) -> Partition:
        numbers = self._numbers.get(row.topic)
        if numbers is None:
            async with asyncio.timeout(CHUNK_DEADLINE_S):
                numbers = sorted(await producer.partitions_for(self._prefix + row.topic))
            self._numbers[row.topic] = numbers
        if len(self._partitions) >= KNOWN_KEYS_MAX:
            self._partitions.clear()
        found = self._partitions[row.topic, row.key] = Partition(row.topic, int(_partition_of(row.key.encode(), numbers, numbers)))
        return found

    async def _send(self, producer: AIOKafkaProducer, partition: Partition, rows: list[Outgoing]) -> list[int]:
        stored: list[int] = []
        start = 0
        while start < len(rows):
            batch = producer.create_batch()
            end = start
            while (
                end < len(rows)
                and batch.append(key=rows[end].key.encode(), value=rows[end].value, timestamp=None, headers=_HEADERS) is not None
            ):
                end += 1
            if end == start:
                raise RecordTooLargeError(f"outbox row {rows[start].row} of {len(rows[start].value)} bytes does not fit a batch")
            batch.close()
            async with asyncio.timeout(CHUNK_DEADLINE_S):
                future = await producer.send_batch(batch, self._prefix + partition.topic, partition=partition.number)
                await reach("relay.sent")
                await future
            stored += [row.row for row in rows[start:end]]
            start = end
        return stored


class KafkaSource:
    """Reads assigned partitions. Meets `transport.Source`."""

    def __init__(self, consumer: AIOKafkaConsumer, where: str, prefix: str) -> None:
        self._consumer = consumer
        self._prefix = prefix
        self._where = where
        self._assigned: tuple[TopicPartition, ...] = ()

    @classmethod
    async def open(cls, connection: Mapping[str, Any], prefix: str) -> "KafkaSource":
        """Connect; `TransportAway` where no broker answers."""
        where = str(connection["bootstrap_servers"])
        consumer = AIOKafkaConsumer(**connection, **CONSUMER_SETTINGS)
        try:
            async with asyncio.timeout(CHUNK_DEADLINE_S):
                await consumer.start()
        except BaseException as error:
            await _close(consumer)
            if isinstance(error, KafkaError | OSError | TimeoutError):
                raise TransportAway(f"Kafka at {where} does not answer: {error!r}") from error
            raise
        return cls(consumer, where, prefix)

    def assign(self, positions: Mapping[Partition, int]) -> None:
        self._assigned = tuple(self._theirs(p) for p in sorted(positions))
        if not self._assigned:
            self._consumer.unsubscribe()
            return
        self._consumer.assign(list(self._assigned))
        for partition, offset in positions.items():
            # No await stands between assign and seek, so that the fetcher never asks for a position of its own.
            self._consumer.seek(self._theirs(partition), offset)

    async def fetch(self, *, max_records: int, timeout_ms: int) -> list[Record]:
        if not self._assigned:
            await asyncio.sleep(timeout_ms / 1000)
            return []
        try:
            found = await self._round(max_records)
            if not found:
                found = self._records(await self._consumer.getmany(*self._assigned, timeout_ms=timeout_ms, max_records=max_records))
        except OffsetOutOfRangeError as error:
            raise LogLost(f"an offset in the database lies outside of what Kafka at {self._where} keeps: {error}") from error
        except (KafkaError, OSError) as error:
            raise TransportAway(f"Kafka at {self._where} went away: {error!r}") from error
        return found

    async def _round(self, max_records: int) -> list[Record]:
        """What is there already: a fair share from each partition, then the rest; the client alone would drain one partition first."""
        share = max(1, max_records // len(self._assigned))
        found: list[Record] = []
        for partition in self._assigned:
            found += self._records(await self._consumer.getmany(partition, timeout_ms=0, max_records=share))
        if found and len(found) < max_records:
            found += self._records(await self._consumer.getmany(*self._assigned, timeout_ms=0, max_records=max_records - len(found)))
        return found

    def _theirs(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition.topic, partition.number)

    def _ours(self, partition: TopicPartition) -> Partition:
        return Partition(partition.topic.removeprefix(self._prefix), partition.partition)

    def _records(self, batches: Mapping[TopicPartition, Sequence[Any]]) -> list[Record]:
        return [
            Record(
                partition, one.offset, None if (key := one.key) is None else key.decode(errors="replace"), one.value or b"", one.timestamp
            )
            for partition, records in ((self._ours(theirs), found) for theirs, found in batches.items())
            for one in records
        ]

    async def beginnings(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        return await self._offsets(self._consumer.beginning_offsets, partitions)

    async def ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        return await self._offsets(self._consumer.end_offsets, partitions)

    async def _offsets(self, ask: Any, partitions: Sequence[Partition]) -> dict[Partition, int]:
        try:
            async with asyncio.timeout(PROBE_DEADLINE_S):
                found = await ask([self._theirs(p) for p in partitions])
        except (KafkaError, OSError, TimeoutError) as error:
            raise TransportAway(f"Kafka at {self._where} does not tell its offsets: {error!r}") from error
        return {self._ours(tp): offset for tp, offset in found.items()}

    async def close(self) -> None:
        await _close(self._consumer)


async def _close(client: Any) -> None:
    """Stop a client that may be half started or half dead; it has ten seconds, and its errors no longer matter.

    One that does not end in time waits for a broker that stands still; its connections are closed under it, so that none is left.
    """
    try:
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                await (client.stop() if hasattr(client, "stop") else client.close())
        except TimeoutError:
            connections = client.client if hasattr(client, "client") else client._client
            async with asyncio.timeout(1):
                await connections.close()
    except (KafkaError, OSError, TimeoutError, RuntimeError):
        return
    except asyncio.CancelledError:
        # The client passes on the cancellation of a task of its own; only one that is meant for us may end our loop.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
