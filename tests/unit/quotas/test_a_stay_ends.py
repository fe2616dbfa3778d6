"""Who breaks off while the list is open makes room for the next; a finished stay stays in the books as delivered."""

from datetime import timedelta

from services.quotas.domain.outcomes import Ended, Released
from tests.unit.quotas.shelf import BR, CLOSES, PE, Person, Shelf, reasons


def placed() -> tuple[Shelf, Person, Person]:
    shelf, ana, ben = Shelf(), Person(), Person()
    shelf.cell(PE, 1)
    shelf.run(ana.asks(), ana.accepts(), ben.asks())
    return shelf, ana, ben


def test_who_left_while_the_list_is_open_makes_room() -> None:
    shelf, ana, ben = placed()
    shelf.run(ana.ends("left", at=CLOSES))
    assert shelf.last(ana).outcome == Released("ended")
    assert shelf.state(ana, ben) == ["released", "offered"]


def test_who_left_after_the_list_closed_keeps_the_place_counted() -> None:
    shelf, ana, ben = placed()
    shelf.run(ana.ends("left", at=CLOSES + timedelta(seconds=1)))
    assert shelf.last(ana).outcome == Ended()
    assert shelf.state(ben) == ["waiting"] and shelf.figures(PE) == (1, 0, 0, 1, 1)


def test_who_finished_may_hold_another_place_and_the_first_stays_counted() -> None:
    shelf, ana, _ben = placed()
    shelf.cell(BR, 1)
    shelf.run(ana.ends("finished"))
    again = Person(BR, who=ana)
    shelf.run(again.asks())
    assert shelf.state(ana, again) == ["taken", "offered"]
    assert shelf.figures(PE) == (1, 0, 0, 1, 1)


def test_a_stay_ends_once_and_only_a_stay_ends() -> None:
    shelf, ana, ben = placed()
    shelf.run(ana.ends("finished"))
    verdict = shelf.run(ana.ends("left"), ana.withdraws(), ben.ends("finished"))
    assert reasons(verdict.ignored) == ["nothing_held"] * 3


def test_a_finished_person_is_served_where_they_wait() -> None:
    shelf, ana, _ben = placed()
    shelf.cell(BR, 1)
    other = Person(BR)
    shelf.run(other.asks())
    waits = Person(BR, who=ana)
    shelf.limits[f"person:{ana.person}"] = shelf.limits[f"person:{ana.person}"]._replace(used=0)  # asked before the other place was given
    shelf.run(waits.asks())
    shelf.limits[f"person:{ana.person}"] = shelf.limits[f"person:{ana.person}"]._replace(used=1)
    shelf.run(other.withdraws())
    assert shelf.state(waits) == ["waiting"]
    shelf.run(ana.ends("finished"))
    assert shelf.state(waits) == ["offered"]
