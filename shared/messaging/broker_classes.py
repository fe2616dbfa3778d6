"""The broker's classes in one file that Java maps at its start, instead of reading them from the jars and looking through each.

A start takes less than half of the time with it. It is made once for a Java and its jars, by a broker that starts, answers and
ends, and is kept beside them. Java looks itself whether the file is its own and whole, and starts without it otherwise.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shared.persistence.file_lock import wait_for

ARCHIVE: Final = "classes.jsa"
USE: Final = f"-XX:SharedArchiveFile={ARCHIVE}"
MAKE: Final = f"-XX:ArchiveClassesAtExit={ARCHIVE}"
MAKE_SECONDS: Final = 120.0
"""The broker that makes it writes it when it is to end, which takes some seconds."""


def kept(java: Path, libraries: Path, make: Callable[[Path], None]) -> Path | None:
    """The file, for this Java and these jars; made where it is missing, by `make`, which is to leave it in the folder that it is given.

    None where there can be none: Java has no such thing, which is not tried again, or the folder of the jars cannot be written to.
    Two that make it at once take turns.
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
        return file if file.stat().st_size else None
    except OSError:
        return None


def _made(file: Path, make: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="kafka.new.", dir=file.parent) as fresh:
        make(Path(fresh))
        whole = Path(fresh, ARCHIVE)
        whole.touch()  # empty where Java made none
        whole.replace(file)
