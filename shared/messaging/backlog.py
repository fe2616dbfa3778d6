"""How many events wait on the topics for a service, and how long the oldest has waited: read from the broker and the service's offsets.

Whoever asks need not be the worker, so it is known also while no worker runs. With the local transport nothing stands between an
outbox and whoever listens, and what waits is what the outboxes have not sent.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import text

from shared.events.catalogue import topics_of
from shared.kernel.clock import milliseconds
from shared.messaging.leases import stored_offsets
from shared.messaging.reading import Nobody
from shared.messaging.transport import LogLost, Partition, Source, Transport, TransportAway, partitions_of
from shared.persistence.database import Database, Tx
from shared.settings import CommonSettings

LOOK_S: Final = 5.0
"""Whoever looks waits no longer for the broker."""
HEADS_S: Final = 2.0
KEPT_S: Final = 3.0
"""What was found is shown again for so long: a page that is opened by many asks the broker once."""


class Behind(NamedTuple):
    """`number` events of a partition wait for the service, the oldest for so many `seconds` (none: that could not be read in time).

    By the clocks of the hosts, whatever the clock of a demonstration says.
    """

    partition: Partition
    number: int
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a service. Where `away` says why it is not known, there is nothing else."""

    behind: tuple[Behind, ...] = ()
    away: str = ""

    @property
    def number(self) -> int:
        return sum(one.number for one in self.behind)

    @property
    def seconds(self) -> int | None:
        """For how long the oldest has waited."""
        return max((one.seconds for one in self.behind if one.seconds is not None), default=None)

    @property
    def by_partition(self) -> Mapping[Partition, int]:
        return {one.partition: one.number for one in self.behind}


class Lookout:
    """Looks at what waits for one service; `transport` is made when somebody looks for the first time."""

    def __init__(self, service: str, db: Database, transport: Callable[[], Transport]) -> None:
        self._service = service
        self._db = db
        self._transport = transport
        self._looking = asyncio.Lock()
        self._found: tuple[float, Backlog] | None = None

    async def look(self) -> Backlog:
        """What waits now, or did a moment ago."""
        async with self._looking:
            if self._found is None or time.monotonic() - self._found[0] > KEPT_S:
                self._found = time.monotonic(), await self._look()
            return self._found[1]

    async def _look(self) -> Backlog:
        partitions = partitions_of(topics_of(self._service))
        stored = await self._db.run(lambda tx: stored_offsets(tx, partitions))
        try:
            async with asyncio.timeout(LOOK_S):
                transport = self._transport()
                if not stored:
                    # Nobody has read them yet: a broker that makes topics by itself would give them another number of partitions.
                    await transport.prepare(topics_of(self._service))
                source = await transport.source(self._service, Nobody())
                assert source is not None, "a transport that hands events over has no topics to look at"
                try:
                    return Backlog(await _behind(source, partitions, stored))
                finally:
                    await source.close()
        except (TransportAway, LogLost) as error:
            return Backlog(away=str(error))
        except TimeoutError:
            return Backlog(away=f"Kafka did not answer within {LOOK_S:.0f} s")


def lookout(settings: CommonSettings, service: str, db: Database) -> Lookout | None:
    """What looks at the topics of this service; none where events are handed over directly."""
    if settings.transport != "kafka":
        return None

    def transport() -> Transport:
        from shared.messaging.kafka import KafkaTransport

        return KafkaTransport(settings)

    return Lookout(service, db, transport)


async def _behind(source: Source, partitions: Sequence[Partition], stored: Mapping[Partition, int]) -> tuple[Behind, ...]:
    beginnings, ends = await source.beginnings(partitions), await source.ends(partitions)
    positions = {one: max(stored.get(one, 0), beginnings[one]) for one in partitions}
    waiting = {one: position for one, position in positions.items() if ends[one] > position}
    heads = await _heads(source, waiting) if waiting else {}
    return tuple(Behind(one, ends[one] - position, heads.get(one)) for one, position in sorted(waiting.items()))


async def _heads(source: Source, positions: Mapping[Partition, int]) -> dict[Partition, int]:
    """For how many seconds the event at each of these positions has been on its topic."""
    heads: dict[Partition, int] = {}
    left, until = dict(positions), time.monotonic() + HEADS_S
    while left and time.monotonic() < until:
        source.assign(left)
        for record in await source.fetch(max_records=len(left), timeout_ms=250):
            if left.pop(record.partition, None) is not None and record.stored_ms is not None:
                heads[record.partition] = max(0, milliseconds() - record.stored_ms) // 1000
    return heads


async def reads_topics(tx: Tx) -> bool:
    """Whether a worker of this service has read topics of a broker."""
    return bool((await tx.execute(text("select exists (select from consumer_offset)"))).scalar_one())
