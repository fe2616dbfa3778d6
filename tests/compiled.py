"""A statement is compiled once in a process of tests, as in a service that runs.

Every test has a database and an engine of its own, and what SQLAlchemy has compiled is kept for one engine: each test would compile the
same statements anew.
"""

from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.persistence import database

_kept: dict[Any, Any] = {}
"""All statements of all engines of `Database`: they speak the same dialect to the same server."""


def once_in_a_process() -> None:
    """From here on."""
    PGDialect_asyncpg.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
    PGDialect_asyncpg.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    setattr(database, "create_async_engine", _keeping)  # noqa: B010 - what it imports is not its own


def _keeping(url: str, **options: Any) -> AsyncEngine:
    engine = create_async_engine(url, **options)
    engine.update_execution_options(compiled_cache=_kept)
    return engine
