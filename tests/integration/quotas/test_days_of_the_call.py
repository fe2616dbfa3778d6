"""A day begins where the call is made: what is foreseen, swept and shown about who takes part follows its calendar, not UTC's."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from services.quotas.settings import QuotasSettings
from services.quotas.sweeps import sweeps
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.office import ANA, AR, BR, PE, Office, code
from tests.integration.quotas.pages_front import front, words
from tests.integration.quotas.scene import Person, apply_events, figures, held, programme, publication, states, told

EVENING = datetime(2016, 2, 29, 17, 0, tzinfo=UTC)
"""One o'clock in the night of the first of March where the call is made."""
FORM = "/quotas/participation/training/PE"


@pytest.fixture
async def office(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Office:
    """Four countries with two places each, of a call that is made in Shanghai."""
    clock.move_to(EVENING)
    service = front(await new_database("quotas"), clock, tmp_path)
    await apply_events(service.db, publication(programme()))
    return Office(service)


def leave(start: date, end: date | None = None, country: str = "PE") -> dict[str, object]:
    return {"programme": "training", "country": country, "start": f"{start}", "end": f"{end}" if end else None}


async def sweep(office: Office, name: str, at: datetime) -> None:
    office.front.clock.move_to(at)
    for one in sweeps(office.front.db, QuotasSettings()):
        while one.name == name and await one.run(at):
            pass


async def test_the_day_that_is_over_where_the_call_is_made_is_past(office: Office) -> None:
    assert code(await office.propose("leave", leave(date(2016, 2, 29)))) == (422, "in_the_past")
    typed = {"act": "leave", "start-day": "29", "start-month": "2", "start-year": "2016", "reason": "It decided so.", "key": "0123456789"}
    async with office.front.browser("officer", account=ANA) as ana:
        assert "The day begins where the call is made. A country had better leave tomorrow or later" in words(await ana.get(FORM))
        assert "that day is past" in words(await ana.post(FORM, data={**typed, "step": "look"}))
        today = {**typed, "start-day": "1", "start-month": "3"}
        assert "that day is past" not in words(await ana.post(FORM, data={**today, "step": "look"}))
    late = Person(PE)
    await office.adopted("leave", leave(date(2016, 3, 1)))
    await apply_events(office.front.db, late.approved(EVENING))
    assert (await told(office.front.db, "refused"))[-1].data.reason == "not_participating", "it has left since an hour ago"


async def test_what_is_foreseen_for_the_first_day_happens_when_it_begins_there(office: Office) -> None:
    db, first = office.front.db, date(2016, 4, 1)
    begins = datetime(2016, 3, 31, 16, 0, tzinfo=UTC)
    foreseen = (await office.look("leave", leave(first))).json()["cells"]
    assert [(one["key"], one["after"]["free"], one["day"]) for one in foreseen] == [(PE, 0, "2016-04-01")]
    await office.adopted("leave", leave(first))
    for at, part, free in ((begins - timedelta(seconds=1), True, 2), (begins, False, 0)):
        await sweep(office, "participation", at)
        assert (await figures(db, PE))[1] == free
        async with office.front.browser("officer") as officer:
            shown = words(await officer.get("/quotas/participation?programme=training"))
        assert ("PE Takes part" in shown, "PE Does not take part" in shown) == (part, not part)
    assert await held(db) == {}


async def test_who_waits_is_served_as_soon_as_the_day_of_the_return_has_begun_there(office: Office) -> None:
    """Brazil is away for a day on which no sweep looks, and gets a place on it that nobody can be given then."""
    db, people = office.front.db, [Person(BR) for _ in range(3)]
    await apply_events(db, *[one.approved(EVENING) for one in people])
    assert await states(db, *people) == ["offered", "offered", "waiting"]
    await office.adopted("leave", leave(date(2016, 3, 10), date(2016, 3, 10), "BR"))
    away, back = (datetime(2016, 3, day, 16, 0, tzinfo=UTC) for day in (9, 10))
    office.front.clock.move_to(away)
    await office.adopted("allotment_change", {"cell": AR, "target": 1})
    await office.adopted("allotment_change", {"cell": BR, "target": 3})
    for at, lacks in ((away, ["participation:BR"]), (back - timedelta(seconds=1), ["participation:BR"]), (back, [])):
        office.front.clock.move_to(at)
        async with office.front.browser("officer") as officer:
            (waiter,) = (await officer.get(f"/quotas/api/v1/cells/{BR}")).json()["list"]
        assert waiter["lacking"] == lacks
    await sweep(office, "participation_again", back - timedelta(seconds=1))
    assert await states(db, *people) == ["offered", "offered", "waiting"]
    await sweep(office, "participation_again", back)
    assert await states(db, *people) == ["offered", "offered", "offered"] and await held(db) == {}
