"""What a referee's link opens, what is kept while writing, and which letter counts: by the use cases."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from services.applications import use_cases
from services.applications.domain.referees import Invitee, LetterRefused, LinkGone, RefereeRefused
from services.applications.referees import writing
from services.applications.referees.asking import invite, remind
from services.applications.referees.tables import Referee
from services.applications.referees.writing import Saved, Seat
from services.applications.use_cases import Submitted
from shared.events.applications import RefereeDeclined, RefereeReceived
from shared.persistence.database import Tx
from tests.integration.applications.letters import GOOD_LETTER, a_referee, written
from tests.integration.applications.people import (
    COORDINATOR,
    PROGRAMME,
    YEAR,
    World,
    reason,
    the_plan,
)
from tests.integration.applications.recommending import ask, link_to, ready, state_of, told


async def test_a_link_is_kept_as_a_hash_and_looking_at_it_changes_nothing(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    token = await link_to(world, referee)
    [row] = await world.rows("select encode(token_hash, 'escape') as kept from referee_link")
    assert token not in row.kept
    for _ in range(3):
        assert isinstance(await world.do(writing.seat, token), Seat)
    assert await state_of(world, referee) == "invited"
    assert isinstance(await world.do(writing.open_page, token), Seat)
    assert await state_of(world, referee) == "opened"
    assert await world.do(writing.seat, token[:-1] + ("A" if token[-1] != "A" else "B")) == LinkGone()


async def test_every_mail_brings_a_link_of_its_own_and_all_open_the_same_page(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    first, second = await link_to(world, referee), await link_to(world, referee)
    assert first != second
    assert isinstance(await world.do(writing.save, first, GOOD_LETTER, saved=0), Saved)
    seat = await world.do(writing.seat, second)
    assert isinstance(seat, Seat) and seat.typed["judgement"] == "yes"


async def test_what_is_typed_is_kept_though_it_is_not_good_yet(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    token = await link_to(world, referee)
    short = {**GOOD_LETTER, "academic_letter": "Too short \x00 🙂 \u200f\u0645"}
    saved = await world.do(writing.save, token, short, saved=0)
    assert isinstance(saved, Saved) and set(saved.faults) == {"academic_letter"}
    seat = await world.do(writing.seat, token)
    assert isinstance(seat, Seat) and seat.typed["academic_letter"] == "Too short  🙂 \u200f\u0645" and not seat.complete
    assert await world.do(writing.send, token, saved=1) == LetterRefused("incomplete")
    assert await state_of(world, referee) == "opened"


async def test_two_windows_do_not_overwrite_each_other_unseen(world: World) -> None:
    person, application = await ready(world)
    token = await link_to(world, await ask(world, person, application))
    assert isinstance(await world.do(writing.save, token, GOOD_LETTER, saved=0), Saved)
    other = {**GOOD_LETTER, "acquaintance": "Since 1999"}
    assert await world.do(writing.save, token, other, saved=0) == LetterRefused("changed")
    assert isinstance(await world.do(writing.save, token, GOOD_LETTER, saved=0), Saved), "the same words again change nothing"
    assert isinstance(await world.do(writing.save, token, other, saved=1), Saved)


async def test_what_another_window_made_of_the_letter_is_not_sent_unread(world: World) -> None:
    person, application = await ready(world)
    token = await link_to(world, await ask(world, person, application))
    await world.do(writing.save, token, GOOD_LETTER, saved=0)
    for _ in range(2):  # an answer that is lost is asked for again: that is one save
        await world.do(writing.save, token, {**GOOD_LETTER, "acquaintance": "Since 1999"}, saved=1)
    assert await world.do(writing.send, token, saved=1) == LetterRefused("unseen")
    assert isinstance(await world.do(writing.send, token, saved=2), Seat)


async def test_a_letter_is_sent_once_whatever_is_pressed(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    token = await link_to(world, referee)
    await world.do(writing.save, token, GOOD_LETTER, saved=0)
    outcomes = await asyncio.gather(*(world.do(writing.send, token, saved=1) for _ in range(4)))
    assert sorted(isinstance(one, Seat) for one in outcomes) == [False, False, False, True]
    assert {one.code for one in outcomes if isinstance(one, LetterRefused)} == {"not_open"}
    assert await told(world) == ["invited", "received"]
    assert await world.do(writing.save, token, {}, saved=1) == LetterRefused("not_open")
    assert await world.do(writing.decline, token, "no_time") == LetterRefused("not_open")


async def test_who_is_replaced_while_writing_can_send_nothing(world: World) -> None:
    """Whichever is first, wins: never are there a letter and a release of the same referee."""
    for _ in range(4):
        person, application = await ready(world)
        referee = await ask(world, person, application)
        token = await link_to(world, referee)
        await world.do(writing.save, token, GOOD_LETTER, saved=0)
        other = Invitee(**{**a_referee(), "email": f"{application.id.hex}@example.org"})
        sent, replaced = await asyncio.gather(
            world.do(writing.send, token, saved=1), world.do(invite, person, application.id, other, replaces=referee.id)
        )
        was_sent = isinstance(sent, Seat)
        assert was_sent is isinstance(replaced, RefereeRefused)
        assert await state_of(world, referee) == ("received" if was_sent else "replaced")


@pytest.mark.parametrize(("late_by", "taken"), [(timedelta(microseconds=999_999), True), (timedelta(seconds=1), False)])
async def test_the_last_second_of_the_due_date_is_inside(world: World, late_by: timedelta, taken: bool) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    token = await link_to(world, referee)
    await world.do(writing.save, token, GOOD_LETTER, saved=0)
    world.now = referee.due_at + late_by
    sent = await world.do(writing.send, token, saved=1)
    assert isinstance(sent, Seat) if taken else sent == LinkGone()
    assert (await state_of(world, referee) == "received") is taken


async def test_for_a_returned_application_letters_are_taken_until_its_day(world: World) -> None:
    """The country sends it back after the letters were due, as one referee has declined."""
    person, application = await ready(world)
    referees = [await ask(world, person, application, number) for number in range(2)]
    assert isinstance(await world.submit(person, application.id), Submitted)
    await world.db.run(lambda tx: written(tx, referees[0].id, world.now))
    await world.do(writing.decline, await link_to(world, referees[1]), "conflict")
    world.now = referees[0].due_at + timedelta(days=3)
    other = Invitee(**{**a_referee(), "email": "late@example.org"})
    late = await world.do(invite, person, application.id, other, replaces=referees[1].id)
    assert isinstance(late, RefereeRefused) and late.code == "too_late"
    reasons = [reason("return")]
    by = (world.now + timedelta(days=10)).date()
    await world.act(use_cases.return_for_correction, COORDINATOR, application.id, reasons=reasons, correct_by=by)
    asked_now = await world.do(invite, person, application.id, other, replaces=referees[1].id)
    assert isinstance(asked_now, Referee) and asked_now.due_at.date() == by
    await world.db.run(lambda tx: written(tx, asked_now.id, world.now))
    assert isinstance(await world.submit(person, application.id), Submitted)


async def test_who_is_reminded_of_a_returned_application_keeps_the_time_that_the_mail_named(world: World) -> None:
    """It is corrected and sent again at once; the letter is still taken until the day by which it was to be corrected."""
    person, application = await ready(world)
    referees = [await ask(world, person, application, number) for number in range(2)]
    assert isinstance(await world.submit(person, application.id), Submitted)
    world.now = referees[0].due_at + timedelta(days=3)
    reasons = [reason("return")]
    by = (world.now + timedelta(days=10)).date()
    await world.act(use_cases.return_for_correction, COORDINATOR, application.id, reasons=reasons, correct_by=by)
    assert isinstance(await world.do(remind, person, application.id, referees[0].id), Referee)
    token = await link_to(world, referees[0])
    assert isinstance(await world.submit(person, application.id), Submitted)
    world.now += timedelta(days=5)
    await world.do(writing.save, token, GOOD_LETTER, saved=0)
    assert isinstance(await world.do(writing.send, token, saved=1), Seat)
    assert [row.late for row in await world.rows("select late from referee where state = 'received'")] == [False]


async def test_a_letter_that_is_declined_leaves_nothing_of_what_was_written(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    token = await link_to(world, referee)
    await world.do(writing.save, token, GOOD_LETTER, saved=0)
    assert isinstance(await world.do(writing.decline, token, "not_known"), Seat)
    assert await world.rows("select 1 from recommendation") == []
    assert await told(world) == ["invited", "declined"]


async def test_it_is_told_how_many_letters_have_come_how_many_are_needed_and_whether_somebody_else_must_be_asked(world: World) -> None:
    person, application = await ready(world)
    first, second, third = [await ask(world, person, application, number) for number in range(3)]
    for referee in (first, second):
        assert isinstance(await world.do(writing.decline, await link_to(world, referee), "no_time"), Seat)
    other = await ask(world, person, application, 3)
    for referee in (third, other):
        await world.db.run(lambda tx, one=referee: written(tx, one.id, world.now))  # type: ignore[misc]
    programme = the_plan().programme(PROGRAMME)
    call = programme.call(YEAR) if programme else None
    assert call is not None
    due = call.closes + timedelta(days=14)
    facts = [one.data for one in await world.published() if one.type.split(".")[2] in ("declined", "received")]
    assert [(one.referees_lacking, one.due) for one in facts if isinstance(one, RefereeDeclined)] == [(0, due), (1, due)]
    received = [(one.received, one.needed, one.letters_lacking, one.due) for one in facts if isinstance(one, RefereeReceived)]
    assert received == [(1, 2, 1, due), (2, 2, 0, due)]


WAITS_FOR_A_LOCK = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def at_once(world: World, referees: Sequence[Referee], settle: Callable[[Tx, Referee], Awaitable[object]]) -> None:
    """The second settles theirs while the first one's transaction is not over yet."""
    settled, go = asyncio.Event(), asyncio.Event()

    async def and_stand(tx: Tx) -> None:
        await settle(tx, referees[0])
        settled.set()
        await go.wait()

    first = asyncio.create_task(world.db.run(and_stand))
    await settled.wait()
    second = asyncio.create_task(world.db.run(lambda tx: settle(tx, referees[1])))
    async with asyncio.timeout(20):
        while (await world.rows(WAITS_FOR_A_LOCK))[0][0] == 0:
            assert not second.done(), "each counted without the other"
            await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(first, second)


async def test_of_two_letters_at_once_the_later_one_is_told_as_the_last(world: World) -> None:
    person, application = await ready(world)
    referees = [await ask(world, person, application, number) for number in range(2)]
    await at_once(world, referees, lambda tx, one: written(tx, one.id, world.now))
    facts = [one.data for one in await world.published() if isinstance(one.data, RefereeReceived)]
    assert [(one.received, one.letters_lacking) for one in facts] == [(1, 1), (2, 0)]


async def test_of_two_who_decline_at_once_the_later_one_is_told_with_who_must_be_asked(world: World) -> None:
    person, application = await ready(world)
    first, *others = [await ask(world, person, application, number) for number in range(3)]
    await world.db.run(lambda tx: written(tx, first.id, world.now))
    tokens = {one.id: await link_to(world, one) for one in others}
    await at_once(world, others, lambda tx, one: writing.decline(tx, tokens[one.id], "no_time", now=world.now))
    facts = [one.data for one in await world.published() if isinstance(one.data, RefereeDeclined)]
    assert [one.referees_lacking for one in facts] == [0, 1]
