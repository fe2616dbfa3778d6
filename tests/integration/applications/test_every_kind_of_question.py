"""One page with every kind of question: by keys alone, as a screen reader says it, and where colours are the reader's own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from playwright.async_api import Browser, Page

from services.applications import use_cases
from services.applications.domain.answers import KINDS, When
from services.applications.plan import Plan
from services.applications.use_cases.plans import Loaded
from shared.kernel.clock import ManualClock
from shared.web.i18n import LANGUAGE_COOKIE
from tests.conftest import NewDatabase
from tests.integration.applications.front import opened
from tests.integration.applications.test_pages_applicant_fifth import with_a_fifth
from tests.served import served

pytestmark = pytest.mark.browser
ASKED: Final = KINDS[:14]
"""A repeated group has pages of its own."""
FOLLOWS: Final = When("q_yes_no", ("yes",))
STOPS_MOST: Final = 80
STOP: Final = """() => {
  const one = document.activeElement
  if (one === document.body) return null
  const drawn = [one, one.labels?.[0]].filter(Boolean).flatMap((part) => [null, '::before'].map((side) => getComputedStyle(part, side)))
  const ring = drawn.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)
  const spot = (one.labels?.[0] ?? one).getBoundingClientRect()
  return { id: one.id, name: one.name ?? '', form: !!one.closest('main form'), ring, left: spot.left, top: spot.top + scrollY,
    seen: spot.top < innerHeight && spot.bottom > 0, text: one.textContent.trim() }
}"""
"""JavaScript: what has the focus; `ring` where an outline of two pixels or more is drawn about it, `seen` where it is on the screen."""
LET_GO: Final = "document.activeElement.blur()"
ORDER: Final = """[...document.querySelectorAll('main form :is(input:not([type=hidden]), select, textarea, button)')]
  .filter((one) => one.checkVisibility()).map((one) => one.name || one.tagName)"""


def on_one_page(plan: Plan) -> Plan:
    """The fifth programme with all its questions on its first page; that of money follows from a yes."""
    fifth = plan.programme("scientists")
    assert fifth is not None
    asked = tuple(replace(one, when=FOLLOWS) if one.kind == "money" else one for page in fifth.pages[:-1] for one in page.questions)
    assert tuple(one.kind for one in asked) == ASKED
    whole = msgspec.structs.replace(fifth, pages=(replace(fifth.pages[0], questions=asked), fifth.pages[-1]))
    return msgspec.structs.replace(plan, programmes=tuple(whole if one is fifth else one for one in plan.programmes))


@pytest.fixture
async def form(new_database: NewDatabase, clock: ManualClock, tmp_path: Path, browser: Browser) -> AsyncIterator[tuple[Page, str]]:
    """A window of somebody who began that programme, and the address of the application."""
    async with opened(await new_database("applications"), clock, tmp_path) as front, front.browser() as somebody:
        plan = on_one_page(with_a_fifth(tmp_path / "plan"))
        loaded = await front.db.run(lambda tx: use_cases.load_plan(tx, plan, actor="tests", now=clock.now()))
        assert isinstance(loaded, Loaded), loaded
        await front.sign_in(somebody, "zoe@example.org")
        started = await somebody.post("/programmes/scientists/start", data={"country": "HT"})
        async with served(front.app) as address:
            context = await browser.new_context(viewport={"width": 1280, "height": 800})
            cookies = {one.name: one.value or "" for one in somebody.cookies.jar} | {LANGUAGE_COOKIE: "en"}
            await context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
            yield await context.new_page(), address + started.headers["location"].removesuffix("/tasks")
            await context.close()


async def stops(page: Page) -> list[dict[str, Any]]:
    """What Tab comes to in the form, from where the focus is to the form's end."""
    found: list[dict[str, Any]] = []
    for _ in range(STOPS_MOST):
        await page.keyboard.press("Tab")
        stop = await page.evaluate(STOP)
        if found and not (stop and stop["form"]):
            return found
        if stop and stop["form"]:
            found.append(stop)
    raise AssertionError(f"the form has no end within {STOPS_MOST} tabs")


async def spoken(page: Page) -> list[dict[str, str]]:
    """Role, name and description of everything in the browser's own accessibility tree that is not passed over."""
    session = await page.context.new_cdp_session(page)
    nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    await session.detach()
    return [
        {key: " ".join(node.get(key, {}).get("value", "").split()) for key in ("role", "name", "description")}
        for node in nodes
        if not node["ignored"]
    ]


async def test_every_kind_is_answered_by_keys_alone_and_every_fault_is_said(form: tuple[Page, str]) -> None:
    """In order, with the focus in sight; the summary takes it, and leads from each fault to a field that says it."""
    page, path = form
    await page.goto(f"{path}/pages/first")
    order = list(dict.fromkeys(await page.evaluate(ORDER)))
    met = await stops(page)
    assert list(dict.fromkeys(one["name"] or "BUTTON" for one in met)) == order, "every field is come to, in the order of the page"
    assert all(one["ring"] and one["seen"] for one in met), [one["id"] for one in met if not (one["ring"] and one["seen"])]
    spots = [(one["top"], one["left"]) for one in met]
    assert all(after[0] >= before[0] - 4 or after[1] > before[1] for before, after in pairwise(spots))
    assert "q_money-amount" not in order
    await page.focus("#q_yes_no")
    await page.keyboard.press("Space")
    assert {"q_money-amount", "q_money-currency"} <= {one["name"] for one in await stops(page)}, "what follows from a yes is come to"

    await page.focus("main form button")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "govuk-error-summary" in await page.evaluate("document.activeElement.className")
    links = page.locator(".govuk-error-summary a")
    assert await links.count() == len(ASKED) - 1, "all but the yes"
    tree = await spoken(page)
    for number in range(await links.count()):
        link, said = links.nth(number), await links.nth(number).inner_text()
        await link.focus()
        await page.keyboard.press("Enter")
        stop = await page.evaluate(STOP)
        assert (await link.get_attribute("href")) == f"#{stop['id']}" and stop["seen"] and stop["form"], said
        fields = [one for one in tree if one["description"] and f"Error: {said}" in one["description"]]
        assert fields and all(one["name"] for one in fields), f"{said}: a field, or the group that it stands in, says what is wrong with it"
        assert any("Asked as" in one["name"] for one in fields), f"{said}: and which question that is"
    await page.goto(f"{path}/tasks")
    statuses = await page.locator(".govuk-task-list__item--with-link .govuk-task-list__status").all_inner_texts()
    described = [one["description"] for one in await spoken(page) if one["role"] == "link" and one["description"]]
    assert len(statuses) > 1 and all(text.endswith(status) for text, status in zip(described, statuses, strict=True)), described


async def test_in_the_readers_own_colours_focus_faults_and_choices_are_told_apart(form: tuple[Page, str]) -> None:
    page, path = form
    await page.emulate_media(forced_colors="active")
    await page.goto(f"{path}/pages/first")

    places = {
        "#q_text": page.locator(".govuk-form-group", has=page.locator("#q_text")),
        "#q_radio": page.locator(".govuk-radios", has=page.locator("#q_radio")),
        "#q_several": page.locator(".govuk-checkboxes", has=page.locator("#q_several")),
        "main form button": page.locator("main form button"),
    }
    for name, place in places.items():
        plain = await place.screenshot(animations="disabled")
        await page.focus(name)
        assert await place.screenshot(animations="disabled") != plain, f"the focus on {name} is seen"
        await page.evaluate(LET_GO)
        assert await place.screenshot(animations="disabled") == plain, "and nothing else had changed"
        if name.startswith(("#q_radio", "#q_several")):
            await page.check(name)
            await page.evaluate(LET_GO)
            assert await place.screenshot(animations="disabled") != plain, f"that {name} is chosen is seen"
    async with page.expect_navigation():
        await page.click("main form button")
    wrong = page.locator(".govuk-form-group--error").first
    edge = await wrong.evaluate("(one) => getComputedStyle(one).borderLeftWidth")
    assert float(edge.removesuffix("px")) >= 4, "a question with a fault has an edge, whatever its colour"
    assert await page.locator(".govuk-error-message .govuk-visually-hidden").first.text_content() == "Error:"
