"""A mail to a referee that was given up: the applicant and the staff see it, and the applicant asks again with another address."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from services.applications.domain.lifecycle import State
from services.applications.referees import writing
from services.applications.referees.asking import remind
from services.applications.referees.reaching import mail_failed
from services.applications.referees.tables import Referee
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.events.notifications import MessageFailed
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.mail.smtp import Reason
from shared.persistence.database import Tx
from tests.conftest import NewDatabase
from tests.integration.applications.front import words
from tests.integration.applications.letters import a_referee
from tests.integration.applications.people import CELL, World
from tests.integration.applications.recommending import ask, link_to, ready, told
from tests.integration.applications.staff_pages import open_house


async def last_told(world: World) -> AnyEvent:
    """The newest event about a referee."""
    return [one for one in await world.published() if one.type.startswith("puente.referee.")][-1]


def given_up(
    world: World, referee: UUID, about: AnyEvent, reason: str = Reason.ADDRESS_REFUSED, template: str = "referee_invited"
) -> AnyEvent:
    """What notifications publish of a mail that they gave up."""
    told = {"message": new_id(), "about": about.id, "application": about.data.application, "recipient": referee}
    fact = MessageFailed(**told, channel="email", template=template, reason=reason, attempts=3)
    return event(fact, subject=str(about.data.application), version=1, key=CELL.key, at=world.now)


async def unreached(world: World, referee: Referee) -> bool:
    async def read(tx: Tx) -> bool:
        found = await tx.get(Referee, referee.id)
        return found is not None and found.unreached

    return await world.db.run(read)


async def test_it_counts_for_the_newest_mail_and_until_they_are_heard_of(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    invited = await last_told(world)
    for reason in ("unknown", "text_missing", Reason.SENDER_REFUSED):
        await world.hears(given_up(world, referee.id, invited, reason))
    await world.hears(given_up(world, referee.id, invited, template="referee_released"), given_up(world, new_id(), invited))
    assert not await unreached(world, referee), "nothing of that says that the address is wrong"
    failed = given_up(world, referee.id, invited)
    await world.hears(failed, failed)
    assert await unreached(world, referee)
    assert (await told(world)).count("unreached") == 1, "the applicant is told once"
    world.now += timedelta(days=3)
    await world.do(remind, person, application.id, referee.id)
    assert not await unreached(world, referee), "another mail is under way"
    await world.hears(failed)
    assert not await unreached(world, referee), "the one before it is heard of once more"
    await world.hears(given_up(world, referee.id, await last_told(world), Reason.REFUSED_FOR_NOW, "referee_reminded"))
    assert await unreached(world, referee)
    assert (await told(world)).count("unreached") == 2, "and of the other mail"
    world.now += timedelta(minutes=1)
    await world.do(writing.open_page, await link_to(world, referee))
    assert not await unreached(world, referee), "they have the link, by whichever mail"


async def test_the_application_is_locked_before_its_referee(world: World) -> None:
    """A batch of the worker goes on with the application in the same transaction, while its applicant locks both in that order."""
    person, application = await ready(world)
    referee = await ask(world, person, application)
    failed = given_up(world, referee.id, await last_told(world))
    free = "select 1 from application where id = :id for update skip locked"

    async def batch(tx: Tx) -> None:
        await mail_failed(tx, failed)
        assert await world.rows(free, id=application.id) == []

    await world.db.run(batch)
    assert len(await world.rows(free, id=application.id)) == 1


async def test_the_applicant_sees_it_and_corrects_the_address_and_the_staff_see_it(
    new_database: NewDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    async with open_house(new_database, clock, tmp_path) as house:
        ana, coordinator = await house.browser("ana"), await house.browser("peru")
        application = await house.reach(State.SUBMITTED, "ana")
        path = f"/applications/{application.id}"
        await ana.post(f"{path}/referees/add", data=a_referee(7))
        [row] = await house.world.rows("select id from referee where email = 'referee7@example.org'")
        assert "not be delivered" not in words(await ana.get(f"{path}/referees"))
        await house.world.hears(given_up(house.world, row.id, await last_told(house.world)))

        page = await ana.get(f"{path}/referees")
        assert "Could not be delivered" in words(page)
        assert "Check the address" in words(page)
        assert "Could not be delivered" in words(await ana.get(path))
        assert "The applicant is shown this" in words(await coordinator.get(f"/country{path}"))
        form = await ana.get(f"{path}/referees/add?replaces={row.id}")
        assert "Correct the address" in words(form)
        assert 'value="referee7@example.org"' in form.text
        corrected = await ana.post(f"{path}/referees/add?replaces={row.id}", data={**a_referee(7), "email": "seven@example.org"})
        assert "done=asked" in corrected.headers["location"], words(corrected)
        page = await ana.get(corrected.headers["location"])
        assert "not be delivered" not in words(page)
        assert "seven@example.org" in words(page)
        assert "not be delivered" not in words(await coordinator.get(f"/country{path}"))
