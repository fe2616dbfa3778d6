"""Participation: who does not take part on the date, or in the part, is refused by name; who leaves gives free places back."""

from datetime import UTC, date, datetime, timedelta

from services.quotas.domain.commands import EndParticipation
from services.quotas.domain.outcomes import NominationRefused, Refused
from services.quotas.domain.terms import Period
from tests.unit.quotas.shelf import BR, NOW, PE, Person, Shelf, reasons, terms

LAST_DAY = date(2016, 3, 31)
AFTER = datetime(2016, 4, 1, tzinfo=UTC)


def until_march() -> Shelf:
    period = Period(date(2015, 1, 9), LAST_DAY, frozenset())
    shelf = Shelf(terms(participation={"PE": (period,), "BR": (Period(date(2016, 2, 1), None, frozenset({"energy"})),)}))
    shelf.cell(PE, 2), shelf.cell(BR, 1)
    return shelf


def test_the_last_day_is_inside() -> None:
    shelf, ana, ben = until_march(), Person(), Person()
    shelf.run(ana.asks(at=AFTER - timedelta(seconds=1)), ben.asks(at=AFTER))
    assert shelf.state(ana, ben) == ["offered", "refused"]
    assert shelf.last(ben).outcome == Refused("not_participating", f"cell:{PE}")


def test_before_it_begins_nobody_is_nominated() -> None:
    shelf, ana = until_march(), Person(BR)
    shelf.run(ana.nominated())
    assert shelf.last(ana).outcome == NominationRefused("not_participating", f"cell:{BR}")


def test_a_part_that_the_country_does_not_take_part_in_is_refused() -> None:
    shelf = until_march()
    at = datetime(2016, 2, 2, tzinfo=UTC)
    whole, other, fits = Person(BR), Person(BR, parts=("farming",)), Person(BR, parts=("energy",))
    shelf.run(whole.asks(at=at), other.asks(at=at), fits.asks(at=at))
    assert shelf.state(whole, other, fits) == ["refused", "refused", "offered"]


def test_what_frees_after_the_end_goes_to_the_pool_and_is_nobodys_target_any_more() -> None:
    shelf, ana = until_march(), Person()
    shelf.run(ana.asks())
    pool = shelf.pools["training"]
    shelf.run(ana.declines(at=AFTER))
    assert shelf.pools["training"] == pool + 1
    assert shelf.figures(PE) == (1, 1, 0, 0, 0)


def test_at_the_end_free_places_go_back_those_held_stay_and_those_who_wait_are_told() -> None:
    shelf, people = until_march(), [Person() for _ in range(4)]
    shelf.run(*[one.asks() for one in people])
    shelf.run(people[0].withdraws(at=NOW), people[2].declines(at=NOW))
    pool = shelf.pools["training"]
    assert reasons(shelf.run(EndParticipation(cell=PE, at=NOW)).ignored) == ["takes_part"]
    shelf.run(Person().asks())
    shelf.run(EndParticipation(cell=PE, at=AFTER))
    assert shelf.state(people[1]) == ["offered"]
    assert shelf.figures(PE)[4] == 0 and shelf.figures(PE)[1] == 0
    assert shelf.pools["training"] >= pool


def test_a_country_that_is_out_for_a_while_has_not_left() -> None:
    rule = terms(participation={"PE": (Period(date(2015, 1, 1), LAST_DAY, frozenset()), Period(date(2017, 1, 1), None, frozenset()))})
    day = AFTER.date()
    assert not rule.takes_part_at_all("PE", day) and not rule.has_left("PE", day)
    assert not rule.has_left("XX", day), "who never took part cannot leave"
