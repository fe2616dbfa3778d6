"""One broker for all processes of a test run: it costs memory and time also where nobody asks it for anything."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.messaging.broker import Broker, GivenBroker
from shared.persistence.file_lock import wait_for


@contextmanager
def shared(folder: Path, find: Callable[[], Broker]) -> Iterator[Broker]:
    """The broker of the run that `folder` belongs to. Whoever asks first finds and starts it, and ends it when all others have left."""
    folder.mkdir(exist_ok=True)
    address = folder / "bootstrap"
    own: Broker | None = None
    users = os.open(folder / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        turn = wait_for(folder / "turn")
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            if not address.exists():
                found = find()
                found.start()
                own = found
                address.write_text(own.bootstrap)
        finally:
            os.close(turn)
        yield own or GivenBroker(address.read_text())
    finally:
        if own is not None:
            fcntl.flock(users, fcntl.LOCK_EX)
            address.unlink(missing_ok=True)
            own.stop()
        os.close(users)
