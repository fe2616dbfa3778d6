"""The limit `person`: places that one person may hold at a time, across programmes."""

from services.quotas.domain.outcomes import Refused
from tests.unit.quotas.shelf import BR, PE, Person, Shelf, terms

OTHER = "masters:PE:2016"


def test_who_holds_a_place_is_refused_another_by_name_of_the_limit() -> None:
    shelf = Shelf(terms(), terms("masters"))
    shelf.cell(PE, 1), shelf.cell(OTHER, 1)
    ana = Person()
    again = Person(OTHER, who=ana)
    shelf.run(ana.asks(), again.asks())
    assert shelf.last(again).outcome == Refused("person_holds_place", f"person:{ana.person}")
    assert shelf.figures(OTHER) == (1, 1, 0, 0, 0)


def test_an_accepted_place_holds_the_person_as_an_offer_does() -> None:
    shelf = Shelf()
    shelf.cell(PE, 1), shelf.cell(BR, 1)
    ana = Person()
    shelf.run(ana.asks(), ana.accepts())
    again = Person(BR, who=ana)
    shelf.run(again.asks())
    assert shelf.state(again) == ["refused"]


def test_who_only_waits_may_ask_elsewhere() -> None:
    shelf = Shelf()
    shelf.cell(PE, 1), shelf.cell(BR, 1)
    ana, ben = Person(), Person()
    elsewhere = Person(BR, who=ben)
    shelf.run(ana.asks(), ben.asks(), elsewhere.asks())
    assert shelf.state(ben, elsewhere) == ["waiting", "offered"]


def test_a_programme_may_allow_more_places_at_a_time() -> None:
    shelf = Shelf(terms(holds_per_person=2))
    shelf.cell(PE, 2), shelf.cell(BR, 2)
    ana = Person()
    people = [ana, Person(BR, who=ana), Person(BR, who=ana)]
    shelf.run(*[one.asks() for one in people])
    assert shelf.state(*people) == ["offered", "offered", "refused"]
