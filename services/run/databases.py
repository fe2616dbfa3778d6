"""The three databases of an installation: where they are, that they exist, and that they are of the code's version."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import asyncpg
from sqlalchemy.engine import make_url

from services.run.home import Home
from services.run.registry import NAMES
from shared.persistence import migrate
from shared.persistence.embedded import EmbeddedPostgres

TEMPLATE = "puente_{service}"


class DatabaseAway(Exception):
    """A database cannot be reached or made; the text says which, and what to do."""

    safe_text = True


@contextlib.asynccontextmanager
async def server(home: Home, given: str) -> AsyncIterator[str]:
    """The URL with `{service}` in it: `given` where there is one, else that of the embedded server in `home`, while this is open."""
    if given:
        yield checked(given)
        return
    home.folder.mkdir(parents=True, exist_ok=True)
    embedded = EmbeddedPostgres(home.postgres)
    address = await asyncio.to_thread(embedded.start)
    try:
        yield address.dsn(TEMPLATE)
    finally:
        await asyncio.shield(asyncio.to_thread(embedded.stop))


def checked(given: str) -> str:
    """`given`, if it can name three databases; `DatabaseAway` says what was expected otherwise."""
    if "{service}" not in given or not given.startswith(("postgresql://", "postgresql+asyncpg://")):
        raise DatabaseAway(
            f"PUENTE_DATABASE_URL is {without_password(given)!r}: expected postgresql://user:password@host/puente_{{service}}, "
            "with {service} where the service's name goes"
        )
    return given


async def prepare(url: str, services: Sequence[str] = NAMES) -> None:
    """Make the databases that are missing and bring each to the code's version. Harmless to repeat."""
    for name in services:
        if await _version(dsn(url, name), name) != migrate.head(name):
            await migrate.upgrade(dsn(url, name).replace("postgresql://", "postgresql+asyncpg://", 1), name)


async def holds(url: str, service: str, table: str) -> bool:
    """Whether there is any row in a table of that service's database; there is none where the database or the table is missing."""
    try:
        connection = await _connected(dsn(checked(url), service), service)
    except asyncpg.InvalidCatalogNameError:
        return False
    try:
        return bool(await connection.fetchval(f'select exists (select 1 from "{table}")'))  # noqa: S608 - a name of our own
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()


def dsn(url: str, service: str) -> str:
    """asyncpg's URL of one service's database."""
    return url.replace("{service}", service).replace("postgresql+asyncpg://", "postgresql://", 1)


async def _version(where: str, service: str) -> str | None:
    """The revision that the database is at; none where it is new. Makes the database where it is missing."""
    try:
        connection = await _connected(where, service)
    except asyncpg.InvalidCatalogNameError:
        await _create(where)
        return None
    try:
        found: str | None = await connection.fetchval("select version_num from alembic_version")
    except asyncpg.UndefinedTableError:
        found = None
    finally:
        await connection.close()
    return found


async def _connected(where: str, service: str) -> asyncpg.Connection:
    """A connection to that service's database; `InvalidCatalogNameError` where there is none, `DatabaseAway` where nothing answers."""
    try:
        return await asyncpg.connect(where, timeout=10)
    except asyncpg.InvalidCatalogNameError:
        raise
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise DatabaseAway(
            f"the database of {service} at {without_password(where)} does not answer ({error}): "
            "start the server, or correct PUENTE_DATABASE_URL"
        ) from error


async def _create(where: str) -> None:
    wanted = make_url(where)
    name = str(wanted.database).replace('"', "")
    try:
        connection = await asyncpg.connect(wanted.set(database="postgres").render_as_string(hide_password=False), timeout=10)
        try:
            with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await connection.execute(f'create database "{name}"')
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise DatabaseAway(f"there is no database {name} and it could not be made ({error}): create it, owned by this user") from error


def without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ValueError:
        return "***"
