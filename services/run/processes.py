"""Child processes of a stack: started, watched, started again when they die, and stopped in order."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.run.home import ROOT
from shared.persistence.server_process import ServerProcess

LOOK_SECONDS: Final = 0.2
PAUSE_FIRST_S: Final = 0.2
PAUSE_MAX_S: Final = 5.0
STEADY_SECONDS: Final = 10.0
"""A process that lived this long is started again at once; one that dies sooner waits longer each time."""
LOG_BYTES_MAX: Final = 10_000_000


@dataclass
class Child:
    """One process that should run: `puente` with these arguments and this environment."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: ServerProcess | None = None
    starts: int = 0
    began: float = 0.0
    pause: float = field(default=PAUSE_FIRST_S)

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process is not None and self.process.alive() else None

    def start(self) -> None:
        """Start it. Blocks for a few milliseconds."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".old"))
        command = [sys.executable, "-P", "-m", "services.start", *self.arguments]
        self.process = ServerProcess(command, log=self.log, cwd=ROOT, stop_seconds=12.0, environment={**os.environ, **self.environment})
        self.starts += 1
        self.began = time.monotonic()

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()

    def last_words(self) -> str:
        """The end of its log, for a person who asks why it died."""
        try:
            return self.log.read_text(errors="replace")[-800:].strip()
        except OSError:
            return ""


class Supervisor:
    """Keeps children running. They end with this process, however it ends (`shared.persistence.server_process`)."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.children: list[Child] = []

    async def start(self, child: Child) -> None:
        """Start a child and keep it running from now on, while `watch` runs."""
        await asyncio.to_thread(child.start)
        self.children.append(child)

    async def watch(self, stop: asyncio.Event) -> None:
        """Start again whatever has died, until `stop`; each time with a note."""
        while not stop.is_set():
            for child in self.children:
                if child.pid is None and not stop.is_set():
                    await self._again(child, stop)
            await unless(stop, LOOK_SECONDS)

    async def _again(self, child: Child, stop: asyncio.Event) -> None:
        lived = time.monotonic() - child.began
        child.pause = PAUSE_FIRST_S if lived > STEADY_SECONDS else min(PAUSE_MAX_S, child.pause * 2)
        self._say(f"{child.name} ended after {lived:.0f} s and is started again; its log is {child.log}")
        await unless(stop, child.pause)
        if not stop.is_set():
            await asyncio.to_thread(child.stop)
            await asyncio.to_thread(child.start)

    async def stop(self) -> None:
        """Stop all, the last started first, those of one kind together: each may finish what is under way."""
        for kind in ("serve api", "serve worker"):
            group = [child for child in self.children if " ".join(child.arguments).startswith(kind)]
            await asyncio.gather(*(asyncio.to_thread(child.stop) for child in group))
        self.children.clear()


async def unless(stop: asyncio.Event, seconds: float) -> bool:
    """Wait `seconds`, or until `stop`; returns whether it is set."""
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait([waiting], timeout=seconds)
    waiting.cancel()
    return stop.is_set()
