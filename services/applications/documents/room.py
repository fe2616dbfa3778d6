"""How many files may be in memory at the same time. Whoever comes beyond waits, with the file on disk, or is asked to come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from shared.observability.logging import get_logger
from shared.web.i18n import N_
from shared.web.problems import Problem

log = get_logger(__name__)

PLACES: Final = 8
"""Files that are held whole at once: read, looked through (`workshop.BENCHES` at a time), scanned, stored."""
LINE: Final = 40
"""Requests that wait for a place; more of them would outwait their browsers."""
AGAIN_SECONDS: Final = 30


class Room:
    """The places of one process, on its application."""

    def __init__(self, places: int = PLACES, line: int = LINE) -> None:
        self._free = asyncio.Semaphore(places)
        self._line = line
        self.waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place for one file; to be had before anything of it is read. 503 with the time to come back where too many wait already."""
        if self._free.locked() and self.waiting >= self._line:
            log.warning("documents.line_full", waiting=self.waiting)
            raise full()
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._free.release()


def full() -> Problem:
    """Too many files at once: nothing of this one was read."""
    title = N_("Many files are being checked at this moment")
    detail = N_("What you saved before is safe, but this file was not taken. Wait half a minute, then go back and try again.")
    return Problem(503, title, detail, code="uploads_busy", headers={"Retry-After": str(AGAIN_SECONDS)})
