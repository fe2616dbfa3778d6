"""The whole platform in one process for a story: real databases, real pages, real mails, a clock that a story moves.

async def test_a_story(house: House) -> None:
    ana = await house.applicant("ana@example.org", language="es")
    application = await house.apply(ana, "scholarship", "PE")
    await house.nominate(application)
    await house.approve(application)
    house.at(house.call("scholarship", 2016).grants_from)
    await house.until(application, "offered")
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import text

from services.applications.accounts.people import Refused, add_staff
from services.applications.plan.model import Call, Plan, Programme
from services.run.acting import Applicant, Somebody, Staff
from services.run.checks import Checked, check
from services.run.filling import Person, answers_of
from services.run.referees import Writer, ask, referees_of
from services.run.settling import Settling, until
from services.run.stack import Stack
from shared.mail.sink import Mail

PATIENCE_S = 60.0
_UNSENT = text("select count(*) from message where channel = 'email' and state not in ('sent', 'failed')")


async def rest(stack: Stack, settling: Settling) -> None:
    """Wait until nothing is under way, also of what has fallen due by now: whatever follows is not overtaken by a sweep."""
    await settling.settled(seconds=PATIENCE_S, alive=stack.raise_failures)
    for service in stack.services.values():
        for sweep in service.sweeps:
            while await sweep.run(stack.clock.now()):
                pass
    await settling.settled(seconds=PATIENCE_S, alive=stack.raise_failures)


@dataclass
class House:
    """A running platform with the plan of 2015-2019 in force. Everybody acts through pages and APIs."""

    stack: Stack
    plan: Plan
    settling: Settling
    _staff: dict[tuple[str, str], Staff] = field(default_factory=dict)
    _countries: dict[str, str] = field(default_factory=dict)
    _signed_in: list[Somebody] = field(default_factory=list)
    _writers: list[Writer] = field(default_factory=list)
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def close(self) -> None:
        """Everybody closes their browser."""
        for browser in [*(one.browser for one in self._signed_in), *(one.browser for one in self._writers)]:
            await browser.close()

    # -------------------------------------------------------------------------------------------------------------- time
    @property
    def now(self) -> datetime:
        return self.stack.clock.now()

    def at(self, moment: datetime | None) -> None:
        """Move the clock; sessions of before may be over, so people sign in anew."""
        assert moment is not None, "a moment to move to"
        self.stack.clock.move_to(moment)
        self._staff.clear()

    async def settled(self) -> None:
        """Wait until no event is under way anywhere."""
        await self.settling.settled(seconds=PATIENCE_S, alive=self.stack.raise_failures)

    async def rested(self) -> None:
        """Wait until nothing is under way, also of what has fallen due: no sweep changes figures that somebody looks at."""
        await rest(self.stack, self.settling)

    async def mailed(self) -> None:
        """Wait until nothing is under way, and every mail that it led to has been taken by the mail server."""
        await self.rested()

        async def look() -> str:
            left = await self.stack.services["notifications"].db.run(lambda tx: tx.execute(_UNSENT))
            return f"{number} mails are not sent" if (number := left.scalar_one()) else ""

        await until("sending mails", look, seconds=PATIENCE_S, alive=self.stack.raise_failures)

    # ------------------------------------------------------------------------------------------------------------ people
    def programme(self, code: str) -> Programme:
        found = self.plan.programme(code)
        assert found is not None, f"the plan has the programme {code}"
        return found

    def call(self, code: str, year: int) -> Call:
        found = self.programme(code).call(year)
        assert found is not None, f"{code} has a call of {year}"
        return found

    async def applicant(self, email: str, *, language: str = "en") -> Applicant:
        """Somebody who is signed in, with a browser of their own."""
        made = Applicant(email, self.stack.url, self.stack.mail, language=language)
        self._signed_in.append(made)
        await made.sign_in()
        return made

    async def staff(self, role: str, country: str | None = None, *, number: int = 1, language: str = "en") -> Staff:
        """A member of staff who is signed in; another `number` is another person."""
        name = f"{role}{number}{'.' + country.lower() if country else ''}@example.org"
        key = (role, name)
        async with self._door:  # two who ask for the same person at once would take each other's codes
            if key not in self._staff:
                outcome = await self.stack.services["applications"].db.run(
                    lambda tx: add_staff(tx, email=name, role=role, country=country, language=language, actor="tests", now=self.now)
                )
                assert not isinstance(outcome, Refused), outcome
                made = Staff(name, self.stack.url, self.stack.mail)
                self._signed_in.append(made)
                await made.sign_in()
                self._staff[key] = made
        return self._staff[key]

    # -------------------------------------------------------------------------------------------------------------- acts
    async def apply(self, who: Applicant, programme: str, country: str, *, name: str = "Ana Quispe", year: int = 2016) -> str:
        """Fill in the form of the open call, page by page, and send it; the application's id."""
        code, call = self.programme(programme), self.call(programme, year)
        language = next((one.languages[0] for one in self.plan.countries if one.code == country), "en")
        answers = answers_of(Person(name, who.email, country, language), code, call, Random(who.email))
        application = await who.start(programme, country)
        await who.fill(application, code, answers)
        await who.attach(application, code, answers, name)
        await self.recommend(who, application, code, referees_of(Person(name, who.email, country, language), code, answers))
        sent = await who.send(application)
        assert sent.receipt, sent.refused
        self._countries[application] = country
        return application

    async def but_for_a_letter(self, person: Person, code: str) -> tuple[Applicant, str, dict[str, str]]:
        """The person's application at the opening of the call, filled in as far as it goes without its one letter; and whom they ask."""
        programme, call = self.programme(code), self.call(code, 2016)
        self.at(call.opens)
        who = await self.applicant(person.email, language=person.language)
        answers = answers_of(person, programme, call, Random(1))
        application = await who.start(code, person.country)
        await who.fill(application, programme, answers)
        await who.attach(application, programme, answers, person.name)
        [referee] = referees_of(person, programme, answers)
        return who, application, referee

    async def recommend(self, who: Applicant, application: str, programme: Programme, referees: Sequence[dict[str, str]]) -> None:
        """Ask each of these for a letter, which they write on the page that their mail opens."""
        await ask(who, application, referees)
        for referee in referees:
            writer = self.writer(referee["email"])
            await writer.write(programme, referee["language"])

    def writer(self, email: str) -> Writer:
        """A referee with a browser of their own."""
        made = Writer(email, self.stack.url, self.stack.mail)
        self._writers.append(made)
        return made

    async def look(self, application: str) -> dict[str, Any]:
        """The application as an auditor sees it."""
        auditor = await self.staff("auditor")
        found: dict[str, Any] = await auditor.browser.json(f"/api/v1/applications/{application}")
        return found

    def knows(self, application: str, country: str) -> None:
        """Remember which country's coordinator acts on an application that a story filled in by itself."""
        self._countries[application] = country

    async def nominate(self, *applications: str) -> None:
        """Put them on their countries' slates, one after the other."""
        for application in applications:
            coordinator = await self.staff("coordinator", self._countries[application])
            one = await self.look(application)
            await coordinator.attach(one, self.programme(one["programme"]))
            await coordinator.nominate(await self.look(application))
        await self.settled()

    async def score(self, application: str, points: int, *, reviewer: int = 1) -> None:
        """Give the same points for every criterion."""
        one = await self.look(application)
        criteria = self.programme(one["programme"]).criteria
        await (await self.staff("reviewer", number=reviewer)).score(one, {criterion.key: points for criterion in criteria})

    async def approve(self, *applications: str, points: int = 7) -> None:
        """Score where the route asks for it and nobody has, then approve, one after the other."""
        for application in applications:
            one = await self.look(application)
            if "review" in self.programme(one["programme"]).route and one["score"] is None:
                await self.score(application, points)
            await (await self.staff("officer")).approve(await self.look(application))
        await self.settled()

    async def to_approval(self, who: Applicant, programme: str, country: str, *, points: int = 7, year: int = 2016) -> str:
        """The whole way from the form to the approval."""
        application = await self.apply(who, programme, country, year=year)
        await self.nominate(application)
        await self.approve(application, points=points)
        return application

    async def until(self, application: str, *states: str) -> dict[str, Any]:
        """Wait until the application stands in one of these states."""

        async def look() -> str:
            state = (await self.look(application))["state"]
            return "" if state in states else f"it is {state}, not {' or '.join(states)}"

        await until(f"application {application}", look, seconds=PATIENCE_S, alive=self.stack.raise_failures)
        return await self.look(application)

    # ------------------------------------------------------------------------------------------------------------ looking
    async def cell(self, programme: str, country: str, year: int = 2016) -> dict[str, Any]:
        """The cell's figures, as quotas shows them."""
        auditor = await self.staff("auditor")
        found: dict[str, Any] = await auditor.browser.json(f"/quotas/api/v1/cells/{programme}:{country}:{year}")
        return found

    def mails(self, to: str) -> Sequence[Mail]:
        """The mails to an address so far, newest first, without the sign-in codes."""
        return [mail for mail in self.stack.mail.sink.mails(to) if self.stack.mail.code_in(mail) is None]

    async def mail(self, to: str, containing: str) -> Mail:
        """The newest mail to `to` whose subject or text contains this; waits for it."""
        return await self.stack.mail.sink.wait_for(
            to, lambda mail: containing in mail.subject or containing in mail.text, timeout_seconds=PATIENCE_S
        )

    async def check(self) -> Checked:
        """The live invariants of all three services."""
        return await check(self.stack.services)

    async def together(self, *acts: Any) -> list[Any]:
        """Several people act at the same moment; errors are answers here."""
        return list(await asyncio.gather(*acts, return_exceptions=True))
