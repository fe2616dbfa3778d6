"""What a transport promises. `kafka` and `local` are both held to this by one contract suite, `tests/contract`.

Every transport delivers **at least once**, and in the order of publishing **per key**. Nothing here promises that an
event arrives only once: consumers settle repeats by the subject's version, in their own database.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from shared.events.catalogue import Topic


class Partition(NamedTuple):
    """One ordered stream of a topic."""

    topic: str
    number: int


def partitions_of(topics: Iterable[Topic]) -> list[Partition]:
    """Every partition of these topics, in their order."""
    return [Partition(topic.name, number) for topic in topics for number in range(topic.partitions)]


class Outgoing(NamedTuple):
    """A row of an outbox on its way out. `row` is the outbox id; `value` the encoded event."""

    row: int
    topic: str
    key: str
    value: bytes


class Record(NamedTuple):
    """What came in: where it stood, its key (None where the producer gave none), its bytes. `offset` counts from 0 in its partition.

    `stored_ms`: when the other side stored it, in milliseconds since 1970, where it says so.
    """

    partition: Partition
    offset: int
    key: str | None
    value: bytes
    stored_ms: int | None = None


class TransportAway(Exception):
    """The transport cannot be reached; whether what was under way arrived is not known. Try again later, from the start."""


class LogLost(Exception):
    """The stored offset lies outside of what the broker still keeps. A person must decide: replay from the producer's outbox."""


class Publisher(Protocol):
    """Sends what an outbox holds.

    `publish` returns the rows that are safely stored on the other side, in any number; rows that it leaves out, or all
    where it raises `TransportAway`, may or may not have arrived and are given again. Rows of one key are stored in the
    order given, provided that the caller always starts at its first unsent row. Not safe for concurrent calls.
    """

    async def publish(self, rows: Sequence[Outgoing]) -> Sequence[int]: ...

    async def close(self) -> None: ...


class Source(Protocol):
    """Reads partitions that this process has leased.

    `assign` replaces the whole assignment and stands each partition at the given offset; records fetched before it are
    forgotten. `fetch` returns up to `max_records` records, per partition in order and without gaps of its own making,
    taking from all partitions that have some; it returns an empty list after `timeout_ms` without any. It is never to
    be cancelled or wrapped in a timeout. `TransportAway` and `LogLost` as above.
    """

    def assign(self, positions: Mapping[Partition, int]) -> None: ...

    async def fetch(self, *, max_records: int, timeout_ms: int) -> list[Record]: ...

    async def beginnings(self, partitions: Sequence[Partition]) -> dict[Partition, int]: ...

    async def ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]: ...

    async def close(self) -> None: ...


class Receiver(Protocol):
    """Takes records that are handed over directly; returns when their effects are committed."""

    async def deliver(self, records: Sequence[Record]) -> None: ...


class Transport(Protocol):
    """Joins the services' outboxes to their consumers.

    `publisher` and `source` open what one service needs. A transport that hands records over directly has no source:
    it returns None and keeps the receiver instead.
    """

    async def prepare(self, topics: Sequence[Topic]) -> None: ...

    async def publisher(self) -> Publisher: ...

    async def source(self, service: str, receiver: Receiver) -> Source | None: ...
