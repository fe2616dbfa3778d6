"""A producer and a consumer service with nothing in them but messaging, joined by the transport under test.

The producer publishes `application.withdrawn` of made-up applications; the consumer writes one row per applied event,
keeps the last version of every subject, and skips what is not newer: exactly what every service of ours promises.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text

from shared.events.applications import ApplicationWithdrawn
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.kernel.clock import ManualClock
from shared.kernel.ids import derived_id
from shared.messaging import outbox
from shared.messaging.relay import LEADER_SECONDS
from shared.messaging.service import Handle, Service
from shared.messaging.transport import Transport
from shared.messaging.worker import Worker
from shared.persistence.database import Database, Tx

MOMENT = datetime(2016, 1, 20, 9, tzinfo=UTC)
KEYS = [f"scholarship:{country}:2016" for country in ("PE", "BO", "HT", "JM", "CL", "UY", "BR", "MX", "CU", "BB")]


async def never_zero() -> dict[str, int]:
    """The rig has no invariants of its own."""
    return {}


def service(name: str, db: Database, handle: Handle) -> Service:
    """A service that is nothing but its database and its handler."""
    return Service(name=name, db=db, make_api=FastAPI, make_handle=lambda: handle, make_sweeps=tuple, invariants=never_zero)


async def apply_once(tx: Tx, events: Sequence[AnyEvent]) -> None:
    """The handler: one effect row per newer version of a subject, in order of arrival."""
    for one in events:
        newer = await tx.execute(
            text(
                "insert into last_version (subject, version) values (:subject, :version) on conflict (subject) "
                "do update set version = excluded.version where last_version.version < excluded.version returning 1"
            ),
            {"subject": one.subject, "version": one.subjectversion},
        )
        if newer.first():
            await tx.execute(
                text("insert into effect (key, subject, version) values (:key, :subject, :version)"),
                {"key": one.partitionkey, "subject": one.subject, "version": one.subjectversion},
            )


TABLES = (
    "create table last_version (subject text primary key, version int not null)",
    "create table effect (id bigint generated always as identity primary key, key text, subject text, version int)",
)


async def add_tables(db: Database) -> None:
    """The consumer's own two tables."""

    async def work(tx: Tx) -> None:
        for statement in TABLES:
            await tx.execute(text(statement))

    await db.run(work)


def fact(subject: str, version: int, key: str) -> AnyEvent:
    """The `version`-th fact about `subject`; the same arguments give the same event."""
    data = ApplicationWithdrawn(
        application=derived_id(subject), person=derived_id("person", subject), by_role="applicant", from_state="draft"
    )
    return event(data, subject=subject, version=version, key=key, at=MOMENT, event_id=derived_id(subject, str(version)))


class Rig:
    """One producer, one consumer database, and as many workers as a test starts."""

    def __init__(self, producer: Database, consumer: Database, transport: Transport) -> None:
        self.producer = producer
        self.consumer = consumer
        self.transport = transport
        self.changed = asyncio.Event()
        consumer.after_commit(self.changed.set)
        producer.after_commit(self.changed.set)

    async def publish(self, *events: AnyEvent) -> None:
        """Commit `events` to the producer's outbox."""
        await self.producer.run(lambda tx: outbox.add(tx, *events))

    @asynccontextmanager
    async def relaying(self) -> Any:
        """Run the producer's worker."""
        async with self.working(service("applications", self.producer, apply_once)):
            yield

    @asynccontextmanager
    async def consuming(self, handle: Handle = apply_once) -> Any:
        """Run a worker of the consumer."""
        async with self.working(service("quotas", self.consumer, handle)) as worker:
            yield worker

    @asynccontextmanager
    async def working(self, one: Service, leader_seconds: float = LEADER_SECONDS) -> Any:
        """Run a worker of `one` until the block ends; it has subscribed when the block begins."""
        worker = Worker(one, self.transport, ManualClock(MOMENT), lease_seconds=2, leader_seconds=leader_seconds)
        stop = asyncio.Event()
        task = asyncio.create_task(worker.run(stop))
        ready = asyncio.create_task(worker.ready.wait())
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        try:
            yield worker
        finally:
            stop.set()
            await task

    async def effects(self, db: Database | None = None) -> list[tuple[str, str, int]]:
        """(key, subject, version) in the order of being applied."""

        async def work(tx: Tx) -> list[tuple[str, str, int]]:
            return [tuple(row) for row in await tx.execute(text("select key, subject, version from effect order by id"))]

        return await (db or self.consumer).run(work)

    async def count(self, query: str) -> int:
        """One figure from the consumer's database."""
        return await self.consumer.run(lambda tx: _scalar(tx, query))

    async def until(self, holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
        """Wait until `holds`, looking after each commit in this process and at least five times a second."""
        async with asyncio.timeout(seconds):
            while not await holds():
                self.changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.2)

    async def until_effects(self, number: int, seconds: float = 60) -> None:
        """Wait until that many events were applied."""

        async def enough() -> bool:
            return await self.count("select count(*) from effect") >= number

        await self.until(enough, seconds)

    async def until_sent(self, seconds: float = 60) -> None:
        """Wait until the producer's outbox has nothing unsent."""

        async def empty() -> bool:
            return not await self.producer.run(lambda tx: _scalar(tx, "select count(*) from outbox where sent_at is null"))

        await self.until(empty, seconds)


async def _scalar(tx: Tx, query: str) -> int:
    return int((await tx.execute(text(query))).scalar_one())


def in_order(effects: Sequence[tuple[str, str, int]]) -> bool:
    """Whether every subject's versions were applied as 1, 2, 3 ... without a gap or a repeat."""
    last: dict[str, int] = {}
    for _, subject, version in effects:
        if version != last.get(subject, 0) + 1:
            return False
        last[subject] = version
    return True


async def forward(events: Sequence[AnyEvent], publish: Callable[..., Awaitable[None]], size: int = 50) -> None:
    """Publish `events` in portions, one transaction each."""
    for start in range(0, len(events), size):
        await publish(*events[start : start + size])


def history(subjects: int, versions: int) -> list[AnyEvent]:
    """`subjects` interleaved histories of `versions` facts each, spread over ten keys."""
    return [fact(f"s{n}", version, KEYS[n % len(KEYS)]) for version in range(1, versions + 1) for n in range(subjects)]
