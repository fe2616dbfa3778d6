"""Files that a command writes for somebody: there when they are whole, with a word of what they hold and how to check it."""

import contextlib
import errno
import os
import secrets
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
    errno.EBADF: "Name a file, or a descriptor that is open for writing.",
}
DESCRIPTORS: Final = ("/proc/self/fd", "/dev/fd")
LINKS_MOST: Final = 40
"""As many as the kernel follows."""


class NotWritten(Exception):
    """The file could not be written; the text says why."""

    safe_text = True


@contextlib.contextmanager
def whole(file: Path | None) -> Iterator[BinaryIO]:
    """Where to write to: a file that gets its name only when it is whole, or the standard output where none is named.

    A pipe, a device or a descriptor (`/dev/stdout`) stays what it is, and is written to. What was there before stays where the new one
    does not come to its end; where it does, its owner and mode are kept. A file that this account may not write is refused.
    """
    with _said(file), _standard_output() if file is None else _opened(file) as target:
        yield target


def refuse_folder(file: Path, such_as: str) -> None:
    """Raise `NotWritten` where it is a folder; `such_as` is the name of a file that could be in it."""
    with _said(file):
        if file.is_dir():
            raise NotWritten(f"{file} is a folder: name a file in it, such as {file / such_as}")


def must_be_writable(file: Path) -> None:
    """Raise `NotWritten` now, where `whole` would later. Nothing is changed, and folders that are missing may be made later."""
    made: list[Path] = []
    with _said(file):
        try:
            for folder in reversed([one for one in file.absolute().parents if not one.exists()]):
                folder.mkdir()
                made.append(folder)
            if not _is_written_to(file):
                with _beside(Path(os.path.realpath(file))):
                    pass
            elif not os.access(file, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        finally:
            for folder in reversed(made):
                with contextlib.suppress(OSError):
                    folder.rmdir()


@contextlib.contextmanager
def _said(file: Path | None) -> Iterator[None]:
    """What the system refuses is said in words, with what to do."""
    try:
        yield
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
    refuse_folder(file, "export")
    if _is_written_to(file):
        number = _descriptor(file)
        # By its path, a descriptor's file would be opened anew, from its beginning: `>> log` would lose the log.
        with file.open("wb") if number is None else os.fdopen(os.dup(number), "wb") as target:
            yield target
        return
    named = Path(os.path.realpath(file))  # a link goes on to where it points
    with _beside(named) as (beside, target):
        yield target
        target.close()
        beside.replace(named)


@contextlib.contextmanager
def _beside(named: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file in that folder, of a name that nobody else has and with the rights of `named`; gone at any end, if it was not renamed."""
    try:
        before = named.stat()
        os.close(os.open(named, os.O_WRONLY))  # the folder may let it be replaced where the file itself may not be written
    except FileNotFoundError:
        before = None
    beside = named.with_name(f".puente-{secrets.token_hex(8)}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666 if before is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target:
            if before is not None:
                _as_before(target.fileno(), before)
            yield beside, target
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _as_before(descriptor: int, before: os.stat_result) -> None:
    """Owner, group and mode, as far as this account may give them; a group that it may not name has no rights."""
    try:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    except OSError:
        with contextlib.suppress(OSError):
            os.fchown(descriptor, -1, before.st_gid)
    kept = os.fstat(descriptor).st_gid == before.st_gid
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & ~(0 if kept else stat.S_IRWXG))


def _is_written_to(file: Path) -> bool:
    """Whether it is no file that can be replaced: a pipe, a device, or a descriptor of this process."""
    return _descriptor(file) is not None or (file.exists() and not file.is_file())


def _descriptor(file: Path) -> int | None:
    """The number of the descriptor that a path such as `/dev/stdout` or `/dev/fd/3` stands for."""
    folders = [os.path.realpath(one) for one in DESCRIPTORS]
    for _ in range(LINKS_MOST):
        folder = os.path.realpath(file.parent)
        file = Path(folder, file.name)
        if folder in folders and file.name.isdecimal():
            return int(file.name)
        if not file.is_symlink():
            return None
        file = Path(folder, file.readlink())
    return None


def tell(file: Path | None, holds: str, then: str) -> None:
    """Say on the standard error what a file holds and what it is good for; nothing where it went to a pipe, a device or a descriptor."""
    if file is not None and not _is_written_to(file):
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"{file}: {holds}. {then}", highlight=False, markup=False)


def many(number: int, one: str, more: str = "") -> str:
    """A number and its word: `1 cell`, `1,200 cells`."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"
