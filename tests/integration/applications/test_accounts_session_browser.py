"""A session that is about to end says so in time, in a real browser; and what was typed outlives it."""

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page

from shared.web.i18n import LANGUAGE_COOKIE
from tests.integration.applications.staff_pages import House
from tests.served import served

pytestmark = pytest.mark.browser
WARNING = ".app-session"
TELL_OF_WAITING = """
    window.waitsToAsk = false
    const { setTimeout: later, clearTimeout: never } = window
    window.setTimeout = (what, milliseconds) => { window.waitsToAsk ||= milliseconds >= 5000; return later(what, milliseconds) }
    window.clearTimeout = (timer) => { window.waitsToAsk = false; never(timer) }
"""
"""Between an answer and the next question no timer is set, and time that passes then would pass unseen."""


async def opened(house: House, browser: Browser, address: str, path: str, zone: str | None = None) -> Page:
    """The page of somebody who is signed in, in a browser whose time the test moves."""
    signed_in = await house.browser("ana")
    context = await browser.new_context(viewport={"width": 360, "height": 740}, timezone_id=zone)
    cookies = {one.name: one.value or "" for one in signed_in.cookies.jar} | {LANGUAGE_COOKIE: "en"}
    await context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    page = await context.new_page()
    await page.clock.install()
    await page.add_init_script(TELL_OF_WAITING)
    await page.goto(address + path)
    return page


async def pass_by(house: House, page: Page, minutes: int) -> None:
    """Time goes by, here and there. The page asks the server then, which it must be waiting to do; the answer is awaited."""
    async with asyncio.timeout(30):
        while not await page.evaluate("waitsToAsk"):  # noqa: ASYNC110 - the page's own policy forbids what waits for an expression
            await asyncio.sleep(0.02)
    house.front.clock.move(timedelta(minutes=minutes))
    async with page.expect_response("**/session/left"):
        await page.clock.fast_forward(minutes * 60_000)


async def test_five_minutes_before_the_end_it_says_so_and_one_press_goes_on(house: House, browser: Browser) -> None:
    async with served(house.front.app) as address:
        page = await opened(house, browser, address, "/account")
        await pass_by(house, page, 4)
        assert await page.locator(WARNING).count() == 0
        await pass_by(house, page, 111)
        assert "In five minutes you will be signed out" in await page.locator(WARNING).inner_text()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        async with page.expect_response("**/session"):
            await page.get_by_role("button", name="Stay signed in").click()
        await page.locator(WARNING).wait_for(state="detached")
        await pass_by(house, page, 115)
        await page.locator(WARNING).wait_for()
        await pass_by(house, page, 5)
        await page.get_by_text("You are signed out. What you typed is still here").wait_for()
        await page.context.close()


async def test_what_is_sent_after_the_end_is_saved_by_signing_in(house: House, browser: Browser) -> None:
    async with served(house.front.app) as address:
        page = await opened(house, browser, address, "/account", "America/Bogota")
        assert await page.input_value("#timezone") == "America/Bogota", "who has chosen none is offered the browser's"
        await page.fill("#name", "Íñigo Vásquez")
        house.front.clock.move(timedelta(hours=3))
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("What you typed is kept").wait_for()
        await page.fill("#email", "ana@example.org")
        await page.get_by_role("button", name="Send me a code").click()
        await page.fill("#code", house.front.code("ana@example.org"))
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("button", name="Save and go on").click()
        await page.get_by_text("Your details are saved").wait_for()
        assert await page.input_value("#name") == "Íñigo Vásquez"
        assert await page.locator("#timezone[data-zone]").count() == 0, "what was chosen is not offered to be changed"
        assert await page.input_value("#timezone") == "America/Bogota"
        await page.context.close()
