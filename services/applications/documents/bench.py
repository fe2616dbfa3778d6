"""The process that reads files from strangers, one frame after another: see `workshop.py`."""

import sys
from typing import Any, Final

from services.applications.documents.frames import Fault, read, write
from services.applications.documents.inspecting import inspect, picture_of

MEMORY_BYTES: Final = 1536 * 1024 * 1024
"""Address space of the process, libraries and all."""


def answer_of(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """What the process answers to one frame."""
    if head["job"] == "picture":
        return {}, picture_of(body, head["page"], head["width"])
    found = inspect(body, head["type"])
    if isinstance(found, Fault):
        return {"fault": found.code}, b""
    same = found.content is body
    return {"pages": found.pages, "same": same}, b"" if same else found.content


def main() -> None:
    """Read frames until the pipe ends. A file that takes more memory than there is ends the process."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass  # a system that cannot bound a process; the time is bounded all the same
    while (frame := read(sys.stdin.buffer)) is not None:
        write(sys.stdout.buffer, *answer_of(*frame))


if __name__ == "__main__":
    main()
