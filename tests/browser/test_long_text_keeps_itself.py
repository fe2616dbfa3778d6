"""A long text is typed, and the window or the line goes before it is saved: the words are offered again, and count only once saved."""

import re

import pytest
from playwright.async_api import Route

from shared.web.static_files import STATIC
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flows.stack import House
from tests.integration.applications.people import good_form

pytestmark = pytest.mark.browser
SCRIPT_BYTES = 15_000
STALE = "This page was saved in another window. What you type here is not kept by itself any more; “Save and continue” shows you both."
WORDS = "Quiero estudiar la restauración de terrazas y manglares."


async def kept_and_not_answered(route: Route) -> None:
    """The server does what it is asked, and the line breaks before it says so."""
    assert (await route.fetch()).status == 204
    await route.abort("connectionreset")


async def draft(person: Visitor) -> str:
    """Begin an application to the scholarships; the address of the page with the long text."""
    await person.sign_in("/sign-in?return=/programmes/scholarship/start")
    await person.answer({"country": "PE"})
    await person.press("Continue")
    found = re.search(r"/applications/[0-9a-f-]{36}", person.page.url)
    assert found is not None, person.page.url
    return f"{found.group()}/pages/study_plan"


async def test_what_was_typed_is_offered_again(house: House, visit: Visit) -> None:
    person = await visit("typing@example.org", width=360)
    path = await draft(person)
    page = person.page
    await page.clock.install()
    await page.goto(path)
    await page.fill("#study_plan", WORDS[:20])
    await page.route("**/typed", kept_and_not_answered)
    async with page.expect_event("requestfailed"):
        await page.clock.fast_forward(21_000)
    await page.unroute("**/typed")
    await page.fill("#study_plan", WORDS)
    async with page.expect_response(lambda one: one.url.endswith("/typed")) as kept:
        await page.clock.fast_forward(21_000)
    answer = await kept.value
    assert answer.status == 204
    note = page.locator("[data-typed-note]")
    await note.filter(has_text=re.compile(rf"\b{answer.headers['x-kept-at']}\b")).wait_for()
    again = await page.context.new_page()
    person.listen(again)
    await again.goto(path)
    assert await again.input_value("#study_plan") == "", "it is no answer yet"
    await again.get_by_role("link", name=person.say("Show what I typed")).click()
    await again.wait_for_url("**typed=1")
    assert await again.input_value("#study_plan") == WORDS
    scripts = await again.locator("script[src]").evaluate_all("all => all.map(one => one.src.split('/').pop())")
    assert sum((STATIC / f"{name}.gz").stat().st_size for name in scripts) <= SCRIPT_BYTES
    person.page = again
    await person.answer(good_form()["study_plan"])
    await person.press("Save and continue")
    await page.fill("#study_plan", f"{WORDS} Y más.")
    async with page.expect_response(lambda one: one.url.endswith("/typed")) as refused:
        await page.clock.fast_forward(21_000)
    assert (await refused.value).status == 409
    await note.filter(has_text=person.say(STALE)).wait_for()
    person.complaints[:] = [line for line in person.complaints if "409" not in line and "ERR_CONNECTION_RESET" not in line]
    await what_was_sent_and_not_answered_is_filled_in_again_until_one_signs_out(await visit("lost@example.org", width=360))


async def test_without_a_script_nothing_is_kept_and_nothing_is_missing(house: House, visit: Visit) -> None:
    person = await visit("plain@example.org", javascript=False, width=360)
    path = await draft(person)
    await person.page.goto(path)
    await person.page.fill("#study_plan", WORDS)
    await person.press("Save and continue")
    assert await person.page.input_value("#study_plan") == WORDS, "too few words, and every one of them is still there"


async def what_was_sent_and_not_answered_is_filled_in_again_until_one_signs_out(person: Visitor) -> None:
    path, page = await draft(person), person.page
    page.on("dialog", lambda dialog: dialog.accept())

    async def sends_into_nothing(text: str = WORDS) -> None:
        await page.goto(path)
        await page.fill("#study_plan", text)
        await page.route("**/pages/**", lambda route: route.abort("connectionreset"))
        async with page.expect_event("framenavigated"):
            await person.button("Save and continue").click()
        await page.unroute("**/pages/**")
        await page.goto(path)
        assert await page.input_value("#study_plan") == text

    await page.goto(path)
    await page.fill("#study_plan", WORDS)
    await person.press("Save and continue")
    assert await page.locator(".govuk-error-summary").count() == 1, "too few words"
    async with page.expect_navigation():
        await page.locator(".app-languages button[lang^=pt]").click()
    assert await page.input_value("#study_plan") == WORDS, "another language loses nothing"
    async with page.expect_navigation():
        await page.locator(".app-languages button[lang^=es]").click()
    assert await page.input_value("#study_plan") == WORDS

    await page.goto(path)
    assert await page.input_value("#study_plan") == WORDS, "refused, and kept as it was sent"
    await sends_into_nothing(f"{WORDS} Y más.")
    assert await page.locator("[data-unsaved]").count() == 0, "one note of it"
    await page.evaluate("sessionStorage.clear()")
    await page.goto(path)
    assert await page.input_value("#study_plan") == WORDS, "and the other text is kept still"
    async with page.expect_navigation():
        await page.locator("[data-unsaved] button").click()
    await sends_into_nothing()
    note = page.get_by_role("status").filter(has_text=person.say("Discard it"))
    async with page.expect_navigation():
        await note.get_by_role("button").click()
    assert await page.input_value("#study_plan") == ""
    await sends_into_nothing()
    beside = await page.context.new_page()
    await beside.goto(path)
    await beside.evaluate("sessionStorage['sent:/elsewhere'] = JSON.stringify({at: Date.now() - 1, page: '/elsewhere', sent: []})")
    async with page.expect_navigation():
        await page.get_by_role("button", name=person.say("Sign out"), exact=True).first.click()
    assert await page.evaluate("JSON.stringify(sessionStorage)") == "{}", "whoever comes next to this computer finds nothing"
    await beside.goto(page.url)
    assert await beside.evaluate("JSON.stringify(sessionStorage)") == "{}", "nor does one who goes on in another tab"
    await beside.close()
    person.complaints[:] = [line for line in person.complaints if "ERR_CONNECTION_RESET" not in line]
