"""The quotas service's database, with one small programme."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.kernel.clock import ManualClock
from shared.persistence.database import Database
from tests.conftest import NewDatabase, NewDb
from tests.integration.quotas.pages_front import Front, front
from tests.integration.quotas.scene import apply_events, programme, publication


@pytest.fixture
async def empty(new_db: NewDb) -> Database:
    """A database in which no programme was published."""
    return await new_db("quotas")


@pytest.fixture
async def db(new_db: NewDb) -> Database:
    """A database with the rolling programme `training`: eight places in 2016, two for each of four countries."""
    return await new_db("quotas", with_training)


async def with_training(db: Database) -> None:
    await apply_events(db, publication(programme()))


@pytest.fixture
async def service(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    """The whole service, with its pages, on an empty database."""
    made = front(await new_database("quotas"), clock, tmp_path)
    yield made
    await made.db.close()
