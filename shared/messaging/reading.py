"""A topic read once from its beginning to where it ends now, without a service's offsets."""

from typing import Final

from shared.events.catalogue import Topic
from shared.messaging.transport import Receiver, Source, Transport, partitions_of

BATCH: Final = 1_000
WAIT_MS: Final = 500


class Nobody:
    """Meets `transport.Receiver`: nothing is handed over to somebody who reads by himself."""

    async def deliver(self, records: object) -> None:
        raise AssertionError("a transport that hands records over has no topic to read")


async def read_all(transport: Transport, topic: Topic) -> list[bytes]:
    """The values of a topic's records, in order per partition. Raises `TransportAway` where the broker is."""
    nobody: Receiver = Nobody()
    await transport.prepare([topic])
    source = await transport.source("reader", nobody)
    if source is None:
        return []
    try:
        return await _until_the_end(source, topic)
    finally:
        await source.close()


async def _until_the_end(source: Source, topic: Topic) -> list[bytes]:
    partitions = partitions_of([topic])
    beginnings, ends = await source.beginnings(partitions), await source.ends(partitions)
    left = {partition for partition in partitions if beginnings[partition] < ends[partition]}
    source.assign({partition: beginnings[partition] for partition in left})
    values: list[bytes] = []
    while left:
        for record in await source.fetch(max_records=BATCH, timeout_ms=WAIT_MS):
            if record.offset + 1 >= ends[record.partition]:
                left.discard(record.partition)
            if record.offset < ends[record.partition]:
                values.append(record.value)
    return values
