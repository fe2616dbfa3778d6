"""The quotas service's database, with one small programme."""

from collections.abc import Awaitable, Callable

import pytest

from shared.persistence.database import Database
from tests.integration.quotas.scene import apply_events, programme, publication


@pytest.fixture
async def empty(new_db: Callable[[str], Awaitable[Database]]) -> Database:
    """A database in which no programme was published."""
    return await new_db("quotas")


@pytest.fixture
async def db(empty: Database) -> Database:
    """A database with the rolling programme `training`: eight places in 2016, two for each of four countries."""
    await apply_events(empty, publication(programme()))
    return empty
