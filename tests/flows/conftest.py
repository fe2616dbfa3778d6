"""`house`: the three services in one process, for the stories of this folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from rich.console import Console

from services.applications.plan import read
from services.applications.plan.model import Plan
from services.run.home import Home
from services.run.plans import load
from services.run.registry import NAMES
from services.run.settling import Settling
from services.run.stack import Stack, Wish
from tests.conftest import PLAN
from tests.flows.stack import House, rest
from tests.postgres import Server

OPENS = datetime(2016, 1, 20, 9, 0, tzinfo=UTC)
"""Inside the scholarship call of 2016."""


@dataclass
class Databases:
    """Three databases at a time, each time from the same originals, in which the plan is in force and every service knows of it."""

    server: Server
    originals: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def copies(self) -> AsyncIterator[str]:
        """The address of three new ones, with {service} where the name goes; dropped afterwards."""
        if not self.originals:
            self.originals = await self._made()
        pattern = self._pattern()
        for service, original in self.originals.items():
            await self.server.copy(original, pattern.format(service=service))
        try:
            yield self.server.url_of(pattern)
        finally:
            for service in NAMES:
                await self.server.execute(f"drop database if exists {pattern.format(service=service)} with (force)")

    async def _made(self) -> dict[str, str]:
        pattern = self._pattern()
        for service in NAMES:
            await self.server.copy(await self.server.template(service), pattern.format(service=service))
        with TemporaryDirectory() as folder:
            async with running(Path(folder) / "home", self.server.url_of(pattern)) as (stack, settling):
                assert await load(stack.services["applications"], PLAN, stack.clock, Console(quiet=True))
                # The calls of 2015 are closed here, once: five seconds into each story, it would be done beneath whoever acts then.
                await rest(stack, settling)
        return {service: pattern.format(service=service) for service in NAMES}

    def _pattern(self) -> str:
        self.server.made += 1
        return f"flow_{{service}}_{self.server.run}_{self.server.made}"


@asynccontextmanager
async def running(home: Path, database_url: str) -> AsyncIterator[tuple[Stack, Settling]]:
    """The three services on these databases, at 20 January 2016."""
    wish = Wish(port=0, mail_port=0, starts=OPENS, database_url=database_url)
    async with Stack(Home(home), wish, lambda _text: None) as stack, stack.settling() as settling:
        yield stack, settling


@pytest.fixture(scope="session")
def databases(server: Server) -> Databases:
    """Of the whole run: the originals are made once."""
    return Databases(server)


@pytest.fixture(scope="session")
def plan() -> Plan:
    """The shipped plan."""
    found = read(PLAN)
    assert isinstance(found, Plan), found
    return found


@pytest.fixture
async def house(databases: Databases, tmp_path: Path, plan: Plan) -> AsyncIterator[House]:
    """The platform on fresh databases, at 20 January 2016, with the plan in force everywhere."""
    async with databases.copies() as url, running(tmp_path / "home", url) as (stack, settling):
        made = House(stack, plan, settling)
        await made.settled()
        try:
            yield made
        finally:
            await made.close()
