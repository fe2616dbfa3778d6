"""The only place that reads the time. Everything else is handed a `Clock`, or the moment itself as `now`."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Tells the time. `now` is aware, in UTC, and never decreases by more than the host's own clock does."""

    def now(self) -> datetime: ...


class SystemClock:
    """The host's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved; for tests of rules that depend on time."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> datetime:
        self._now += by
        return self._now

    def move_to(self, moment: datetime) -> datetime:
        self._now = moment.astimezone(UTC)
        return self._now


class SteeredClock:
    """The host's clock moved by a number of seconds that a small file holds.

    Several processes that read the same file jump together, so that a whole year of a programme can be run through
    in a demonstration, a simulation or a test. The file is read again when its modification time or size changed;
    a file that is absent means an offset of nought.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return self._offset
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._offset = timedelta(seconds=float(self.path.read_text().strip() or 0))
            self._stamp = stamp
        return self._offset

    def is_set(self) -> bool:
        """Whether anybody ever moved it."""
        return self.path.exists()

    def move_to(self, moment: datetime) -> None:
        """Make `moment` the present for every process that reads the file; written beside and renamed, so that none reads half."""
        offset = (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        beside.write_text(f"{offset:.6f}\n")
        beside.replace(self.path)


def clock_from(path: Path | None) -> Clock:
    """The clock that the settings ask for: steered by the file where one is named, the host's otherwise."""
    return SteeredClock(path) if path else SystemClock()


def milliseconds() -> int:
    """Milliseconds since 1970, for the time part of new ids."""
    return time.time_ns() // 1_000_000
