"""The applications service's database with the plan in force."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from services.applications import use_cases
from services.applications.use_cases.plans import Loaded
from shared.persistence.database import Database
from tests.integration.applications.people import World, the_plan


@pytest.fixture
async def world(new_db: Callable[[str], Awaitable[Database]], now: datetime) -> World:
    """A fresh database at a moment inside the scholarship call of 2016."""
    world = World(await new_db("applications"), now)
    loaded = await world.do(use_cases.load_plan, the_plan(), actor="tests")
    assert isinstance(loaded, Loaded), loaded
    return world
