"""Leaving and returning count over the plan on the days that they name; what is held stays, free places go back, and who waits is told."""

from datetime import date, timedelta

import pytest

from services.quotas.domain.commands import EndParticipation
from services.quotas.domain.participation import Change, in_force
from services.quotas.domain.terms import Period
from tests.unit.quotas.shelf import NOW, PE, Person, Shelf, reasons, terms

PLAN = (Period(date(2015, 1, 9), None, frozenset()),)
TODAY = NOW.date()
WHOLE: frozenset[str] = frozenset()


def leaves(start: date, end: date | None = None, *parts: str) -> Change:
    return Change("PE", False, start, end, frozenset(parts))


def returns(start: date, end: date | None = None, *parts: str) -> Change:
    return Change("PE", True, start, end, frozenset(parts))


def takes_part(periods: tuple[Period, ...], day: date, *parts: str, course: str | None = None) -> bool:
    return any(period.covers(day, parts, course) for period in periods)


def test_who_leaves_for_a_year_is_back_after_it() -> None:
    periods = in_force(PLAN, [leaves(date(2016, 1, 1), date(2016, 12, 31))])
    days = [date(2015, 12, 31), date(2016, 1, 1), date(2016, 12, 31), date(2017, 1, 1)]
    assert [takes_part(periods, day) for day in days] == [True, False, False, True]


def test_who_leaves_for_good_may_return() -> None:
    gone = leaves(date(2016, 1, 1))
    assert not takes_part(in_force(PLAN, [gone]), date(2019, 1, 1))
    periods = in_force(PLAN, [gone, returns(date(2018, 1, 1))])
    assert [takes_part(periods, date(year, 6, 1)) for year in (2015, 2016, 2017, 2018, 2024)] == [True, False, False, True, True]


def test_a_part_that_is_left_is_left_out_and_comes_back() -> None:
    partly = in_force(PLAN, [leaves(date(2016, 1, 1), None, "energy")])
    day = date(2016, 6, 1)
    assert takes_part(partly, day) and takes_part(partly, day, "farming") and not takes_part(partly, day, "energy")
    assert not takes_part(partly, day, course="energy"), "a course is a part, named or not"
    again = in_force(PLAN, [leaves(date(2016, 1, 1), None, "energy"), returns(date(2016, 6, 1), None, "energy")])
    assert takes_part(again, day, "energy") and not takes_part(again, date(2016, 5, 31), "energy")


def test_who_takes_part_in_some_parts_only_leaves_and_joins_some() -> None:
    some = (Period(date(2015, 1, 9), None, frozenset({"energy", "farming"})),)
    day = date(2016, 6, 1)
    left = in_force(some, [leaves(date(2016, 1, 1), None, "energy")])
    assert takes_part(left, day, "farming") and not takes_part(left, day, "energy")
    assert not takes_part(in_force(some, [leaves(date(2016, 1, 1), None, "energy", "farming")]), day, "farming")
    more = in_force(some, [returns(date(2016, 1, 1), None, "water")])
    assert takes_part(more, day, "water", "energy") and not takes_part(more, day, "roads")


def test_who_took_no_part_may_join_in_a_part() -> None:
    periods = in_force((), [returns(date(2016, 1, 1), date(2016, 12, 31), "energy")])
    assert takes_part(periods, date(2016, 6, 1), "energy") and not takes_part(periods, date(2016, 6, 1))
    gap = (Period(date(2015, 1, 9), date(2015, 12, 31), WHOLE), Period(date(2017, 1, 1), None, WHOLE))
    bridged = in_force(gap, [returns(date(2015, 6, 1), None, "energy")])
    assert takes_part(bridged, date(2016, 6, 1), "energy") and takes_part(bridged, date(2017, 6, 1)), "the gap is bridged for the part"


def test_the_later_of_two_changes_counts() -> None:
    periods = in_force(PLAN, [leaves(date(2016, 1, 1)), returns(date(2016, 1, 1)), leaves(date(2016, 3, 1), date(2016, 3, 31))])
    assert [takes_part(periods, date(2016, month, 15)) for month in (2, 3, 4)] == [True, False, True]


def shelf_of_three() -> Shelf:
    shelf = Shelf(pool=4)
    shelf.cell(PE, 3)
    return shelf


def adopt(shelf: Shelf, *changes: Change) -> None:
    left = tuple((one.start, one.end) for one in changes if one.full_leave)
    shelf.terms = {"training": terms(participation={"PE": in_force(PLAN, changes)}, left={"PE": left})}


def end(shelf: Shelf, at: timedelta = timedelta()) -> list[str]:
    return reasons(shelf.run(EndParticipation(cell=PE, at=NOW + at)).ignored)


def test_the_free_places_of_a_year_that_the_plan_dropped_go_back_too_when_the_country_leaves() -> None:
    shelf, holder = shelf_of_three(), Person()
    shelf.run(holder.asks())
    gone = leaves(TODAY)
    shelf.terms = {"training": terms(calls={}, participation={"PE": in_force(PLAN, [gone])}, left={"PE": ((TODAY, None),)})}
    end(shelf)
    assert shelf.figures(PE) == (1, 0, 1, 0, 0) and shelf.pools == {"training": 3} and shelf.state(holder) == ["offered"]


@pytest.mark.parametrize("until", [None, TODAY + timedelta(days=300)])
def test_on_the_first_day_free_places_go_back_and_who_waits_is_told_even_if_it_returns_later(until: date | None) -> None:
    shelf, holder = shelf_of_three(), Person()
    shelf.run(holder.asks())
    adopt(shelf, leaves(TODAY + timedelta(days=1), until))
    assert end(shelf) == ["takes_part"], "the day has not come"
    assert end(shelf, timedelta(days=1)) == []
    assert shelf.figures(PE) == (1, 0, 1, 0, 0) and shelf.pools == {"training": 3} and shelf.state(holder) == ["offered"]
    shelf.run(holder.declines(at=NOW + timedelta(days=2)))
    assert shelf.figures(PE) == (0, 0, 0, 0, 0) and shelf.pools == {"training": 4}, "what comes back goes to the pool too"


def test_who_waits_for_a_part_that_was_left_is_told_and_the_others_wait_on() -> None:
    shelf = shelf_of_three()
    holders, one, other = [Person() for _ in range(3)], Person(parts=("energy",)), Person(parts=("farming",))
    shelf.run(*[person.asks() for person in (*holders, one, other)])
    assert shelf.state(one, other) == ["waiting", "waiting"]
    adopt(shelf, leaves(TODAY, None, "energy"))
    assert end(shelf) == []
    assert shelf.state(one, other) == ["refused", "waiting"] and shelf.places[one.application].reason == "not_participating"
    assert end(shelf) == ["takes_part"], "nobody is told twice"
    assert shelf.figures(PE) == (3, 0, 3, 0, 1)
