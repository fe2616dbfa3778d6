"""Somebody applies, is told things, and is erased: the place goes on, the books stay right, and the past read again brings nothing back."""

import re
from datetime import timedelta

from rich.console import Console
from sqlalchemy import text

from services.run.replay import republish, reread
from shared.persistence.database import Tx
from tests.flows.stack import House

MARKED = ("ana.privada", "Xochitl", "Privada")
"""Words of the person's address and name, which are nowhere else in the story."""


async def test_an_erased_person_leaves_right_books_and_nothing_else(house: House) -> None:
    """The offer of who goes is made to the next; afterwards ids are all that is left, also where everything is read again."""
    house.at(house.call("masters", 2016).opens)
    places = (await house.cell("masters", "PE"))["target"]
    ana = await house.applicant("ana.privada@example.org")
    await ana.browser.post("/account", {"name": "Xochitl Privada", "language": "en", "timezone": "UTC"})
    others = [await house.applicant(f"p{number}@example.org") for number in range(places)]
    hers = await house.to_approval(ana, "masters", "PE", points=10)
    applications = [await house.to_approval(who, "masters", "PE", points=9 - number) for number, who in enumerate(others)]
    house.at(house.call("masters", 2016).grants_from)
    await house.until(hers, "offered")
    await house.until(applications[-1], "waiting")
    before = await held(house)
    assert [word for word in MARKED if word not in before] == [], "the words are there before"

    await ana.sign_in()
    page = await ana.browser.post("/account/delete", {"sure": "yes"})
    assert "will be deleted on" in page.words()
    house.at(house.now + timedelta(days=7))
    await house.mail(ana.email, "Your account is deleted")
    await house.until(applications[-1], "offered")
    await house.settled()
    await nothing_left(house, ana.email)

    services = house.stack.services
    await reread(services, house.stack.clock, Console(quiet=True))
    await republish(services, 35, house.stack.clock, Console(quiet=True))
    await house.mailed()
    await nothing_left(house, ana.email)
    told = len(house.mails(ana.email))
    house.at(house.now + timedelta(days=40))
    await house.mailed()
    assert len(house.mails(ana.email)) == told, "nobody is written to who is not there"


async def nothing_left(house: House, email: str) -> None:
    """No word of hers in any database, and every live check holds."""
    found = await held(house)
    assert [word for word in MARKED if word in found] == []
    assert (await house.check()).broken == 0
    inbox = "select count(*) from message m join erased_person e on e.person = m.recipient and m.channel = 'inbox'"
    assert await count(house, "notifications", inbox) == 0
    assert await count(house, "applications", "select count(*) from erasure where erased_at is not null") == 1


async def count(house: House, service: str, statement: str) -> int:
    return int((await house.stack.services[service].db.run(lambda tx: tx.execute(text(statement)))).scalar_one())


async def held(house: House) -> str:
    """Everything in the three databases but the plans, as one text; events decoded."""

    async def whole(tx: Tx) -> str:
        names = (await tx.execute(text("select tablename from pg_tables where schemaname = 'public'"))).scalars()
        found: list[str] = []
        for name in names:
            if not re.fullmatch("plan_version|plan_change|programme", name):
                found += (await tx.execute(text(f'select t::text from "{name}" t'))).scalars()
        found += (await tx.execute(text("select convert_from(value, 'UTF8') from outbox"))).scalars()
        return "\n".join(found)

    return "\n".join([await service.db.run(whole) for service in house.stack.services.values()])
