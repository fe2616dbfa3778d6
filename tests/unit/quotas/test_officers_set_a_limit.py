"""Officers may fix the capacity of a limit; more room serves who waits for it, less revokes nothing."""

from typing import Any, get_args

import pytest

from services.quotas import facts
from services.quotas.domain.commands import Recount, SetLimit
from services.quotas.domain.limits import KINDS, named
from services.quotas.domain.model import Verdict
from services.quotas.domain.outcomes import LimitSet, Outcome, Recounted, Waiting
from services.quotas.domain.terms import Channel, Course, Holders
from shared.events import quotas as told
from shared.events.envelope import AnyEvent
from tests.unit.quotas.shelf import BR, NOW, PE, Person, Shelf, reasons, terms

SOLAR = "course:training:2016:solar"


def sets(key: str, capacity: int | None) -> SetLimit:
    limit = named(key)
    assert limit is not None
    return SetLimit(cell=limit.home(2016), at=NOW, key=key, capacity=capacity)


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf(
        terms(
            courses={(2016, "solar"): Course(1, 1)},
            channels={"province": Channel(places=1)},
            holders=Holders(4),
            nomination_ratio=1.0,
            nomination_in_route=True,
        ),
        pool=20,
    )
    shelf.cell(PE, 3), shelf.cell(BR, 3)
    return shelf


def test_more_seats_serve_who_waits_for_the_course_by_rank(shelf: Shelf) -> None:
    ana, ben, eva = Person(course="solar"), Person(BR, course="solar", score=10), Person(BR, course="solar", score=20)
    shelf.run(ana.asks(), ben.asks(), eva.asks())
    verdict = shelf.run(sets(SOLAR, 2))
    assert shelf.state(ben, eva) == ["waiting", "offered"]
    first = verdict.decisions[0]
    assert (first.cell, first.outcome) == ("training:ZZ:2016", LimitSet(SOLAR, 1, 2, 2))
    assert first.uses[0].before == first.uses[0].after == 1 and first.uses[0].capacity == 2


def test_a_change_is_a_link_of_the_cells_own_chain_where_the_limit_is_the_cells(shelf: Shelf) -> None:
    key = f"channel:{PE}:province"
    ana, ben = Person(channel="province"), Person(channel="province")
    shelf.run(ana.asks(), ben.asks())
    verdict = shelf.run(sets(key, 2))
    assert [(one.cell, one.cause) for one in verdict.decisions] == [(PE, "adopted"), (PE, "limit_raised")]
    assert shelf.state(ben) == ["offered"]


def test_a_cap_on_nominations_can_be_raised_too(shelf: Shelf) -> None:
    people = [Person() for _ in range(4)]
    shelf.run(*[one.nominated() for one in people])
    assert shelf.state(people[3]) == ["nomination_refused"]
    shelf.run(sets(f"nomination:{PE}", 4), people[3].nominated())
    assert shelf.state(people[3]) == ["nominated"]


def test_a_cut_below_what_is_held_revokes_nothing_and_blocks_new_grants(shelf: Shelf) -> None:
    key = "holders:training:PE"
    ana, ben, eva = Person(), Person(), Person()
    shelf.run(ana.asks(), ben.asks(), sets(key, 1), eva.asks())
    assert shelf.state(ana, ben, eva) == ["offered", "offered", "waiting"]
    assert shelf.last(eva).outcome == Waiting(1, (key,))
    shelf.run(ana.declines())
    assert shelf.state(ben, eva) == ["offered", "waiting"]
    shelf.run(ben.declines())
    assert shelf.state(eva) == ["offered"]


def test_a_limit_goes_back_to_the_plan(shelf: Shelf) -> None:
    shelf.run(sets(SOLAR, 5))
    verdict = shelf.run(sets(SOLAR, None))
    assert verdict.decisions[0].outcome == LimitSet(SOLAR, 5, 1, None)
    assert shelf.limits[SOLAR].fixed is None


def test_the_same_again_changes_nothing(shelf: Shelf) -> None:
    shelf.run(sets(SOLAR, 5))
    assert reasons(shelf.run(sets(SOLAR, 5)).ignored) == ["already_done"]


@pytest.mark.parametrize("key", ["course:training:2016:water", f"cell:{PE}", f"channel:{PE}:friend"])
def test_what_the_plan_does_not_count_cannot_be_set(shelf: Shelf, key: str) -> None:
    assert reasons(shelf.run(sets(key, 5)).ignored) == ["unknown_limit"]


@pytest.mark.parametrize("key", ["", "course", "course:training:2016:", "holders:training", "seats:training:2016:solar", "course:a:year:b"])
def test_what_is_no_limits_key_names_none(key: str) -> None:
    assert named(key) is None


def test_new_terms_count_from_what_is_held(shelf: Shelf) -> None:
    ana = Person(course="solar")
    shelf.run(ana.asks())
    uses = (("holders:training:PE", 1), (SOLAR, 3))
    verdict = shelf.run(Recount(cell="training:ZZ:2016", at=NOW, uses=uses))
    assert [type(one.outcome) for one in verdict.decisions] == [Recounted]
    assert shelf.limits[SOLAR].used == 3
    assert reasons(shelf.run(Recount(cell="training:ZZ:2016", at=NOW, uses=uses)).ignored) == ["already_done"]


# ---- what others are told


def told_of(shelf: Shelf, verdict: Verdict) -> list[AnyEvent]:
    return [one for one in facts.published(verdict, shelf.terms, {}) if isinstance(one.data, told.LimitSet)]


def test_every_outcome_that_is_published_is_told_and_no_other() -> None:
    assert {one for one in get_args(Outcome) if one.published} == {*facts.TOLD, *facts.OF_LIMITS}


def test_a_limit_that_is_set_and_given_back_is_told_under_its_own_key_each_time_with_a_newer_version(shelf: Shelf) -> None:
    """Uses in between count in its version too, so that what comes later is newer whatever happened."""
    seats: dict[str, Any] = {
        "limit": SOLAR,
        "kind": "course",
        "programme": "training",
        "year": 2016,
        "course": "solar",
        "cell": "training:ZZ:2016",
    }
    (first,) = told_of(shelf, shelf.run(sets(SOLAR, 2)))
    assert (first.subject, first.partitionkey, first.subjectversion, first.time) == (SOLAR, SOLAR, 1, NOW)
    assert first.data == told.LimitSet(**seats, capacity=2, decision=1)
    shelf.run(Person(course="solar").asks(), Person(BR, course="solar").asks())
    (back,) = told_of(shelf, shelf.run(sets(SOLAR, None)))
    assert (back.subject, back.subjectversion) == (SOLAR, 4)
    assert back.data == told.LimitSet(**seats, capacity=None, decision=2)
    assert shelf.limits[SOLAR].version == 4


def test_the_number_that_the_plan_has_is_told_as_set(shelf: Shelf) -> None:
    """It stays when the plan's own becomes another."""
    (event,) = told_of(shelf, shelf.run(sets(SOLAR, 1)))
    assert event.data.capacity == 1


def test_what_sets_nothing_tells_of_no_limit(shelf: Shelf) -> None:
    shelf.run(sets(SOLAR, 2))
    assert told_of(shelf, shelf.run(sets(SOLAR, 2))) == [], "the same again"
    assert told_of(shelf, shelf.run(Person(course="solar").asks(), Person(BR, course="solar").asks())) == [], "it is only used"


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (SOLAR, {"year": 2016, "course": "solar"}),
        (f"course_country:{PE}:solar", {"year": 2016, "country": "PE", "course": "solar"}),
        (f"channel:{PE}:province", {"year": 2016, "country": "PE", "channel": "province"}),
        ("holders:training:PE", {"country": "PE"}),
        (f"nomination:{PE}", {"year": 2016, "country": "PE"}),
    ],
)
def test_a_limit_of_each_kind_is_told_with_what_its_key_names(shelf: Shelf, key: str, names: dict[str, object]) -> None:
    (event,) = told_of(shelf, shelf.run(sets(key, 3)))
    kind = key.partition(":")[0]
    known = {"limit": key, "kind": kind, "programme": "training", "capacity": 3, "decision": event.data.decision, "cell": event.data.cell}
    assert event.data == told.LimitSet(**known, **names)  # type: ignore[arg-type]
    assert kind in {one.name for one in KINDS if one.settable}


def test_the_kinds_above_are_all_that_can_be_set() -> None:
    assert {one.name for one in KINDS if one.settable} == {"course", "course_country", "channel", "holders", "nomination"}
