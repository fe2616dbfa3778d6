"""One promotion for every cause, in the same batch, before any newcomer."""

from datetime import timedelta

import pytest

from services.quotas.domain.commands import SetTarget
from services.quotas.domain.outcomes import Offered, Released
from tests.unit.quotas.shelf import BR, CLOSES, NOW, PE, Person, Shelf


def full(places: int = 1) -> tuple[Shelf, list[Person], list[Person]]:
    """A cell whose places are offered, and two who wait, the second with the better score."""
    shelf = Shelf()
    shelf.cell(PE, places)
    holders, waiters = [Person() for _ in range(places)], [Person(score=10_000), Person(score=20_000)]
    shelf.run(*[one.asks() for one in (*holders, *waiters)])
    return shelf, holders, waiters


@pytest.mark.parametrize("cause", ["withdrawn", "declined", "expired"])
def test_whatever_frees_a_place_gives_it_to_the_best_ranked(cause: str) -> None:
    shelf, (ana,), (ben, eva) = full()
    act = {"withdrawn": ana.withdraws(), "declined": ana.declines(), "expired": ana.expires(at=NOW + timedelta(days=15))}[cause]
    verdict = shelf.run(act)
    assert shelf.state(ana, ben, eva) == ["released", "waiting", "offered"]
    assert [type(one.outcome) for one in verdict.decisions] == [Released, Offered]
    assert {one.cause for one in verdict.decisions} == {cause}


def test_a_raised_target_serves_the_list() -> None:
    shelf, _holders, (ben, eva) = full()
    shelf.run(SetTarget(cell=PE, at=NOW, target=3))
    assert shelf.state(ben, eva) == ["offered", "offered"]
    assert shelf.last(ben).cause == "raised"


def test_a_newcomer_in_the_same_batch_does_not_overtake_who_waits() -> None:
    shelf, (ana,), (ben, eva) = full()
    new = Person(score=99_000)
    shelf.run(ana.declines(), new.asks())
    assert shelf.state(ben, eva, new) == ["waiting", "offered", "waiting"]


def test_who_has_no_room_elsewhere_is_passed_over_and_the_offer_says_so() -> None:
    shelf, (ana,), (ben, eva) = full()
    shelf.cell(BR, 1)
    elsewhere = Person(BR, who=eva)
    shelf.run(elsewhere.asks())
    shelf.run(ana.declines())
    assert shelf.state(ben, eva, elsewhere) == ["offered", "waiting", "offered"]
    outcome = shelf.last(ben).outcome
    assert isinstance(outcome, Offered) and outcome.skips == ((eva.application, f"person:{eva.person}"),)


def test_a_newcomer_served_past_somebody_who_cannot_be_served_names_that_one_too() -> None:
    shelf, (ana,), (ben, eva) = full()
    shelf.cell(BR, 2)
    shelf.run(Person(BR, who=eva).asks(), Person(BR, who=ben).asks())
    shelf.run(ana.declines())
    assert shelf.figures(PE)[1] == 1, "nobody who waits can be served"
    new = Person()
    shelf.run(new.asks())
    outcome = shelf.last(new).outcome
    assert isinstance(outcome, Offered) and [one for one, _limit in outcome.skips] == [eva.application, ben.application]


def test_a_persons_freed_hold_serves_that_person_in_another_cell() -> None:
    shelf, (ana,), (ben, eva) = full()
    shelf.cell(BR, 2)
    elsewhere = Person(BR, who=eva)
    shelf.run(elsewhere.asks(), Person(BR, who=ben).asks())
    shelf.run(ana.declines())
    verdict = shelf.run(elsewhere.declines())
    assert shelf.state(eva) == ["offered"]
    assert verdict.decisions[-1].cause == "limit_freed" and verdict.decisions[-1].cell == PE


def test_a_persons_freed_hold_serves_nobody_where_nothing_is_free() -> None:
    shelf, _holders, (_ben, eva) = full()
    shelf.cell(BR, 1)
    elsewhere = Person(BR, who=eva)
    shelf.run(elsewhere.asks())
    shelf.run(elsewhere.withdraws())
    assert shelf.state(eva) == ["waiting"]


def test_nobody_is_promoted_while_the_list_has_closed_and_been_cleared() -> None:
    from services.quotas.domain.commands import CloseList

    shelf, (ana,), (ben, eva) = full()
    shelf.run(CloseList(cell=PE, at=CLOSES + timedelta(seconds=1)))
    shelf.run(ana.declines(at=CLOSES + timedelta(seconds=2)))
    assert shelf.state(ben, eva) == ["refused", "refused"]
    assert shelf.figures(PE) == (1, 1, 0, 0, 0)
