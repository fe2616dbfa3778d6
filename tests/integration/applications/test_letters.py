"""Questions to the focal point and appeals: who may write when, who answers, what is told of it, and that nothing else changes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.applications import use_cases
from services.applications.domain.letters import BODY_MAX, PER_DAY, LetterRefused
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import Forbidden, NotFound
from services.applications.domain.viewers import Viewer
from services.applications.tables import Application
from services.applications.use_cases import Done
from shared.web.formats import format_date
from tests.integration.applications.calling import Api
from tests.integration.applications.front import words
from tests.integration.applications.people import ABROAD, AUDITOR, COORDINATOR, OFFICER, REVIEWER, World, new_applicant, the_plan

SECRET = "My brother’s illness 家人 <b>bold</b>"


async def write(world: World, viewer: Viewer, application: Application, kind: str = "question", body: str = SECRET, **more: Any) -> Any:
    return await world.do(use_cases.write_letter, viewer, application.id, kind, body, **more)


async def get(api: Api, viewer: Viewer, path: str, status: int = 200) -> Any:
    api.clock.move_to(api.world.now)
    answer = await api.send(viewer, "GET", path)
    assert answer.status_code == status, words(answer)
    return answer


async def letters(world: World) -> list[Any]:
    return await world.rows("select kind, number, role, body, closes from letter order by kind, number")


async def test_a_question_is_asked_shown_to_the_country_answered_and_told_without_its_text(world: World, api: Api) -> None:
    person, application = await world.reach(State.SUBMITTED)
    path = f"/applications/{application.id}/letters/question"
    assert f'href="{path}"' in (await get(api, person, f"/applications/{application.id}")).text
    sent = await api.send(person, "POST", path, data={"body": SECRET})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?sent=1")
    assert SECRET in words(await get(api, person, path))
    assert "<b>bold" not in (await get(api, person, path)).text

    assert application.receipt
    landing = words(await get(api, COORDINATOR, "/country"))
    assert "Questions waiting for your answer" in landing
    assert landing.count(application.receipt) == 2
    place = f"/country/applications/{application.id}/letters"
    assert SECRET in words(await get(api, COORDINATOR, place))
    await get(api, ABROAD, place, 404)
    await get(api, person, place, 403)

    world.now += timedelta(hours=1)
    api.clock.move_to(world.now)
    assert (await api.send(COORDINATOR, "POST", place, data={"body": "", "close": "yes"})).status_code == 422
    assert (await api.send(COORDINATOR, "POST", place, data={"body": "Send it by post.", "close": "yes"})).status_code == 303
    assert "Questions waiting" not in words(await get(api, COORDINATOR, "/country"))
    own = words(await get(api, person, f"/applications/{application.id}"))
    assert "You wrote to the focal point of your country" in own
    assert "The focal point of your country answered" in own
    assert "Send it by post." in words(await get(api, person, path))

    events = [one for one in await world.published() if one.type == "puente.letter.written.v1"]
    assert [(one.subjectversion, one.data.exchange, one.data.by_role, one.data.closes) for one in events] == [
        (1, "question", "applicant", False),
        (2, "question", "coordinator", True),
    ]
    assert not any("illness" in repr(one) or "post" in repr(one.data) for one in events)
    (trail,) = await world.rows("select detail::text as said from audit_entry where act = 'application.answer'")
    assert "post" not in trail.said
    after = await world.application(application.id)
    assert (after.state, after.version, after.facts) == (application.state, application.version, application.facts), "it is no move"


async def test_only_who_is_concerned_may_write_and_only_to_what_was_asked(world: World) -> None:
    person, application = await world.reach(State.SUBMITTED)
    assert isinstance(await write(world, COORDINATOR, application), LetterRefused), "nobody has asked"
    for stranger in (new_applicant(), ABROAD):
        assert isinstance(await write(world, stranger, application), NotFound)
    for other in (OFFICER, REVIEWER, AUDITOR):
        assert isinstance(await write(world, other, application), Forbidden)
    assert isinstance(await write(world, person, application, "gossip"), NotFound)
    draft = await world.draft(new_applicant())
    assert isinstance(await write(world, Viewer(draft.person_id, "applicant"), draft), NotFound), "a draft is nobody else's"
    assert await letters(world) == []


async def test_what_is_empty_too_long_or_too_much_is_refused_and_a_double_click_is_one(world: World, api: Api) -> None:
    person, application = await world.reach(State.SUBMITTED)
    path = f"/applications/{application.id}/letters/question"
    for body in ("", " \x00\n ", "x" * (BODY_MAX + 1)):
        api.clock.move_to(world.now)
        answer = await api.send(person, "POST", path, data={"body": body})
        assert answer.status_code == 422
    assert "x" * 1000 in answer.text, "what was typed is there to be shortened"
    both = await asyncio.gather(*(write(world, person, application) for _ in range(4)))
    assert all(isinstance(one, Done) for one in both)
    assert len(await letters(world)) == 1
    for number in range(1, PER_DAY):
        assert isinstance(await write(world, person, application, body=f"and {number}"), Done)
    assert (await write(world, person, application, body="once more")).reason == "too_many"
    world.now += timedelta(days=1, seconds=1)
    assert isinstance(await write(world, person, application, body="once more"), Done)


@pytest.mark.parametrize("state", [State.REJECTED, State.REFUSED])
async def test_an_appeal_is_taken_until_its_last_day_and_answered_by_an_officer_once(world: World, api: Api, state: State) -> None:
    person, application = await world.reach(state)
    programme = the_plan().programme(application.programme)
    assert programme is not None
    path = f"/applications/{application.id}/letters/appeal"
    world.now = application.changed_at + timedelta(days=programme.appeal_days)
    last = format_date(programme.call(application.year).day(world.now))  # type: ignore[union-attr]
    for page in (f"/applications/{application.id}", path):
        assert f"You can appeal until the end of {last} (Beijing time)." in words(await get(api, person, page))
    assert isinstance(await write(world, person, application, "appeal"), Done)
    assert f"the last day of an appeal: {last} (Beijing time)" in words(await get(api, person, path)), "the day stays while one may write"
    assert "until the end of" not in words(await get(api, person, f"/applications/{application.id}"))
    assert isinstance(await write(world, COORDINATOR, application, "appeal", "no"), Forbidden)
    assert application.receipt
    assert "Appeals waiting for an answer" in words(await get(api, OFFICER, "/officer"))
    place = f"/officer/applications/{application.id}/letters"
    assert SECRET in words(await get(api, AUDITOR, place))
    assert "Send my answer" not in words(await get(api, AUDITOR, place)), "an auditor reads"
    world.now += timedelta(days=30)
    assert isinstance(await write(world, person, application, "appeal", "I add something."), Done), "what goes on may go on"
    assert "You can add to it until it is closed" in words(await get(api, person, path))
    assert isinstance(await write(world, OFFICER, application, "appeal", "The rank was counted again.", close=True), Done)
    assert (await write(world, person, application, "appeal", "Again!")).reason == "closed"
    assert (await world.application(application.id)).state == state
    closed = words(await get(api, person, path))
    assert "The rank was counted again." in closed
    for said in ("Say why the decision is wrong", "You can add to it", "until the end of"):
        assert said not in closed, "nothing can be written there"


async def test_there_is_no_appeal_without_a_refusal_and_none_after_its_last_day(world: World, api: Api) -> None:
    person, waiting = await world.reach(State.WAITING)
    assert (await write(world, person, waiting, "appeal")).reason == "no_decision"
    assert "Appeal" not in words(await get(api, person, f"/applications/{waiting.id}"))
    other, rejected = await world.reach(State.REJECTED)
    world.now += timedelta(days=60)
    late = await write(world, other, rejected, "appeal")
    assert late.reason == "appeal_late"
    assert late.until is not None
    over, path = f"An appeal could be written until the end of {format_date(late.until)} (Beijing time).", f"/applications/{rejected.id}"
    own = words(await get(api, other, path))
    assert over in own
    assert "Appeal against" not in own, "nothing leads to where nothing can be written"
    gone = await get(api, other, f"{path}/letters/appeal")
    assert over in words(gone), "whoever comes by an old link is told"
    assert "<textarea" not in gone.text
    assert "Say why the decision is wrong" not in words(gone)
    api.clock.move_to(world.now)
    tried = await api.send(other, "POST", f"{path}/letters/appeal", data={"body": "It was written too long."})
    assert tried.status_code == 422
    assert over in words(tried)
    assert "You can appeal until" not in words(tried)
    assert "It was written too long." in words(tried), "what was typed is not lost"
    assert (await api.send(person, "GET", f"/applications/{waiting.id}/letters/appeal")).status_code == 303, "there is no decision"
    assert isinstance(await write(world, other, rejected), Done), "a question may be asked at any time"
