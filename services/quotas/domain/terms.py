"""A programme's terms, as far as a decision needs them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Call:
    """One year's call. Without `grants_from` places are given as approvals come; with it, by rank from that moment on.

    `zone` is where its days begin and end, for its forms as for its places.
    """

    grants_from: datetime | None
    answers_due: datetime
    list_closes: datetime
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Period:
    """A country takes part from `start` to `end` (last day inside; open where absent), in everything or in the named parts.

    `without`: parts in which it takes no part, where it does in everything else.
    """

    start: date
    end: date | None
    parts: frozenset[str]
    without: frozenset[str] = frozenset()

    def covers(self, day: date, parts: Iterable[str], course: str | None = None) -> bool:
        """Whether the day is inside and every part asked for takes part; who names no part asks for the whole.

        The course that is asked for is a part too, where it is one of those that are left out.
        """
        if day < self.start or (self.end is not None and day > self.end):
            return False
        if self.without and not self.without.isdisjoint((*parts, course)):
            return False
        if not self.parts:
            return True
        asked = tuple(parts)
        return bool(asked) and self.parts.issuperset(asked)


@dataclass(frozen=True, slots=True)
class Course:
    """A course of one year: its seats for all, and the most that one country gets (none: no end)."""

    seats: int | None
    per_country: int | None


@dataclass(frozen=True, slots=True)
class Channel:
    """A way of applying, and the part of a cell's places that is open to it: so many, or a share (none of both: all)."""

    places: int | None = None
    share: float | None = None

    def of(self, target: int) -> int | None:
        """The places that are open to it where the cell has `target`; a share is rounded up, so that it is never nothing."""
        return self.places if self.share is None else _times(self.share, target)


@dataclass(frozen=True, slots=True)
class Holders:
    """How many places people of a country may hold at a time: `each` country, but for those named (none: no end, yet counted)."""

    each: int | None = None
    countries: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """One programme at one version of its plan; `rule` names that version in every decision made under it."""

    programme: str
    rule: str
    calls: Mapping[int, Call]
    offer_days: int
    participation: Mapping[str, tuple[Period, ...]]
    list_ratio: float
    list_at_least: int
    nomination_ratio: float | None
    nomination_in_route: bool
    holds_per_person: int
    left: Mapping[str, tuple[tuple[date, date | None], ...]] = field(default_factory=dict)
    """By country, the periods (last day inside) for which it decided to leave whole."""
    unused: str = "lapse"
    """What becomes of places that are free when their year is closed: they `lapse`, or `roll_over` into the pool."""
    courses: Mapping[tuple[int, str | None], Course] = field(default_factory=dict)
    """By year and key. A programme without courses draws on none."""
    channels: Mapping[str | None, Channel] = field(default_factory=dict)
    holders: Holders | None = None
    bounded: bool = field(init=False)
    """Whether the plan bounds anything but the places of cells, nominations and persons."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounded", bool(self.courses or self.channels or self.holders is not None))

    def day(self, year: int, at: datetime) -> date:
        """The day that a moment falls on in the zone of that year's call; in UTC where the plan has no such call."""
        call = self.calls.get(year)
        return at.astimezone(UTC if call is None else call.zone).date()

    def begins(self, year: int, day: date) -> datetime:
        """The first moment of a day, as `day` reckons it."""
        call = self.calls.get(year)
        return datetime.combine(day, time(), UTC if call is None else call.zone).astimezone(UTC)

    def today(self, at: datetime) -> date:
        """The first day that is not past in every call's zone: from it on something may be changed for the whole programme."""
        return min((self.day(year, at) for year in self.calls), default=at.astimezone(UTC).date())

    def takes_part(self, country: str, day: date, parts: Iterable[str] = (), course: str | None = None) -> bool:
        """Whether the country takes part on that day in those parts."""
        for period in self.participation.get(country, ()):  # noqa: SIM110 - asked of every application, and `any` takes twice as long
            if period.covers(day, parts, course):
                return True
        return False

    def takes_part_at_all(self, country: str, day: date) -> bool:
        """Whether the country takes part on that day in anything."""
        for period in self.participation.get(country, ()):  # noqa: SIM110 - see above
            if period.covers(day, period.parts):
                return True
        return False

    def has_left(self, country: str, day: date) -> bool:
        """Whether the country took part, does so no longer, and either will not again by these terms, or has left by its own decision."""
        periods = self.participation.get(country, ())
        if any(start <= day and (end is None or day <= end) for start, end in self.left.get(country, ())):
            return not self.takes_part_at_all(country, day)
        return bool(periods) and all(period.end is not None and period.end < day for period in periods)

    def list_size(self, places: int) -> int:
        """How many may wait in a cell of so many places."""
        return max(self.list_at_least, _times(self.list_ratio, places))

    def nomination_cap(self, places: int) -> int | None:
        """How many candidates a country may put forward for so many places; none where there is no cap."""
        return None if self.nomination_ratio is None else _times(self.nomination_ratio, places)

    def holders_of(self, country: str) -> int | None:
        """How many places people of that country may hold at a time; none where there is no end."""
        return self.holders.countries.get(country, self.holders.each) if self.holders is not None else None

    def has_courses(self, year: int) -> bool:
        """Whether that year is given in courses."""
        return any(one == year for one, _course in self.courses)

    def answer_by(self, year: int, at: datetime) -> datetime:
        """The deadline of an offer made now: its days, but not past the call's own date while that is still to come."""
        deadline, due = at + timedelta(days=self.offer_days), self.calls[year].answers_due
        return due if at < due < deadline else deadline


def _times(ratio: float, places: int) -> int:
    """`ratio` times `places`, rounded up; a ratio such as 0.1 counts as the decimal that was written."""
    return math.ceil(round(ratio * places, 9))
