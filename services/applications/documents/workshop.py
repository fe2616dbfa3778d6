"""Where files from strangers are read: a process of its own, with an end to its memory and its time, which may fail without harm.

The service asks it through a pipe, one file at a time, from a thread. What takes too long is stopped with its process; the next file gets a
new one (`bench.py`).
"""

import asyncio
import atexit
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from services.applications.documents.frames import Fault, Inspected, read, write
from shared.observability.logging import get_logger

log = get_logger(__name__)

SECONDS: Final = 20.0
"""For one file at most."""
BENCHES: Final = 2
"""Files that are read at the same time; the others wait for their turn."""
ROOT: Final = Path(__file__).parents[3]
PASSED_ON: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG")
"""Of the service's environment: what a program needs to start. Its passwords are nothing for a process that reads strangers' files."""


class Bench:
    """One process that reads files; begun at its first file, and again after a file that was its end."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, head: dict[str, Any], body: bytes, seconds: float) -> tuple[dict[str, Any], bytes] | None:
        """The answer; none where the process died over it, or was stopped after `seconds`."""
        process = self._process = self._process if self._process and self._process.poll() is None else self._begin()
        assert process.stdin and process.stdout, "its pipes are ours"
        alarm = threading.Timer(seconds, process.kill)
        alarm.start()
        try:
            write(process.stdin, head, body)
            answer = read(process.stdout)
        except OSError:
            answer = None
        finally:
            alarm.cancel()
        if answer is None:
            process.kill()
            process.wait()
            self.end()
        return answer

    def end(self) -> None:
        """Stop the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    assert pipe is not None
                    pipe.close()
            process.kill()
            process.wait()

    @staticmethod
    def _begin() -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        command = [sys.executable, "-m", "services.applications.documents.bench"]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment
        )


class Workshop:
    """The benches of this process, and the threads that wait at them."""

    def __init__(self, benches: int = BENCHES, seconds: float = SECONDS) -> None:
        self._free = [Bench() for _ in range(benches)]
        self._all = tuple(self._free)
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(benches, thread_name_prefix="documents")

    async def inspect(self, content: bytes, media_type: str) -> Inspected | Fault:
        """See `inspecting.inspect`; what took too long or too much memory is `too_heavy`."""
        answer = await self._ask({"job": "inspect", "type": media_type}, content)
        if answer is None:
            return Fault("too_heavy")
        head, body = answer
        if head.get("fault"):
            return Fault(str(head["fault"]))
        return Inspected(content if head["same"] else body, int(head["pages"]))

    async def picture_of(self, content: bytes, page: int, width: int) -> bytes:
        """See `inspecting.picture_of`."""
        answer = await self._ask({"job": "picture", "page": page, "width": width}, content)
        return answer[1] if answer else b""

    async def _ask(self, head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes] | None:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._at_a_bench, head, body)

    def _at_a_bench(self, head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes] | None:
        bench = self._free.pop()  # there are as many benches as threads
        try:
            answer = bench.ask(head, body, self._seconds)
        finally:
            self._free.append(bench)
        if answer is None:
            log.warning("documents.too_heavy", size_bytes=len(body))
        return answer

    def close(self) -> None:
        """Stop every process."""
        for bench in self._all:
            bench.end()


WORKSHOP: Final = Workshop()
"""The one of this process: benches are begun when they are needed."""
atexit.register(WORKSHOP.close)
