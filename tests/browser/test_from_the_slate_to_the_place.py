"""One application through the hands of coordinator, reviewer and officer, and back to the applicant, who accepts; each in a window."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flows.stack import House

pytestmark = pytest.mark.browser
NAME = "Rosa Quispe Mamani"


async def test_nominated_scored_approved_offered_and_accepted(house: House, visit: Visit) -> None:
    rosa = await house.applicant("rosa@example.org", language="es")
    application = await house.apply(rosa, "scholarship", "PE", name=NAME)
    await house.settled()
    await nominated(await staff(house, visit, "coordinator", "PE", language="es", width=360, javascript=False))
    await house.settled()
    await scored(house, await staff(house, visit, "reviewer", language="fr"))
    await approved(await staff(house, visit, "officer", language="zh"))
    await house.settled()
    assert (await house.look(application))["state"] == "waiting", "the round is served on its day"

    house.at(house.call("scholarship", 2016).grants_from)
    await house.until(application, "offered")
    at_home = await visit("rosa@example.org", language="es", width=360)
    await accepted(house, at_home, application)
    await told(house, at_home, application)


async def staff(
    house: House, visit: Visit, role: str, country: str | None = None, *, number: int = 1, language: str, **screen: object
) -> Visitor:
    """A member of staff who has signed in at a screen."""
    known = await house.staff(role, country, number=number, language=language)
    visitor = await visit(known.email, language=language, **screen)
    await visitor.sign_in("/sign-in")
    return visitor


async def nominated(coordinator: Visitor) -> None:
    """Found in the country's list, read, put on the slate."""
    await coordinator.page.goto("/country")
    await coordinator.follow(NAME)
    assert "passport.pdf" in await coordinator.reads()
    await coordinator.press("Put on the slate")
    assert coordinator.say("Nominated") in await coordinator.reads()
    await coordinator.press("Open the slate")
    assert NAME in await coordinator.page.locator("main table").first.inner_text()


async def scored(house: House, reviewer: Visitor) -> None:
    """The score sheet beside the application."""
    await reviewer.page.goto("/review")
    await reviewer.follow(NAME)
    criteria = house.programme("scholarship").criteria
    await reviewer.answer({f"points-{one.key}": str(one.maximum - 1) for one in criteria})
    await reviewer.press("Save")


async def approved(officer: Visitor) -> None:
    """The queue, the application with its cell's figures, and the act that asks once more."""
    await officer.page.goto("/officer")
    await officer.follow(NAME)
    await officer.page.locator("#act-approve summary").click()
    await officer.press("Yes, approve")
    assert officer.say("Approved") in await officer.reads()


async def accepted(house: House, rosa: Visitor, application: str) -> None:
    """The offer with its deadline, the answer, and the place."""
    await rosa.sign_in("/applications")
    await rosa.follow(house.programme("scholarship").names.es)
    assert rosa.say("Place offered") in await rosa.reads()
    await rosa.press("Accept or decline")
    await rosa.press("Accept the place")
    await rosa.press("Yes, I accept the place")
    assert rosa.say("You accepted the place. We have written it down.") in await rosa.reads()
    await house.until(application, "placed")
    await rosa.page.reload()
    assert rosa.say("You have a place") in await rosa.reads()


async def told(house: House, rosa: Visitor, application: str) -> None:
    """The same words in the inbox and in the mail, whose link leads back to the application."""
    await house.mailed()
    offer = next(mail for mail in house.mails(rosa.email) if "felicitaciones" in mail.text.lower())
    await rosa.page.locator("header").get_by_role("link", name=rosa.say("Messages")).click()
    await rosa.follow(offer.subject)
    assert "felicitaciones" in (await rosa.reads()).lower()
    text = await rosa.read_mail(offer.subject)
    link = next(word for word in text.split() if word.startswith("http"))
    await rosa.page.goto(link)
    assert rosa.page.url.endswith(f"/applications/{application}")
    assert rosa.say("You have a place") in await rosa.reads()
    await rosa.page.goto("/messages")
    await rosa.page.locator("header").get_by_role("link", name=rosa.say("Your account")).click()
    assert rosa.say("You sign in with {email}.", email=rosa.email) in await rosa.reads()
    await rosa.page.locator("header").get_by_role("button", name=rosa.say("Sign out")).click()
    assert rosa.say("You are signed out.") in await rosa.reads()
