"""The transport of one process: the relay hands outbox rows straight to the consumers, and marks them after these committed.

It is durable because the outbox is: what was not marked is handed over again after a restart.
"""

from collections.abc import Sequence

from shared.events.catalogue import Topic, topics_of
from shared.messaging.transport import Outgoing, Partition, Receiver, Record, Source


class LocalTransport:
    """Joins services that run in this process. Meets `transport.Transport`."""

    def __init__(self) -> None:
        self._receivers: dict[str, tuple[frozenset[str], Receiver]] = {}

    async def prepare(self, topics: Sequence[Topic]) -> None:
        """Nothing to create: the outboxes are the log."""

    async def source(self, service: str, receiver: Receiver) -> Source | None:
        self.subscribe(service, [topic.name for topic in topics_of(service)], receiver)
        return None

    def subscribe(self, service: str, topics: Sequence[str], receiver: Receiver) -> None:
        """Hand records of `topics` to `receiver` from now on."""
        self._receivers[service] = (frozenset(topics), receiver)

    async def publisher(self) -> "LocalPublisher":
        return LocalPublisher(self._receivers)


class LocalPublisher:
    """Meets `transport.Publisher`: a row counts as stored when every receiver of its topic has committed it."""

    def __init__(self, receivers: dict[str, tuple[frozenset[str], Receiver]]) -> None:
        self._receivers = receivers

    async def publish(self, rows: Sequence[Outgoing]) -> Sequence[int]:
        for topics, receiver in list(self._receivers.values()):
            records = [Record(Partition(row.topic, 0), row.row, row.key, row.value) for row in rows if row.topic in topics]
            if records:
                await receiver.deliver(records)
        return [row.row for row in rows]

    async def close(self) -> None:
        """Nothing is held open."""
