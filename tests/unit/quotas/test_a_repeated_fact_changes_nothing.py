"""Whatever is delivered again, or late, is skipped by its version."""

from tests.unit.quotas.shelf import PE, Person, Shelf, reasons


def test_a_fact_delivered_again_is_skipped_even_in_the_same_batch() -> None:
    shelf, ana = Shelf(), Person()
    shelf.cell(PE, 2)
    verdict = shelf.run(ana.asks(version=3), ana.asks(version=3), ana.asks(version=2))
    assert reasons(verdict.ignored) == ["applied_before", "applied_before"]
    assert shelf.figures(PE) == (2, 1, 1, 0, 0)


def test_an_old_withdrawal_does_not_reach_a_newer_state() -> None:
    shelf, ana = Shelf(), Person()
    shelf.cell(PE, 1)
    shelf.run(ana.asks(version=5))
    assert reasons(shelf.run(ana.withdraws(version=4)).ignored) == ["applied_before"]
    assert shelf.state(ana) == ["offered"]


def test_a_newer_fact_that_changes_nothing_is_still_remembered() -> None:
    shelf, ana = Shelf(), Person()
    shelf.cell(PE, 1)
    shelf.run(ana.asks(version=1), ana.asks(version=2))
    assert shelf.places[ana.application].application_version == 2
    assert len(shelf.decisions) == 2, "the target, and one offer"


def test_a_withdrawal_of_somebody_who_never_asked_leaves_no_trace() -> None:
    shelf, ana = Shelf(), Person()
    shelf.cell(PE, 1)
    assert reasons(shelf.run(ana.withdraws()).ignored) == ["unknown_application"]
    assert shelf.places == {}
