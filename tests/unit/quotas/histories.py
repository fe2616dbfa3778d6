"""Acts of random histories over every command, and the history of a number."""

import os
import random
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from multiprocessing import parent_process
from typing import Any, Final

from services.quotas.domain.commands import (
    CloseList,
    CloseYear,
    Command,
    EndParticipation,
    MovePlaces,
    Reorder,
    ServeRound,
    SetLimit,
    SetTarget,
)  # fmt: skip
from services.quotas.domain.limits import named
from services.quotas.domain.participation import Change
from tests.unit.quotas.compared import CELLS, VERSIONS, Compared, to_keep
from tests.unit.quotas.shelf import CLOSES, NOW, Person

STEPS = 30
MOVES: tuple[tuple[str | None, str | None], ...] = (
    *((CELLS[a], CELLS[b]) for a, b in ((0, 1), (1, 0))),
    *((key, None) for key in CELLS),
    *((None, key) for key in CELLS),
)
LIMITS = (
    "course:training:2016:solar",
    "course:training:2016:wind",
    "course_country:training:PE:2016:wind",
    "holders:training:PE",
    "channel:scholarship:PE:2016:province",
    "nomination:scholarship:PE:2016",
)
COURSES, CHANNELS = (None, "solar", "wind"), (None, "province", "mission")
WHO, SCORES, PICK, YES_NO = range(7), range(4), range(10_000), (False, True)
DRAWS = (0, 1, 1, 2)
"""Which course or channel somebody names, as far as the programme has any."""
DAYS = (0, 0, 0, 1, 1, 13, 14, 15, 15, 60, 300)
PUBLISHED = [(programme, version) for programme, versions in VERSIONS.items() for version in versions]
PARTS, LEFT = ((), (), (), ("spanish",)), ((), (), ("wind",), ("solar",), ("spanish",))
DELAY = timedelta(days=2)
STALE = (*[0] * 9, -1, 1)

Act = tuple[Callable[..., None], Mapping[str, Sequence[Any]], bool]
ACTS: Final[list[Act]] = []
"""What may happen, what is drawn for it, and whether it is about somebody known; the more often an act stands here, the likelier it is."""
KINDS: Final[list[Act]] = []
"""The same, each of them once."""


def act(*, about_somebody: bool = False, often: int = 1, **drawn: Sequence[Any]) -> Callable[[Callable[..., None]], Any]:
    """An act of a history."""

    def keep(method: Callable[..., None]) -> Any:
        KINDS.append((method, drawn, about_somebody))
        ACTS.extend(KINDS[-1:] * often)
        return method

    return keep


class Histories:
    """Seven persons, three cells, a handful of places. `wait`: the command waits for the next one and is decided with it."""

    def __init__(self) -> None:
        Person.made = 0
        self.books = Compared()
        self.people = [Person() for _ in range(7)]
        self.known: list[Person] = []
        self.queue: list[Command] = []
        self.now = NOW
        self.command(*(SetTarget(cell=key, at=NOW, target=2) for key in CELLS))

    def command(self, *asked: Command, wait: bool = False) -> None:
        # Some are decided days later than they were asked, as after a broker was away.
        self.queue += [replace(one, decided_at=one.at + DELAY) if one.at.day % 3 == len(self.queue) % 3 else one for one in asked]
        if not self.queue or (wait and len(self.queue) < 6):
            return
        now, self.queue = self.queue, []
        self.books.decide(*now)

    def one_of(self, number: int, state: str = "") -> Person:
        """One of those in that state, seven times out of eight; else, or where nobody is, one of all."""
        places = self.books.batches.places
        in_state = {a for a, place in places.items() if place.state == state} if state and number % 8 else ()
        fitting = [one for one in self.known if one.application in in_state] or self.known
        return fitting[number // 8 % len(fitting)]

    def new(self, person: int, cell: str, score: int, draws: int, parts: tuple[str, ...] = ()) -> Person:
        training = cell.startswith("training")
        course, channel = (COURSES[draws], None) if training else (None, CHANNELS[draws])
        self.known.append(Person(cell, score=score, who=self.people[person], parts=parts, course=course, channel=channel))
        return self.known[-1]

    def offer_of(self, person: Person) -> int:
        place = self.books.batches.places.get(person.application)
        return place.version if place else 1

    @act(often=5, person=WHO, cell=CELLS, score=SCORES, draws=DRAWS, parts=PARTS, wait=YES_NO, nominate=YES_NO)
    def somebody_new_asks(self, person: int, cell: str, score: int, draws: int, parts: tuple[str, ...], wait: bool, nominate: bool) -> None:
        new = self.new(person, cell, score, draws, parts)
        asked: list[Command] = [new.nominated(self.now)] if nominate else []
        self.command(*asked, new.asks(self.now), wait=wait)

    @act(often=2, number=range(2, 6), first=PICK, cell=CELLS, wait=YES_NO)
    def several_ask_at_once(self, number: int, first: int, cell: str, wait: bool) -> None:
        new = [self.new((first + n) % 7, cell, (first // 7 + n * n) % 4, DRAWS[(first // 28 + n) % 4]) for n in range(number)]
        self.command(*(one.asks(self.now) for one in new), wait=wait)

    @act(person=WHO, cell=CELLS, score=SCORES, draws=DRAWS, wait=YES_NO)
    def somebody_new_is_nominated(self, person: int, cell: str, score: int, draws: int, wait: bool) -> None:
        self.command(self.new(person, cell, score, draws).nominated(self.now), wait=wait)

    @act(about_somebody=True, number=PICK, wait=YES_NO, again=YES_NO)
    def somebody_known_asks(self, number: int, wait: bool, again: bool) -> None:
        """`again`: an old fact is delivered once more."""
        person = self.one_of(number)
        self.command(person.asks(self.now, version=person.version if again else None), wait=wait)

    @act(about_somebody=True, number=PICK, wait=YES_NO)
    def somebody_known_is_nominated(self, number: int, wait: bool) -> None:
        self.command(self.one_of(number).nominated(self.now), wait=wait)

    @act(about_somebody=True, often=2, number=PICK, wait=YES_NO, stale=STALE)
    def somebody_accepts(self, number: int, wait: bool, stale: int) -> None:
        person = self.one_of(number, "offered")
        self.command(person.accepts(self.offer_of(person) + stale, self.now), wait=wait)

    @act(about_somebody=True, often=2, number=PICK, wait=YES_NO, stale=STALE)
    def somebody_declines(self, number: int, wait: bool, stale: int) -> None:
        person = self.one_of(number, "offered")
        self.command(person.declines(self.offer_of(person) + stale, self.now), wait=wait)

    @act(about_somebody=True, often=2, number=PICK, wait=YES_NO)
    def somebody_withdraws(self, number: int, wait: bool) -> None:
        self.command(self.one_of(number, "taken" if number % 2 else "offered").withdraws(self.now), wait=wait)

    @act(about_somebody=True, number=PICK, wait=YES_NO, reason=("left", "finished"))
    def a_stay_ends(self, number: int, wait: bool, reason: str) -> None:
        self.command(self.one_of(number, "taken").ends(reason, self.now), wait=wait)

    @act(about_somebody=True, number=PICK, wait=YES_NO)
    def a_deadline_is_swept(self, number: int, wait: bool) -> None:
        person = self.one_of(number, "offered")
        self.command(person.expires(self.offer_of(person), self.now), wait=wait)

    @act(cell=CELLS, places=range(5), wait=YES_NO, really=range(3))
    def a_target_is_set(self, cell: str, places: int, wait: bool, really: int) -> None:
        if not really:
            self.command(SetTarget(cell=cell, at=self.now, target=places), wait=wait)

    @act(key=LIMITS, capacity=(None, 0, 1, 2, 3), wait=YES_NO, really=range(3))
    def a_limit_is_set(self, key: str, capacity: int | None, wait: bool, really: int) -> None:
        if really:
            return
        limit = named(key)
        assert limit is not None
        self.command(SetLimit(cell=limit.home(2016), at=self.now, key=key, capacity=capacity), wait=wait)

    @act(ends=MOVES, places=range(1, 4), wait=YES_NO)
    def places_are_moved(self, ends: tuple[str | None, str | None], places: int, wait: bool) -> None:
        source, target = ends
        self.command(MovePlaces(cell=source or target or "", at=self.now, source=source, target=target, places=places), wait=wait)

    @act(wait=YES_NO)
    def the_round_is_served(self, wait: bool) -> None:
        self.command(ServeRound(cell=CELLS[2], at=self.now), wait=wait)

    @act(cell=CELLS, wait=YES_NO, really=range(5))
    def the_list_closes(self, cell: str, wait: bool, really: int) -> None:
        if not really:
            self.command(CloseList(cell=cell, at=self.now), wait=wait)

    @act(cell=CELLS, wait=YES_NO, moved=(0, 0, 0, 1))
    def the_year_is_closed(self, cell: str, wait: bool, moved: int) -> None:
        self.command(CloseYear(cell=cell, at=self.now, ends_at=CLOSES + timedelta(days=moved)), wait=wait)

    @act(about_somebody=True, often=2, number=PICK, other=PICK, wait=YES_NO)
    def a_list_is_put_in_another_order(self, number: int, other: int, wait: bool) -> None:
        one, ahead_of = self.one_of(number, "waiting"), self.one_of(other, "waiting")
        self.command(Reorder(cell=one.cell, at=self.now, application=one.application, ahead_of=ahead_of.application), wait=wait)

    @act(often=2, cell=CELLS, back=YES_NO, parts=LEFT, starts=(0, 0, 1), days=(None, 0, 0, 1, 1, 14))
    def who_takes_part_is_changed(
        self, cell: str, back: bool, parts: tuple[str, ...], starts: int, days: int | None
    ) -> None:  # fmt: skip
        programme, country, _year = cell.split(":")
        start = (self.now + timedelta(days=starts)).date()
        end = None if days is None else start + timedelta(days=days)
        self.command()
        self.books.participate(programme, Change(country, back, start, end, frozenset(parts)), self.now)

    @act(often=2, cell=CELLS, places=range(2, 6))
    def a_country_is_away_for_a_day(self, cell: str, places: int) -> None:
        """Its round falls on that day, or it is given places: nobody is served before the next one."""
        programme, country, _year = cell.split(":")
        self.command()
        self.books.participate(programme, Change(country, False, self.now.date(), self.now.date()), self.now)
        self.command(ServeRound(cell=CELLS[2], at=self.now) if cell == CELLS[2] else SetTarget(cell=cell, at=self.now, target=places))
        self.time_passes(1)

    @act(often=2, cell=CELLS, wait=YES_NO)
    def a_participation_that_ended_is_swept(self, cell: str, wait: bool) -> None:
        self.command(EndParticipation(cell=cell, at=self.now), wait=wait)

    @act(published=PUBLISHED)
    def another_version_of_the_plan_is_in_force(self, published: tuple[str, str]) -> None:
        self.command()
        self.books.publish(*published, self.now)

    @act(days=DAYS, hours=(0, 0, 8, 16))
    def time_passes(self, days: int, hours: int = 0) -> None:
        """From the afternoon to the night where the scholarship's call is made, and to the next morning."""
        self.command()
        self.now += timedelta(days=days, hours=hours)
        self.books.pass_time(self.now)

    def look(self) -> None:
        """What must hold after every act, unless commands wait for the next one."""
        if not self.queue:
            self.books.all_say_the_same()
            self.books.the_books_are_sound()

    def end(self) -> None:
        """What must hold in the end."""
        self.command()
        self.books.all_say_the_same()
        self.books.a_stranger_finds_nothing()


def live(number: int, history: Histories) -> None:
    """The history of that number, step by step."""
    dice = random.Random(number)
    for _ in range(STEPS):
        happens, drawn, about_somebody = dice.choice(ACTS)
        if about_somebody and not history.known:
            continue
        happens(history, **{name: dice.choice(values) for name, values in drawn.items()})
        history.look()
    history.end()


def first_that_fails(numbers: Sequence[int]) -> tuple[int, str] | None:
    """The first of these histories that comes out otherwise, how, and the lines that keep it."""
    for number in numbers:
        if (asked_by := parent_process()) is not None and not asked_by.is_alive():
            os._exit(1)  # whoever asked was killed, and nobody else would end this process
        history = Histories()
        try:
            live(number, history)
        except Exception:  # noqa: BLE001 - whatever goes wrong is told with its number
            return number, f"{traceback.format_exc()}\n{to_keep(history.books.past)}"
    return None
