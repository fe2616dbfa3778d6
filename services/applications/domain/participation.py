"""Whether a country takes part on a day: as its plan says, and as was adopted since, which quotas tells. Pure.

A later change counts over an earlier one, and over the plan, on the days that it names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


class Period(Protocol):
    """A country takes part from `start` to `end` (last day inside; open where absent), in everything or in the named parts."""

    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date | None: ...
    @property
    def parts(self) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class Change:
    """From `start` to `end` (last day inside; open where absent) the country takes part, or does not; in the named parts, or in all."""

    country: str
    takes_part: bool
    start: date
    end: date | None = None
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Share:
    """What a country takes part in: in `only` these parts, where any are named, and else in everything but the parts in `without`."""

    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def covers(self, parts: Sequence[str], course: str | None) -> bool:
        """Whether everything that is asked for is in it; who names no part asks for the whole. The course may be left out too."""
        if not self.without.isdisjoint((*parts, course)):
            return False
        return not self.only or (bool(parts) and self.only.issuperset(parts))


def shares_on(day: date, periods: Iterable[Period], changes: Iterable[Change]) -> tuple[Share, ...]:
    """What the country takes part in on that day, each for itself; nothing where it takes no part. `changes` stand in their order."""
    shares = [Share(frozenset(one.parts)) for one in periods if _inside(day, one)]
    for change in changes:
        if _inside(day, change):
            shares = _returned(shares, change.parts) if change.takes_part else _left(shares, change.parts)
    return tuple(shares)


def _returned(shares: Sequence[Share], parts: frozenset[str]) -> list[Share]:
    if not parts:
        return [Share()]
    return [Share(one.only | parts if one.only else frozenset(), one.without - parts) for one in shares] or [Share(parts)]


def _left(shares: Sequence[Share], parts: frozenset[str]) -> list[Share]:
    if not parts:
        return []
    rest = [Share(one.only - parts, one.without) if one.only else Share(one.only, one.without | parts) for one in shares]
    return [after for after, before in zip(rest, shares, strict=True) if after.only or not before.only]


def _inside(day: date, days: "Period | Change") -> bool:
    return days.start <= day and (days.end is None or day <= days.end)
