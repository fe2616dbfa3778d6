"""Files that a command writes for somebody: there when they are whole, with a word of what they hold and how to check it."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rich.console import Console


class NotWritten(Exception):
    """The file could not be written; the text says why."""

    safe_text = True


@contextlib.contextmanager
def whole(file: Path | None) -> Iterator[BinaryIO]:
    """Where to write to: a file that gets its name only when it is whole, or the standard output where none is named."""
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    beside = file.with_name(f"{file.name}.part")
    try:
        with beside.open("wb") as target:
            yield target
        beside.replace(file)
    except OSError as error:
        raise NotWritten(f"{error.filename or file} cannot be written: {error.strerror}") from error


def tell(file: Path | None, holds: str, then: str) -> None:
    """Say on the standard error what a file holds and what it is good for; nothing where it went to the standard output, for a pipe."""
    if file is not None:
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"{file}: {holds}. {then}", highlight=False, markup=False)


def many(number: int, one: str, more: str = "") -> str:
    """A number and its word: `1 cell`, `1,200 cells`."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"
