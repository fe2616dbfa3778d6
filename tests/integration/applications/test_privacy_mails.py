"""Mails about the end of one's data: none is lost with a server that is away, none is tried for ever, none says what no longer counts."""

import re
from datetime import timedelta

import pytest

from services.applications.privacy import erasing, mail, mailing
from tests.integration.applications.front import Front
from tests.integration.applications.people import World
from tests.integration.applications.test_privacy import ANA, GRACE, everything, front, person_of, swept

__all__ = ["front"]


async def test_nothing_is_lost_with_a_mail_server_that_is_away(front: Front, world: World) -> None:
    """Nobody is erased before they were told that it was asked for, and a day before; the last word comes late, not never."""
    mails, now = front.sweeps["privacy_mails"], front.clock.now
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        await front.sink.stop()
        asked = await browser.post("/account/delete", data={"sure": "yes"})
        assert asked.status_code == 200
        front.clock.move(GRACE)
        assert await mails.run(now()) == 0
        assert await swept(front) == 0, "they do not know of it"
        await front.sink.start()
        assert await mails.run(now()) == 0, "a server that was away is left alone for a while"
        front.clock.move(mailing.AWAY_WAIT)
        assert await mails.run(now()) == 1
        day = now() + timedelta(days=1)
        assert {f"{day:%B}", str(day.day), str(day.year)} <= set(re.findall(r"\w+", front.mail(ANA).text))
        front.clock.move(timedelta(days=1) - timedelta(seconds=1))
        assert await swept(front) == 0, "a day is left from then"
        await front.sink.stop()
        front.clock.move(timedelta(seconds=1))
        assert await swept(front) == 1
        assert await world.rows("select 1 from account") == []
        await front.sink.start()
        front.clock.move(mailing.AWAY_WAIT)
        assert await mails.run(now()) == 1
        assert "is deleted" in front.mail(ANA).subject
        front.clock.move(GRACE)
        assert await mails.run(now()) == 0
        assert await world.rows("select 1 from privacy_mail") == []
        assert ANA not in await everything(world)


async def test_who_keeps_the_account_is_told_nothing_any_more(front: Front, world: World) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        await front.sink.stop()
        await browser.post("/account/delete", data={"sure": "yes"})
        person = await person_of(world)
        assert await world.db.run(lambda tx: erasing.keep(tx, person.account_id, now=front.clock.now()))
        assert await world.rows("select 1 from privacy_mail") == []


async def test_a_mail_server_that_never_takes_a_mail_holds_no_deletion_for_ever(front: Front, world: World) -> None:
    """After two weeks the deletion goes on without its mails, no address is left, and operators see what was not told and why."""
    mails, now = front.sweeps["privacy_mails"], front.clock.now
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        person = await person_of(world)
        await front.sink.stop()
        await browser.post("/account/delete", data={"sure": "yes"})
        front.clock.move(mailing.LONGEST[mailing.ASKED] - timedelta(seconds=1))
        assert await mails.run(now()) == 0
        assert await swept(front) == 0
        late = await world.db.run(lambda tx: mailing.late(tx, before=now()))
        assert late.number == 1
        front.clock.move(mailing.AWAY_WAIT)
        assert await mails.run(now()) == 0
        assert await swept(front) == 0, "a day is left, as with a mail that was taken late"
        front.clock.move(timedelta(days=1))
        assert await swept(front) == 1
        assert await world.rows("select 1 from account") == []
        front.clock.move(mailing.LONGEST[mailing.DONE])
        assert await mails.run(now()) == 0
        assert ANA not in await everything(world)
        lost = await world.db.run(lambda tx: mailing.lost(tx, since=world.now, most=50))
        assert [(one.kind, one.reason, one.person) for one in lost] == [
            (kind, "server_away", str(person.account_id)) for kind in (mailing.DONE, mailing.ASKED)
        ]


@pytest.mark.parametrize("sender_lives", [True, False])
async def test_who_keeps_the_account_while_the_mail_is_on_its_way_is_told_so_behind_it(
    front: Front, world: World, sender_lives: bool
) -> None:
    """The mail is with its sender when the person changes their mind: the last one says what counts, also where the sender died."""
    mails, now = front.sweeps["privacy_mails"], front.clock.now
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        await front.sink.stop()
        await browser.post("/account/delete", data={"sure": "yes"})
        await front.sink.start()
        front.clock.move(mailing.AWAY_WAIT)
        (held,) = await world.db.run(lambda tx: mailing.claim(tx, now=now()))
        person = await person_of(world)
        assert await world.db.run(lambda tx: erasing.keep(tx, person.account_id, now=now()))
        if sender_lives:
            assert await mail.send(front.app.state.desk, held) is None
            assert "will be deleted" in front.mail(ANA).subject
        else:
            assert await mails.run(now()) == 0, "it may still be on its way"
            front.clock.move(mailing.LEASE)
        assert await mails.run(now()) == 1
        assert front.mail(ANA).subject == "Your account stays"
        assert await world.rows("select 1 from privacy_mail") == []
        front.clock.move(GRACE)
        assert await swept(front) == 0
