"""Which records were under way when the database could not finish: they come again in smaller portions, until one is alone.

Nothing here outlives the process: another worker, or the same after a restart, finds out again.
"""

import time
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from shared.messaging.transport import Partition, Record

NARROWS: Final = 10
"""A portion that was not finished comes again as so many."""
TRIES_ALONE: Final = 3
PATIENCE_S: Final = 120.0
"""An event stops its key after it alone was not finished so many times, the first of them so long ago."""

_Place = tuple[Partition, int]


class Unfinished:
    """What one consumer knows of them."""

    def __init__(self) -> None:
        self._most: dict[_Place, int] = {}
        self._alone: dict[_Place, tuple[float, int]] = {}

    def portions(self, records: Sequence[Record]) -> list[Sequence[Record]]:
        """The records in their order, those that were not finished in portions as small as they are due to come in now."""
        if not self._most:
            return [records]
        found: list[Sequence[Record]] = []
        for most, run in groupby(records, key=lambda record: self._most.get(_place(record))):
            together = list(run)
            size = most or len(together)
            found += [together[start : start + size] for start in range(0, len(together), size)]
        return found

    def again(self, records: Sequence[Record]) -> bool:
        """Note that these were not finished together; whether they may come again, rather than stop their key."""
        if len(records) == 1:
            now = time.monotonic()
            since, tries = self._alone.get(_place(records[0]), (now, 0))
            self._alone[_place(records[0])] = since, tries + 1
            if tries + 1 >= TRIES_ALONE and now - since >= PATIENCE_S:
                return False
        for record in records:
            self._most[_place(record)] = -(-len(records) // NARROWS)
        return True

    def done(self, records: Sequence[Record]) -> None:
        """These are settled, and with them whatever stood before them in their partitions."""
        if not self._most:
            return
        after = {record.partition: record.offset for record in records}
        self._most = {place: most for place, most in self._most.items() if place[1] > after.get(place[0], -1)}
        self._alone = {place: tries for place, tries in self._alone.items() if place in self._most}


def _place(record: Record) -> _Place:
    return record.partition, record.offset
