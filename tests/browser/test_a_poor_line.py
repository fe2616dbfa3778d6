"""The whole form over a poor line: 400 kbit/s with 400 ms of delay, and one where every fifth request, or its answer, is lost.

Whoever sees that a page did not come reloads it, or goes back and opens it again, as people do; nothing that was typed or added is lost,
and nothing is sent twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count, cycle
from random import Random
from typing import Any

import pytest
from playwright.async_api import Error, Route

from services.applications.domain.answers import Answer
from services.applications.plan.model import Programme
from services.run.filling import Person, answers_of, fields
from tests.browser.conftest import Visit
from tests.browser.visitor import PATIENCE_MS, Visitor
from tests.flows.stack import House

pytestmark = pytest.mark.browser
PROGRAMME = "scholarship"
LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""400 kbit/s both ways, 400 ms more until an answer begins."""
LOST_EVERY = 5
NAME = "Íñigo Vásquez Toledo"
NO_PAGE = "chrome-error:"
FAILS = "ERR_CONNECTION_RESET"


@dataclass
class Line:
    """What the poor line did: requests that were lost, and those of them that the server had done."""

    lost: int = 0
    done: int = 0
    back: int = 0


async def slow_down(person: Visitor) -> None:
    line = await person.page.context.new_cdp_session(person.page)
    await line.send("Network.enable")
    await line.send("Network.emulateNetworkConditions", LINE)


async def lose(person: Visitor, line: Line) -> None:
    """Every fifth request for a page or with something to save fails: before it arrived or, where it can be said again, after it.

    Forms that are sent are counted by themselves: how often a script keeps what is typed depends on how fast everything goes, and would
    decide which of them meet with a loss. What a browser keeps for a year, it does not ask for again; the interception switches that off,
    so such requests are let through.
    """
    requests, forms = count(1), count(1)
    done = cycle((True, True, False))

    async def pass_or_lose(route: Route) -> None:
        request = route.request
        form = request.is_navigation_request() and request.method == "POST" and ("/pages/" in request.url or request.url.endswith("/send"))
        if request.resource_type not in ("document", "xhr") or next(forms if form else requests) % LOST_EVERY:
            await route.continue_()
            return
        line.lost += 1
        if form and next(done):
            await route.fetch(max_redirects=0)
            line.done += 1
        await route.abort("connectionreset")

    await person.page.route(f"{person.house.stack.url}/**", pass_or_lose)


class Patient(Visitor):
    """Somebody who goes on until a page has come: every other time by reloading, or by going back and opening the form again."""

    line: Line

    async def until_it_comes(self, act: Callable[[], Awaitable[Any]]) -> bool:
        """Do it, and reload what did not come. False where the way back was taken, and it has to be done once more."""
        form, sends = self.page.url, await self.page.locator("main form[data-keep]").count()
        if await self.comes(act):
            return True
        self.line.back += 1
        if sends and self.line.back % 2:
            for step in (self.page.go_back, partial(self.page.goto, form)):
                if not await self.comes(step):
                    await self.reload()
            return False
        await self.reload()
        return True

    async def comes(self, act: Callable[[], Awaitable[Any]]) -> bool:
        """Whether a page came of it. The browser's own page says what failed where none did."""
        seen = self.page.wait_for_event("framenavigated")
        task = asyncio.ensure_future(seen)
        try:
            await act()
            await task
        except Error as failed:
            if FAILS not in failed.message:
                raise
            await task
        finally:
            task.cancel()
        await self.page.wait_for_load_state()
        return not self.page.url.startswith(NO_PAGE)

    async def reload(self) -> None:
        while not await self.comes(self.page.reload):
            pass

    async def press(self, text: str, **params: Any) -> None:
        if not await self.until_it_comes(self.button(text, **params).click):
            await self.press(text, **params)

    async def follow(self, name: str) -> None:
        await self.until_it_comes(self.page.locator("main").get_by_role("link", name=name).first.click)


@pytest.mark.long(75)
async def test_the_whole_form_over_a_slow_line_and_over_one_that_loses_requests(house: House, visit: Visit) -> None:
    house.at(house.call(PROGRAMME, 2016).opens + timedelta(days=1))
    slow, lossy = [await patient(visit, email) for email in ("slow@example.org", "lossy@example.org")]
    await slow_down(slow)
    await lose(lossy, lossy.line)
    await asyncio.gather(*(applies(house, person, house.programme(PROGRAMME)) for person in (slow, lossy)))
    assert lossy.line.lost >= 8 and lossy.line.done >= 2 and lossy.line.back >= 2, f"the line did lose requests: {lossy.line}"
    await house.mailed()
    for person in (slow, lossy):
        (application,) = person.page.url.rsplit("/", 2)[1:2]
        (told,) = house.mails(person.email)
        assert application in told.text
        assert (await house.look(application))["receipt"] == await person.receipt(), "one receipt, once"
        assert await person.page.evaluate("sessionStorage.length") == 0, "what was answered is not kept"
        person.complaints[:] = [line for line in person.complaints if FAILS not in line]
    assert (await house.check()).broken == 0


async def patient(visit: Visit, email: str) -> Patient:
    person = await visit(email, language="es", width=360, kind=Patient)
    assert isinstance(person, Patient)
    person.line = Line()
    person.page.set_default_timeout(4 * PATIENCE_MS)
    person.page.on("dialog", lambda dialog: dialog.accept())
    return person


async def applies(house: House, person: Patient, programme: Programme) -> None:
    """From the programme to the receipt; what was typed is what was sent."""
    answers = answers_of(Person(NAME, person.email, "PE", "es"), programme, house.call(PROGRAMME, 2016), Random(16))
    await person.until_it_comes(lambda: person.page.goto(f"/programmes/{PROGRAMME}/start"))
    await person.answer({"country": "PE"})
    await person.press("Continue")
    first = programme.pages[0]
    await person.answer({name: value for name, value in fields(programme, first.key, answers).items() if value})
    await person.press("Save and continue")
    await person.sign_in()
    await person.press("Save and go on")
    await person.fill_in(programme, answers)
    added = await person.hand_in(programme, answers)
    await person.follow(person.say("Check your answers and send"))
    everything_is_there(await person.reads(), answers, added)
    await person.press("Continue to send")
    await person.answer({"agree": "yes"})
    await person.press("Send my application")
    await person.page.wait_for_url("**/receipt")


def everything_is_there(checked: str, answers: Mapping[str, Answer], added: Sequence[str]) -> None:
    typed = [" ".join(answer.split()) for answer in answers.values() if isinstance(answer, str) and " " in answer]
    assert NAME in checked
    for one in [*typed, *added]:
        assert one in checked, one
