"""From an event on its topic to the event that tells of its decision, at a steady rate."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from shared.events.catalogue import APPLICATIONS, PLACES
from shared.events.envelope import AnyEvent, decode_envelope
from shared.messaging.kafka import KafkaSource
from shared.messaging.transport import Publisher, partitions_of
from tests.bench.decisions import process, ready_database, right, topics
from tests.bench.world import Bench, approvals, cells, publish

TICK_S = 0.02
UNCOUNTED = 0.2
"""The first fifth is not counted: processes and plans are cold."""


class Latency(NamedTuple):
    """Milliseconds, and the rate at which they were found."""

    p50: float
    p99: float
    rate: float


async def measure(bench: Bench, rate: float, seconds: float) -> Latency:
    """Publish `rate` approvals a second for `seconds`; every one of them is waited for."""
    url = await ready_database(bench)
    prefix, transport = await topics(bench)
    number = max(100, int(rate * seconds))
    publisher, source = await transport.publisher(), await transport.source("bench", None)  # type: ignore[arg-type]
    asked: dict[str, float] = {}
    told: dict[str, float] = {}
    events = approvals(number, cells(), 5)
    async with process("tests.bench.pipeline", url, bench.bootstrap, prefix):
        first = next(events)
        await publish(publisher, APPLICATIONS.name, [first])
        assert isinstance(source, KafkaSource)
        source.assign(dict.fromkeys(partitions_of([PLACES]), 0))
        listening = asyncio.create_task(_listen(source, told, number))
        async with asyncio.timeout(60):
            while first.subject not in told:  # noqa: ASYNC110 - filled by the listener
                await asyncio.sleep(0.05)
        began = time.perf_counter()
        await _ask(publisher, events, rate, asked)
        took = time.perf_counter() - began
        await listening
    await publisher.close()
    await source.close()
    await right(url, number, ours=True)
    counted = list(asked)[int(len(asked) * UNCOUNTED) :]
    found = statistics.quantiles([(told[one] - asked[one]) * 1e3 for one in counted], n=100)
    return Latency(found[49], found[98], len(asked) / took)


async def _ask(publisher: Publisher, events: Iterator[AnyEvent], rate: float, asked: dict[str, float]) -> None:
    """Publish at the moments at which they are due; what is late is still counted from when it was put on the topic."""
    began, sent = time.perf_counter(), 0
    while True:
        due = int((time.perf_counter() - began) * rate) - sent
        portion = list(islice(events, max(0, due)))
        if due > 0 and not portion:
            return
        if portion:
            now = time.perf_counter()
            asked.update((one.subject, now) for one in portion)
            await publish(publisher, APPLICATIONS.name, portion)
            sent += len(portion)
        await asyncio.sleep(TICK_S)


async def _listen(source: KafkaSource, told: dict[str, float], number: int) -> None:
    async with asyncio.timeout(180):
        while len(told) < number:
            for record in await source.fetch(max_records=2_000, timeout_ms=100):
                envelope = decode_envelope(record.value)
                if envelope.type.startswith("puente.place."):
                    told.setdefault(envelope.subject, time.perf_counter())
