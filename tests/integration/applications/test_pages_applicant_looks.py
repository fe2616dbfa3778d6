"""The applicant's pages in a real browser: accessible in six languages, light, no hard-coded text, nothing breaks at +40 % length.

One visit for all of it (`tests/looks.py`); the pages are those that links lead to (`crawl.py`), so a new page is looked at without
being named here, and one that no link leads to is told of.
"""

import re
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser

from services.applications import use_cases
from services.applications.agreements import Agreement
from services.applications.domain.lifecycle import State
from services.applications.use_cases.plans import Loaded
from shared.web.i18n import LANGUAGE_COOKIE
from tests import pseudo
from tests.integration.applications import people
from tests.integration.applications.crawl import everything
from tests.integration.applications.letters import GOOD_LETTER, a_referee
from tests.integration.applications.people import good_form
from tests.integration.applications.staff_pages import House
from tests.looks import FITS, LOOSE, Looks, unseen

pytestmark = pytest.mark.browser
OWN = ["Puente", "Español", "PDF", "JPEG", "PNG", "HEIC", "DOCX", "UTC", "MB", "kB", "a.pdf"]
"""What is called the same in every language."""
UNSENT = {"/letter/[^/]+/decline": "the page asks already whether it is meant, and a reason may be left out"}
APPLICANTS = re.compile(
    r"/$|/(programmes|applications|account|privacy|help|kept|letter|sign-in)\b(?!.*/(copies|pdf|documents|left|link)|/{token}/send)"
)
"""Pages of applicants and of those who write letters; not what is a file, only leads on, or is
`/check` by another name."""


async def cookies(house: House, who: str) -> dict[str, str]:
    """Of somebody, signed in where they have a name."""
    own = {one.name: one.value or "" for one in (await house.browser(who)).cookies.jar if one.name != LANGUAGE_COOKIE} if who else {}
    return {"puente_country": "PE", **own}


@pytest.mark.long(175)
async def test_every_page_is_light_accessible_and_speaks_its_language_whatever_the_length_of_words(
    house: House, address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page by turns in six languages and on three screens, with its faults where it has a form; then in the one with longer words."""
    pages = await everything(house)
    assert unseen(house.front.app, APPLICANTS, [path for paths in pages.values() for path in paths]) == []
    looks = Looks(address, unsent=UNSENT)
    windows = {who: await looks.window(browser, await cookies(house, who)) for who in pages}
    for who, paths in pages.items():
        for path in paths:
            await looks.look(windows[who], path)
    assert looks.seen >= 40, {who: len(paths) for who, paths in pages.items()}
    own = await speaks_longer(house, monkeypatch)
    for who, paths in pages.items():
        for path in paths:
            await looks.longer(windows[who], path, own)
    assert looks.found() == ""


async def speaks_longer(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From here on every text, those of the plan and of what one agrees to as well, is marked and longer; what people typed is not."""
    pseudo.speak(monkeypatch)
    written = Agreement.paragraphs
    monkeypatch.setattr(Agreement, "paragraphs", lambda one, language: [pseudo.longer(text) for text in written(one, language)])
    longer = msgspec.structs.replace(pseudo.longer_plan(people.the_plan()), version="longer")
    loaded = await house.front.db.run(lambda tx: use_cases.load_plan(tx, longer, actor="tests", now=house.front.clock.now()))
    assert isinstance(loaded, Loaded), loaded
    typed = [*good_form().values(), *good_form("training").values(), GOOD_LETTER, *map(a_referee, range(3))]
    return sorted({*OWN, *(value.strip() for fields in typed for value in fields.values() if len(value) > 2)}, key=len, reverse=True)


def test_the_marks_show_what_is_hard_coded_and_words_grow() -> None:
    """The guard bites."""
    assert pseudo.longer("Save") == "⟦Saveöö⟧"
    assert len(pseudo.longer("Go to the first page of the form")) >= 1.4 * len("Go to the first page of the form")
    assert "{n} days" in pseudo.longer("{n} days left")


async def test_a_page_with_a_hard_coded_word_is_found(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content(
        "<title>⟦a⟧</title><p>⟦Closes ⟦1 März⟧ in <b>time</b>⟧ <i>Hello</i></p><input aria-label='Name'><p>⟦c⟧ Puente 12</p>"
        "<p>ana<wbr>@example<wbr>.org</p><p>Hard<wbr>coded</p>"
    )
    assert await page.evaluate(pseudo.UNMARKED, ["Puente"]) == ["I: Hello", "P: Hardcoded", "aria-label: Name"]
    await page.close()


async def test_a_fault_that_no_field_says_is_found(browser: Browser) -> None:
    page = await browser.new_page()
    fault = "<main><p class=govuk-error-message id=a-error>x</p><input id=a{}></main>"
    summary = "<div class=govuk-error-summary tabindex=-1><a href='#{}'>x</a></div><script>document.querySelector('div').focus()</script>"
    await page.set_content(fault.format(" aria-describedby='a-hint a-error'") + summary.format("a"))
    assert await page.evaluate(LOOSE) == []
    await page.set_content(fault.format("") + summary.format("b").replace(".focus()", ".blur()") + "<h2 id=a>x</h2>")
    assert [one.split(":")[0] for one in await page.evaluate(LOOSE)] == [
        "no field says it", "leads nowhere", "has the id twice", "has its focus elsewhere than on its faults"
    ]  # fmt: skip
    await page.close()


@pytest.mark.parametrize("mode", ["forced colours", "200 % zoom"])
async def test_forced_colours_and_zoom_lose_nothing(house: House, address: str, browser: Browser, mode: str) -> None:
    """Buttons keep an edge where colours are the reader's own; at twice the size nothing is cut off at the side."""
    form = (await house.reach(State.DRAFT, "ana")).id
    more: dict[str, Any] = {"forced_colors": "active"} if mode == "forced colours" else {"device_scale_factor": 2}
    looks = Looks(address)
    page = await looks.window(browser, {**await cookies(house, "ana"), LANGUAGE_COOKIE: "fr"}, **more)
    await page.set_viewport_size({"width": 640 if more.get("device_scale_factor") else 1280, "height": 800})
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


async def test_a_receipt_number_stands_in_one_line_on_the_narrowest_screen(house: House, address: str, browser: Browser) -> None:
    """It is read out and typed: half of it in the next line is taken for something else."""
    sent = (await house.reach(State.SUBMITTED, "ana")).id
    page = await Looks(address).window(browser, await cookies(house, "ana"))
    await page.set_viewport_size({"width": 320, "height": 800})
    await page.goto(f"{address}/applications/{sent}/receipt")
    number = page.locator(".app-receipt strong")
    high, line = await number.evaluate("one => [one.getBoundingClientRect().height, parseFloat(getComputedStyle(one).lineHeight)]")
    assert high < 1.5 * line
