"""The limit `channel`: the part of a cell's places that is open to one way of applying."""

import pytest

from services.quotas.domain.commands import SetTarget
from services.quotas.domain.outcomes import Refused, Waiting
from services.quotas.domain.terms import Channel
from tests.unit.quotas.shelf import BR, NOW, PE, Person, Shelf, terms

PROVINCE = f"channel:{PE}:province"


def split(places: int = 3, **channels: Channel) -> Shelf:
    shelf = Shelf(terms(channels=dict(channels) or {"province": Channel(places=1), "mission": Channel(share=0.5)}), pool=20)
    shelf.cell(PE, places), shelf.cell(BR, places)
    return shelf


def test_a_channel_gets_no_more_than_its_part() -> None:
    shelf = split()
    ana, ben, eva = Person(channel="province"), Person(channel="province"), Person(BR, channel="province")
    shelf.run(ana.asks(), ben.asks(), eva.asks())
    assert shelf.state(ana, ben, eva) == ["offered", "waiting", "offered"]
    assert shelf.last(ben).outcome == Waiting(1, (PROVINCE,))


def test_who_comes_by_no_channel_draws_on_the_cell_alone() -> None:
    shelf = split()
    ana, ben = Person(channel="province"), Person()
    shelf.run(ana.asks(), ben.asks())
    assert shelf.state(ana, ben) == ["offered", "offered"]
    assert shelf.limits[PROVINCE].used == 1


@pytest.mark.parametrize(("places", "open_to_it"), [(9, 5), (2, 1), (1, 1), (0, 0)])
def test_a_share_is_rounded_up(places: int, open_to_it: int) -> None:
    assert Channel(share=0.5).of(places) == open_to_it


def test_a_raised_target_opens_more_of_a_share() -> None:
    shelf = split(places=2)
    ana, ben = Person(channel="mission"), Person(channel="mission")
    shelf.run(ana.asks(), ben.asks())
    assert shelf.state(ana, ben) == ["offered", "waiting"]
    shelf.run(SetTarget(cell=PE, at=NOW, target=3))
    assert shelf.state(ben) == ["offered"]


def test_a_freed_place_passes_over_a_channel_that_is_full() -> None:
    shelf = split(places=2)
    ana, ben = Person(channel="province"), Person()
    eva, leo = Person(channel="province", score=90_000), Person(score=10_000)
    shelf.run(ana.asks(), ben.asks(), eva.asks(), leo.asks())
    shelf.run(ben.declines())
    assert shelf.state(eva, leo) == ["waiting", "offered"]


def test_a_channel_that_the_plan_does_not_have_is_refused_by_name() -> None:
    shelf = split()
    ana = Person(channel="friend")
    shelf.run(ana.asks())
    assert shelf.last(ana).outcome == Refused("unknown_channel", f"channel:{PE}:friend")
