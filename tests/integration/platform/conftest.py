"""A database of two counters, and a second connection to it; a folder for servers of any account."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from shared.persistence.database import Database
from tests.conftest import NewDatabase


@pytest.fixture
async def url(new_database: NewDatabase) -> str:
    return await new_database("quotas")


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    """A database with one table of two rows."""
    made = Database(url)
    await made.run(lambda tx: tx.execute(text("create table counter (name text primary key, n int not null)")))
    await made.run(lambda tx: tx.execute(text("insert into counter values ('a', 0), ('b', 0)")))
    yield made
    await made.close()


@pytest.fixture
async def beside(url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A second connection: what it does not see was not committed."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://", 1))
    yield connection
    await connection.close()


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder that every account can pass through; pytest's own is closed to all but its owner."""
    folder = Path(tempfile.mkdtemp(prefix="ground-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
