"""What the service and the process that reads files say to each other: see `workshop.py`.

A frame is the length of a head (JSON) and of a body in four bytes each, then both.
"""

import json
import struct
from dataclasses import dataclass
from typing import IO, Any, Final

LENGTHS: Final = struct.Struct("!II")


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is kept of a file that is in order, and how many pages it has (a picture is one)."""

    content: bytes
    pages: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file is not taken.

    `cut_off`, `broken`, `too_many_pixels`, `encrypted`, `no_pages`, `too_many_pages`, `acts`, `foreign_tail`, `too_heavy`.
    """

    code: str


def write(pipe: IO[bytes], head: dict[str, Any], body: bytes) -> None:
    """One frame."""
    raw = json.dumps(head).encode()
    pipe.write(LENGTHS.pack(len(raw), len(body)) + raw)
    pipe.write(body)
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """One frame; none at the end of the pipe, also where it ends within the frame."""
    lengths = pipe.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    of_head, of_body = LENGTHS.unpack(lengths)
    head, body = pipe.read(of_head), pipe.read(of_body)
    return (json.loads(head), body) if len(head) == of_head and len(body) == of_body else None
