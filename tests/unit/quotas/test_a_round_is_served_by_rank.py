"""A call with `grants_from`: everybody waits for that moment, then only rank decides."""

from datetime import timedelta

from services.quotas.domain.commands import CloseList, ServeRound
from services.quotas.domain.outcomes import Offered, Refused, Waiting
from tests.unit.quotas.shelf import BR, NOW, PE, Person, Shelf, reasons, terms

MOMENT = NOW + timedelta(days=30)


def round_of(*scores: int, places: int = 2) -> tuple[Shelf, list[Person]]:
    shelf = Shelf(terms(grants_from=MOMENT))
    shelf.cell(PE, places)
    people = [Person(score=score) for score in scores]
    shelf.run(*[one.asks() for one in people])
    return shelf, people


def test_before_the_moment_everybody_waits_without_a_rank() -> None:
    shelf, people = round_of(1, 2, 3, 4, 5, 6, 7)
    assert set(shelf.state(*people)) == {"waiting"}
    assert {shelf.last(one).outcome for one in people} == {Waiting(0, ())}


def test_at_the_moment_the_best_get_the_places_the_next_wait_and_the_rest_are_refused() -> None:
    shelf, people = round_of(1, 2, 3, 4, 5)
    shelf.run(ServeRound(cell=PE, at=MOMENT))
    assert shelf.state(*people) == ["refused", "waiting", "waiting", "offered", "offered"]
    assert shelf.last(people[2]).outcome == Waiting(1, (f"cell:{PE}",))
    assert shelf.last(people[1]).outcome == Waiting(2, (f"cell:{PE}",))
    assert shelf.last(people[0]).outcome == Refused("list_full", f"cell:{PE}")


def test_the_order_of_approvals_does_not_matter() -> None:
    forward, backward = Shelf(terms(grants_from=MOMENT)), Shelf(terms(grants_from=MOMENT))
    people = [Person(score=score) for score in (3, 1, 2, 2, 1)]
    for shelf, order in ((forward, people), (backward, people[::-1])):
        shelf.cell(PE, 2)
        for one in order:
            one.version = 0
        shelf.run(*[one.asks() for one in order])
        shelf.run(ServeRound(cell=PE, at=MOMENT))
    assert forward.state(*people) == backward.state(*people)


def test_equal_scores_are_served_in_the_order_of_submission() -> None:
    shelf, people = round_of(5, 5, 5)
    shelf.run(ServeRound(cell=PE, at=MOMENT))
    assert shelf.state(*people) == ["offered", "offered", "waiting"]


def test_a_round_is_served_once() -> None:
    shelf, _people = round_of(1)
    shelf.run(ServeRound(cell=PE, at=MOMENT))
    assert reasons(shelf.run(ServeRound(cell=PE, at=MOMENT)).ignored) == ["already_done"]


def test_after_the_round_a_newcomer_gets_what_is_left_or_waits_by_rank() -> None:
    shelf, _people = round_of(5, 5, places=3)
    shelf.run(ServeRound(cell=PE, at=MOMENT))
    late, later = Person(score=9), Person(score=9)
    shelf.run(late.asks(at=MOMENT), later.asks(at=MOMENT))
    assert shelf.state(late, later) == ["offered", "waiting"]


def test_an_approval_between_the_moment_and_the_serving_waits_for_the_serving() -> None:
    shelf, (ana,) = round_of(1, places=1)
    best = Person(score=9)
    shelf.run(best.asks(at=MOMENT + timedelta(seconds=1)))
    shelf.run(ServeRound(cell=PE, at=MOMENT + timedelta(seconds=2)))
    assert shelf.state(ana, best) == ["waiting", "offered"]


def test_who_holds_a_place_elsewhere_by_then_is_passed_over_and_goes_on_waiting() -> None:
    shelf, (ana, ben) = round_of(9, 1, places=1)
    shelf.cells[BR] = shelf.cells[PE]._replace(key=BR, country="BR", served=True, waiting=0, target=1, free=1, last_decision=0)
    elsewhere = Person(BR, who=ana)
    shelf.run(elsewhere.asks())
    shelf.run(ServeRound(cell=PE, at=MOMENT))
    assert shelf.state(ana, ben, elsewhere) == ["waiting", "offered", "offered"]
    outcome = shelf.last(ben).outcome
    assert isinstance(outcome, Offered) and outcome.skips == ((ana.application, f"person:{ana.person}"),)


def test_when_the_list_closes_everybody_on_it_is_told_so() -> None:
    shelf, people = round_of(1, 2, 3, places=1)
    shelf.run(ServeRound(cell=PE, at=MOMENT))
    shelf.run(CloseList(cell=PE, at=MOMENT + timedelta(days=200)))
    assert shelf.state(*people) == ["refused", "refused", "offered"]
    assert shelf.last(people[0]).outcome == Refused("list_closed", f"cell:{PE}")
    assert reasons(shelf.run(CloseList(cell=PE, at=MOMENT + timedelta(days=201))).ignored) == ["already_done"]
