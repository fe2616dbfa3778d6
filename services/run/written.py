"""Files that a command writes for somebody: there when they are whole, with a word of what they hold and how to check it."""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from rich.console import Console

NEXT: Final = {
    errno.ENOENT: "Make its folder first, or name another file.",
    errno.ENOTDIR: "Name a file in a folder.",
    errno.EACCES: "Name a file where this account may write.",
    errno.EROFS: "Name a file where this account may write.",
    errno.ENOSPC: "Make room, or name a file elsewhere.",
}


class NotWritten(Exception):
    """The file could not be written; the text says why."""

    safe_text = True


@contextlib.contextmanager
def whole(file: Path | None) -> Iterator[BinaryIO]:
    """Where to write to: a file that gets its name only when it is whole, or the standard output where none is named.

    A pipe or a device stays what it is, and is written to. What was there before stays where the new one does not come to its end.
    """
    try:
        with _standard_output() if file is None else _opened(file) as target:
            yield target
    except BrokenPipeError:
        raise  # whoever reads had enough
    except OSError as error:
        where = f"{file or 'the standard output'} cannot be written: {error.strerror or error}"
        raise NotWritten(f"{where}. {NEXT[error.errno]}" if error.errno in NEXT else where) from error


@contextlib.contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what did not go out is not tried again at the end
        raise


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file.is_dir():
        raise NotWritten(f"{file} is a folder: name a file in it, such as {file / 'export'}")
    if file.exists() and not file.is_file():
        with file.open("wb") as target:
            yield target
        return
    named = Path(os.path.realpath(file))  # a link goes on to where it points
    beside = named.with_name(f"{named.name}.part")
    try:
        with beside.open("wb") as target:
            if named.exists():
                os.fchmod(target.fileno(), stat.S_IMODE(named.stat().st_mode))
            yield target
        beside.replace(named)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def tell(file: Path | None, holds: str, then: str) -> None:
    """Say on the standard error what a file holds and what it is good for; nothing where it went to the standard output or a pipe."""
    if file is not None and file.is_file():
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"{file}: {holds}. {then}", highlight=False, markup=False)


def many(number: int, one: str, more: str = "") -> str:
    """A number and its word: `1 cell`, `1,200 cells`."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"
