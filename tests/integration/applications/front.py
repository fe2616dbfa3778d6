"""What the tests of pages share: the whole service on a real database, a browser without JavaScript, and a real mail server."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from fastapi import FastAPI

from services.applications.agreements import marked, versions_in_force
from services.applications.main import build
from services.applications.settings import ApplicationsSettings
from shared.kernel.clock import ManualClock
from shared.mail.sink import Mail, MailSink
from shared.messaging.service import Service, Sweep
from shared.persistence.database import Database
from tests.integration.applications.letters import a_referee
from tests.integration.applications.people import the_plan
from tests.switched import hook

AGREED: Final = marked(versions_in_force())
"""What the form of sending carries along: the texts that are agreed to."""


@dataclass
class Front:
    """The service, its clock, its database, and the mails that it sent."""

    app: FastAPI
    db: Database
    clock: ManualClock
    sink: MailSink
    settings: ApplicationsSettings
    service: Service

    @property
    def sweeps(self) -> dict[str, Sweep]:
        """The service's sweeps by name, for tests that move the clock."""
        return {sweep.name: sweep for sweep in self.service.sweeps}

    async def invariants(self) -> Mapping[str, int]:
        return await self.service.invariants()

    def browser(self, language: str = "en") -> httpx2.AsyncClient:
        """A browser of its own: cookies, no JavaScript, redirects not followed."""
        transport = httpx2.ASGITransport(app=self.app, client=("203.0.113.7", 4711))
        headers = {"Accept-Language": language, "Accept": "text/html"}
        return httpx2.AsyncClient(transport=transport, base_url=self.settings.public_url, headers=headers, event_hooks=hook(transport))

    async def sign_in(self, browser: httpx2.AsyncClient, email: str, back: str = "/account") -> httpx2.Response:
        """Sign in by the code; the answer that welcomes."""
        asked = await browser.post("/sign-in", data={"email": email, "return": back})
        assert asked.status_code == 303, words(asked)
        return await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": self.code(email)})

    def mail(self, to: str = "") -> Mail:
        """The newest mail, to this address where one is given."""
        return next(self.sink.mails(to))

    def code(self, to: str = "") -> str:
        found = re.search(r"^\s*(\d{6})\s*$", self.mail(to).text, re.MULTILINE)
        assert found, "the mail has a code on a line of its own"
        return found[1]

    def link(self, to: str = "") -> str:
        found = re.search(r"^\s*(https?://\S+/sign-in/link/\S+)\s*$", self.mail(to).text, re.MULTILINE)
        assert found, "the mail has a link on a line of its own"
        return urlsplit(found[1]).path


@asynccontextmanager
async def opened(url: str, clock: ManualClock, folder: Path, **settings: Any) -> AsyncIterator[Front]:
    """The service on the database at `url`, with a mail server of its own; both are closed at the end."""
    async with MailSink(folder / "mails") as sink:
        made = ApplicationsSettings(
            database_url=url,
            keys_folder=folder / "keys",
            documents_folder=folder / "documents",
            smtp_port=sink.port,
            **{"public_url": "http://puente.test", **settings},
        )
        service = build(made, clock=clock)
        try:
            yield Front(service.api, service.db, clock, sink, made, service)
        finally:
            await service.db.close()


def attempt_of(asked: httpx2.Response) -> str:
    return asked.headers["location"].rsplit("=", 1)[-1]


def words(page: httpx2.Response) -> str:
    """What a page says, without its markup."""
    bare = re.sub(r"<(script|style).*?</\1>", " ", page.text.replace("<wbr>", ""), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


async def name_referees(browser: httpx2.AsyncClient, path: str, programme: str) -> None:
    """Name as many referees as the programme wants."""
    found = the_plan().programme(programme)
    for number in range(found.referees.minimum if found and found.referees else 0):
        named = await browser.post(f"{path}/referees/add", data=a_referee(number))
        assert named.status_code == 303, words(named)
