"""Processes under a test's thumb: each is forked from one that has everything imported, so that a start takes no second."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from tests.contract import member

SECONDS = 60.0
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.contract.member"])
_asking = threading.Lock()
"""Held while a process is started or its end is read. To start one asks after all others, and of two threads that read the same end
at the same time one finds nothing more to read and takes 255 for the exit code.
"""


class Member:
    """A process of `tests.contract.member`."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: BaseProcess | None = None
        self._pipe: Any = None
        self._told: list[str] = []
        self._news = asyncio.Event()

    async def start(self, *more: str) -> None:
        """Start it, with `more` arguments this once, and wait until it has subscribed or listens, or is hurt already."""
        self._told.clear()
        self._pipe, theirs = _processes.Pipe(duplex=False)
        self._process = _processes.Process(target=member.run, args=([*self._arguments, *more], theirs, os.getpid()), daemon=True)
        await asyncio.to_thread(_alone, self._process.start)
        theirs.close()
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._hear)
        await self.until("ready", "hurt")

    def _hear(self) -> None:
        try:
            self._told.append(self._pipe.recv())
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            self._pipe.close()
            self._told.append("ended")
        self._news.set()

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return "ended" in self._told

    def times(self, word: str) -> int:
        """How often it has said `word`; an error that it tells of is raised."""
        wrong = [one for one in self._told if one not in ("ready", "hurt", "ended")]
        assert not wrong, wrong
        return self._told.count(word)

    async def until(self, *words: str, seconds: float = SECONDS) -> None:
        """Wait until it has said one of these words."""
        async with asyncio.timeout(seconds):
            while not any(map(self.times, words)):
                assert not self.ended, f"the process ended before it was {' or '.join(words)}"
                self._news.clear()
                await self._news.wait()

    async def until_times(self, word: str, times: int, seconds: float = SECONDS) -> None:
        """Wait until it has said `word` so often."""
        async with asyncio.timeout(seconds):
            while self.times(word) < times:
                assert not self.ended, f"the process ended before it was {word} {times} times"
                self._news.clear()
                await self._news.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None and self._process.pid is not None
        os.kill(self._process.pid, number)

    async def gone(self, seconds: float = SECONDS) -> int:
        """Wait until it is gone; its exit code, or the signal's number below nought."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            while not self.ended:
                self._news.clear()
                await self._news.wait()
        await asyncio.to_thread(_alone, self._process.join)
        assert self._process.exitcode is not None
        return self._process.exitcode

    async def end(self) -> int:
        """Ask it to end in good order, and wait."""
        self.signal(signal.SIGTERM)
        return await self.gone()

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._process is not None and not self.ended:
            self._process.kill()
            await self.gone()


def _alone(act: Callable[[], None]) -> None:
    with _asking:
        act()


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[Member]:
    """A member for the length of a block."""
    member = Member(*arguments)
    try:
        await member.start()
        yield member
    finally:
        await member.kill()
