"""Approvals and withdrawals for the real quotas worker, and what has to come of them however the worker was hurt."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg

from services.quotas.events import handle
from shared.events.catalogue import APPLICATIONS, JOURNAL, PLACES, TOPICS, decode
from shared.events.envelope import AnyEvent, encode
from shared.kernel.ids import derived_id, new_id
from shared.messaging.consumer import Consumer
from shared.messaging.kafka import KafkaTransport
from shared.messaging.transport import Outgoing, Publisher, partitions_of
from shared.persistence.database import Database
from shared.settings import CommonSettings
from tests.contract.rig import service
from tests.integration.quotas.scene import START, Person, apply_events, held, programme, publication

COUNTRIES = ("AR", "BR", "CL", "PE", "UY", "VE")
PLACES_A_COUNTRY = 3
WAVES = 8
PLACE = "select application, person, cell, state, application_version, version, decision, position, reason, reason_limit from place"
DECISION = "select cell, number, application, outcome, hash from decision"
BY_BATCH = ("puente.cell.changed.v1", "puente.batch.decided.v1")
READ = "select coalesce(sum(next_offset), 0) from consumer_offset where topic = 'puente.applications.v1'"
UNSENT = "select count(*) from outbox where sent_at is null"
OPEN = (
    "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%' "
    "and xact_start < now() - interval '2 seconds'"
)


@cache
def opening() -> AnyEvent:
    """The programme: three places for each of six countries, and a list for three more."""
    return publication(programme(countries=COUNTRIES, places=PLACES_A_COUNTRY * len(COUNTRIES)))


@cache
def waves() -> tuple[tuple[AnyEvent, ...], ...]:
    """Portions of events: in each, two are approved in every country, and one of an earlier portion withdraws."""
    made: list[tuple[AnyEvent, ...]] = []
    people: dict[str, list[Person]] = {country: [] for country in COUNTRIES}
    for number in range(WAVES):
        portion: list[AnyEvent] = []
        for country, known in people.items():
            if known and number % 2:
                portion.append(known[number // 2].withdrawn())
            for turn in (2 * number, 2 * number + 1):
                name = f"{country}{turn}"
                one = Person(f"training:{country}:2016", derived_id(name), derived_id("person", name), score=1000 * (turn * 7 % 11))
                known.append(one)
                portion.append(one.approved(submitted_at=START - timedelta(days=9) + timedelta(minutes=turn)))
        made.append(tuple(portion))
    return tuple(made)


@dataclass(frozen=True)
class Outcome:
    """What a run leaves behind: places, decisions with their hashes, and the facts that were told, each as a multiset."""

    places: frozenset[tuple[Any, ...]]
    decisions: frozenset[tuple[Any, ...]]
    told: Counter[tuple[str, str, int]]


async def outcome(db: Database) -> Outcome:
    """The outcome as it stands. Figures of cells and the journal are told once a batch, and batches differ: they are left out."""
    connection = await asyncpg.connect(plain(db.url))
    try:
        facts = [decode(row["value"]) for row in await connection.fetch("select value from outbox order by id")]
        return Outcome(
            frozenset(tuple(row) for row in await connection.fetch(PLACE)),
            frozenset(tuple(row) for row in await connection.fetch(DECISION)),
            Counter((one.type, one.subject, one.subjectversion) for one in facts if one.type not in BY_BATCH),
        )
    finally:
        await connection.close()


_undisturbed: list[Outcome] = []


async def undisturbed(new_db: Callable[[str], Awaitable[Database]]) -> Outcome:
    """The outcome where one process handles every event by itself, in order. Made once a run, as it is always the same."""
    if not _undisturbed:
        db = await new_db("quotas")
        await apply_events(db, opening())
        for portion in waves():
            for one in portion:
                await apply_events(db, one)
        _undisturbed.append(await outcome(db))
    return _undisturbed[0]


class Field:
    """A quotas database that knows the programme, topics of its own, and a connection that only looks."""

    def __init__(self, db: Database, bootstrap: str, look: "asyncpg.Connection[Any]", transport: KafkaTransport, prefix: str) -> None:
        self.db = db
        self._look = look
        self._transport = transport
        self._publisher: Publisher | None = None
        self.prefix = prefix
        self.worker = ["quotas", "--consumer", db.url, "--bootstrap", bootstrap, "--prefix", prefix]
        self.published = 0

    async def publish(self, events: Sequence[AnyEvent]) -> None:
        """Put events on the applications topic, as its relay would."""
        self._publisher = self._publisher or await self._transport.publisher()
        left = [Outgoing(self.published + number, APPLICATIONS.name, one.partitionkey, encode(one)) for number, one in enumerate(events)]
        while left:
            stored = set(await self._publisher.publish(left))
            left = [row for row in left if row.row not in stored]
        self.published += len(events)

    async def applied(self) -> bool:
        """Whether everything that was published is applied, and everything that it gave rise to is sent."""
        return await self._look.fetchval(READ) == self.published and not await self._look.fetchval(UNSENT)

    async def until_applied(self, what: str, *, unless: Callable[[], bool] = lambda: False, seconds: float = 60) -> None:
        """Wait for that, or until `unless` is so."""
        try:
            async with asyncio.timeout(seconds):
                while not (unless() or await self.applied()):  # noqa: ASYNC110 - other processes write what is looked at
                    await asyncio.sleep(0.05)
        except TimeoutError:
            read, unsent = await self._look.fetchval(READ), await self._look.fetchval(UNSENT)
            raise AssertionError(f"{what}: {read} of {self.published} events are applied, {unsent} are not sent") from None

    async def on_the_topics(self) -> list[AnyEvent]:
        """Everything that was told, in each partition's order."""
        receiver = Consumer(service("applications", self.db, handle))
        source = await self._transport.source("applications", receiver)
        try:
            partitions = partitions_of((PLACES, JOURNAL))
            ends, begin = await source.ends(partitions), await source.beginnings(partitions)
            source.assign(begin)
            found: list[AnyEvent] = []
            while len(found) < sum(ends.values()):
                found += [decode(one.value) for one in await source.fetch(max_records=1000, timeout_ms=200)]
            return found
        finally:
            await source.close()

    async def check(self, expected: Outcome) -> None:
        """Nothing lost, nothing double, nothing oversold, the books balance, and nothing was left lying about."""
        assert await outcome(self.db) == expected
        assert await held(self.db) == {}
        assert await self._look.fetchval("select count(*) from parked_event") == 0
        assert await self._look.fetchval(OPEN) == 0
        stored: dict[str, list[UUID]] = {}
        for row in await self._look.fetch("select key, event_id from outbox order by id"):
            stored.setdefault(row["key"], []).append(row["event_id"])
        first: dict[str, list[UUID]] = {}
        seen: set[UUID] = set()
        for one in await self.on_the_topics():
            if one.id not in seen:
                seen.add(one.id)
                first.setdefault(one.partitionkey, []).append(one.id)
        assert first == stored, "what was committed is told, and nothing else, in the order of the commits"


@asynccontextmanager
async def field(db: Database, bootstrap: str) -> AsyncIterator[Field]:
    """A field for the length of a block."""
    await apply_events(db, opening())
    prefix = f"t{new_id().hex[-10:]}."
    transport = KafkaTransport(CommonSettings(kafka_bootstrap=bootstrap, kafka_prefix=prefix))
    await transport.prepare(TOPICS)
    look = await asyncpg.connect(plain(db.url))
    made = Field(db, bootstrap, look, transport, prefix)
    try:
        yield made
    finally:
        if made._publisher is not None:
            await made._publisher.close()
        await look.close()


def plain(url: str) -> str:
    """The URL as asyncpg takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)
