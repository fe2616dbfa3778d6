"""What the tests of pages share: the whole service on a real database, browsers of any role, and a call that was lived through."""

import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any, Final

import httpx2
from fastapi import FastAPI

from services.applications.plan import Plan, read
from services.applications.plan.publish import programme_published
from services.quotas.main import build
from services.quotas.settings import QuotasSettings
from services.quotas.sweeps import sweeps
from shared.events.catalogue import event
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.persistence.database import Database
from shared.web.identity import IDENTITY_COOKIE, IdentityIssuer
from shared.web.keys import ensure_key_pair
from tests.conftest import PLAN, NewDatabase
from tests.integration.quotas.scene import Person, apply_events, rows
from tests.switched import hook

PERU, HAITI = "scholarship:PE:2016", "scholarship:HT:2016"
SIX: Final = ("es", "pt", "en", "fr", "zh", "nl")


@dataclass
class Front:
    """The service as it runs, its clock, and its database."""

    app: FastAPI
    db: Database
    clock: ManualClock
    issuer: IdentityIssuer
    settings: QuotasSettings
    people: dict[str, list[Person]] = field(default_factory=dict)

    def browser(self, role: str = "", *, country: str = "", account: str = "", language: str = "en") -> httpx2.AsyncClient:
        """A browser without JavaScript, of somebody with that role; of a stranger where none is named. Redirects are not followed."""
        cookies = {IDENTITY_COOKIE: self.token(role, country=country, account=account, language=language)} if role else {}
        headers = {"Accept-Language": language, "Accept": "text/html"}
        transport = httpx2.ASGITransport(app=self.app)
        return httpx2.AsyncClient(
            transport=transport, base_url="http://puente.test", headers=headers, cookies=cookies, event_hooks=hook(transport)
        )

    def token(self, role: str, *, country: str = "", account: str = "", language: str = "en") -> str:
        account = account or str(new_id())
        return self.issuer.issue(
            account_id=account,
            role=role,
            country=country,
            language=language,
            session_id="s",
            now=self.clock.now(),
            zone="America/Lima" if role == "applicant" else "",
        )

    async def sweep(self) -> None:
        """What falls due at the clock's time."""
        for one in sweeps(self.db, self.settings):
            while await one.run(self.clock.now()):
                pass

    async def publish(self, *codes: str) -> None:
        """The shipped plan's programmes."""
        plan = shipped()
        for programme in plan.programmes:
            if not codes or programme.code in codes:
                data = programme_published(plan, programme)
                await apply_events(self.db, event(data, subject=data.programme, version=1, key=data.programme, at=self.clock.now()))

    async def approve(self, cell: str, count: int, *, best: int = 95_000) -> list[Person]:
        """So many people of a country are put forward and approved, the first with the best score."""
        people = [Person(cell, score=best - 700 * n) for n in range(count)]
        moment = self.clock.now()
        await apply_events(self.db, *[fact for one in people for fact in (one.nominated(moment), one.approved(moment))])
        self.people.setdefault(cell, []).extend(people)
        return people

    async def answer(self, cell: str, *, accept: int = 0, decline: int = 0) -> None:
        """So many of those who were offered a place there accept, and the next ones decline, in the order of their ids."""
        offered = await rows(
            self.db, "select application, version from place where cell = :cell and state = 'offered' order by score desc", cell=cell
        )
        known = {one.application: one for one in self.people[cell]}
        moment = self.clock.now()
        facts = [known[row.application].accepts(row.version, moment) for row in offered[:accept]]
        facts += [known[row.application].declines(row.version, moment) for row in offered[accept : accept + decline]]
        await apply_events(self.db, *facts)


@cache
def shipped() -> Plan:
    """The plan that is shipped."""
    plan = read(PLAN)
    assert isinstance(plan, Plan), plan
    return plan


def front(url: str, clock: ManualClock, folder: Path, **other: Any) -> Front:
    """The service on a migrated, empty database, with keys in `folder`; `other` are settings that matter."""
    ensure_key_pair(folder, "identity")
    settings = QuotasSettings(database_url=url, keys_folder=folder, public_url="http://puente.test", **other)
    service = build(settings, clock=clock)
    return Front(service.api, service.db, clock, IdentityIssuer.from_folder(folder), settings)


Story = Callable[[Front], Awaitable[None]]
"""What happens before a test begins. It depends on nothing but the service and its clock."""


class Lived:
    """A story is lived through once in a process; a test that begins after it has a copy of the books, the people and the clock."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._clock: ManualClock | None = None
        self._people: dict[str, list[Person]] = {}

    async def copy(self, new_database: NewDatabase, clock: ManualClock, folder: Path) -> Front:
        """The service after the story. The first to ask says when it begins."""
        if self._clock is None:
            self._clock = ManualClock(clock.now())
        made = front(await new_database("quotas", self._prepare), clock, folder)
        made.people.update(deepcopy(self._people))
        clock.move_to(self._clock.now())
        return made

    async def _prepare(self, db: Database) -> None:
        assert self._clock is not None
        with tempfile.TemporaryDirectory() as folder:
            lived = front(db.url, self._clock, Path(folder))
            await self._story(lived)
            await lived.db.close()
        self._people = lived.people


lived_once: Final = cache(Lived)
"""By its story."""


async def after(story: Story, new_database: NewDatabase, clock: ManualClock, folder: Path) -> Front:
    """The service after `story`, on a database of its own."""
    return await lived_once(story).copy(new_database, clock, folder)


async def live_through(front: Front, asked: Mapping[str, int], *, served: datetime) -> None:
    """A call: people are approved in every cell asked for, the round is served, and some answer."""
    for cell, count in asked.items():
        await front.approve(cell, count)
    front.clock.move_to(served)
    await front.sweep()


def words(page: httpx2.Response) -> str:
    """What a page says, without its markup."""
    bare = re.sub(r"<(script|style).*?</\1>", " ", page.text.replace("<wbr>", ""), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())
