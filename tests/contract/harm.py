"""What can happen to a process at a crash point: it is killed, its task is cancelled, it loses its connections, it is stopped."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import event

from shared.kernel import crash_points
from shared.persistence.database import Database

FAULTS: Final = ("kill", "cancel", "cut", "stop")
ANSWER_SECONDS: Final = 10.0
_WRITTEN: Final = "select coalesce(sum(next_offset), 0) from consumer_offset"


class Harm:
    """Does the harms that were asked for, each (point, fault, n-th time that it is reached), one after the other; tells of each before."""

    def __init__(self, asked: Sequence[Sequence[str]], say: Callable[[str], None]) -> None:
        self._asked = [(point, fault, int(nth)) for point, fault, nth in asked]
        self._say = say
        self._seen = 0
        self._dsn = ""
        self._connections: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()
        if self._asked:
            assert all(point in crash_points.POINTS and fault in FAULTS for point, fault, _ in self._asked), self._asked
            crash_points.arm(self._reached)

    def watch(self, db: Database) -> None:
        """Know the connections of this database, so that answers on them can be held back."""
        self._dsn = db.url.replace("postgresql+asyncpg://", "postgresql://", 1)

        @event.listens_for(db.engine.sync_engine, "connect")
        def opened(connection: Any, _record: Any) -> None:
            self._connections.append(connection.driver_connection)

    async def _reached(self, point: str) -> None:
        if not self._asked or point != self._asked[0][0]:
            return
        self._seen += 1
        if self._seen < self._asked[0][2]:
            return
        self._seen = 0
        _, fault, _ = self._asked.pop(0)
        task = asyncio.current_task()
        assert task is not None
        if point == "batch.commit_sent":
            await self._after_commit(fault, task)
            return
        if point == "relay.sent":
            # The batch leaves the client in the loop's next turns.
            await asyncio.sleep(0.05)
        self._say("hurt")
        self._do(fault, task)
        if fault == "cancel":
            await asyncio.sleep(0)

    async def _after_commit(self, fault: str, task: "asyncio.Task[Any]") -> None:
        """Let COMMIT go out, keep its answer unread, and do the harm once another connection sees what it wrote."""
        look = await asyncpg.connect(self._dsn)
        before = await look.fetchval(_WRITTEN)
        held = [c._transport for c in self._connections if not c.is_closed()]
        for transport in held:
            transport.pause_reading()

        async def when_committed() -> None:
            async with asyncio.timeout(ANSWER_SECONDS):
                while await look.fetchval(_WRITTEN) == before:  # noqa: ASYNC110 - the figure is the database's
                    await asyncio.sleep(0.01)
            look.terminate()
            self._say("hurt")
            if fault == "cut":
                for transport in held:
                    transport.abort()
            self._do(fault, task)
            await asyncio.sleep(0)
            for transport in held:
                if not transport.is_closing():
                    transport.resume_reading()

        waiting = asyncio.create_task(when_committed())
        self._tasks.add(waiting)
        waiting.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._say(f"the harm failed: {task.exception()!r}")

    @staticmethod
    def _do(fault: str, task: "asyncio.Task[Any]") -> None:
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif fault == "cancel":
            task.cancel()
        else:
            cut_all()


def cut_all() -> None:
    """Shut every connection of this process down: database, broker and callers alike."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        try:
            if not os.readlink(entry).startswith("socket:"):
                continue
            copy = socket.socket(fileno=os.dup(int(entry.name)))
        except OSError:
            continue
        with copy:
            try:
                if copy.getpeername():  # a nameless pair is the loop's own
                    copy.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
