"""What a decision looks at of a waiting list is its beginning; the rest is asked for where somebody further down may be served."""

from collections.abc import Callable
from uuid import UUID

import pytest

from services.quotas.domain.desk import Desk
from services.quotas.domain.model import Books, Listed, Needs, rank_of
from services.quotas.domain.opened import Missing, OpenCell
from services.quotas.domain.outcomes import Offered
from services.quotas.domain.terms import Course
from services.quotas.domain.waiting_list import WaitingList
from tests.unit.quotas.shelf import PE, Person, Shelf, terms


def long_list(*, spare: int = 4, number: int = 40) -> tuple[Shelf, Person, list[Person]]:
    """A cell whose place is offered, and so many who wait, the best first."""
    shelf = Shelf(terms(list_at_least=10_000, courses={(2016, "solar"): Course(0, None)}), spare=spare)
    shelf.cell(PE, 1)
    holder = Person()
    waiters = [Person(score=90_000 - one) for one in range(number)]
    shelf.run(holder.asks(), *(one.asks() for one in waiters))
    return shelf, holder, waiters


def test_a_newcomer_far_down_is_told_the_same_position_as_on_a_list_that_was_loaded_whole() -> None:
    for spare in (1, 4, 10_000):
        shelf, holder, _waiters = long_list(spare=spare)
        before = shelf.starts
        middle, last, first = Person(score=90_000 - 20), Person(score=10), Person(score=99_000)
        shelf.run(middle.asks(), last.asks(), holder.declines(), first.asks())
        assert [shelf.places[one.application].position for one in (middle, last, first)] == [22, 42, 1], spare
        assert shelf.starts - before == 1, "what was loaded was enough"


def test_somebody_servable_behind_thousands_who_are_not_is_found_within_a_few_starts() -> None:
    """Their courses have no seat; each look reaches four times as far as the one before."""
    shelf, holder, _none = long_list(number=0)
    without_seat, servable = [Person(course="solar") for _ in range(3_000)], Person(score=1)
    shelf.run(*(one.asks() for one in without_seat), servable.asks())
    before = shelf.starts
    shelf.run(holder.declines())
    assert shelf.state(servable) == ["offered"]
    outcome = shelf.last(servable).outcome
    assert isinstance(outcome, Offered) and [who for who, _limit in outcome.skips] == [one.application for one in without_seat]
    assert shelf.starts - before <= 7


def some_of(shelf: Shelf, most: int, ahead: dict[UUID, int] | None = None) -> tuple[Desk, OpenCell, WaitingList]:
    waiting = sorted((one for one in shelf.places.values() if one.state == "waiting"), key=rank_of)
    lists = {PE: Listed(tuple(waiting[:most]), ahead or {})} if most else {}
    desk = Desk(Books(shelf.terms, {PE: shelf.cells[PE]}, shelf.limits, {}, lists))
    cell = desk.cell(PE)
    return desk, cell, desk.list_of(cell)


def asked_for(look: Callable[[], object]) -> Needs:
    with pytest.raises(Missing) as raised:
        look()
    return raised.value.needs


def test_what_was_not_loaded_is_asked_for_and_never_guessed() -> None:
    shelf, _holder, waiters = long_list()
    ranks = [rank_of(shelf.places[one.application]) for one in waiters]
    _desk, _cell, unloaded = some_of(shelf, 0)
    assert asked_for(lambda: unloaded.at(0)) == Needs(lists=frozenset((PE,)))
    desk, cell, some = some_of(shelf, 3)
    assert [some.at(number) for number in range(3)] == ranks[:3]
    assert asked_for(lambda: some.at(3)) == Needs(further=True)
    assert asked_for(some.everybody) == Needs(whole=frozenset((PE,)))
    behind = desk.place_or_new(Person(score=10).asks())
    behind.asks(10, ranks[0][1], (), None, None)
    assert asked_for(lambda: some.position(behind)) == Needs(whole=frozenset((PE,)))
    desk.join(cell, behind)
    assert asked_for(lambda: some.at(3)) == Needs(further=True), "who comes behind what is known may not be the next"


def test_who_came_and_went_is_counted_in_the_positions_of_those_behind() -> None:
    shelf, _holder, waiters = long_list()
    new = Person(score=90_000 - 20)
    desk, cell, some = some_of(shelf, 3, {new.application: 21})
    place = desk.place_or_new(new.asks())
    place.asks(new.score, new.asks().submitted_at, (), None, None)
    assert some.position(place) == 22
    better = desk.place_or_new(Person(score=95_000).asks())
    better.asks(95_000, new.asks().submitted_at, (), None, None)
    desk.join(cell, better)
    assert (some.at(0), some.position(place)) == (better.rank, 23)
    for rank in (some.at(1), some.at(2), some.at(3)):
        desk.leave(cell, desk.waiter(rank), "released")
    assert some.position(place) == 20
    desk.leave(cell, better, "released")
    assert some.position(place) == 19
    assert sorted(one.by for one in some.moved()) == [-1, -1, -1], "who came and went again was never there"
    assert asked_for(lambda: some.at(0)) == Needs(further=True)
    assert [one.application for one in waiters[:3]] == sorted(one.application for one in some.moved())
