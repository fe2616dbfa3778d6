"""A newer plan has a year no longer that people applied to: every page about such an application says so, and none falls over."""

import msgspec

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.use_cases.plans import Loaded, NeedsConfirmation
from tests.integration.applications.front import words
from tests.integration.applications.people import OFFICER, PROGRAMME, SECOND_OFFICER, YEAR, the_plan
from tests.integration.applications.staff_pages import House


async def drop_the_year(house: House) -> None:
    """What two officers may do: version 99 without the year's call."""
    found = the_plan().programme(PROGRAMME)
    assert found is not None
    places = {year: count for year, count in found.places_per_year.items() if year != YEAR}
    shorter = msgspec.structs.replace(found, places_per_year=places, calls=tuple(call for call in found.calls if call.year != YEAR))
    others = tuple(shorter if one.code == PROGRAMME else one for one in the_plan().programmes)
    plan = msgspec.structs.replace(the_plan(), version="99", programmes=others)
    asked = await house.world.do(use_cases.load_plan, plan, actor=str(OFFICER.account_id), role="officer")
    assert isinstance(asked, NeedsConfirmation)
    assert isinstance(await house.world.do(use_cases.confirm_change, SECOND_OFFICER, plan.code, change_id=asked.change_id), Loaded)


async def test_every_page_says_that_the_year_is_gone(house: House) -> None:
    ana = await house.browser("ana")
    nominated, draft = await house.reach(State.NOMINATED), await house.reach(State.DRAFT, "ana")
    await drop_the_year(house)
    assert (await ana.get("/applications")).status_code == 200, "the list itself goes on"
    paths = {
        "ana": [f"/applications/{draft.id}{rest}" for rest in ("", "/tasks", "/check")],
        "peru": [f"/country/applications/{nominated.id}"],
        "officer": [f"/officer/applications/{nominated.id}"],
        "reviewer": [f"/review/applications/{nominated.id}"],
    }
    for who, wanted in paths.items():
        for path in wanted:
            page = await (await house.browser(who)).get(path)
            assert (path, page.status_code) == (path, 410)
            assert "The programme has no such year any more" in words(page) and str(YEAR) in words(page)
    sent = await ana.post(f"/applications/{draft.id}/send", data={"key": "0" * 16, "declared": "yes"})
    assert sent.status_code == 410
    assert (await house.world.application(draft.id)).state == State.DRAFT
