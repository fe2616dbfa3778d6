"""The limit `nomination`: candidates that a country may put forward in a call."""

from services.quotas.domain.commands import SetTarget
from services.quotas.domain.outcomes import NominationRefused, Refused
from tests.unit.quotas.shelf import NOW, PE, Person, Shelf, reasons, terms

CAP = f"nomination:{PE}"


def capped(ratio: float = 2.0) -> Shelf:
    """One place, so that two candidates may be put forward."""
    shelf = Shelf(terms(nomination_in_route=True, nomination_ratio=ratio))
    shelf.cell(PE, 1)
    return shelf


def test_the_cap_refuses_by_name_and_shows_the_figures() -> None:
    shelf, people = capped(), [Person() for _ in range(3)]
    shelf.run(*[one.nominated() for one in people])
    assert shelf.state(*people) == ["nominated", "nominated", "nomination_refused"]
    last = shelf.last(people[2])
    assert last.outcome == NominationRefused("nomination_cap", CAP)
    assert [(use.key, use.capacity, use.before, use.after) for use in last.uses] == [(CAP, 2, 2, 2)]


def test_a_withdrawal_before_a_place_was_given_frees_the_nomination() -> None:
    shelf, people = capped(), [Person() for _ in range(3)]
    shelf.run(*[one.nominated() for one in people[:2]])
    shelf.run(people[0].withdraws(), people[2].nominated())
    assert shelf.state(*people) == ["released", "nominated", "nominated"]
    assert shelf.limits[CAP].used == 2


def test_a_withdrawal_from_the_list_frees_the_nomination_and_one_from_a_place_does_not() -> None:
    shelf, ana, ben = capped(), Person(), Person()
    shelf.run(ana.nominated(), ben.nominated(), ana.asks(), ben.asks())
    shelf.run(ben.withdraws())
    assert shelf.limits[CAP].used == 1
    shelf.run(ana.withdraws())
    assert shelf.limits[CAP].used == 1, "a place was given: the country did put that person forward"


def test_an_approval_whose_nomination_was_refused_is_refused_for_the_same_reason() -> None:
    shelf, people = capped(ratio=0.0), [Person()]
    shelf.run(people[0].nominated(), people[0].asks())
    assert shelf.last(people[0]).outcome == Refused("nomination_cap", CAP)


def test_a_refused_candidate_may_be_put_forward_again_when_there_is_room() -> None:
    shelf, ana = capped(ratio=1.0), Person()
    ben = Person()
    shelf.run(ana.nominated(), ben.nominated())
    shelf.run(SetTarget(cell=PE, at=NOW, target=2))
    shelf.run(ben.nominated())
    assert shelf.state(ana, ben) == ["nominated", "nominated"]


def test_a_second_nomination_of_the_same_candidate_counts_once() -> None:
    shelf, ana = capped(), Person()
    shelf.run(ana.nominated())
    assert reasons(shelf.run(ana.nominated()).ignored) == ["already_known"]
    assert shelf.limits[CAP].used == 1


def test_an_approval_without_a_nomination_draws_on_the_cap_where_the_route_has_one() -> None:
    shelf, ana, ben = capped(ratio=1.0), Person(), Person()
    shelf.run(ana.asks(), ben.asks())
    assert shelf.state(ana, ben) == ["offered", "refused"]
    assert shelf.last(ben).outcome == Refused("nomination_cap", CAP)


def test_without_a_cap_every_nomination_counts_and_none_is_refused() -> None:
    shelf = Shelf(terms(nomination_in_route=True))
    shelf.cell(PE, 1)
    people = [Person() for _ in range(9)]
    shelf.run(*[one.nominated() for one in people])
    assert set(shelf.state(*people)) == {"nominated"} and shelf.limits[CAP].used == 9
