"""A country leaves and returns: its forms close and open on its days, and everybody whom it concerns is told once."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import NotTakingPart
from services.applications.store import checks
from services.applications.use_cases import Done, Submitted
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.events.quotas import ParticipationChanged
from tests.integration.applications.people import COUNTRY, OFFICER, PROGRAMME, YEAR, World, new_applicant, rehearsed

TOLD = "puente.application.concerned.v1"


def change(world: World, number: int, *, start: date, end: date | None = None, parts: tuple[str, ...] = (), back: bool = False) -> AnyEvent:
    data = ParticipationChanged(programme=PROGRAMME, country=COUNTRY, start=start, end=end, parts=list(parts), takes_part=back)
    return event(data, subject=f"{PROGRAMME}:{COUNTRY}", version=number, key=f"{PROGRAMME}:{COUNTRY}:{start.year}", at=world.now)


async def level_of(world: World, application_id: UUID) -> str:
    statement = "select answers->>'level' as level from page_answers where application_id = :id and jsonb_exists(answers, 'level')"
    [row] = await world.rows(statement, id=application_id)
    return str(row.level)


async def told(world: World) -> list[Any]:
    return [one for one in await world.published() if one.type == TOLD]


async def test_forms_close_on_the_first_day_and_open_again_on_the_day_of_the_return(world: World) -> None:
    tomorrow = (world.now + timedelta(days=1)).date()
    person = new_applicant()
    draft = await world.draft(person)
    await world.fill(person, draft)
    await world.hears(change(world, 1, start=tomorrow, end=tomorrow + timedelta(days=1)))
    assert isinstance(await world.do(use_cases.start_draft, new_applicant(), programme=PROGRAMME, year=YEAR, country=COUNTRY), Done)
    assert isinstance(await world.do(rehearsed, person, draft.id), use_cases.Ready), "until then it is open"
    world.now += timedelta(days=1)
    refused = NotTakingPart(COUNTRY)
    assert await world.do(use_cases.start_draft, new_applicant(), programme=PROGRAMME, year=YEAR, country=COUNTRY) == refused
    assert await world.do(rehearsed, person, draft.id) == refused
    world.now += timedelta(days=2)
    assert isinstance(await world.do(rehearsed, person, draft.id), use_cases.Ready), "its last day is over"
    await world.hears(change(world, 2, start=world.now.date()))
    assert await world.do(rehearsed, person, draft.id) == refused
    await world.hears(change(world, 3, start=world.now.date(), back=True))
    assert isinstance(await world.do(rehearsed, person, draft.id), use_cases.Ready), "the later change counts"


async def test_the_other_order_of_arrival_comes_to_the_same(world: World) -> None:
    """Changes that begin in different years stand under different keys, and may come in any order."""
    person = new_applicant()
    draft = await world.draft(person)
    await world.fill(person, draft)
    left, back = change(world, 1, start=world.now.date()), change(world, 2, start=world.now.date(), back=True)
    await world.hears(back, left)
    assert isinstance(await world.do(rehearsed, person, draft.id), use_cases.Ready)


async def test_who_applies_or_waits_is_told_once_and_nobody_else(world: World) -> None:
    concerned = {(await world.reach(state))[1].id for state in (State.DRAFT, State.SUBMITTED, State.NOMINATED, State.WAITING)}
    for state in (State.PLACED, State.REFUSED, State.WITHDRAWN, State.OFFERED):
        await world.reach(state)
    abroad = await world.draft(new_applicant(), country="CL")
    left = change(world, 1, start=world.now.date(), end=date(2017, 3, 31))
    await world.hears(left)
    await world.hears(left, left)
    events = await told(world)
    assert {one.data.application for one in events} == concerned and len(events) == len(concerned)
    assert abroad.id not in concerned
    assert {(one.data.change, one.data.start, one.data.end) for one in events} == {("left", world.now.date(), date(2017, 3, 31))}
    assert all(one.causationid == left.id and one.partitionkey == f"{PROGRAMME}:{COUNTRY}:{YEAR}" for one in events)
    assert not any((await world.db.run(checks.broken)).values())


async def test_a_change_that_is_about_other_days_than_the_call_tells_nobody(world: World) -> None:
    await world.reach(State.DRAFT)
    await world.hears(change(world, 1, start=date(2019, 1, 1)))
    await world.hears(change(world, 2, start=date(2015, 2, 1), end=date(2015, 3, 1)))
    assert await told(world) == []


async def test_a_level_that_is_left_refuses_those_who_chose_it_and_is_named_at_the_approval(world: World) -> None:
    person = new_applicant()
    draft = await world.draft(person)
    await world.fill(person, draft)
    level = await level_of(world, draft.id)
    other = next(one for one in ("master", "doctoral") if one != level)
    await world.hears(change(world, 1, start=world.now.date(), parts=(other,)))
    assert await told(world) == []
    assert isinstance(await world.do(rehearsed, person, draft.id), use_cases.Ready)
    handed_in = await world.submit(person, draft.id)
    assert isinstance(handed_in, Submitted)
    assert (await world.application(draft.id)).parts == [level], "since parts are named, the level is one"

    later = new_applicant()
    second = await world.draft(later)
    await world.fill(later, second)
    await world.hears(change(world, 2, start=world.now.date(), parts=(level,)))
    assert {one.data.application for one in await told(world)} == {draft.id, second.id}
    assert {one.data.change for one in await told(world)} == {"left_in_part"}
    assert await world.submit(later, second.id) == NotTakingPart(COUNTRY, in_part=True)


async def test_what_was_chosen_before_anybody_named_it_is_told_to_quotas_at_the_approval(world: World) -> None:
    _, application = await world.reach(State.NOMINATED)
    assert application.parts == []
    level = await level_of(world, application.id)
    assert (await world.published(application.id))[-1].data.parts == [level], "until the approval it may come to be in what was chosen"
    await world.hears(change(world, 1, start=world.now.date(), parts=(level,)))
    await world.rows("update application set score = 50000 where id = :id returning 1", id=application.id)
    gone = await world.do(use_cases.approve, OFFICER, application.id, expected_version=None)
    assert gone == NotTakingPart(COUNTRY, in_part=True), "quotas would refuse it for good"
    await world.hears(change(world, 2, start=world.now.date(), back=True, parts=(level,)))
    assert isinstance(await world.do(use_cases.approve, OFFICER, application.id, expected_version=None), Done)
    (approved,) = [one for one in await world.published() if one.type == "puente.application.approved.v1"]
    assert approved.data.parts == [level]
