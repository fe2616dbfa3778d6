"""The PostgreSQL of a test run, in memory where this machine has a folder for that.

Every test gets databases of its own, and each is three hundred files that are made and deleted: on a disk that was half of the time
of the tests with a database.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from shared.persistence.embedded import EmbeddedPostgres, temporary
from shared.persistence.file_lock import trying

MEMORY: Final = Path("/dev/shm")
PREFIX: Final = "puente-test-"
RUN: Final = "run.lock"
"""Held by the run that a folder belongs to, before the folder has its name."""
ROOM_BYTES: Final = 4 << 30
"""Free there for a run: containers often have 64 MB, which is not enough for one database."""


@contextmanager
def server(memory: Path = MEMORY) -> Iterator[EmbeddedPostgres]:
    """A server whose data nobody needs afterwards; on the disk where there is no memory for it."""
    if not _has_room(memory):
        with temporary() as postgres:
            yield postgres
        return
    sweep(memory)
    made = Path(tempfile.mkdtemp(prefix=".", dir=memory))
    if os.geteuid() == 0:
        made.chmod(0o711)  # the account that root steps down to passes through
    with trying(made / RUN) as ours:
        assert ours is not None, "a folder that nobody knows of yet"
        folder = made.rename(memory / f"{PREFIX}{made.name.strip('.')}")
        postgres = EmbeddedPostgres(folder, durable=False)
        try:
            postgres.start()
            yield postgres
        finally:
            postgres.remove()


def sweep(memory: Path) -> None:
    """Delete what runs that were killed left there: on a disk it would be in the way, here it is memory."""
    for folder in memory.glob(f"{PREFIX}*"):
        with suppress(OSError), trying(folder / RUN) as run, trying(folder / "lock") as server:  # another account's, or gone already
            if run is not None and server is not None:
                shutil.rmtree(folder)


def _has_room(memory: Path) -> bool:
    try:
        found = os.statvfs(memory)
    except OSError:
        return False
    return os.access(memory, os.W_OK | os.X_OK) and found.f_bavail * found.f_frsize >= ROOM_BYTES
