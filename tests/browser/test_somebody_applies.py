"""From the home page to the receipt, on a phone without JavaScript and at a desk with it, in two languages."""

import asyncio
from random import Random

import pytest

from services.applications.plan.model import Programme
from services.run.filling import Person, answers_of, fields, small_pdf
from shared.web.i18n import HTML_TAGS
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flows.stack import House

pytestmark = pytest.mark.browser
CALLED = {"es": "Íñigo Vásquez Toledo", "zh": "欧阳思远"}


@pytest.mark.long(105)
async def test_from_the_home_page_to_the_receipt(house: House, visit: Visit) -> None:
    """Four people, each alone with the pages and their mails; both languages at the same time."""

    async def in_one_language(language: str) -> None:
        on_a_phone = await visit(f"phone.{language}@example.org", language=language, javascript=False, width=360)
        at_a_desk = await visit(f"desk.{language}@example.org", language=language)
        for person, scripts in ((on_a_phone, 0), (at_a_desk, 1)):
            await applies(house, person, house.programme("scholarship"))
            assert await person.page.locator("body.js-enabled").count() == scripts

    await asyncio.gather(*map(in_one_language, CALLED))


async def applies(house: House, person: Visitor, programme: Programme) -> None:
    page, language = person.page, person.language
    answers = answers_of(Person(CALLED[language], person.email, "PE", language), programme, house.call("scholarship", 2016), Random(2016))
    await page.goto("/")
    assert await page.get_attribute("html", "lang") == HTML_TAGS[language]
    await person.follow(programme.names[language])
    await person.press("Apply now")
    await person.answer({"country": "PE"})
    await person.press("Continue")
    first = programme.pages[0]
    assert await person.heading() == first.title[language], "the form begins before there is an account"
    await person.answer({name: value for name, value in fields(programme, first.key, answers).items() if value})
    await person.press("Save and continue")
    await person.sign_in()
    await person.press("Save and go on")
    assert person.say("Completed") in await person.reads(), "signing in claims what was typed"

    await person.fill_in(programme, answers)
    await refuses_what_is_no_document(person, programme)
    added = await person.hand_in(programme, answers)
    await person.follow(person.say("Check your answers and send"))
    checked = await person.reads()
    assert CALLED[language] in checked
    assert all(name in checked for name in added)

    await person.press("Continue to send")
    await person.answer({"agree": "yes"})
    await person.press("Send my application")
    assert await person.heading() == person.say("Application sent")
    receipt = await person.receipt()
    await person.press("Go to your application")
    assert person.say("Sent") in await person.reads()
    (application,) = page.url.rsplit("/", 1)[1:]
    mail = await house.mail(person.email, application)
    assert f"{house.stack.url}/applications/{application}" in await person.read_mail(mail.subject)
    found = await house.look(application)
    assert (found["state"], found["receipt"]) == ("submitted", receipt)


async def refuses_what_is_no_document(person: Visitor, programme: Programme) -> None:
    """A file that is cut off is refused by its name, and the page stays where it was."""
    passport = next(paper for paper in programme.documents if paper.key == "passport")
    await person.follow(passport.names[person.language])
    await person.choose("half.pdf", small_pdf("half")[:200])
    await person.button("Add and continue").click()
    wrong = person.page.locator(".govuk-error-summary, .app-upload__wrong")
    await wrong.wait_for()
    assert "half.pdf" in await wrong.inner_text()
    assert (await person.page.title()).startswith(person.say("Error:"))
    await person.follow(person.say("Back"))
