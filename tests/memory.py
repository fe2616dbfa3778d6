"""A folder in memory for what a run writes and nobody needs afterwards, where this machine has one with room enough.

Every test gets databases of its own, and each is three hundred files that are made and deleted: on a disk that was half of the time
of the tests with a database.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from shared.persistence.file_lock import try_lock, trying

MEMORY: Final = Path("/dev/shm")
PREFIX: Final = "puente-test-"
RUN: Final = "run.lock"
"""Held by the run that a folder belongs to, before the folder has its name."""
ROOM_BYTES: Final = 4 << 30
"""Free there for a run: containers often have 64 MB, which is not enough for one database."""
PASSED_THROUGH: Final = 0o711
"""The mode of folders that the account passes through to which root steps down for a database."""


class Folder:
    """A new folder of this run; what other runs left that were killed is deleted first."""

    def __init__(self, memory: Path = MEMORY) -> None:
        sweep(memory)
        made = Path(tempfile.mkdtemp(prefix=".", dir=memory))
        if os.geteuid() == 0:
            made.chmod(PASSED_THROUGH)
        lock = try_lock(made / RUN)
        assert lock is not None, "a folder that nobody knows of yet"
        self._lock = lock
        self.path = made.rename(memory / f"{PREFIX}{made.name.strip('.')}")

    def leave(self) -> None:
        """Nobody works in it any more; it stays until the next run deletes it."""
        os.close(self._lock)

    def remove(self) -> None:
        """Delete it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.leave()


@contextmanager
def folder(memory: Path = MEMORY) -> Iterator[Path | None]:
    """A new folder that is deleted afterwards; None where there is no room for it."""
    if not has_room(memory):
        yield None
        return
    made = Folder(memory)
    try:
        yield made.path
    finally:
        made.remove()


def sweep(memory: Path = MEMORY) -> None:
    """Delete what runs that were killed left there: on a disk it would be in the way, here it is memory."""
    for one in memory.glob(f"{PREFIX}*"):
        if not _is_ours(one):
            continue
        with suppress(OSError), trying(one / RUN) as run, trying(one / "lock") as server:  # gone already
            if run is not None and server is not None:
                shutil.rmtree(one)


def _is_ours(folder: Path) -> bool:
    """Everybody may write there: what another account made to look like a run's folder may lead anywhere."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def has_room(memory: Path = MEMORY) -> bool:
    """Whether a run fits in there."""
    try:
        found = os.statvfs(memory)
    except OSError:
        return False
    return os.access(memory, os.W_OK | os.X_OK) and fits(found)


def fits(found: os.statvfs_result) -> bool:
    """Whether there is room enough, and programs can be started that tests put there."""
    return found.f_bavail * found.f_frsize >= ROOM_BYTES and not found.f_flag & os.ST_NOEXEC
