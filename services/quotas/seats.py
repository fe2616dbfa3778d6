"""Seats of something that only a few may have at a time: so many in all, and so many for one address, so that nobody takes them all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class NoSeat(Exception):
    """As many as may have one, in all or from this address."""


class Seats:
    """Seats of one process. Whoever has no address counts as one."""

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._taken = Counter[str]()

    @property
    def taken(self) -> int:
        return self._taken.total()

    def free_for(self, address: str) -> bool:
        return self.taken < self._most and self._taken[address] < self._each

    @contextmanager
    def one(self, address: str) -> Iterator[None]:
        """A seat for as long as the block lasts. Raises `NoSeat`."""
        if not self.free_for(address):
            raise NoSeat
        self._taken[address] += 1
        try:
            yield
        finally:
            self._taken[address] -= 1
            if not self._taken[address]:
                del self._taken[address]
