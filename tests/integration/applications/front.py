"""What the tests of pages share: an application with accounts on a real database, a browser without JavaScript, and the letters sent."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from fastapi import FastAPI

from services.applications import accounts, api, pages
from services.applications.accounts.desk import Desk
from services.applications.accounts.routes import install
from services.applications.documents import DocumentStore
from services.applications.domain.accounts import Rules
from shared.kernel.clock import ManualClock
from shared.persistence.database import Database
from shared.web.app import WebSettings, create_web_app
from shared.web.identity import IdentityIssuer

SERVICE = Path(accounts.__file__).parents[1]


@dataclass
class Letters:
    """A post office that keeps what it is given; `away` makes it refuse, as a mail server does that cannot be reached."""

    sent: list[EmailMessage] = field(default_factory=list)
    away: bool = False

    async def send(self, messages: Sequence[EmailMessage]) -> list[str | None]:
        if self.away:
            return ["the mail server cannot be reached"] * len(messages)
        self.sent += messages
        return [None] * len(messages)

    @property
    def last(self) -> EmailMessage:
        return self.sent[-1]

    def code(self) -> str:
        found = re.search(r"^\s*(\d{6})\s*$", text_of(self.last), re.MULTILINE)
        assert found, "the letter has a code on a line of its own"
        return found[1]

    def link(self) -> str:
        found = re.search(r"^\s*(https?://\S+/sign-in/link/\S+)\s*$", text_of(self.last), re.MULTILINE)
        assert found, "the letter has a link on a line of its own"
        return urlsplit(found[1]).path


def text_of(message: EmailMessage) -> str:
    return str(message.get_content())


@dataclass
class Front:
    """An application, its clock, its database, and the letters that it sent."""

    app: FastAPI
    db: Database
    clock: ManualClock
    letters: Letters
    desk: Desk

    def browser(self, language: str = "en") -> httpx2.AsyncClient:
        """A browser of its own: cookies, no JavaScript, redirects not followed."""
        transport = httpx2.ASGITransport(app=self.app, client=("203.0.113.7", 4711))
        return httpx2.AsyncClient(
            transport=transport, base_url=self.desk.public_url, headers={"Accept-Language": language, "Accept": "text/html"}
        )

    async def sign_in(self, browser: httpx2.AsyncClient, email: str, back: str = "/account") -> httpx2.Response:
        """Sign in by the code; the answer that welcomes."""
        asked = await browser.post("/sign-in", data={"email": email, "return": back})
        assert asked.status_code == 303, asked.text
        return await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": self.letters.code()})


def attempt_of(asked: httpx2.Response) -> str:
    return asked.headers["location"].rsplit("=", 1)[-1]


def words(page: httpx2.Response) -> str:
    """What a page says, without its markup."""
    bare = re.sub(r"<(script|style).*?</\1>", " ", page.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def accounts_only(
    db: Database,
    clock: ManualClock,
    folder: Path,
    *,
    rules: Rules | None = None,
    public_url: str = "http://puente.test",
    body_limit: Callable[[str], int] = pages.body_limit,
) -> Front:
    """An application with nothing but accounts."""
    issuer = IdentityIssuer.from_folder(folder)
    settings = WebSettings(public_url=public_url, keys_folder=folder)
    app = create_web_app(
        service="applications",
        prefix="",
        templates=SERVICE / "templates",
        locale=SERVICE / "locale",
        settings=settings,
        clock=clock,
        body_limit=body_limit,
    )
    letters = Letters()
    desk = Desk(db, clock, letters, issuer, app.state.texts, public_url, "Puente <no-reply@puente.example.org>", rules or Rules())
    install(app, desk)
    return Front(app, db, clock, letters, desk)


def whole(db: Database, clock: ManualClock, folder: Path, *, rules: Rules | None = None, public_url: str = "http://puente.test") -> Front:
    """An application with accounts, the JSON API and the applicants' pages."""
    front = accounts_only(db, clock, folder, rules=rules, public_url=public_url)
    front.app.state.documents = DocumentStore(folder / "documents")
    pages.install(front.app)
    front.app.include_router(api.router)
    return front
