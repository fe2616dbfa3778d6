"""The limit `holders`: places that people of one country hold at a time, whatever the year."""

from datetime import timedelta

from services.quotas.domain.outcomes import Waiting
from services.quotas.domain.terms import Call, Holders
from tests.unit.quotas.shelf import BR, CLOSES, DUE, NOW, PE, Person, Shelf, terms

NEXT_YEAR = "training:PE:2017"
LIMIT = "holders:training:PE"


def bounded(each: int | None = 1, **countries: int) -> Shelf:
    later = timedelta(days=365)
    calls = {2016: Call(None, DUE, CLOSES), 2017: Call(None, DUE + later, CLOSES + later)}
    shelf = Shelf(terms(holders=Holders(each, countries), calls=calls), pool=20)
    shelf.cell(PE, 3), shelf.cell(NEXT_YEAR, 3), shelf.cell(BR, 3)
    return shelf


def test_the_years_of_a_country_share_the_limit() -> None:
    shelf = bounded()
    ana, ben = Person(), Person(NEXT_YEAR)
    shelf.run(ana.asks(), ben.asks())
    assert shelf.state(ana, ben) == ["offered", "waiting"]
    assert shelf.last(ben).outcome == Waiting(1, (LIMIT,))


def test_each_country_has_its_own() -> None:
    shelf = bounded()
    ana, ben = Person(), Person(BR)
    shelf.run(ana.asks(), ben.asks())
    assert shelf.state(ana, ben) == ["offered", "offered"]


def test_a_country_may_have_a_limit_of_its_own() -> None:
    shelf = bounded(each=1, PE=2)
    people = [Person(), Person(), Person(), Person(BR), Person(BR)]
    shelf.run(*[one.asks() for one in people])
    assert shelf.state(*people) == ["offered", "offered", "waiting", "offered", "waiting"]


def test_a_stay_that_is_over_makes_room_in_another_year() -> None:
    shelf = bounded()
    ana, ben = Person(), Person(NEXT_YEAR)
    shelf.run(ana.asks(), ana.accepts(), ben.asks())
    verdict = shelf.run(ana.ends("finished"))
    assert shelf.state(ana, ben) == ["taken", "offered"]
    assert verdict.decisions[-1].cause == "limit_freed"
    assert shelf.figures(PE) == (3, 2, 0, 1, 0), "the place of 2016 stays delivered"


def test_without_an_end_they_are_counted_only() -> None:
    shelf = bounded(each=None)
    people = [Person(), Person(), Person(NEXT_YEAR)]
    shelf.run(*[one.asks() for one in people])
    assert shelf.state(*people) == ["offered"] * 3
    assert (shelf.limits[LIMIT].used, shelf.limits[LIMIT].capacity) == (3, None)


def test_a_programme_that_does_not_count_holders_draws_on_none() -> None:
    shelf = Shelf()
    shelf.cell(PE, 1)
    shelf.run(Person().asks(NOW))
    assert LIMIT not in shelf.limits
