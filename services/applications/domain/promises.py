"""Promises that a new version of a plan may not break without a second officer. Pure.

A rule is one function, listed in `PROMISES`; each says what would be broken, in words for the officer who decides.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from services.applications.domain.answers import Page


class Course(Protocol):
    """A course of one year; no `seats` means no end."""

    @property
    def key(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def seats(self) -> int | None: ...


class Channel(Protocol):
    """A way of applying to which a part of the places is open."""

    @property
    def key(self) -> str: ...


class Terms(Protocol):
    """What of a programme's new version these rules look at."""

    @property
    def pages(self) -> tuple[Page, ...]: ...
    @property
    def places_per_year(self) -> Mapping[int, int]: ...
    @property
    def places_total(self) -> int: ...
    @property
    def courses(self) -> Iterable[Course]: ...
    @property
    def channels(self) -> Iterable[Channel]: ...


@dataclass(frozen=True, slots=True)
class Held:
    """What was promised: the questions that have answers, the places offered or taken by year, the years with applications.

    `seats` are the seats held by year and course, `fixed` those of which officers have set how many there are, whatever the plan says.
    `under_way` are the applications by year with which something is still to happen, `answerable` those that are over, and about which
    a letter waits for an answer or an appeal may still begin. `channels` are those that were sent and are not decided, by the way of
    applying that they named.
    """

    questions: frozenset[str]
    places: Mapping[int, int]
    years: frozenset[int]
    seats: Mapping[tuple[int, str], int] = field(default_factory=dict)
    fixed: Collection[tuple[int, str]] = ()
    under_way: Mapping[int, int] = field(default_factory=dict)
    answerable: Mapping[int, int] = field(default_factory=dict)
    channels: Mapping[str, int] = field(default_factory=dict)


def _keeps_questions(terms: Terms, held: Held) -> Iterable[str]:
    asked = {question.key for page in terms.pages for question in page.questions}
    return [f'question "{key}" has answers and would no longer be asked' for key in sorted(held.questions - asked)]


def _keeps_places(terms: Terms, held: Held) -> Iterable[str]:
    for year, used in sorted(held.places.items()):
        if used > terms.places_per_year.get(year, 0):
            yield f"{used} places of {year} are held and {terms.places_per_year.get(year, 0)} would remain"


def _keeps_total(terms: Terms, held: Held) -> Iterable[str]:
    used = sum(held.places.values())
    if used > terms.places_total:
        yield f"{used} places are held and {terms.places_total} would remain"


def _keeps_years(terms: Terms, held: Held) -> Iterable[str]:
    return [f"there are applications to {year}, which would have no call" for year in sorted(held.years - set(terms.places_per_year))]


def _keeps_courses(terms: Terms, held: Held) -> Iterable[str]:
    """A programme that gives no courses at all bounds nobody by one."""
    given = {(course.year, course.key): course.seats for course in terms.courses}
    for (year, key), used in sorted(held.seats.items()) if given else ():
        if (year, key) not in given:
            yield f'seats of the course "{key}" of {year} are held ({used}), and it would no longer be given'
        elif (seats := given[year, key]) is not None and used > seats and (year, key) not in held.fixed:
            yield f'seats of the course "{key}" of {year} are held ({used}), and {seats} would remain'


def _keeps_channels(terms: Terms, held: Held) -> Iterable[str]:
    """A programme without channels looks at none."""
    opened = {channel.key for channel in terms.channels}
    for key, number in sorted(held.channels.items()) if opened else ():
        if key not in opened:
            yield f'applications that wait for a decision name the channel "{key}" ({number}), and nobody could be approved by it'


Promise = Callable[[Terms, Held], Iterable[str]]

PROMISES: Final[tuple[Promise, ...]] = (_keeps_questions, _keeps_places, _keeps_total, _keeps_years, _keeps_courses, _keeps_channels)


def stranded(programme: str, terms: Terms | None, held: Held) -> list[str]:
    """What nobody can agree to, one line each: years that would have no call, with applications that could not go on, nor end, nor be
    answered about, without it.

    A programme that is gone from the plan goes on as it was published last, so that nothing of it is stranded.
    """
    if terms is None:
        return []
    found = [(year, f"applications to it have not ended: {number}") for year, number in held.under_way.items()]
    found += [
        (year, f"an answer is owed, or an appeal still open, on applications to it: {number}") for year, number in held.answerable.items()
    ]
    return [f"{programme}: {year} would have no call, and {why}" for year, why in sorted(found) if year not in terms.places_per_year]


def broken_promises(programme: str, terms: Terms | None, held: Held) -> list[str]:
    """What the new version (none: the programme is gone from the plan) would break, one line each; empty where nothing."""
    if terms is None:
        return [f"{programme}: the programme would be gone, and it has applications"] if held.years else []
    return [f"{programme}: {line}" for promise in PROMISES for line in promise(terms, held)]
