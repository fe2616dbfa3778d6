"""A lock between processes on a file: held by whoever has the descriptor open, and free the moment that nobody does."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


def take(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock of an open file, unless another has it. `shared`: as one of several, while nobody has it alone."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def try_lock(path: Path, *, shared: bool = False) -> int | None:
    """Take the lock at `path` (made where missing): the descriptor that holds it until closed, or None while another has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if take(descriptor, shared=shared):
        return descriptor
    os.close(descriptor)
    return None


def share_of(path: Path) -> int | None:
    """A share of the lock at `path`, which may be another account's: nothing is made, nor written. None where there is none to have."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    if take(descriptor, shared=True):
        return descriptor
    os.close(descriptor)
    return None


def wait_for(path: Path) -> int:
    """As `try_lock`, but waits while another has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


@contextlib.contextmanager
def trying(path: Path, *, shared: bool = False) -> Iterator[int | None]:
    """`try_lock`, given back at the end of the block, unless a child process has inherited it meanwhile."""
    descriptor = try_lock(path, shared=shared)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)
