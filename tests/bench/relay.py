"""The relay, from rows in the outbox to marked rows, beside a loop of `send` over the same bytes with no database."""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from shared.events.catalogue import PLACES
from shared.events.envelope import encode
from shared.messaging.kafka import PRODUCER_SETTINGS
from shared.messaging.relay import Relay, connect
from shared.messaging.transport import Outgoing, partitions_of
from tests.bench.decisions import UNSENT, topics
from tests.bench.world import Bench, approvals, cells, transport_of, watching

_COLUMNS = ("topic", "key", "event_id", "type", "value", "created_at")


class Side(NamedTuple):
    """One side, once: events a second, and the CPU microseconds that this process spent on an event."""

    rate: float
    cpu_us: float


async def measure(bench: Bench, number: int, seed: int) -> tuple[Side, Side]:
    """Both sides; each ends with as many events on its topic as there were rows."""
    rows = [(PLACES.name, one.partitionkey, one.id, one.type, encode(one), one.time) for one in approvals(number, cells(), seed)]
    return await _relay(bench, rows), await _loop(bench, [Outgoing(0, row[0], row[1], row[4]) for row in rows])


async def _relay(bench: Bench, rows: Sequence[tuple[object, ...]]) -> Side:
    url = await bench.databases.new("quotas")
    prefix, transport = await topics(bench)
    async with watching(url) as look:
        await look.copy_records_to_table("outbox", columns=_COLUMNS, records=rows)
        publisher, connection = await transport.publisher(), await connect(url)
        began, spent = time.perf_counter(), time.process_time()
        await Relay(connection, publisher).drain()
        seconds, cpu = time.perf_counter() - began, time.process_time() - spent
        await publisher.close()
        await connection.close()
        assert await look.fetchval(UNSENT) == 0, "every row is marked"
    await _arrived(bench, prefix, len(rows))
    return Side(len(rows) / seconds, cpu / len(rows) * 1e6)


async def _loop(bench: Bench, rows: list[Outgoing]) -> Side:
    prefix, _transport = await topics(bench)
    producer = AIOKafkaProducer(bootstrap_servers=bench.bootstrap, **PRODUCER_SETTINGS)
    await producer.start()
    try:
        began, spent = time.perf_counter(), time.process_time()
        sent = [await producer.send(prefix + row.topic, row.value, key=row.key.encode()) for row in rows]
        await asyncio.gather(*sent)
        seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    finally:
        await producer.stop()
    await _arrived(bench, prefix, len(rows))
    return Side(len(rows) / seconds, cpu / len(rows) * 1e6)


async def _arrived(bench: Bench, prefix: str, number: int) -> None:
    source = await transport_of(bench, prefix).source("bench", None)  # type: ignore[arg-type]
    ends = await source.ends(partitions_of([PLACES]))
    await source.close()
    assert sum(ends.values()) == number, f"{sum(ends.values())} of {number} arrived"
