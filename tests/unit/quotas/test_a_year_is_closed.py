"""When a call is over nobody gets a place of it any more. What is free lapses or goes to the pool, once; what is held stays, and goes the
same way when it comes back.
"""

from datetime import timedelta

import pytest

from services.quotas.domain.commands import CloseList, CloseYear, MovePlaces, ServeLists, SetTarget
from services.quotas.domain.model import Verdict
from services.quotas.domain.outcomes import Refused
from services.quotas.domain.terms import Course
from tests.unit.quotas.exports import fault_of, lines_of
from tests.unit.quotas.shelf import BR, CLOSES, NOW, PE, Person, Shelf, reasons, terms

AFTER = CLOSES + timedelta(seconds=1)
LAPSED = "lapsed:training:2016"


def close(shelf: Shelf, *, ends_at: timedelta = timedelta(), at: timedelta = timedelta()) -> Verdict:
    shelf.run(CloseList(cell=PE, at=AFTER))
    return shelf.run(CloseYear(cell=PE, at=AFTER + at, ends_at=CLOSES + ends_at))


@pytest.fixture
def two() -> tuple[Person, Person]:
    return Person(), Person()


@pytest.mark.parametrize(("unused", "pool", "lapsed"), [("lapse", 6, {LAPSED: 2}), ("roll_over", 8, {})])
def test_free_places_lapse_or_roll_over(two: tuple[Person, Person], unused: str, pool: int, lapsed: dict[str, int]) -> None:
    shelf = Shelf(terms(unused=unused))
    shelf.cell(PE, 4)
    shelf.run(*[one.asks() for one in two])
    close(shelf)
    assert shelf.figures(PE) == (2, 0, 2, 0, 0) and shelf.cells[PE].settled
    assert (shelf.pools, shelf.lapsed) == ({"training": pool}, lapsed)
    assert shelf.decisions[-1].cause == "year_closed" and fault_of(lines_of(shelf)) is None
    assert shelf.balances().get(LAPSED, 0) == sum(lapsed.values())


def test_what_comes_back_later_goes_the_same_way(two: tuple[Person, Person]) -> None:
    shelf = Shelf()
    shelf.cell(PE, 3)
    shelf.run(*[one.asks() for one in two])
    close(shelf)
    shelf.run(two[0].declines(at=AFTER), two[1].withdraws(at=AFTER))
    assert shelf.figures(PE) == (0, 0, 0, 0, 0) and shelf.lapsed == {LAPSED: 3} and shelf.pools == {"training": 7}


def test_what_is_over_the_target_goes_to_the_pool_all_the_same(two: tuple[Person, Person]) -> None:
    shelf = Shelf()
    shelf.cell(PE, 2)
    shelf.run(*[one.asks() for one in two])
    shelf.run(SetTarget(cell=PE, at=NOW, target=1))
    close(shelf)
    shelf.run(two[0].declines(at=AFTER))
    assert shelf.pools == {"training": 9} and shelf.lapsed == {}


def test_once_and_only_for_the_end_that_it_was_set_for() -> None:
    shelf = Shelf()
    shelf.cell(PE, 2)
    assert reasons(shelf.run(CloseYear(cell=PE, at=AFTER, ends_at=CLOSES)).ignored) == ["list_open"]
    assert reasons(close(shelf, ends_at=timedelta(days=1)).ignored) == ["moved_on"], "the plan has moved the end"
    assert reasons(close(shelf, at=timedelta(seconds=-1)).ignored) == ["moved_on"], "its last second is inside"
    assert close(shelf).decisions and shelf.lapsed == {LAPSED: 2}
    assert reasons(close(shelf).ignored) == ["already_done"] and shelf.lapsed == {LAPSED: 2}


def test_a_closed_year_gets_no_places() -> None:
    shelf = Shelf()
    shelf.cell(PE, 2)
    shelf.cell(BR, 2)
    close(shelf)
    (short,) = shelf.run(SetTarget(cell=PE, at=AFTER, target=3)).short
    (other,) = shelf.run(MovePlaces(cell=BR, at=AFTER, source=BR, target=PE, places=1)).short
    assert (short.reason, other.reason) == ("year_closed", "year_closed")


def test_a_place_that_comes_free_in_the_last_second_still_serves_the_list(two: tuple[Person, Person]) -> None:
    shelf, (holder, waits) = Shelf(), two
    shelf.cell(PE, 1)
    shelf.run(holder.asks(), waits.asks())
    shelf.run(holder.withdraws(at=CLOSES))
    assert shelf.state(waits) == ["offered"]


def test_nobody_is_served_after_the_last_second_whether_the_sweep_has_come_or_not(two: tuple[Person, Person]) -> None:
    """Seconds lie between the end and the sweep that closes the list, or days, where the worker was away."""
    shelf, (holder, waits), late = Shelf(), two, Person()
    shelf.cell(PE, 1)
    shelf.run(holder.asks(), waits.asks())
    shelf.run(holder.withdraws(at=AFTER), late.asks(at=AFTER))
    shelf.run(SetTarget(cell=PE, at=AFTER, target=3), ServeLists(cell=PE, at=AFTER, cells=(PE,)))
    assert shelf.state(waits) == ["waiting"] and shelf.figures(PE) == (3, 3, 0, 0, 1)
    close(shelf)
    closed = Refused("list_closed", f"cell:{PE}")
    assert [shelf.last(one).outcome for one in (waits, late)] == [closed, closed]
    assert shelf.figures(PE) == (0, 0, 0, 0, 0) and shelf.lapsed == {LAPSED: 3}
    assert fault_of(lines_of(shelf)) is None


def test_a_seat_that_comes_free_serves_no_country_whose_call_is_over() -> None:
    shelf = Shelf(terms(courses={(2016, "solar"): Course(1, None)}))
    ana, ben = Person(PE, course="solar"), Person(BR, course="solar")
    for key in (PE, BR):
        shelf.cell(key, 1)
    shelf.run(ana.asks(), ben.asks())
    shelf.run(ana.withdraws(at=AFTER))
    assert shelf.state(ben) == ["waiting"] and shelf.figures(BR) == (1, 1, 0, 0, 1)
