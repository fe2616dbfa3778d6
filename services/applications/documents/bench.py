"""The process that reads files from strangers, one frame after another: see `workshop.py`."""

import signal
import sys
from typing import Any, Final

from services.applications.documents.frames import Fault, read, write
from services.applications.documents.inspecting import inspect, picture_of

MEMORY_BYTES: Final = 1536 * 1024 * 1024
"""Address space of the process, libraries and all."""
SECONDS: Final = 25
"""For one frame, more than the service waits for it (`workshop.py`): the end of a process whose service was killed over a file."""


def answer_of(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """What the process answers to one frame."""
    if head["job"] == "picture":
        return {}, picture_of(body, head["page"], head["width"])
    found = inspect(body, head["type"])
    if isinstance(found, Fault):
        return {"fault": found.code}, b""
    same = found.content is body
    return {"pages": found.pages, "same": same}, b"" if same else found.content


def main(seconds: int = SECONDS) -> None:
    """Read frames until the pipe ends. A file that takes more memory or time than there is ends the process."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass  # a system that cannot bound a process; the time is bounded all the same
    while (frame := read(sys.stdin.buffer)) is not None:
        _alarm(seconds)
        write(sys.stdout.buffer, *answer_of(*frame))
        _alarm(0)


def _alarm(seconds: int) -> None:
    """End the process after so long, whatever it is at; with 0 let it live."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


if __name__ == "__main__":
    main()
