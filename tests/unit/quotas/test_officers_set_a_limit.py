"""Officers may fix the capacity of a limit; more room serves who waits for it, less revokes nothing."""

import pytest

from services.quotas.domain.commands import Recount, SetLimit
from services.quotas.domain.limits import named
from services.quotas.domain.outcomes import LimitSet, Recounted, Waiting
from services.quotas.domain.terms import Channel, Course, Holders
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
    assert (first.cell, first.outcome) == ("training:ZZ:2016", LimitSet(SOLAR, 1, 2))
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
    assert verdict.decisions[0].outcome == LimitSet(SOLAR, 5, 1)
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
