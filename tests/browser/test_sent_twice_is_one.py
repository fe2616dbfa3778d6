"""Impatient people: a double click, the way back and a second window begin and send one application, and one mail tells of it."""

from random import Random

import pytest

from services.run.acting import Applicant
from services.run.filling import Person, answers_of
from services.run.referees import ask, referees_of
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flows.stack import House

pytestmark = pytest.mark.browser
NAME = "Ana Quispe"


async def filled(house: House, who: Applicant, application: str) -> None:
    """The form filled in by the person's other browser, so that this story is about the sending."""
    programme = house.programme("scholarship")
    person = Person(NAME, who.email, "PE", "es")
    answers = answers_of(person, programme, house.call("scholarship", 2016), Random(2))
    await who.fill(application, programme, answers)
    await who.attach(application, programme, answers, NAME)
    await ask(who, application, referees_of(person, programme, answers))


async def test_a_double_click_and_the_way_back_send_one_application(house: House, visit: Visit) -> None:
    for javascript in (True, False):
        email = f"ana.{'with' if javascript else 'without'}@example.org"
        await hurries(house, await visit(email, language="es", javascript=javascript), refused=javascript)


async def hurries(house: House, ana: Visitor, *, refused: bool) -> None:
    """`refused`: she forgets to confirm at first. Without a script the way back asks whether that form shall be sent again."""
    elsewhere = await house.applicant(ana.email, language="es")
    await ana.sign_in("/sign-in?return=/programmes/scholarship/start")
    await ana.answer({"country": "PE"})
    await ana.button("Continue").dblclick()
    await ana.page.wait_for_url("**/tasks")
    begun = ana.page.url
    await ana.page.go_back()
    await ana.page.goto("/programmes/scholarship/start")
    assert ana.page.url == begun, "what is begun is gone on with"
    (application,) = [one["id"] for one in await elsewhere.mine()]
    await filled(house, elsewhere, application)

    beside = await ana.page.context.new_page()
    await beside.goto(f"/applications/{application}/send")
    await ana.page.goto(f"/applications/{application}/send")
    if refused:
        await ana.press("Send my application")
        assert ana.say("Confirm the declaration to send your application") in await ana.reads()
    await ana.answer({"agree": "yes"})
    await ana.button("Send my application").dblclick()
    await ana.page.wait_for_url("**/receipt")
    receipt = await ana.receipt()
    await ana.page.go_back()
    assert await ana.button("Send my application").count() == 0, "the way back leads to no form that could be sent again"
    assert await ana.receipt() == receipt

    await beside.locator("[name=agree]").check()
    async with beside.expect_navigation():
        await beside.locator("main form button").click()
    assert receipt in await beside.locator("main").inner_text(), "the other window, which did not know, is told the same"
    await house.mailed()
    assert [(one["state"], one["receipt"]) for one in await elsewhere.mine()] == [("submitted", receipt)]
    (told,) = house.mails(ana.email)
    assert application in told.text
