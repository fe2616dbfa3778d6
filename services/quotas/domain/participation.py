"""Who takes part when, by the plan and by what was adopted since: a country may leave, fully or in part, and return.

A later change counts over an earlier one, and over the plan, on the days that it names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.quotas.domain.terms import Period

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """From `start` to `end` (last day inside; open where absent) the country takes part, or does not; in the named parts, or in all."""

    country: str
    takes_part: bool
    start: date
    end: date | None = None
    parts: frozenset[str] = frozenset()

    @property
    def full_leave(self) -> bool:
        return not self.takes_part and not self.parts

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


def in_force(periods: Sequence[Period], changes: Iterable[Change]) -> tuple[Period, ...]:
    """The country's periods with these changes of it, in the order in which they were adopted."""
    found = list(periods)
    for change in changes:
        found = [piece for period in found for piece in _outside(period, change)] + _inside(found, change)
    return tuple(sorted(found, key=lambda period: period.start))


def _outside(period: Period, change: Change) -> list[Period]:
    """What of a period lies before and after the days of the change."""
    pieces = []
    if period.start < change.start:
        last = change.start - _DAY
        pieces.append(Period(period.start, last if period.end is None else min(last, period.end), period.parts, period.without))
    if change.end is not None and (period.end is None or period.end > change.end):
        pieces.append(Period(max(period.start, change.end + _DAY), period.end, period.parts, period.without))
    return pieces


def _inside(periods: Sequence[Period], change: Change) -> list[Period]:
    """What holds on the days of the change."""
    if change.full_leave:
        return []
    if change.takes_part and not change.parts:
        return [Period(change.start, change.end, frozenset())]
    pieces = []
    free_from: date | None = change.start
    for period in sorted(periods, key=lambda one: one.start):
        start = max(period.start, change.start)
        ends = [end for end in (period.end, change.end) if end is not None]
        end = min(ends) if ends else None
        if end is not None and end < start:
            continue
        pieces += _changed(period, change, start, end)
        if free_from is not None and change.takes_part and free_from < start:
            pieces.append(Period(free_from, start - _DAY, change.parts))
        free_from = None if end is None else end + _DAY
    if free_from is not None and change.takes_part and (change.end is None or free_from <= change.end):
        pieces.append(Period(free_from, change.end, change.parts))
    return pieces


def _changed(period: Period, change: Change, start: date, end: date | None) -> list[Period]:
    if change.takes_part:
        only = period.parts | change.parts if period.parts else frozenset()
        return [Period(start, end, only, period.without - change.parts)]
    only = period.parts - change.parts
    if period.parts and not only:
        return []
    return [Period(start, end, only, period.without if period.parts else period.without | change.parts)]
