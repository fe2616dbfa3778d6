"""What every measurement starts from: a programme, a stream of approvals, databases and topics of its own."""

import asyncio
import os
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg

from shared.events import applications as facts
from shared.events.applications import AllotmentPolicy, CallTerms, CountryTerms, ListRule, Names, Participation, ProgrammePublished
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent, encode
from shared.kernel.ids import new_id
from shared.messaging.kafka import KafkaTransport
from shared.messaging.transport import Outgoing, Publisher
from shared.persistence import migrate
from shared.persistence.embedded import EmbeddedPostgres
from shared.settings import CommonSettings

MOMENT = datetime(2016, 1, 20, 9, tzinfo=UTC)
YEARS = tuple(range(2015, 2020))
COUNTRIES = tuple(f"{a}{b}" for a in "ABCDEF" for b in "ABCDEF")[:33]
PROGRAMMES = ("alpha", "beta", "gamma", "delta", "epsilon")


def names(text: str) -> Names:
    """One text for all languages."""
    return Names(text, text, text, text, text, text)


def programme(code: str, places_a_year: int) -> AnyEvent:
    """A rolling programme of 33 countries and five years without nomination; everybody who finds no place waits."""
    calls = [
        CallTerms(
            year=year,
            opens=MOMENT - timedelta(days=90),
            closes=MOMENT + timedelta(days=900),
            answers_due=MOMENT + timedelta(days=900),
            list_closes=MOMENT + timedelta(days=900),
            returns_on=date(2019, 9, 1),
            timezone="UTC",
        )
        for year in YEARS
    ]
    data = ProgrammePublished(
        plan="bench",
        plan_version="1",
        programme=code,
        names=names(code),
        example_note=names("bench"),
        places_total=places_a_year * len(YEARS),
        places_per_year=dict.fromkeys(YEARS, places_a_year),
        sides=["CELAC"],
        side_places={"CELAC": 1.0},
        countries=[CountryTerms(code=c, side="CELAC", names=names(c), tile=(n % 9, n // 9)) for n, c in enumerate(COUNTRIES)],
        participation=[Participation(country=c, start=date(2014, 1, 1)) for c in COUNTRIES],
        policy=AllotmentPolicy(base=0, minimum=0),
        calls=calls,
        route=["approval"],
        offer_days=14,
        waiting_list=ListRule(ratio=50, at_least=1_000_000),
    )
    return event(data, subject=code, version=1, key=code, at=MOMENT)


def cells(programmes: Sequence[str] = PROGRAMMES) -> list[str]:
    """Every cell of the programmes: 825 for all five."""
    return [f"{code}:{country}:{year}" for code in programmes for country in COUNTRIES for year in YEARS]


def approvals(number: int, spread: Sequence[str], seed: int = 1) -> Iterator[AnyEvent]:
    """`number` approvals of as many people, spread over the cells at random; the same seed spreads them alike."""
    chance = random.Random(seed)
    for _ in range(number):
        application = new_id()
        data = facts.ApplicationApproved(application=application, person=new_id(), score=chance.randrange(100_000), submitted_at=MOMENT)
        yield event(data, subject=str(application), version=1, key=chance.choice(spread), at=MOMENT)


async def publish(publisher: Publisher, topic: str, events: Sequence[AnyEvent]) -> None:
    """Put `events` on a topic; returns when all are stored."""
    rows = [Outgoing(number, topic, one.partitionkey, encode(one)) for number, one in enumerate(events)]
    for start in range(0, len(rows), 2_000):
        left = rows[start : start + 2_000]
        while left:
            stored = set(await publisher.publish(left))
            left = [row for row in left if row.row not in stored]


@dataclass(frozen=True)
class Bench:
    """What every measurement runs on: one PostgreSQL that waits for its disk, one broker, and the broker's process where it is ours."""

    databases: "Databases"
    bootstrap: str
    broker: dict[int, str]


def transport_of(bench: Bench, prefix: str) -> KafkaTransport:
    """A transport for the topics of that prefix."""
    return KafkaTransport(CommonSettings(kafka_bootstrap=bench.bootstrap, kafka_prefix=prefix))


@contextmanager
def durable_postgres() -> Iterator[EmbeddedPostgres]:
    """A server on a new folder that is deleted afterwards. Nothing is measured on a database that does not wait for its disk."""
    folder = Path(tempfile.mkdtemp(prefix="puente-bench-", dir="/tmp"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    postgres = EmbeddedPostgres(folder)
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.remove()


class Databases:
    """Fresh databases on one server."""

    def __init__(self, url_of: Callable[[str], str]) -> None:
        self._url_of = url_of

    async def new(self, service: str) -> str:
        """The URL of a new migrated database."""
        name = f"bench_{service}_{new_id().hex[-10:]}"
        connection = await asyncpg.connect(plain(self._url_of("postgres")))
        try:
            await connection.execute(f"create database {name}")
        finally:
            await connection.close()
        url = self._url_of(name)
        await migrate.upgrade(url, service)
        return url


def plain(url: str) -> str:
    """The URL as asyncpg takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


@asynccontextmanager
async def watching(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that only looks."""
    connection = await asyncpg.connect(plain(url))
    try:
        yield connection
    finally:
        await connection.close()


async def until(connection: "asyncpg.Connection[asyncpg.Record]", query: str, number: int, seconds: float) -> None:
    """Wait until the figure that `query` gives has reached `number`."""
    async with asyncio.timeout(seconds):
        while int(await connection.fetchval(query) or 0) < number:  # noqa: ASYNC110 - the figure is another process's
            await asyncio.sleep(0.05)
