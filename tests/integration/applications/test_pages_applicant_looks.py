"""The applicant's pages in a real browser: no hard-coded text, nothing breaks at +40 % length, accessible in six languages.

One browser for each; the pages are those that links lead to (`crawl.py`), so a new page is looked at without being named here.
"""

from collections.abc import AsyncIterator
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page

from services.applications import use_cases
from services.applications.agreements import Agreement
from services.applications.domain.lifecycle import State
from services.applications.use_cases.plans import Loaded
from shared.kernel.clock import ManualClock
from shared.web.i18n import LANGUAGE_COOKIE, LANGUAGES
from tests import pseudo
from tests.conftest import ROOT, NewDatabase
from tests.integration.applications import people
from tests.integration.applications.crawl import everything, sends
from tests.integration.applications.letters import a_referee
from tests.integration.applications.people import good_form
from tests.integration.applications.staff_pages import House, open_house
from tests.served import served

pytestmark = pytest.mark.browser
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = (
    "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']})"
)
FITS = "document.documentElement.scrollWidth <= innerWidth"
OWN = ["Puente", "Español", "PDF", "JPEG", "PNG", "HEIC", "DOCX", "UTC", "MB", "kB", "a.pdf"]
"""What is called the same in every language."""


@pytest.fixture
async def house(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(new_database, clock, tmp_path) as house:
        yield house


async def window(house: House, browser: Browser, address: str, who: str, *, width: int, language: str, **more: Any) -> Page:
    """A page of somebody, signed in where they have a name."""
    context = await browser.new_context(viewport={"width": width, "height": 800}, **more)
    cookies = {LANGUAGE_COOKIE: language, "puente_country": "PE"}
    if who:
        cookies |= {one.name: one.value or "" for one in (await house.browser(who)).cookies.jar if one.name != LANGUAGE_COOKIE}
    await context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    return await context.new_page()


async def send_empty(page: Page) -> bool:
    """Send the page's form as it is; True where it came back with faults."""
    button = page.locator("main form:not([action^='/sign-out']):not(.app-choose) button[type=submit]").first
    if not await button.count():
        return False
    async with page.expect_navigation():
        await button.click()
    return await page.locator(".govuk-error-summary").count() > 0


async def test_no_text_is_hard_coded_and_nothing_breaks_when_words_are_longer(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = await everything(house)
    pseudo.speak(monkeypatch)
    written = Agreement.paragraphs
    monkeypatch.setattr(Agreement, "paragraphs", lambda one, language: [pseudo.longer(text) for text in written(one, language)])
    longer = msgspec.structs.replace(pseudo.longer_plan(people.the_plan()), version="longer")
    loaded = await house.front.db.run(lambda tx: use_cases.load_plan(tx, longer, actor="tests", now=house.front.clock.now()))
    assert isinstance(loaded, Loaded), loaded
    typed = [*good_form().values(), *map(a_referee, range(3))]
    own = sorted({*OWN, *(value for fields in typed for value in fields.values() if len(value) > 2)}, key=len, reverse=True)
    faults: list[str] = []
    async with served(house.front.app) as address:
        for who, paths in pages.items():
            page = await window(house, browser, address, who, width=360, language="en")
            for path in paths:
                await page.goto(address + path)
                faults += await looked_at(page, path, own)
                if sends(path) and await send_empty(page):
                    faults += await looked_at(page, f"{path} with faults", own)
            await page.context.close()
    assert faults == [], "\n".join(faults)


async def looked_at(page: Page, path: str, own: list[str]) -> list[str]:
    found = [f"{path} {one}" for one in await page.evaluate(pseudo.UNMARKED, own)]
    if not await page.evaluate(FITS):
        wide = await page.evaluate(
            "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)"
            ".map((one) => one.outerHTML.slice(0, 90)).slice(-2)"
        )
        found.append(f"{path} is wider than the screen: {wide}")
    return found


async def test_every_page_is_accessible_in_every_language(house: House, browser: Browser) -> None:
    """Each page in one language, by turns, so that all six are looked at; with its faults, where it has a form; on the narrowest phone."""
    pages = await everything(house)
    languages = cycle(LANGUAGES)
    faults: list[Any] = []
    async with served(house.front.app) as address:
        for who, paths in pages.items():
            page = await window(house, browser, address, who, width=320, language="en")
            for path in paths:
                language = next(languages)
                await page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": address}])
                await page.goto(address + path)
                faults += await violations(page, f"{path} in {language}")
                if sends(path) and await send_empty(page):
                    faults += await violations(page, f"{path} in {language} with faults")
            await page.context.close()
    assert faults == []


async def violations(page: Page, what: str) -> list[Any]:
    for closed in await page.query_selector_all("details:not([open]) > summary"):
        await closed.click()
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE)
    found = await page.evaluate(RULES)
    fits = [] if await page.evaluate(FITS) else [(what, "wider than the screen")]
    return [(what, one["id"], [node["html"][:140] for node in one["nodes"]][:2]) for one in found["violations"]] + fits


def test_the_marks_show_what_is_hard_coded_and_words_grow() -> None:
    """The guard bites."""
    assert pseudo.longer("Save") == "⟦Saveöö⟧"
    assert len(pseudo.longer("Go to the first page of the form")) >= 1.4 * len("Go to the first page of the form")
    assert "{n} days" in pseudo.longer("{n} days left")


async def test_a_page_with_a_hard_coded_word_is_found(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content(
        "<title>⟦a⟧</title><p>⟦Closes ⟦1 März⟧ in <b>time</b>⟧ <i>Hello</i></p><input aria-label='Name'><p>⟦c⟧ Puente 12</p>"
    )
    assert await page.evaluate(pseudo.UNMARKED, ["Puente"]) == ["I: Hello", "aria-label: Name"]
    await page.close()


@pytest.mark.parametrize("mode", ["forced colours", "200 % zoom"])
async def test_forced_colours_and_zoom_lose_nothing(house: House, browser: Browser, mode: str) -> None:
    """Buttons keep an edge where colours are the reader's own; at twice the size nothing is cut off at the side."""
    form = (await house.reach(State.DRAFT, "ana")).id
    more: dict[str, Any] = {"forced_colors": "active"} if mode == "forced colours" else {"device_scale_factor": 2}
    async with served(house.front.app) as address:
        page = await window(house, browser, address, "ana", width=640 if more.get("device_scale_factor") else 1280, language="fr", **more)
        for path in ("/", "/programmes/scholarship", f"/applications/{form}/tasks", f"/applications/{form}/pages/studies", "/account"):
            await page.goto(address + path)
            assert await page.evaluate(FITS), path
            flat = await page.evaluate(
                "[...document.querySelectorAll('.govuk-button')].filter((one) => one.checkVisibility())"
                ".filter((one) => parseFloat(getComputedStyle(one).borderTopWidth) === 0"
                " && getComputedStyle(one).outlineStyle === 'none').map((one) => one.outerHTML.slice(0, 90))"
            )
            assert flat == [], path
        await page.context.close()
