"""A change of a cell's places is one officer's proposal and another's decision, and then stands on everybody's board."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.test_from_the_slate_to_the_place import staff
from tests.flows.stack import House

pytestmark = pytest.mark.browser
CELL = "scholarship:PE:2016"


async def test_proposed_by_one_and_adopted_by_another(house: House, visit: Visit) -> None:
    before = (await house.cell("scholarship", "PE"))["target"]
    first = await staff(house, visit, "officer", number=1, language="en")
    await first.page.goto("/quotas?programme=scholarship&year=2016")
    await first.page.locator(f"svg.app-tiles a[href='/quotas/cells/{CELL}']").click()
    await first.press("Propose another number of places")
    await first.answer({"target": str(before - 2), "reason": "Fewer people apply than was planned."})
    await first.press("See what it would do")
    await first.press("Propose it")
    assert first.say("Another person must decide") in await first.reads()
    assert await first.button("Decide").count() == 0
    assert (await house.cell("scholarship", "PE"))["target"] == before

    second = await staff(house, visit, "officer", number=2, language="pt", javascript=False, width=360)
    await second.page.goto("/quotas/proposals")
    await second.page.locator("main a[data-row-link]").first.click()
    await second.answer({"decision": "approve"})
    await second.press("Decide")
    assert (await house.cell("scholarship", "PE"))["target"] == before - 2

    stranger = await visit("nobody@example.org", language="nl")
    await stranger.page.goto("/quotas?programme=scholarship&year=2016")
    assert f"/{before - 2}" in (await stranger.page.locator(f"svg.app-tiles a[href='/quotas/cells/{CELL}']").text_content() or "")
