"""Random histories of every command: the core comes to what the plain model comes to, as a batch and one by one, on sound books."""

import os
import secrets
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from services.quotas.domain.chain import verify
from services.quotas.domain.commands import CloseList, CloseYear, Command, MovePlaces, ServeRound, SetTarget
from tests.unit.quotas.model import HELD, Model
from tests.unit.quotas.shelf import CLOSES, NOW, Person, Shelf, terms

EXAMPLES = int(os.environ.get("PUENTE_TEST_HISTORIES", "2000"))
STEPS = 20
CELLS = ("training:PE:2016", "training:BR:2016", "scholarship:PE:2016")
PROGRAMMES = (
    terms("training", list_ratio=0.5, list_at_least=1, unused="roll_over"),
    terms(
        "scholarship",
        grants_from=NOW + timedelta(days=30),
        nomination_ratio=4.0,
        nomination_in_route=True,
        list_ratio=0.0,
        list_at_least=2,
    ),
)
MOVES: tuple[tuple[str | None, str | None], ...] = (
    *((CELLS[a], CELLS[b]) for a, b in ((0, 1), (1, 0))),
    *((key, None) for key in CELLS),
    *((None, key) for key in CELLS),
)
who = st.integers(0, 4)
cells = st.sampled_from(CELLS)
scores = st.integers(0, 3)
more = st.booleans()
pick = st.integers(0, 10_000)
DAYS = st.sampled_from([0, 0, 1, 13, 14, 15, 60, 300])


class Histories(RuleBasedStateMachine):
    """Five persons, three cells, a handful of places. `more`: the command waits for the next one and is decided with it."""

    def __init__(self) -> None:
        super().__init__()
        Person.made = 0
        self.batches, self.singles = Shelf(*PROGRAMMES, pool=6), Shelf(*PROGRAMMES, pool=6)
        self.model = Model({one.programme: one for one in PROGRAMMES}, dict.fromkeys(self.batches.pools, 6), dict.fromkeys(CELLS, 0))
        for shelf in (self.batches, self.singles):
            for key in CELLS:
                shelf.cell(key)
        self.people = [Person() for _ in range(5)]
        self.known: list[Person] = []
        self.queue: list[Command] = []
        self.now = NOW
        self.command(*(SetTarget(cell=key, at=NOW, target=1) for key in CELLS))

    def command(self, *asked: Command, wait: bool = False) -> None:
        self.queue += asked
        if wait and len(self.queue) < 6:
            return
        self.batches.run(*self.queue)
        for one in self.queue:
            self.singles.run(one)
            self.model.do(one)
        self.queue = []

    def one_of(self, number: int) -> Person:
        return self.known[number % len(self.known)]

    def offer_of(self, person: Person) -> int:
        place = self.batches.places.get(person.application)
        return place.version if place else 1

    @rule(person=who, cell=cells, score=scores, wait=more, nominate=st.booleans())
    def somebody_new_asks(self, person: int, cell: str, score: int, wait: bool, nominate: bool) -> None:
        new = Person(cell, score=score, who=self.people[person])
        self.known.append(new)
        asked: list[Command] = [new.nominated(self.now)] if nominate else []
        self.command(*asked, new.asks(self.now), wait=wait)

    @rule(crowd=st.lists(st.tuples(who, scores), min_size=2, max_size=5), cell=cells, wait=more)
    def several_ask_at_once(self, crowd: list[tuple[int, int]], cell: str, wait: bool) -> None:
        new = [Person(cell, score=score, who=self.people[person]) for person, score in crowd]
        self.known += new
        self.command(*(one.asks(self.now) for one in new), wait=wait)

    @rule(person=who, cell=cells, score=scores, wait=more)
    def somebody_new_is_nominated(self, person: int, cell: str, score: int, wait: bool) -> None:
        new = Person(cell, score=score, who=self.people[person])
        self.known.append(new)
        self.command(new.nominated(self.now), wait=wait)

    @precondition(lambda self: self.known)
    @rule(number=pick, wait=more, again=st.booleans())
    def somebody_known_asks(self, number: int, wait: bool, again: bool) -> None:
        """`again`: an old fact is delivered once more."""
        person = self.one_of(number)
        self.command(person.asks(self.now, version=person.version if again else None), wait=wait)

    @precondition(lambda self: self.known)
    @rule(number=pick, wait=more)
    def somebody_known_is_nominated(self, number: int, wait: bool) -> None:
        self.command(self.one_of(number).nominated(self.now), wait=wait)

    @precondition(lambda self: self.known)
    @rule(number=pick, wait=more, stale=st.sampled_from([0, 0, 0, -1, 1]))
    def somebody_accepts(self, number: int, wait: bool, stale: int) -> None:
        person = self.one_of(number)
        self.command(person.accepts(self.offer_of(person) + stale, self.now), wait=wait)

    @precondition(lambda self: self.known)
    @rule(number=pick, wait=more, stale=st.sampled_from([0, 0, 0, -1, 1]))
    def somebody_declines(self, number: int, wait: bool, stale: int) -> None:
        person = self.one_of(number)
        self.command(person.declines(self.offer_of(person) + stale, self.now), wait=wait)

    @precondition(lambda self: self.known)
    @rule(number=pick, wait=more)
    def somebody_withdraws(self, number: int, wait: bool) -> None:
        self.command(self.one_of(number).withdraws(self.now), wait=wait)

    @precondition(lambda self: self.known)
    @rule(number=pick, wait=more, reason=st.sampled_from(["left", "finished"]))
    def a_stay_ends(self, number: int, wait: bool, reason: str) -> None:
        self.command(self.one_of(number).ends(reason, self.now), wait=wait)

    @precondition(lambda self: self.known)
    @rule(number=pick, wait=more)
    def a_deadline_is_swept(self, number: int, wait: bool) -> None:
        person = self.one_of(number)
        self.command(person.expires(self.offer_of(person), self.now), wait=wait)

    @rule(cell=cells, places=st.integers(0, 4), wait=more)
    def a_target_is_set(self, cell: str, places: int, wait: bool) -> None:
        self.command(SetTarget(cell=cell, at=self.now, target=places), wait=wait)

    @rule(ends=st.sampled_from(MOVES), places=st.integers(1, 3), wait=more)
    def places_are_moved(self, ends: tuple[str | None, str | None], places: int, wait: bool) -> None:
        source, target = ends
        self.command(MovePlaces(cell=source or target or "", at=self.now, source=source, target=target, places=places), wait=wait)

    @rule(wait=more)
    def the_round_is_served(self, wait: bool) -> None:
        self.command(ServeRound(cell=CELLS[2], at=self.now), wait=wait)

    @rule(cell=cells, wait=more, really=st.integers(0, 4))
    def the_list_closes(self, cell: str, wait: bool, really: int) -> None:
        if not really:
            self.command(CloseList(cell=cell, at=self.now), wait=wait)

    @rule(cell=cells, wait=more, moved=st.sampled_from([0, 0, 0, 1]))
    def the_year_is_closed(self, cell: str, wait: bool, moved: int) -> None:
        self.command(CloseYear(cell=cell, at=self.now, ends_at=CLOSES + timedelta(days=moved)), wait=wait)

    @rule(days=DAYS)
    def time_passes(self, days: int) -> None:
        self.command()
        self.now += timedelta(days=days)

    def teardown(self) -> None:
        self.command()
        self.all_say_the_same()
        for key in CELLS:
            assert verify(self.batches.chain(key)) is None

    @invariant()
    def all_say_the_same(self) -> None:
        if self.queue:
            return
        expected = {a: (e.state, e.facts, e.nominated, e.ended, e.until) for a, e in self.model.entries.items() if e.state}
        for shelf in (self.batches, self.singles):
            places = shelf.places.items()
            assert {a: (p.state, p.version, p.nominated, p.ended, p.answer_by) for a, p in places} == expected
            assert shelf.pools == self.model.pools and shelf.lapsed == self.model.lapsed
            for key in CELLS:
                entries = [e.state for e in self.model.entries.values() if e.cell == key]
                counts = [entries.count(state) for state in ("offered", "taken", "waiting")]
                assert shelf.figures(key) == (self.model.targets[key], self.model.free(key), *counts)
        assert [one.hash for one in self.batches.decisions] == [one.hash for one in self.singles.decisions]
        assert self.batches.transfers == self.singles.transfers
        assert self.batches.limits == self.singles.limits

    @invariant()
    def the_books_are_sound(self) -> None:
        shelf, model = self.batches, self.model
        if self.queue:
            return
        for programme, total in shelf.total.items():
            inside = sum(c.free + c.offered + c.taken for c in shelf.cells.values() if c.programme == programme)
            lapsed = sum(places for account, places in shelf.lapsed.items() if account.split(":")[1] == programme)
            assert shelf.pools[programme] + lapsed + inside == total and shelf.pools[programme] >= 0
        balances: dict[str, Any] = shelf.balances()
        for key, cell in shelf.cells.items():
            kept = {"free": cell.free, "offered": cell.offered, "taken": cell.taken}
            assert all(balances.get(f"{account}:{key}", 0) == figure for account, figure in kept.items())
            if cell.free and model.gives(key):
                assert all(model.holds(waiter.person) for waiter in model.waiters(key)), "a free place and somebody servable waiting"
        for person in self.people:
            mine = [p for p in shelf.places.values() if p.person == person.person and p.state in HELD and not p.ended]
            assert len(mine) <= 1


def test_random_histories_come_to_what_the_plain_model_comes_to() -> None:
    """At least 2,000 histories; PUENTE_TEST_SEED repeats a run."""
    number = int(os.environ.get("PUENTE_TEST_SEED") or secrets.randbits(32))
    print(f"PUENTE_TEST_SEED={number}")
    run_state_machine_as_test(
        seed(number)(Histories),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
