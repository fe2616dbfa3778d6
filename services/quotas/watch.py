"""Watching boards: one look at the database for everybody who watches, as often as a second, and only while somebody does.

A board's token is a checksum of its figures: two processes, a page and a stream, give the same figures the same token.
"""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text

from services.quotas import views
from services.quotas.rows import Board
from services.quotas.seats import Seats
from shared.kernel.clock import Clock
from shared.observability.logging import get_logger
from shared.persistence.database import Database, Tx, Unavailable

log = get_logger(__name__)

LOOK_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0

_FIGURES: Final = text("""
    select c.programme, c.year, c.key, c.target, c.free, c.offered, c.taken, c.waiting, c.closed as list_closed, c.settled
    from cell c join unnest(cast(:programmes as text[]), cast(:years as int[])) as w (programme, year) using (programme, year)
    where c.listed order by c.key
""")

Key = tuple[str, int]
"""Programme and year."""


def token_of(cells: Iterable[Any]) -> str:
    """The checksum of a board's figures and of what is closed, of its cells in the order of their keys."""
    figures = ";".join(f"{c.key},{c.target},{c.free},{c.offered},{c.taken},{c.waiting},{c.list_closed},{c.settled}" for c in cells)
    return f"{zlib.crc32(figures.encode()):08x}"


@dataclass(slots=True)
class Watched:
    """One board that somebody watches: its last picture, and who is to be woken by the next."""

    token: str = ""
    board: Board | None = None
    listeners: set["Listener"] = field(default_factory=set)
    told: dict[str, Any] = field(default_factory=dict)
    """What was made of the picture for each language, by whoever shows it first; for all who follow."""


@dataclass(eq=False, slots=True)
class Listener:
    """Somebody who watches a board."""

    watched: Watched
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self, seen: str) -> Board | None:
        """The board as soon as it differs from the picture with that token; none where it was quiet for a heartbeat's time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                while self.watched.board is None or self.watched.token == seen:
                    self.woken.clear()
                    await self.woken.wait()
                return self.watched.board
        return None


class BoardWatch:
    """The boards that are watched in this process. Participation is shown as of `clock`; whoever watches has one of `seats`."""

    def __init__(self, db: Database, clock: Clock, *, seats: Seats) -> None:
        self._db = db
        self._clock = clock
        self.seats = seats
        self._watched: dict[Key, Watched] = {}
        self._looking: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        return sum(len(one.listeners) for one in self._watched.values())

    @property
    def looking(self) -> bool:
        """Whether the database is looked at."""
        return self._looking is not None and not self._looking.done()

    @contextlib.asynccontextmanager
    async def listen(self, programme: str, year: int, address: str) -> AsyncGenerator[Listener, None]:
        """Watch a board from an address for as long as the block lasts. `NoSeat` where as many watch as may."""
        with self.seats.one(address):
            async with self._listen((programme, year)) as listener:
                yield listener

    @contextlib.asynccontextmanager
    async def _listen(self, key: Key) -> AsyncGenerator[Listener, None]:
        watched = self._watched.setdefault(key, Watched())
        listener = Listener(watched)
        watched.listeners.add(listener)
        if not self.looking:
            self._looking = asyncio.create_task(self._look_on(), name="board watch")
        try:
            yield listener
        finally:
            watched.listeners.discard(listener)
            if not watched.listeners:
                self._watched.pop(key, None)
            if not self._watched and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _look_on(self) -> None:
        away = False
        while True:
            try:
                await self._db.run(self._look)
                away = False
            except Unavailable as error:
                if not away:
                    log.warning("board.watch_waits", reason=type(error).__name__)
                away = True
            except Exception as error:
                # Nobody waits for this task: without a line here a fault would look like a quiet board.
                log.error("board.watch_failed", exc_info=error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, tx: Tx) -> None:
        """One statement for all boards; two more for each one that changed."""
        keys = sorted(self._watched)
        found: dict[Key, list[Any]] = {key: [] for key in keys}
        for row in await tx.execute(_FIGURES, {"programmes": [key[0] for key in keys], "years": [key[1] for key in keys]}):
            found[row.programme, row.year].append(row)
        for key, cells in found.items():
            watched, token = self._watched.get(key), token_of(cells)
            if watched is None or watched.token == token:
                continue
            board = await views.board(tx, *key, now=self._clock.now())
            if board is not None:
                # Of what was read last, which may be newer than what the checksum was made of.
                watched.board, watched.token = board, token_of(board.cells)
                for listener in watched.listeners:
                    listener.woken.set()
