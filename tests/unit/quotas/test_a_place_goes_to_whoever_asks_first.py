"""A rolling call: a place at once where one is free, then the waiting list, then a refusal that names its limit."""

from datetime import timedelta

from services.quotas.domain.commands import SetTarget
from services.quotas.domain.outcomes import Offered, Refused, Waiting
from tests.unit.quotas.shelf import BR, CLOSES, DUE, NOW, PE, Person, Shelf, terms


def test_a_free_place_is_offered_until_a_deadline() -> None:
    shelf, ana = Shelf(), Person()
    shelf.cell(PE, 1)
    shelf.run(ana.asks())
    assert shelf.last(ana).outcome == Offered(NOW + timedelta(days=14))
    assert shelf.figures(PE) == (1, 0, 1, 0, 0)


def test_who_finds_none_free_waits_and_hears_at_which_position_and_for_want_of_what() -> None:
    shelf, ana, ben, eva = Shelf(), Person(), Person(), Person(score=90_000)
    shelf.cell(PE, 1)
    shelf.run(ana.asks(), ben.asks(), eva.asks())
    assert shelf.last(ben).outcome == Waiting(1, (f"cell:{PE}",))
    assert shelf.last(eva).outcome == Waiting(1, (f"cell:{PE}",)), "the better ranked one stands before who came earlier"


def test_a_full_list_refuses_newcomers_however_good() -> None:
    shelf, people, late = Shelf(), [Person() for _ in range(3)], Person(score=99_000)
    shelf.cell(PE, 1)
    shelf.run(*[one.asks() for one in people], late.asks())
    assert shelf.last(late).outcome == Refused("list_full", f"cell:{PE}")


def test_nobody_joins_a_list_that_has_closed_and_its_last_second_is_inside() -> None:
    shelf, ana, ben, eva = Shelf(), Person(), Person(), Person()
    shelf.cell(PE, 1)
    shelf.run(ana.asks())
    shelf.run(ben.asks(at=CLOSES), eva.asks(at=CLOSES + timedelta(microseconds=1)))
    assert shelf.state(ben, eva) == ["waiting", "refused"]
    assert shelf.last(eva).outcome == Refused("list_closed", f"cell:{PE}")


def test_the_list_is_at_least_as_long_as_the_rule_says_and_rounded_up() -> None:
    rule = terms(list_ratio=0.1, list_at_least=3)
    assert [rule.list_size(places) for places in (0, 10, 30, 31, 70)] == [3, 3, 3, 4, 7]


def test_a_deadline_does_not_pass_the_calls_own_date_while_that_is_to_come() -> None:
    rule = terms()
    assert rule.answer_by(2016, DUE - timedelta(days=3)) == DUE
    assert rule.answer_by(2016, DUE) == DUE + timedelta(days=14), "the call's date is over: the offer still has its days"


def test_a_cell_that_no_plan_has_refuses_by_name() -> None:
    shelf, ana = Shelf(), Person("training:XX:2016")
    shelf.cell("training:XX:2016", listed=False)
    shelf.run(ana.asks())
    assert shelf.last(ana).outcome == Refused("unknown_cell", "cell:training:XX:2016")


def test_an_offer_shows_the_limits_that_others_lacked_as_they_stood() -> None:
    """So that whoever reads it sees that those passed over had no room."""
    shelf, new = Shelf(pool=20), Person(score=50)
    shelf.cell(PE, 1)
    shelf.cell(BR, 3)
    waits = Person(score=90)
    shelf.run(Person().asks(), waits.asks())
    shelf.run(Person(BR, who=waits).asks())
    shelf.run(SetTarget(cell=PE, at=NOW, target=2), new.asks())
    assert shelf.last(new).outcome == Offered(NOW + timedelta(days=14), ((waits.application, f"person:{waits.person}"),))
    assert [use.key for use in shelf.last(new).uses] == [f"cell:{PE}", f"person:{new.person}", f"person:{waits.person}"]
    assert shelf.last(new).uses[-1][2:] == (1, 1, 1, 1), "capacity, version, before, after"
