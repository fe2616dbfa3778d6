"""The staff's pages in a real browser: they fit, are accessible, light (`tests/looks.py`); slate, score and approval need no JavaScript."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page

from services.applications.domain.lifecycle import State
from shared.events.catalogue import PLACES
from shared.messaging import parking
from shared.messaging.transport import Partition, Record
from shared.web.i18n import LANGUAGE_COOKIE
from tests.integration.applications.people import CELL, PROGRAMME, YEAR, the_plan
from tests.integration.applications.staff_pages import STAFF, House
from tests.integration.applications.test_courses_in_order import left, to_decide
from tests.integration.applications.test_limits_by_officers import CAP, COURSE, NORM, cap_set, limit_set
from tests.integration.applications.test_pages_applicant_looks import cookies, speaks_longer
from tests.looks import Looks, unseen

pytestmark = pytest.mark.browser
STAFF_PAGES = re.compile(r"/(country|review|officer|audit|operations|letters|staff)\b(?!.*/(file|read))")
"""The pages on which documents are read are looked at with real ones (`test_papers_looks.py`)."""
OWN = [*(who.title() for who in STAFF), "sound", "tests", "longer", "PE", the_plan().code]
"""Names of staff, a reviewer's remark, who loaded the plan and its version, and codes."""


async def opened(
    house: House,
    browser: Browser,
    address: str,
    who: str,
    *,
    width: int = 1280,
    javascript: bool = True,
    language: str = "en",
) -> Page:
    """A page of somebody who is signed in, on a screen of that width in pixels."""
    signed_in = await house.browser(who)
    context = await browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=javascript)
    own = {one.name: one.value or "" for one in signed_in.cookies.jar} | {LANGUAGE_COOKIE: language}
    await context.add_cookies([{"name": name, "value": value, "url": address} for name, value in own.items()])
    return await context.new_page()


def overheard(page: Page) -> list[str]:
    """What the page complains about, as it happens."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


async def lived(house: House) -> dict[str, list[str]]:
    """Something on every page; whose pages there are."""
    await house.figures(free=7, offered=4, taken=25, waiting=9)
    sent, nominated = await house.reach(State.SUBMITTED), await house.reach(State.NOMINATED)
    scored, placed = await house.reach(State.NOMINATED), await house.reach(State.PLACED)
    await house.reach(State.WAITING)
    await house.world.score(scored.id)
    held_up = await house.reach(State.NOMINATED)
    await house.world.hears(house.world.no_room_to_nominate(held_up))
    today, house.world.now = house.world.now, house.world.now + timedelta(days=60)  # the training call opens later
    with_courses, one_lost, all_lost = [await to_decide(house, who) for who in ("chooses", "loses", "lost")]
    await house.world.hears(limit_set(house.world, COURSE, 1, 40), limit_set(house.world, NORM, 1, 3))
    await house.world.hears(cap_set(house.world, CAP, 1, 60))
    house.world.now = today
    lists = "update application set courses = :courses, course = 'health' where id = :id returning 1"
    for row, courses in ((one_lost, ["health", "trade"]), (all_lost, ["health"])):
        await house.world.rows(lists, courses=courses, id=row.id)
    await house.world.hears(left(house.world, 1, "health"))
    record = Record(Partition(PLACES.name, 0), 7, CELL.key, b"no event")
    await house.front.db.run(lambda tx: parking.park(tx, record, code="malformed", reason="not a CloudEvents 1.0 JSON event"))
    officer = [f"/officer/applications/{one.id}" for one in (nominated, scored, placed, with_courses, one_lost, all_lost)]
    [letter, *_more] = await house.world.rows("select application_id, id from referee where state = 'received'")
    read = f"/letters/{letter.application_id}/{letter.id}"
    bulk = f"/officer/bulk?id={scored.id}&id={nominated.id}"
    country = f"/country/applications/{sent.id}"
    return {
        "peru": ["/country", f"/country/slate?programme={PROGRAMME}&year={YEAR}", country, f"{country}/letters"],
        "reviewer": ["/review", f"/review/applications/{nominated.id}"],
        "officer": ["/officer", "/officer?tab=waiting", "/officer?search=nobody", bulk, *officer, f"{officer[0]}/letters", read],
        "auditor": ["/audit", *officer[:1], f"/staff/{(await house.viewer('peru')).account_id}"],
        "operator": ["/operations"],
    }


@pytest.mark.long(70)
async def test_every_page_fits_is_accessible_light_keeps_the_policy_and_speaks_its_language(
    house: House, address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page by turns in six languages and on three screens; then in the one with longer words."""
    pages = await lived(house)
    assert unseen(house.front.app, STAFF_PAGES, [path for paths in pages.values() for path in paths]) == []
    looks = Looks(address, unsent={"/country/slate": "a line whose number is taken away stays where it is"})
    windows = {who: await looks.window(browser, await cookies(house, who)) for who in pages}
    for who, paths in pages.items():
        for path in paths:
            await looks.look(windows[who], path)
    own = [*OWN, *(await speaks_longer(house, monkeypatch))]
    for who, paths in pages.items():
        for path in paths:
            await looks.longer(windows[who], path, own)
    assert looks.found() == ""


async def test_from_the_slate_to_the_approval_without_javascript(house: House, address: str, browser: Browser) -> None:
    first, second = await house.reach(State.SUBMITTED), await house.reach(State.SUBMITTED)
    country = await opened(house, browser, address, "peru", javascript=False)
    slate = f"{address}/country/slate?programme={PROGRAMME}&year={YEAR}"
    for _ in range(2):
        await country.goto(slate)
        await country.click("text=Put on the slate >> nth=0")
    await country.fill(f"[name='rank-{second.id}']", "1")
    await country.press(f"[name='rank-{second.id}']", "Enter")
    assert await country.get_attribute("tbody tr >> nth=0", "id") == f"line-{second.id}", "Enter in a number saves the order"
    reviewer = await opened(house, browser, address, "reviewer", javascript=False, width=360)
    await reviewer.goto(f"{address}/review")
    await reviewer.click("text=Score the first one")
    for _ in range(2):
        for box in await reviewer.query_selector_all("input[name^=points-]"):
            await box.fill("8")
        async with reviewer.expect_navigation():
            await reviewer.click(".app-review__side form button")
    assert "Nothing more waits for you here" in (await reviewer.text_content("main") or "")
    officer = await opened(house, browser, address, "officer", javascript=False, width=360)
    await officer.goto(f"{address}/officer")
    await officer.click("tbody a >> nth=0")
    await officer.click("#act-approve summary")
    await officer.click("text=Yes, approve")
    assert "It is approved" in (await officer.text_content("main") or "")
    await officer.click("a:has-text('Next:')")
    await officer.click("#act-approve summary")
    await officer.click("text=Yes, approve")
    assert [await house.state(one) for one in (first, second)] == ["approved", "approved"]
    for page in (country, reviewer, officer):
        await page.context.close()


async def test_typed_scores_that_are_not_saved_are_asked_about_before_leaving(house: House, address: str, browser: Browser) -> None:
    application = await house.reach(State.NOMINATED)
    page = await opened(house, browser, address, "reviewer")
    await page.goto(f"{address}/review/applications/{application.id}")
    await page.fill("input[name=points-study_plan]", "7")
    asked: list[str] = []

    async def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        await dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    await page.goto(f"{address}/review")
    assert asked == ["beforeunload"]
    await page.context.close()
