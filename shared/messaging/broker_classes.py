"""The broker's classes in one file that Java maps at its start, instead of reading them from the jars and looking through each.

A start takes less than half of the time with it. It is made once for a Java and its jars, by a broker that starts, answers and
ends, and is kept beside them. Java looks itself whether the file is its own, and starts without it otherwise, but not whether it is
whole: one that is cut or overwritten mostly ends it at its start. So only what a Java wrote to its end is kept, and `drop` is for
whoever finds that a broker starts without the file only.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM
from typing import Final

from shared.persistence.file_lock import wait_for

ARCHIVE: Final = "classes.jsa"
USE: Final = f"-XX:SharedArchiveFile={ARCHIVE}"
MAKE: Final = f"-XX:ArchiveClassesAtExit={ARCHIVE}"
MAKE_SECONDS: Final = 120.0
"""The broker that makes it writes it when it is to end, which takes some seconds."""
MADE: Final = 128 + SIGTERM
"""The exit code of a Java that ended as it was asked to. Where the file cannot be written to its end it is another."""


def kept(java: Path, libraries: Path, make: Callable[[Path], bool]) -> Path | None:
    """The file, for this Java and these jars; made where it is missing, by `make`, which is to leave it in the folder that it is given.

    `make` tells whether its Java answered and ended as it was asked to. If not, nothing is kept, and the next start tries again.
    None where there is none: so, or Java did and left no file, which is not tried again, or the folder of the jars cannot be
    written to. Two that make it at once take turns.
    """
    try:
        known = (java.resolve(), java.stat().st_mtime_ns, java.stat().st_size, libraries.stat().st_mtime_ns)
        name = f"{libraries.name}-{hashlib.sha256(repr(known).encode()).hexdigest()[:12]}.jsa"
        file = libraries.with_name(name)
        if not file.exists():
            lock = wait_for(libraries.with_name("kafka.lock"))
            try:
                if not file.exists():
                    _made(file, make)
            finally:
                os.close(lock)
        return file if file.exists() and file.stat().st_size else None
    except OSError:
        return None


def drop(file: Path) -> None:
    """Away with a file that is damaged, so that the next start makes a new one. It stays where the folder cannot be written to."""
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _made(file: Path, make: Callable[[Path], bool]) -> None:
    for left in file.parent.glob("kafka.new.*"):  # by one that was killed: whoever makes such a folder has the lock
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="kafka.new.", dir=file.parent) as fresh:
        if not make(Path(fresh)):
            return
        whole = Path(fresh, ARCHIVE)
        whole.touch()  # empty where Java made none
        with whole.open("rb") as written:
            os.fsync(written.fileno())  # or a power cut could leave the name with half of the file
        whole.replace(file)
    for old in file.parent.glob("*.jsa"):  # of another Java, or of other jars
        if old != file:
            drop(old)
