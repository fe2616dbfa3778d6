"""A cell's waiting list while a batch is decided: its beginning, as far as it was loaded, and what the batch has done to it.

Lists may be long, and a batch looks at whoever comes first. What it wants of the rest it asks for by raising `Missing`; where a newcomer
stands among them was counted before.
"""

from bisect import bisect_left, insort

from services.quotas.domain.model import Listed, Moved, Needs, Rank, rank_of
from services.quotas.domain.opened import Missing, OpenPlace


class WaitingList:
    """The list of one cell, best first. `known` are its first ranks as of now; `listed` is what was loaded of the `stored` who waited."""

    __slots__ = ("_ahead", "_came", "_cell", "_loaded", "_went", "_whole", "known")

    def __init__(self, cell: str, stored: int, listed: Listed | None) -> None:
        self._cell = cell
        self.known: list[Rank] = sorted(map(rank_of, listed.first)) if listed is not None else []
        self._whole = len(self.known) == stored
        self._loaded = self._whole or listed is not None
        self._ahead = listed.ahead if listed is not None else {}
        self._came: list[Rank] = []
        self._went: list[Rank] = []

    def is_loaded(self) -> bool:
        """Whether its beginning is known."""
        return self._loaded

    def at(self, number: int) -> Rank:
        """Who stands there, from 0. There is somebody: the cell's own number says so."""
        if number >= len(self.known):
            raise Missing(Needs(further=True) if self._loaded else Needs(lists=frozenset((self._cell,))))
        return self.known[number]

    def everybody(self) -> tuple[Rank, ...]:
        """The whole list as it is now."""
        self._ask_for_all()
        return tuple(self.known)

    def position(self, place: OpenPlace) -> int:
        """Where the application stands, or would stand, from 1."""
        rank = place.rank
        if self._whole or (self.known and rank <= self.known[-1]):
            return bisect_left(self.known, rank) + 1
        if not self._loaded:
            raise Missing(Needs(lists=frozenset((self._cell,))))
        counted = self._ahead.get(place.application)
        if counted is None:
            raise Missing(Needs(whole=frozenset((self._cell,))))
        return counted + bisect_left(self._came, rank) - bisect_left(self._went, rank) + 1

    def directly_ahead_of(self, rank: Rank) -> Rank | None:
        """Who stands just before that one; none where nobody does."""
        self._ask_for_all()
        at = bisect_left(self.known, rank)
        return self.known[at - 1] if at else None

    def join(self, rank: Rank) -> None:
        if self._whole or (self.known and rank < self.known[-1]):
            insort(self.known, rank)
        if not _take_out(self._went, rank):
            insort(self._came, rank)

    def leave(self, rank: Rank) -> None:
        _take_out(self.known, rank)
        if not _take_out(self._came, rank):
            insort(self._went, rank)

    def changed(self) -> bool:
        """Whether anybody came to the list in this batch, or went from it."""
        return bool(self._came or self._went)

    def moved(self) -> list[Moved]:
        """Who came to the list in this batch, and who went from it."""
        return [Moved(self._cell, *rank, by) for ranks, by in ((self._came, 1), (self._went, -1)) for rank in ranks]

    def _ask_for_all(self) -> None:
        if not self._whole:
            raise Missing(Needs(whole=frozenset((self._cell,))))


def _take_out(ranks: list[Rank], rank: Rank) -> bool:
    at = bisect_left(ranks, rank)
    if at == len(ranks) or ranks[at] != rank:
        return False
    del ranks[at]
    return True
