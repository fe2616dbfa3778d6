"""One engine a service, one transaction a request or batch.

`Database.run(work)` is the only way to write: it opens a transaction, runs `work`, commits, and says so to those who
wait for commits. `Database.look(question, of)` answers a question that every request asks, without a transaction. Either
runs in a task of its own that is shielded from the caller's cancellation, so that a connection never goes back to the
pool in the middle of its work (SQLAlchemy #13381, #12077).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, Literal, TypeVar, cast
from uuid import UUID

import asyncpg
from asyncpg.pgproto.pgproto import UUID as DriverId
from sqlalchemy import Select, text
from sqlalchemy.dialects import registry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shared.kernel import ids
from shared.kernel.crash_points import reach
from shared.observability.logging import get_logger

log = get_logger(__name__)

T = TypeVar("T")
Tx = AsyncSession
"""A transaction under way. Nobody but `Database.run` commits it."""

RETRIED: Final = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock not available: nothing was written and the same work may be tried again."""
AWAY: Final = frozenset({"57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "08007", "53300", "25P03", "25P04"})
UNFINISHED: Final = frozenset({"57014", "25P03", "25P04"})
"""A statement was cancelled, by its timeout or by a person; a transaction stood still or took longer than it may."""
UNFINISHED_CLASSES: Final = ("53", "58")
"""No room on the disk or in memory, a limit of the server's, the storage that failed."""
LOST: Final = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises itself where a connection is gone; the last one where it was cut off in the middle of an answer."""
TRIES_MAX: Final = 6
LOCK_TIMEOUT_MS: Final = 3_000
STATEMENT_TIMEOUT_MS: Final = 30_000
IDLE_IN_TRANSACTION_TIMEOUT_MS: Final = 15_000
TRANSACTION_TIMEOUT_MS: Final = 60_000
"""Needs PostgreSQL 17. Ends what neither of the others does: a client that stands still between preparing and executing a statement."""


CONNECT_SECONDS: Final = 10.0
UNKNOWN_SETTING: Final = "42704"
NOT_LET_IN: Final = ("28", "3D")
"""Classes of SQLSTATE: invalid authorization, invalid catalog name."""
NEEDS: Final = "PostgreSQL 17 or newer is needed"


def dsn(url: str) -> str:
    """The address as the driver reads it by itself, with all that may stand behind the `?`, such as `sslmode` and `sslrootcert`.

    SQLAlchemy would hand each of these over as an argument, of which the driver has not the same ones: every connection is made with this.
    It is written anew, since a # or a / in a password ends the host for the driver, and not for SQLAlchemy.
    """
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def connect(url: str, **server_settings: str) -> "asyncpg.Connection[Any]":
    """A new connection to the database at `url`, in either spelling; raises what the driver does (`away_told`)."""
    try:
        return await asyncpg.connect(dsn(url), timeout=CONNECT_SECONDS, server_settings=server_settings)
    except ValueError as error:
        if isinstance(error, asyncpg.ClientConfigurationError | OSError):  # such as a certificate that is not the one
            raise
        # Of the address, or of a variable such as PGPORT: what is wrong is not repeated, for it may be a part of a password.
        raise asyncpg.ClientConfigurationError("its address, or a variable whose name begins with PG, cannot be read") from None


class Unavailable(Exception):
    """The database cannot be reached, or went away under the work; whether a commit under way counted is not known."""


class NotLetIn(Unavailable):
    """The server answers and lets nobody in like this; `why` is the class of its SQLSTATE, empty where the driver refused."""

    def __init__(self, said: str, why: str) -> None:
        super().__init__(said)
        self.why = why


class Question(Generic[T]):
    """A statement that reads one value and has one parameter, an id; written once for the driver."""

    def __init__(self, statement: Select[T]) -> None:
        written = statement.compile(dialect=registry.load("postgresql.asyncpg")())
        if len(written.params) != 1:
            raise ValueError(f"a question is about one id, and this one has {len(written.params)} parameters: {written}")
        self.sql: Final = str(written)


class Database:
    """The database of one service, at an SQLAlchemy URL of the asyncpg driver."""

    def __init__(self, url: str, *, pool_size: int = 8, application_name: str = "puente", options: dict[str, str] | None = None) -> None:
        settings = {
            "application_name": application_name,
            "jit": "off",
            "lock_timeout": str(LOCK_TIMEOUT_MS),
            "statement_timeout": str(STATEMENT_TIMEOUT_MS),
            "transaction_timeout": str(TRANSACTION_TIMEOUT_MS),
            "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
            "timezone": "UTC",
            **(options or {}),
        }
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=20,
            pool_pre_ping=False,
            # An error's text may end in a log; what people typed may not.
            hide_parameters=True,
            async_creator=lambda: connect(url, **settings),
        )
        self._after_commit: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` (quick, never failing) after every commit of this process; the relay wakes up by it."""
        self._after_commit.append(callback)

    async def run(self, work: Callable[[Tx], Awaitable[T]], *, tries: int = TRIES_MAX, of: Literal["request", "batch"] = "request") -> T:
        """Do `work` in one transaction and return its answer after the commit.

        A deadlock, a serialization failure or a lock that could not be had in time rolls back and tries again, at most
        `tries` times, with a growing random pause. Raises `Unavailable` where the database is away; any other error
        rolls back and passes through. `of` names the crash points that are passed.
        """
        return await _to_its_end(self._attempts(work, tries, of))

    async def _attempts(self, work: Callable[[Tx], Awaitable[T]], tries: int, of: str) -> T:
        for attempt in range(1, tries + 1):
            try:
                with away_told():
                    async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                        answer = await work(session)
                        await reach(f"{of}.committing")
                        await reach(f"{of}.commit_sent")
            except (DBAPIError, asyncpg.PostgresError) as error:
                if sqlstate(error) not in RETRIED or attempt == tries:
                    raise
            else:
                await reach(f"{of}.committed")
                for callback in self._after_commit:
                    callback()
                return answer
            await asyncio.sleep(random.uniform(0.2, 1.0) * 0.02 * 2**attempt)  # noqa: S311 - a pause needs no secret
        raise AssertionError("every attempt returns or raises")

    async def look(self, question: Question[T], of: UUID) -> T:
        """The answer to `question` about the id `of`, as committed now, at a fifth of the cost of a transaction.

        It writes nothing, so it passes no crash point, and nobody is told of it. Raises `Unavailable` where the database is away.
        """
        return await _to_its_end(self._look(question, of))

    async def _look(self, question: Question[T], of: UUID) -> T:
        with away_told():
            while True:
                kept = await self.engine.raw_connection()
                connection = cast("asyncpg.Connection[Any]", kept.driver_connection)
                if not connection.is_closed():
                    break
                # The server went away meanwhile and may be back: the next one is opened anew, or says that it is not.
                kept.invalidate()
            try:
                return cast("T", await connection.fetchval(question.sql, of))
            finally:
                # Cut off in the middle: whoever takes it next is not to find it dead.
                give_back = kept.invalidate if connection.is_closed() else kept.close
                give_back()

    async def ready(self) -> str | None:
        """None when the database answers, otherwise what is wrong."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("select 1"))
        except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            return (
                f"{NEEDS}; this server refused a connection: {said(error)}"
                if is_too_old(error)
                else f"the database does not answer: {_of_the_driver(error)}"
            )
        return None

    async def close(self) -> None:
        await self.engine.dispose()


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """The answer of `work`, which goes on to its end where whoever asked stops waiting."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            log.info("database_work_failed_after_cancel", error=str(task.exception()))
        raise


@contextmanager
def away_told() -> Iterator[None]:
    """What means that the database is away becomes `Unavailable`, whoever raised it."""
    try:
        yield
    except (DBAPIError, asyncpg.PostgresError) as error:
        if is_too_old(error):
            raise Unavailable(f"{NEEDS}; this server refused a connection: {_of_the_driver(error)}") from error
        if (why := is_refused(error)) is not None:
            raise NotLetIn(f"the database lets nobody in: {_of_the_driver(error)}", why) from error
        if is_away(error):
            raise Unavailable(f"the database went away ({sqlstate(error) or type(error).__name__}): {_of_the_driver(error)}") from error
        raise
    except LOST as error:
        raise Unavailable(f"the database cannot be reached: {error}") from error


async def driver(tx: Tx) -> "asyncpg.Connection[Any]":
    """The asyncpg connection of `tx`, inside its transaction, for the few hot statements with arrays."""
    connection = await tx.connection()
    raw = await connection.get_raw_connection()
    found = cast("asyncpg.Connection[Any]", raw.driver_connection)
    if not found.is_in_transaction():
        # SQLAlchemy begins lazily, with the first statement that passes through it.
        await connection.execute(text("select 1"))
    return found


def quick(value: UUID) -> UUID:
    """The same id in the driver's own class, which is hashed, compared, written and stored in C: for ids that are looked at often."""
    return DriverId(value.bytes)


def new_ids(count: int) -> list[UUID]:
    """So many new ids, in the driver's own class."""
    return [DriverId(one) for one in ids.new_ids(count)]


def sqlstate(error: BaseException) -> str | None:
    """The five characters of PostgreSQL's error, wherever in the chain it stands."""
    return next(_sqlstates(error), None)


def _sqlstates(error: BaseException) -> Iterator[str]:
    """All that the chain names: for a connection that was closed in the middle, that first, and then why the server closed it."""
    seen: BaseException | None = error
    while seen is not None:
        state = getattr(seen, "sqlstate", None) or getattr(getattr(seen, "orig", None), "sqlstate", None)
        if state:
            yield str(state)
        seen = seen.__cause__


def said(error: BaseException) -> str:
    """What an error says, for logs and people who operate: its kind and its first line, without the rows that the database quotes."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _of_the_driver(error: BaseException) -> str:
    """The first line of what the driver said itself, without the names of the classes that it was wrapped in."""
    first = getattr(getattr(error, "orig", None), "__cause__", None) or error
    return str(first).partition("\n")[0]


def is_away(error: BaseException) -> bool:
    """Whether the error means that the connection or the server is gone, rather than that a statement was wrong."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return sqlstate(error) in AWAY or (isinstance(error, asyncpg.InterfaceError) and "closed" in str(error))


def is_refused(error: BaseException) -> str | None:
    """The class of the SQLSTATE by which a server refused a connection: a user or a password that is wrong ("28"), a database that there
    is not ("3D"); empty where the driver could not even ask; None for any other error."""
    refused = next((one[:2] for one in _sqlstates(error) if one.startswith(NOT_LET_IN)), None)
    seen = getattr(getattr(error, "orig", None), "__cause__", None) or error
    return "" if isinstance(seen, asyncpg.ClientConfigurationError) else refused


def is_unfinished(error: BaseException) -> bool:
    """Whether the database gave up work that is not wrong in itself: tried again, later or in smaller portions, it may come to its end.

    That no connection was free is not meant: no statement was tried.
    """
    return any(one in UNFINISHED or (one.startswith(UNFINISHED_CLASSES) and one not in AWAY) for one in _sqlstates(error))


def is_too_old(error: BaseException) -> bool:
    """Whether a server refused a connection because it does not know one of our settings: no statement of ours is refused that way."""
    return sqlstate(error) == UNKNOWN_SETTING and "configuration parameter" in str(error)
