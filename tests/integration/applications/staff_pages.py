"""What the tests of the staff's pages share: the service with a plan, everybody signed in by mail, applications in any state."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from services.applications.accounts import people
from services.applications.accounts.use_cases import account_by_email
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.events import handle
from services.applications.tables import Application
from shared.events.catalogue import event
from shared.events.quotas import CellChanged
from shared.kernel.cells import Cell
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.persistence.database import Tx
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, opened, words
from tests.integration.applications.people import CELL, PROGRAMME, World, with_the_plan

STAFF: Mapping[str, tuple[str, str | None]] = {
    "peru": ("coordinator", "PE"),
    "chile": ("coordinator", "CL"),
    "china": ("coordinator", "CN"),
    "reviewer": ("reviewer", None),
    "reviewer.two": ("reviewer", None),
    "officer": ("officer", None),
    "officer.two": ("officer", None),
    "auditor": ("auditor", None),
    "operator": ("operator", None),
}


class House:
    """The service, its people, and their browsers."""

    def __init__(self, front: Front, stack: AsyncExitStack) -> None:
        self.front = front
        self.world = World(front.db, front.clock.now())
        self._stack = stack
        self._browsers: dict[str, httpx2.AsyncClient] = {}
        self.accounts: dict[str, UUID] = {}

    async def browser(self, who: str) -> httpx2.AsyncClient:
        """Somebody's browser, signed in; a name that is no staff's is an applicant's."""
        if who not in self._browsers:
            browser = await self._stack.enter_async_context(self.front.browser())
            email = f"{who}@example.org"
            if who in STAFF:
                await self._hire(who, email)
            signed = await self.front.sign_in(browser, email)
            assert signed.status_code == 303, words(signed)
            self.accounts[who] = await self.front.db.run(lambda tx: _account(tx, email))
            self._browsers[who] = browser
        return self._browsers[who]

    async def stranger(self) -> httpx2.AsyncClient:
        """A browser of nobody."""
        return await self._stack.enter_async_context(self.front.browser())

    async def _hire(self, who: str, email: str) -> None:
        role, country = STAFF[who]
        now = self.front.clock.now()
        made = await self.front.db.run(lambda tx: people.add_staff(tx, email=email, role=role, country=country, name=who.title(), now=now))
        assert isinstance(made, UUID), made

    async def viewer(self, who: str) -> Viewer:
        await self.browser(who)
        role, country = STAFF.get(who, ("applicant", None))
        return Viewer(self.accounts[who], role, country or "")

    async def reach(self, state: State, who: str = "", programme: str = PROGRAMME) -> Application:
        """A new application in that state, by an applicant of that name, or by somebody."""
        person = await self.viewer(who) if who else None
        return (await self.world.reach(state, person, programme))[1]

    async def submitted(self, country: str = "PE", programme: str = PROGRAMME) -> Application:
        """One that was just sent, from a country of one's choice."""
        return await self.world.submitted(Viewer(new_id(), "applicant"), programme, country)

    async def figures(self, cell: Cell = CELL, *, version: int = 1, **figures: int) -> None:
        """What quotas tells of a cell."""
        told = {"capacity": 36, "free": 36, "offered": 0, "taken": 0, "waiting": 0, "last_decision": version} | figures
        fact = CellChanged(cell=cell.key, last_hash="0" * 64, **told)
        made = event(fact, subject=cell.key, version=version, key=cell.key, at=self.front.clock.now())
        await self.front.db.run(lambda tx: handle(tx, [made]))

    async def state(self, application: Application) -> str:
        return (await self.world.application(application.id)).state

    async def audited(self, act: str) -> list[Any]:
        return await self.world.rows("select actor, role, subject, detail from audit_entry where act = :act order by at, id", act=act)


async def _account(tx: Tx, email: str) -> UUID:
    found = await account_by_email(tx, email)
    assert found is not None
    return found.id


@asynccontextmanager
async def open_house(new_database: NewDatabase, clock: ManualClock, folder: Path) -> AsyncIterator[House]:
    """The whole service on a fresh database with the shipped plan."""
    async with AsyncExitStack() as stack:
        front = await stack.enter_async_context(opened(await new_database("applications", with_the_plan), clock, folder))
        yield House(front, stack)


def main(page: httpx2.Response) -> str:
    """What the page itself says, without the frame around it."""
    found = re.search(r"<main.*?</main>", page.text, re.DOTALL)
    assert found, page.text[:200]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0].replace("<wbr>", ""))).split())


def shown_version(page: httpx2.Response) -> str:
    """The version that the page's forms carry."""
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found, main(page)
    return found[1]


def errors(page: httpx2.Response) -> str:
    """What the summary of what is wrong says; empty where nothing is."""
    found = re.search(r'govuk-error-summary__body">(.*?)</div>', page.text, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""


def links(page: httpx2.Response, start: str) -> list[str]:
    """Addresses on the page that begin so, in order, each once."""
    return list(dict.fromkeys(one for one in map(unescape, re.findall(r'href="([^"]*)"', page.text)) if one.startswith(start)))
