"""A page of the form without a mouse: the skip link, a fault that is in focus, choices by arrows, and Enter."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flows.stack import House

pytestmark = pytest.mark.browser
TABS_MOST = 40


async def focused(person: Visitor) -> str:
    """The id of what has the focus, else its class, else its tag."""
    found: str = await person.page.evaluate(
        "(document.activeElement.id || document.activeElement.className || document.activeElement.tagName)"
    )
    return found


async def tab_to(person: Visitor, selector: str) -> None:
    """Press Tab until what `selector` names has the focus, as somebody does who knows no other way."""
    for _ in range(TABS_MOST):
        await person.page.keyboard.press("Tab")
        if await person.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {TABS_MOST} tabs")


async def enter(person: Visitor) -> None:
    """Press Enter, and wait for the page that follows."""
    async with person.page.expect_navigation():
        await person.page.keyboard.press("Enter")


async def test_a_form_page_is_answered_without_a_mouse(house: House, visit: Visit) -> None:
    ana = await house.applicant("ana@example.org", language="es")
    application = await ana.start("scholarship", "PE")
    person = await visit("ana@example.org", language="es")
    await person.sign_in("/sign-in")
    await person.page.goto(f"/applications/{application}/pages/studies")

    await person.page.keyboard.press("Tab")
    assert "govuk-skip-link" in await focused(person)
    await person.page.keyboard.press("Enter")
    assert await focused(person) == "main-content"
    await tab_to(person, "main form button")
    await enter(person)
    assert "govuk-error-summary" in await focused(person)
    assert (await person.page.title()).startswith(person.say("Error:"))

    await tab_to(person, ".govuk-error-summary a")
    await person.page.keyboard.press("Enter")
    assert await focused(person) == "level", "the first link leads to the first choice of its question"
    await person.page.keyboard.press("ArrowDown")
    chosen = person.page.locator("input[name=level]:checked")
    assert await chosen.get_attribute("value") == "master"
    await tab_to(person, "input[name=degree]")
    await person.page.keyboard.press("Space")
    for _lower in ("secondary", "two_years"):
        await person.page.keyboard.press("ArrowDown")
    assert await person.page.locator("input[name=degree]:checked").get_attribute("value") == "bachelor", "what a master’s degree needs"
    await tab_to(person, "select[name=field]")
    await person.page.keyboard.press("ArrowDown")
    await tab_to(person, "main form button")
    await enter(person)
    assert person.page.url.endswith("/tasks?saved=studies")
    studies = house.programme("scholarship").page("studies")
    assert studies is not None, "the scholarship asks what one wants to study"
    done = person.page.get_by_role("listitem").filter(has_text=studies.title.es)
    assert person.say("Completed") in await done.inner_text()
