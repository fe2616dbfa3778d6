"""The PostgreSQL of a test run, in memory where this machine has a folder for that, and its databases."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any

import asyncpg

from shared.kernel.ids import new_id
from shared.persistence import migrate
from shared.persistence.database import Database
from shared.persistence.embedded import EmbeddedPostgres, temporary
from tests import memory

Prepare = Callable[[Database], Awaitable[None]]
"""What is done once to a database that many tests then get a copy of."""


@contextmanager
def server(where: Path = memory.MEMORY) -> Iterator[EmbeddedPostgres]:
    """A server whose data nobody needs afterwards; on the disk where there is no memory for it."""
    with memory.folder(where) as folder:
        if folder is None:
            with temporary() as postgres:
                yield postgres
            return
        postgres = EmbeddedPostgres(folder, durable=False)
        try:
            postgres.start()
            yield postgres
        finally:
            postgres.remove()


class Server:
    """The server of a test run. Databases are made and dropped over one connection that lasts, in an event loop of its own: every test
    has another loop, and to connect twice for each database was a third of its price.
    """

    def __init__(self, url_of: Callable[[str], str]) -> None:
        self.url_of = url_of
        self.run = new_id().hex[-8:]
        self.templates: dict[tuple[str, Prepare | None], str] = {}
        self.made = 0
        self._connection: asyncpg.Connection[Any] | None = None
        self._turn = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="databases of tests")

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._connection is not None:
            asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def execute(self, *statements: str) -> None:
        """One after the other, each in a transaction of its own."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._execute(statements), self._loop))

    async def _execute(self, statements: tuple[str, ...]) -> None:
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self.url_of("postgres").replace("postgresql+asyncpg://", "postgresql://", 1))
            for statement in statements:
                await self._connection.execute(statement)

    async def template(self, service: str, prepare: Prepare | None = None) -> str:
        """The name of a migrated and prepared database to copy; made at its first use."""
        known = (service, prepare)
        if known not in self.templates:
            self.made += 1
            name = f"template_{service}_{self.run}_{self.made}"
            if prepare is None:
                await self.execute(f"create database {name}")
                await migrate.upgrade(self.url_of(name), service)
            else:
                await self.copy(await self.template(service), name)
                db = Database(self.url_of(name))
                await prepare(db)
                await db.close()
            self.templates[known] = name
        return self.templates[known]

    async def copy(self, template: str, name: str) -> None:
        """Copied as files: with a server that does not wait for its disk that is the quicker way, and its dropping is too."""
        await self.execute(f"create database {name} template {template} strategy file_copy")
