"""Answers and deadlines are bound to the very offer that they are about."""

from dataclasses import replace
from datetime import timedelta

from services.quotas.domain.outcomes import Offered, Released, Taken
from tests.unit.quotas.shelf import NOW, PE, Person, Shelf, reasons

DEADLINE = NOW + timedelta(days=14)


def offered() -> tuple[Shelf, Person]:
    shelf, ana = Shelf(), Person()
    shelf.cell(PE, 1)
    shelf.run(ana.asks())
    return shelf, ana


def test_an_answer_in_the_last_second_takes_the_place() -> None:
    shelf, ana = offered()
    shelf.run(ana.accepts(at=DEADLINE))
    assert shelf.last(ana).outcome == Taken()
    assert shelf.figures(PE) == (1, 0, 0, 1, 0)


def test_what_is_decided_late_leaves_the_whole_time_to_answer() -> None:
    """Whoever asked in time, and whoever is served by it: the days count from the decision, and nothing else does."""
    shelf, ana, ben = Shelf(), Person(), Person()
    shelf.cell(PE, 1)
    late = NOW + timedelta(days=10)
    shelf.run(replace(ana.asks(), decided_at=late), ben.asks())
    assert shelf.last(ana).outcome == Offered(late + timedelta(days=14))
    assert shelf.last(ana).at == NOW, "for all else it counts when it was asked"
    later = late + timedelta(days=5)
    shelf.run(replace(ana.withdraws(at=NOW + timedelta(days=1)), decided_at=later))
    assert shelf.last(ben).outcome == Offered(later + timedelta(days=14))


def test_an_answer_after_the_deadline_lets_the_offer_expire_and_serves_the_next() -> None:
    shelf, ana = offered()
    ben = Person()
    shelf.run(ben.asks())
    shelf.run(ana.accepts(at=DEADLINE + timedelta(microseconds=1)))
    assert shelf.last(ana).outcome == Released("expired")
    assert shelf.state(ben) == ["offered"]


def test_a_late_expiry_does_not_touch_an_answered_offer() -> None:
    shelf, ana = offered()
    shelf.run(ana.accepts())
    verdict = shelf.run(ana.expires(place_version=1, at=DEADLINE + timedelta(days=1)))
    assert shelf.state(ana) == ["taken"] and reasons(verdict.ignored) == ["moved_on"]


def test_an_expiry_before_the_deadline_does_nothing() -> None:
    shelf, ana = offered()
    assert reasons(shelf.run(ana.expires(at=DEADLINE)).ignored) == ["not_due"]
    assert shelf.state(ana) == ["offered"]


def test_an_expiry_of_an_older_version_does_not_touch_a_newer_offer() -> None:
    shelf, ana, ben = Shelf(), Person(), Person()
    shelf.cell(PE, 1)
    shelf.run(ana.asks(), ben.asks())
    shelf.run(ana.declines())
    assert shelf.places[ben.application].version == 2, "told first to wait, then of the offer"
    later = NOW + timedelta(days=30)
    assert reasons(shelf.run(ben.expires(place_version=1, at=later)).ignored) == ["moved_on"]
    shelf.run(ben.expires(place_version=2, at=later))
    assert shelf.state(ben) == ["released"]


def test_an_answer_in_time_that_arrives_after_the_sweep_finds_the_offer_gone() -> None:
    shelf, ana = offered()
    shelf.run(ana.expires(at=DEADLINE + timedelta(seconds=1)))
    assert reasons(shelf.run(ana.accepts(at=DEADLINE)).ignored) == ["moved_on"]
    assert shelf.state(ana) == ["released"]


def test_a_second_answer_changes_nothing() -> None:
    shelf, ana = offered()
    shelf.run(ana.accepts())
    assert reasons(shelf.run(ana.declines()).ignored) == ["moved_on"]
    assert shelf.state(ana) == ["taken"]
