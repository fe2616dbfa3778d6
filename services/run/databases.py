"""The three databases of an installation: where they are, that they exist, and that they are of the code's version."""

import asyncio
import contextlib
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

import asyncpg
from rich.console import Console
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from services.run.home import VARIABLE, Home
from services.run.registry import NAMES
from shared.persistence import database, migrate
from shared.persistence.embedded import EmbeddedPostgres
from shared.persistence.server_process import ServerProcess

TEMPLATE = "puente_{service}"
FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
OPTIONS: Final = ("sslmode", *FILES, "host", "port", "user", "password", "passfile")
"""What may stand behind the `?` of an address, as libpq spells it: how the connection is secured, and what may stand before it too."""
BEFORE: Final = {"host": "host", "port": "port", "user": "username", "password": "password"}
"""Those that may stand before the `?`, and then not behind it, with what SQLAlchemy calls them."""
SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
COMMAND_SECONDS = 10.0
"""So long an installation that starts or stops lets commands come to their end."""
OTHERS_SECONDS = 30.0
"""So long a command that started the server keeps it for the others that joined."""
LOOK_SECONDS = 0.1
SILENT_SECONDS = 1.0


class DatabaseAway(Exception):
    """A database cannot be reached or made; the text says which, and what to do."""

    safe_text = True


class OtherServer(Exception):
    """The databases that belong to a folder are not where the settings say; the text says where they are, and what to do."""

    safe_text = True


class InUse(Exception):
    """The embedded server of a folder is a command's, which takes it along at its end; the text says what to do."""

    safe_text = True


@contextlib.asynccontextmanager
async def server(home: Home, given: str, watch: Callable[[ServerProcess], None] | None = None) -> AsyncIterator[str]:
    """The URL with `{service}` in it: `given` where there is one, else that of the embedded server in `home`, while this is open.

    A command joins an embedded server that runs; whichever started it waits for the others. An installation, which lives on, needs one of
    its own, whose process `watch` is given: `InUse` where a command has one there and does not end soon.
    Raises `OtherServer` rather than begin another installation in a folder that belongs to databases elsewhere.
    """
    if given:
        yield checked(given)
        return
    if elsewhere(home):
        raise OtherServer(moved(home, given))
    home.make()
    embedded = EmbeddedPostgres(home.postgres)
    try:
        address = await asyncio.to_thread(embedded.start)
        if watch is not None:
            deadline = time.monotonic() + COMMAND_SECONDS
            while embedded.server is None:
                embedded.stop()  # a share in it: the command waits for whoever has one, and this waits for the command
                if time.monotonic() > deadline:
                    raise InUse(
                        f"A command works on the database of {home.folder} and takes it along at its end. Let it end, and start again."
                    )
                await asyncio.sleep(LOOK_SECONDS)
                address = await asyncio.to_thread(embedded.start)
            watch(embedded.server)
        yield address.dsn(TEMPLATE)
        await _others_end(embedded, OTHERS_SECONDS if watch is None else COMMAND_SECONDS)
    finally:
        await asyncio.shield(asyncio.to_thread(embedded.stop))


async def _others_end(embedded: EmbeddedPostgres, seconds: float) -> None:
    """Wait so long for those who joined the server of `embedded`, if they do not end at once; Ctrl-C ends the waiting."""
    began = time.monotonic()
    said = False
    while embedded.leave() and time.monotonic() < began + seconds:
        if not said and time.monotonic() > began + SILENT_SECONDS:
            said = True
            note = f"Another command works on this database: this one keeps it for {seconds:.0f} s at most. Ctrl-C ends both."
            Console(stderr=True, soft_wrap=True).print(note, highlight=False, markup=False)
        await asyncio.sleep(LOOK_SECONDS)


def elsewhere(home: Home) -> str:
    """The server of one's own, without its password, on which the databases are that belong to the folder; empty where none is."""
    return home.elsewhere.read_text().strip() if home.elsewhere.exists() else ""


def belong(home: Home, given: str) -> bool:
    """Whether the folder belongs to the databases of this server of one's own."""
    return bool(given) and elsewhere(home) == address(given)


def tell_where(home: Home, given: str) -> None:
    """Write down to which server of one's own the folder belongs. A password stays in the environment."""
    if given:
        home.elsewhere.write_text(f"{address(given)}\n")


def moved(home: Home, given: str) -> str:
    """What is to be said where the folder belongs to other databases than `given` (none: those in the folder); empty where it does not."""
    kept, other = elsewhere(home), f"name another folder in {VARIABLE}"
    named = f"PUENTE_DATABASE_URL names {address(given)}" if given else "PUENTE_DATABASE_URL is not set"
    if kept and not belong(home, given):
        return (
            f"The data of {home.folder} are on a server of your own ({kept}), and {named}. Nothing was changed. To go on with them, set "
            f"PUENTE_DATABASE_URL to that server, with its password; for another demonstration {other}. Where that server is gone for "
            f"good, remove {home.folder}: its keys and documents are of no use without it."
        )
    if given and not kept and home.postgres.exists():
        return (
            f"The data of {home.folder} are in that folder, and {named}. Nothing was changed. To go on with them, unset "
            f"PUENTE_DATABASE_URL; for a demonstration on that server {other}, or begin anew (puente demo --fresh), which removes the data "
            "in the folder."
        )
    return ""


def address(given: str) -> str:
    """What a server of one's own is known by: its URL without the password, however the connection is secured."""
    try:
        url = make_url(given.replace("postgresql+asyncpg://", "postgresql://", 1))
    except (ArgumentError, ValueError):
        return "***"
    said = url._replace(password=None).difference_update_query(["password", "sslmode", *FILES]).render_as_string()
    return said.replace("%7B", "{").replace("%7D", "}")


def checked(given: str) -> str:
    """`given`, if it can name three databases; `DatabaseAway` says what was expected otherwise."""
    if "{service}" not in given or not given.startswith(("postgresql://", "postgresql+asyncpg://")):
        raise DatabaseAway(
            f"PUENTE_DATABASE_URL is {address(given)!r}: expected postgresql://user:password@host/puente_{{service}}, "
            "with {service} where the service's name goes"
        )
    if wrong := unreadable(given):
        raise DatabaseAway(wrong)
    return given


def unreadable(given: str) -> str:
    """What is wrong with the address of a database, without a word of its password; empty where nothing is."""
    try:
        url = make_url(given)
        legible = (url.port is None or 0 < url.port <= 65535) and "@" not in (url.host or "") and url.get_backend_name() == "postgresql"
    except (ArgumentError, ValueError):
        legible = False
    if not legible:
        # What is wrong is not repeated: where an address cannot be read, nobody knows which part of it is the password.
        return (
            "PUENTE_DATABASE_URL cannot be read as an address: expected postgresql://user:password@host:5432/puente_{service}, with a port "
            "that is a number, a host of IPv6 in brackets, and %40 for an @, %3A for a : and %2F for a / in the password"
        )
    unknown = sorted(set(url.query) - set(OPTIONS))
    if unknown:
        instead = "write sslmode" if unknown[0] == "ssl" else f"expected {', '.join(OPTIONS[:-1])} or {OPTIONS[-1]}"
        return f"PUENTE_DATABASE_URL says {unknown[0]} behind the ?, which is not known there: {instead}"
    twice = [key for key, said in url.query.items() if not isinstance(said, str) or (key in BEFORE and getattr(url, BEFORE[key]))]
    if twice:
        return f"PUENTE_DATABASE_URL says twice what its {twice[0]} is: say it once"
    if not str(url.query.get("port", "5432")).isdecimal():
        return "PUENTE_DATABASE_URL says a port behind the ? that is no number: correct it"
    mode = url.query.get("sslmode", SSL_MODES[0])
    if mode not in SSL_MODES:
        return f"PUENTE_DATABASE_URL says sslmode={mode}: expected {', '.join(SSL_MODES[:-1])} or {SSL_MODES[-1]}"
    for option in FILES:
        for file in {str(url.query[option]).replace("{service}", name) for name in NAMES} if option in url.query else ():
            if not (Path(file).is_file() and os.access(file, os.R_OK)):
                return f"PUENTE_DATABASE_URL says {option}={file}, and there is no such file that can be read: correct its path"
    if known_by := url.query.get("sslrootcert"):
        try:
            ssl.create_default_context(cafile=str(known_by))
        except (ssl.SSLError, OSError):
            return f"PUENTE_DATABASE_URL says sslrootcert={known_by}, which holds no certificate: name a file in PEM"
    return ""


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
    return database.dsn(url.replace("{service}", service))


def name(url: str, service: str) -> str:
    """What one service's database is called."""
    return str(make_url(dsn(url, service)).database)


async def answers(url: str) -> str:
    """What the server is that `url` names, by one connection that changes nothing: its version, and whether the databases are made yet.

    `DatabaseAway` where it does not answer, or lets nobody in like this.
    """
    first = NAMES[0]
    try:
        connection = await _connected(dsn(url, first), first)
    except asyncpg.InvalidCatalogNameError:
        return f"it answers, and {name(url, first)} is not made yet"
    try:
        return f"PostgreSQL {connection.get_server_version().major} answers"
    finally:
        await connection.close()


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
        return await database.connect(where)
    except asyncpg.InvalidCatalogNameError:
        raise
    except (OSError, OverflowError, asyncpg.PostgresError, asyncpg.ClientConfigurationError, TimeoutError) as error:
        answered = isinstance(error, asyncpg.PostgresError | asyncpg.ClientConfigurationError)
        next_step = "correct PUENTE_DATABASE_URL" if answered else "start the server, or correct PUENTE_DATABASE_URL"
        raise DatabaseAway(f"the database of {service} at {address(where)} does not answer ({error}): {next_step}") from error


async def _create(where: str) -> None:
    wanted = make_url(where)
    name = str(wanted.database).replace('"', "")
    try:
        connection = await database.connect(wanted.set(database="postgres").render_as_string(hide_password=False))
        try:
            with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await connection.execute(f'create database "{name}"')
        finally:
            await connection.close()
    except (OSError, OverflowError, asyncpg.PostgresError, asyncpg.ClientConfigurationError, TimeoutError) as error:
        raise DatabaseAway(f"there is no database {name} and it could not be made ({error}): create it, owned by this user") from error
