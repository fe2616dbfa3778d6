"""The applications service's database with the plan in force; and the whole service, its people, and where it is served."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase, NewDb
from tests.integration.applications.calling import Api
from tests.integration.applications.people import World, with_the_plan
from tests.integration.applications.staff_pages import House, open_house
from tests.looks import alone
from tests.served import served


@pytest.fixture
async def world(new_db: NewDb, now: datetime) -> World:
    """A fresh database with the plan in force, at a moment inside the scholarship call of 2016."""
    return World(await new_db("applications", with_the_plan), now)


@pytest.fixture
async def api(world: World, tmp_path: Path) -> AsyncIterator[Api]:
    """The whole service on that database, called as another program does."""
    api = Api(world, tmp_path)
    yield api
    await api.service.db.close()


@pytest.fixture
async def house(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    """The whole service on a fresh database with the shipped plan, and everybody's browsers."""
    async with open_house(new_database, clock, tmp_path) as house:
        yield house


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    """Where the service is served on this machine."""
    async with served(alone(house.front.app)) as address:
        yield address
