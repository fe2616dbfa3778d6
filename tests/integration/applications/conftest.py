"""The applications service's database with the plan in force."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest

from services.applications import use_cases
from services.applications.use_cases.plans import Loaded
from shared.persistence.database import Database
from tests.integration.applications.calling import Api
from tests.integration.applications.people import World, the_plan


@pytest.fixture
async def world(new_db: Callable[[str], Awaitable[Database]], now: datetime) -> World:
    """A fresh database at a moment inside the scholarship call of 2016."""
    world = World(await new_db("applications"), now)
    loaded = await world.do(use_cases.load_plan, the_plan(), actor="tests")
    assert isinstance(loaded, Loaded), loaded
    return world


@pytest.fixture
async def api(world: World, tmp_path: Path) -> AsyncIterator[Api]:
    """The whole service on that database, called as another program does."""
    api = Api(world, tmp_path)
    yield api
    await api.service.db.close()
