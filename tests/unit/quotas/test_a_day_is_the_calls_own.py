"""Who takes part is asked on the day of the call's own calendar: the same by which its forms close and open."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from services.quotas.domain.commands import EndParticipation
from services.quotas.domain.participation import Change, in_force
from services.quotas.domain.terms import Call
from services.quotas.store.terms import UnknownZone, terms_of
from tests.integration.quotas.scene import programme
from tests.unit.quotas.shelf import CLOSES, DUE, PE, Person, Shelf, reasons, terms
from tests.unit.quotas.test_a_country_leaves_and_returns import PLAN, leaves

EVENING = datetime(2016, 2, 29, 17, 0, tzinfo=UTC)
"""In Shanghai it is the first of March by now, in Lima it is noon of the day before."""
AWAY = leaves(date(2016, 2, 1), date(2016, 2, 29))


def shelf_in(zone: str, *changes: Change) -> Shelf:
    left = tuple((one.start, one.end) for one in changes)
    calls = {2016: Call(None, DUE, CLOSES, ZoneInfo(zone))}
    shelf = Shelf(terms(calls=calls, participation={"PE": in_force(PLAN, changes)}, left={"PE": left}))
    shelf.cell(PE, 2)
    return shelf


@pytest.mark.parametrize(("zone", "answer"), [("Asia/Shanghai", "offered"), ("UTC", "refused"), ("America/Lima", "refused")])
def test_on_the_day_of_its_return_a_country_gets_places(zone: str, answer: str) -> None:
    shelf, ana = shelf_in(zone, AWAY), Person()
    shelf.run(ana.asks(at=EVENING))
    assert shelf.state(ana) == [answer]


def test_where_the_day_begins_later_the_country_gets_places_until_it_does() -> None:
    """Midnight of Lima is five o'clock in the morning of UTC."""
    shelf, ana, ben = shelf_in("America/Lima", leaves(date(2016, 3, 1))), Person(), Person()
    begins = shelf.terms["training"].begins(2016, date(2016, 3, 1))
    assert begins == datetime(2016, 3, 1, 5, 0, tzinfo=UTC)
    shelf.run(ana.asks(at=begins - timedelta(seconds=1)))
    assert reasons(shelf.run(EndParticipation(cell=PE, at=begins - timedelta(seconds=1))).ignored) == ["takes_part"]
    shelf.run(ben.asks(at=begins), EndParticipation(cell=PE, at=begins))
    assert shelf.state(ana, ben) == ["offered", "refused"]
    assert shelf.figures(PE) == (1, 0, 1, 0, 0), "what was free went back on the first day"


def test_of_a_programme_that_day_is_past_which_is_past_in_the_zones_of_all_its_calls() -> None:
    zones = {2016: "Asia/Shanghai", 2017: "America/Lima"}
    both = terms(calls={year: Call(None, DUE, CLOSES, ZoneInfo(zone)) for year, zone in zones.items()})
    assert [both.day(year, EVENING) for year in (2016, 2017, 2018)] == [date(2016, 3, 1), date(2016, 2, 29), date(2016, 2, 29)]
    assert both.today(EVENING) == date(2016, 2, 29)
    assert shelf_in("Asia/Shanghai").terms["training"].today(EVENING) == date(2016, 3, 1)


def test_the_zone_is_the_one_that_was_published_and_one_that_nobody_knows_is_named() -> None:
    data = programme()
    assert terms_of(data).day(2016, EVENING) == date(2016, 3, 1)
    calls = [msgspec.structs.replace(call, timezone="Mars/Olympus") for call in data.calls]
    with pytest.raises(UnknownZone, match=r'training: the call of 2016 .* "Mars/Olympus", which is not known here. Install a newer'):
        terms_of(msgspec.structs.replace(data, calls=calls))
