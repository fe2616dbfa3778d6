"""Two people may put somebody elsewhere on a list; it is written down, and whoever checks the books can tell it from overtaking."""

import json

import pytest

from services.quotas.domain.commands import Reorder, ServeRound
from services.quotas.domain.model import Verdict
from tests.unit.quotas.exports import decisions_in, fault_of, lines_of, with_chain, with_record
from tests.unit.quotas.shelf import BR, NOW, PE, Person, Shelf, terms


def order(shelf: Shelf, cell: str = PE) -> list[int]:
    """Who waits, by number, in the order in which they are served."""
    waiting = [place for place in shelf.places.values() if place.cell == cell and place.state == "waiting"]
    ranked = sorted(waiting, key=lambda one: (-one.score, one.submitted_at, one.application))
    return [one.application.int for one in ranked]


def put(shelf: Shelf, one: Person, ahead_of: Person, cell: str = PE) -> Verdict:
    return shelf.run(Reorder(cell=cell, at=NOW, application=one.application, ahead_of=ahead_of.application))


@pytest.fixture
def five() -> list[Person]:
    return [Person(score=90_000 - n) for n in range(5)]


@pytest.fixture
def shelf(five: list[Person]) -> Shelf:
    """One place is offered; four wait, with scores that fall."""
    made = Shelf(terms(list_ratio=9.0))
    made.cell(PE, 1)
    made.run(*[one.asks() for one in five])
    return made


def test_who_is_put_ahead_is_served_first_and_the_others_keep_their_order(shelf: Shelf, five: list[Person]) -> None:
    holder, a, b, c, d = five
    since = shelf.places[d.application].decided_at
    verdict = put(shelf, d, a)
    assert order(shelf) == [one.number for one in (d, a, b, c)]
    assert [(one.cause, one.outcome.kind) for one in verdict.decisions] == [("reordered", "reordered")]
    assert shelf.places[d.application].position == 1 and shelf.places[d.application].decided_at == since
    put(shelf, c, b)
    assert order(shelf) == [one.number for one in (d, a, c, b)]
    shelf.run(holder.declines())
    assert shelf.state(d, a) == ["offered", "waiting"]
    assert fault_of(lines_of(shelf)) is None


def test_somebody_may_be_put_behind_and_between_two_who_were_put_there(shelf: Shelf, five: list[Person]) -> None:
    _holder, a, b, c, d = five
    put(shelf, b, a)
    put(shelf, c, a)
    assert order(shelf) == [one.number for one in (b, c, a, d)], "between the two"
    put(shelf, a, b)
    assert order(shelf) == [one.number for one in (a, b, c, d)]


def test_what_cannot_be_is_not_done(shelf: Shelf, five: list[Person]) -> None:
    holder, a, b, _c, _d = five
    before = order(shelf), len(shelf.decisions)
    elsewhere = Person(BR)
    shelf.cell(BR)
    shelf.run(elsewhere.asks())
    for one, other, reason in (
        (a, b, "ahead_already"),
        (a, a, "not_waiting"),
        (holder, a, "not_waiting"),
        (a, holder, "not_waiting"),
        (elsewhere, a, "not_waiting"),
        (Person(), a, "not_waiting"),
    ):
        assert [short.reason for short in put(shelf, one, other).short] == [reason]
    assert (order(shelf), len([one for one in shelf.decisions if one.cell == PE])) == (before[0], before[1])


def test_before_the_round_the_order_counts_when_it_is_served() -> None:
    made = Shelf(terms(grants_from=NOW, list_ratio=9.0))
    made.cell(PE, 1)
    a, b = Person(score=2), Person(score=1)
    made.run(a.asks(), b.asks())
    put(made, b, a)
    assert made.places[b.application].position == 0
    made.run(ServeRound(cell=PE, at=NOW))
    assert made.state(a, b) == ["waiting", "offered"]


def test_an_outsider_can_tell_it_from_overtaking(shelf: Shelf, five: list[Person]) -> None:
    """With the ranks that there were before, and chains linked anew, the one who was overtaken is named."""
    holder, a, _b, _c, d = five
    own = next(json.loads(one.record)["rank"] for one in shelf.decisions if one.application == d.application)
    put(shelf, d, a)
    shelf.run(holder.declines())
    lines = lines_of(shelf)
    assert fault_of(lines) is None
    for outcome, code in (("reordered", "rank"), ("offered", "overtaken")):
        for index, body in decisions_in(lines):
            if (body["application"], body["outcome"]) == (str(d.application), outcome):
                lines[index] = with_record(lines[index], rank=own, **({"position": 4} if outcome == "reordered" else {}))
        fault = fault_of(with_chain(lines))
        assert fault is not None and fault.code == code
        assert code == "rank" or str(a.application) in fault.detail
