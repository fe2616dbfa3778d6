"""Watching places being given, in a real browser: without reload, with a pause, quietly for who listens, and not without JavaScript."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from services.quotas import watch
from services.quotas.domain.commands import SetTarget
from services.quotas.pages import live
from services.quotas.use_cases import apply
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import Front, after
from tests.integration.quotas.test_pages_live import CHINA, desk, rolling, until
from tests.served import kept_port, served

BOARD = "/quotas?programme=bridge&year=2016"
OFFERED = '.app-table--board [data-live="CN.offered"]'
READ = """() => Object.fromEntries([...document.querySelectorAll('[data-live]')].map((one, n) => {
    const look = String(one.getAttribute('class')).replace(' app-live-changed', '') + one.getAttribute('aria-label')
    const size = ['x', 'width'].map(name => Number(one.getAttribute(name)))
    return [`${n} ${one.dataset.live}`, (one.children.length ? look : one.textContent) + size]
}))"""
"""Everything on the page that has a name, as it is shown."""
HEAR = """() => { window.heard = []
    const said = document.querySelector('[data-live-say]')
    new MutationObserver(() => window.heard.push(said.textContent)).observe(said, {childList: true}) }"""
WATCH_FLASH = f"""() => {{ window.flashed = new Promise(done => {{
    const number = document.querySelector(`{OFFERED}`)
    new MutationObserver(() => done(getComputedStyle(number).animationName)).observe(number, {{attributes: true}}) }}) }}"""


@pytest.fixture
async def service(new_database: NewDatabase, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Front]:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(live, "RETRY_SECONDS", 0.2)
    made = await after(rolling, new_database, clock, tmp_path)
    await made.approve(CHINA, 1)
    yield made
    await made.db.close()


async def opened(browser: Browser, address: str, *, stands: bool = False, **options: Any) -> Page:
    """The board; where its time `stands`, that goes on by `page.clock` alone."""
    context = await browser.new_context(locale="en", **options)
    page = await context.new_page()
    if stands:
        await page.clock.install(time=0)
        await page.clock.pause_at(60_000)
    await page.goto(address + BOARD)
    return page


async def test_a_place_that_is_given_appears_without_a_reload_and_the_page_is_as_if_reloaded(service: Front, browser: Browser) -> None:
    async with served(service.app) as address:
        page = await opened(browser, address)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.evaluate("window.loadedOnce = true")
        await until(lambda: desk(service).watch.listeners == 1)
        weeks = page.locator("[data-live-part]")
        goal = weeks.locator(".app-chart__goal").first
        whole = await goal.get_attribute("y1") or ""
        people = await service.approve(CHINA, 5)
        await expect(page.locator(OFFERED)).to_have_text("6")
        await expect(page.locator('svg [data-live="CN.label"]')).to_have_text("6/50")
        await service.answer(CHINA, accept=4, decline=1)
        await expect(page.locator('.app-table--board [data-live="CN.taken"]')).to_have_text("4")
        await expect(page.locator('.app-stats [data-live="all.taken"]')).to_have_text("4")
        assert len(people) == 5 and await page.evaluate("window.loadedOnce")
        await weeks.locator("summary").click()
        await expect(weeks.locator("tbody tr")).to_have_text(re.compile(r"6\s*4\s*1\s*5\s*$"), timeout=30_000)
        await expect(weeks.locator("svg title").first).to_have_text(re.compile("^6 offered in the week from"))
        await expect(weeks.locator("details")).to_have_attribute("open", "")
        await expect(weeks.locator("summary")).to_be_focused()
        await page.keyboard.press("Tab")
        fewer = SetTarget(cell=CHINA, at=service.clock.now(), target=48)
        await service.db.run(lambda tx: apply(tx, [fewer]))
        remark = page.locator('[data-live="CN.remarks"]')
        await expect(remark).to_have_text("Plan: 50")
        await expect(goal).not_to_have_attribute("y1", whole, timeout=30_000)
        await expect(weeks.locator(".app-table-wrap")).to_be_focused()
        followed, remarked, drawn = await page.evaluate(READ), await remark.inner_html(), await weeks.locator("figure").inner_html()
        await page.reload()
        assert drawn == await weeks.locator("figure").inner_html()
        assert followed == await page.evaluate(READ), "every text, tile and bar stands as a fresh page has it"
        assert remarked == await remark.inner_html() and "app-tag--blue" in remarked
        assert said == []
        await page.context.close()
        await until(lambda: desk(service).watch.listeners == 0)


async def test_who_listens_hears_one_sentence_and_not_each_change(service: Front, browser: Browser) -> None:
    async with served(service.app) as address:
        page = await opened(browser, address, stands=True)
        status = page.locator("[data-live-say]")
        await page.evaluate(HEAR)
        assert await status.get_attribute("role") == "status"
        await until(lambda: desk(service).watch.listeners == 1)
        for n in range(2, 6):
            await service.approve(CHINA, 1)
            await expect(page.locator(OFFERED)).to_have_text(str(n))
            await page.clock.run_for(5_000)
        assert await page.evaluate("window.heard") == ["Places taken: 0; offered: 2; free: 98; people waiting: 0"]
        await page.clock.run_for(10_000)
        assert (await page.evaluate("window.heard"))[1:] == ["Places taken: 0; offered: 5; free: 95; people waiting: 0"], (
            "half a minute later"
        )
        live_regions = page.locator("[aria-live], [role=status], [role=alert], [role=log]")
        assert await live_regions.count() == 1, "the figures themselves speak to nobody"
        await page.context.close()


async def test_it_can_be_paused_and_goes_on_with_what_was_missed(service: Front, browser: Browser) -> None:
    async with served(service.app) as address:
        page = await opened(browser, address)
        await until(lambda: desk(service).watch.listeners == 1)
        await page.click("text=Pause")
        await expect(page.locator("[data-live-state]")).to_have_text("Paused")
        await until(lambda: desk(service).watch.listeners == 0)
        await service.approve(CHINA, 2)
        await expect(page.locator(OFFERED)).to_have_text("1")
        await page.click("text=Go on")
        await expect(page.locator(OFFERED)).to_have_text("3")
        await expect(page.locator("[data-live-state]")).to_have_text("The figures update by themselves")
        await page.context.close()


async def test_it_comes_back_after_the_server_was_away(service: Front, browser: Browser) -> None:
    with kept_port() as port:
        async with served(service.app, port=port) as address:
            page = await opened(browser, address)
            await until(lambda: desk(service).watch.listeners == 1)
        await expect(page.locator("[data-live-state]")).to_contain_text("Not connected")
        await service.approve(CHINA, 2)
        async with served(service.app, port=port):
            await expect(page.locator(OFFERED)).to_have_text("3")
            await page.context.close()


async def test_without_javascript_it_is_the_page_as_it_was_loaded_and_promises_nothing(service: Front, browser: Browser) -> None:
    async with served(service.app) as address:
        page = await opened(browser, address, java_script_enabled=False)
        assert await page.text_content(OFFERED) == "1"
        assert not await page.is_visible(".app-live")
        assert desk(service).watch.listeners == 0
        await page.context.close()


@pytest.mark.parametrize(("motion", "animated"), [("reduce", "none"), ("no-preference", "app-live")])
async def test_what_changed_flashes_only_for_who_likes_motion(service: Front, browser: Browser, motion: Any, animated: str) -> None:
    async with served(service.app) as address:
        page = await opened(browser, address, reduced_motion=motion)
        await until(lambda: desk(service).watch.listeners == 1)
        await page.evaluate(WATCH_FLASH)
        await service.approve(CHINA, 1)
        assert await page.evaluate("window.flashed") == animated
        await page.context.close()
