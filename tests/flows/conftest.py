"""`house`: the three services in one process, for the stories of this folder."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from services.applications.plan import read
from services.applications.plan.model import Plan
from services.run.home import Home
from services.run.plans import load
from services.run.registry import NAMES
from services.run.stack import Stack, Wish
from tests.conftest import PLAN, Server
from tests.flows.stack import House

OPENS = datetime(2016, 1, 20, 9, 0, tzinfo=UTC)
"""Inside the scholarship call of 2016."""


@pytest.fixture
async def database_template(server: Server) -> AsyncIterator[str]:
    """The address of three fresh, migrated databases, with {service} where the name goes."""
    server.made += 1
    pattern = f"flow_{{service}}_{server.run}_{server.made}"
    for service in NAMES:
        template = await server.template(service)
        await server.execute(f"create database {pattern.format(service=service)} template {template}")
    yield server.url_of(pattern)
    for service in NAMES:
        await server.execute(f"drop database if exists {pattern.format(service=service)} with (force)")


@pytest.fixture(scope="session")
def plan() -> Plan:
    """The shipped plan."""
    found = read(PLAN)
    assert isinstance(found, Plan), found
    return found


@pytest.fixture
async def house(database_template: str, tmp_path: Path, plan: Plan) -> AsyncIterator[House]:
    """The platform on fresh databases, at 20 January 2016, with the plan in force everywhere."""
    wish = Wish(port=0, mail_port=0, starts=OPENS, database_url=database_template)
    async with Stack(Home(tmp_path / "home"), wish, lambda _text: None) as stack, stack.settling() as settling:
        await load(stack.services["applications"], PLAN, stack.clock, Console(quiet=True))
        made = House(stack, plan, settling)
        await made.settled()
        try:
            yield made
        finally:
            await made.close()
