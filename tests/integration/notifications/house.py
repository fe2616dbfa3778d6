"""What these tests share: the whole service on a real database, a mail server that keeps its mails, and somebody to ask for addresses."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import msgspec
from fastapi import FastAPI, Request
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from services.notifications.main import build
from services.notifications.settings import NotificationsSettings
from services.run.serving import serve_app
from shared.events.applications import ProgrammePublished
from shared.events.catalogue import BY_DATA
from shared.events.catalogue import event as make_event
from shared.events.envelope import AnyEvent
from shared.events.fact import Fact
from shared.events.schemas import EXAMPLES
from shared.kernel.clock import ManualClock
from shared.kernel.ids import derived_id
from shared.mail.sink import MailSink
from shared.messaging.service import Service
from shared.web.identity import IDENTITY_COOKIE, IdentityIssuer
from shared.web.service_tokens import ServiceTokens, ServiceTokenVerifier

CELL = "scholarship:PE:2016"
NEVER_WAIT = 10_000


@dataclass
class Book:
    """Answers for the applications service when it is asked for an address: with a real token check, over a real connection."""

    verifier: ServiceTokenVerifier
    clock: ManualClock
    people: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    away: bool = False
    asked: int = 0

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/api/v1/people/{person}/address")
        async def address(request: Request, person: UUID) -> Response:
            self.asked += 1
            if self.away:
                return JSONResponse({"code": "unavailable"}, 503)
            self.verifier.verify(request.headers["authorization"].removeprefix("Bearer "), scope="address", now=self.clock.now())
            found = self.people.get(person)
            return JSONResponse(found) if found else JSONResponse({"code": "not_found"}, 404)

        return app


@dataclass
class House:
    """The notifications service with its surroundings."""

    service: Service
    clock: ManualClock
    sink: MailSink
    book: Book
    issuer: IdentityIssuer
    versions: dict[tuple[str, UUID], int] = field(default_factory=dict)
    said: list[AnyEvent] = field(default_factory=list)

    def person(self, name: str = "ana", language: str = "es", timezone: str = "America/Lima") -> UUID:
        """Somebody with an address: `<name>@example.org`."""
        person = derived_id("person", name)
        self.book.people[person] = {
            "email": f"{name}@example.org",
            "language": language,
            "name": name.title(),
            "timezone": timezone,
        }
        return person

    async def hear(self, *events: AnyEvent) -> None:
        """Give the worker a batch of events."""
        await self.service.db.run(lambda tx: self.service.handle(tx, events))

    def fact(self, data: Fact, *, key: str = CELL) -> AnyEvent:
        """The next event about this application from its producer."""
        application: UUID = getattr(data, "application")  # noqa: B009 - every such fact has one
        producer = BY_DATA[type(data)].producer
        version = self.versions[producer, application] = self.versions.get((producer, application), 0) + 1
        made = make_event(data, subject=str(application), version=version, key=key, at=self.clock.now())
        self.said.append(made)
        return made

    async def say(self, *data: Fact, key: str = CELL) -> None:
        """Publish facts and let the worker hear them as one batch."""
        await self.hear(*(self.fact(one, key=key) for one in data))

    async def work(self) -> int:
        """Run the sweeps, reminders first, until there is nothing left to do now; how many things they did."""
        done = 0
        for _round in range(NEVER_WAIT):
            did = sum([await sweep.run(self.clock.now()) for sweep in self.service.sweeps])
            done += did
            if not did:
                return done
        raise AssertionError("the sweeps never come to an end")

    async def later(self, **by: float) -> int:
        """Let time pass, then work."""
        self.clock.move(timedelta(**by))
        return await self.work()

    async def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        async def work(tx: Any) -> list[dict[str, Any]]:
            return [dict(row) for row in (await tx.execute(text(statement), values)).mappings()]

        return await self.service.db.run(work)

    async def execute(self, statement: str) -> None:
        """Do something to the database that the service itself never does."""

        async def work(tx: Any) -> None:
            await tx.execute(text(statement))

        await self.service.db.run(work)

    async def mails(self) -> dict[str, tuple[str, int, str | None]]:
        """Template -> state, tries and last reason, of the mails."""
        rows = await self.rows("select template, state, attempts, last_reason from message where channel = 'email' order by created_at")
        return {row["template"]: (row["state"], row["attempts"], row["last_reason"]) for row in rows}

    async def published(self) -> list[dict[str, Any]]:
        """The events in the outbox, oldest first."""
        return [json.loads(row["value"]) for row in await self.rows("select value from outbox order by id")]

    async def broken(self) -> dict[str, int]:
        return {name: count for name, count in (await self.service.invariants()).items() if count}

    def browser(self, person: UUID | None = None, role: str = "applicant", language: str = "en") -> httpx2.AsyncClient:
        """A browser of its own; signed in where a person is given."""
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.service.api),
            base_url="http://puente.test",
            headers={"Accept-Language": language, "Accept": "text/html"},
        )
        if person is not None:
            client.cookies.set(IDENTITY_COOKIE, self.token(person, role, language), domain="puente.test")
        return client

    def token(self, person: UUID, role: str = "applicant", language: str = "en") -> str:
        """What the cookie of somebody who is signed in holds."""
        life = timedelta(days=1)
        return self.issuer.issue(
            account_id=str(person), role=role, country="", language=language, session_id="s", now=self.clock.now(), life=life
        )


def programme(version: int = 1, **changes: Any) -> AnyEvent:
    """The catalogue's example of a published programme: scholarships, with Peru."""
    [path] = (EXAMPLES / "puente.programme.published.v1").glob("*.json")
    example = json.loads(path.read_text())
    data = msgspec.convert({**example["data"], **changes}, ProgrammePublished, strict=False)
    return make_event(data, subject=data.programme, version=version, key=data.programme, at=datetime.fromisoformat(example["time"]))


@asynccontextmanager
async def opened(url: str, clock: ManualClock, folder: Path, **settings: Any) -> AsyncIterator[House]:
    """The service on the database at `url`, knowing the scholarship programme."""
    keys = folder / "keys"
    issuer, _ = IdentityIssuer.from_folder(keys), ServiceTokens.from_folder(keys, "notifications")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    async with MailSink(folder / "mails") as sink:
        values = {"applications_url": f"http://127.0.0.1:{port}", "public_url": "http://puente.test", "smtp_port": sink.port}
        made = NotificationsSettings(database_url=url, keys_folder=keys, **{**values, **settings})
        service = build(made, clock=clock)
        book = Book(ServiceTokenVerifier.from_folder(keys, "applications", "notifications"), clock)
        stop = asyncio.Event()
        serving = asyncio.create_task(serve_app(book.app(), stop, sockets=[listener]))
        house = House(service, clock, sink, book, issuer)
        try:
            await house.hear(programme())
            yield house
        finally:
            stop.set()
            await serving
            await service.db.close()
