"""Filling in and handing in: nothing that was good is lost, and one submission has one effect."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.applications import use_cases
from services.applications.domain.answers import DATE_BOXES
from services.applications.domain.lifecycle import NotAllowed, State
from services.applications.domain.outcomes import (
    AlreadyApplied,
    CallClosed,
    CorrectionLate,
    Forbidden,
    Incomplete,
    Ineligible,
    KeyReused,
    NotFound,
    NotTakingPart,
    WrongAnswers,
)
from services.applications.store import applications as store
from services.applications.use_cases import Done, Ready, Submitted
from tests.integration.applications.people import COORDINATOR, PROGRAMME, YEAR, World, good_form, new_applicant, reason, rehearsed, the_plan

SECOND = timedelta(seconds=1)


def call() -> Any:
    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    found = programme.call(YEAR)
    assert found is not None
    return found


async def answers_of(world: World, application_id: Any) -> dict[str, Any]:
    return await world.db.run(lambda tx: store.stored_answers(tx, application_id))


# ---------------------------------------------------------------------------------------------------------------- drafts


async def test_a_page_with_a_wrong_answer_keeps_the_last_good_answers_of_that_page(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    page, fields = next(iter(good_form().items()))
    assert isinstance(await world.do(use_cases.save_page, ana, application.id, page, fields), Done)
    before = await answers_of(world, application.id)
    wrong = {name: "" if name.endswith(DATE_BOXES) else "x" * 300 for name in fields}
    outcome = await world.do(use_cases.save_page, ana, application.id, page, wrong)
    assert isinstance(outcome, WrongAnswers)
    assert outcome.faults
    assert await answers_of(world, application.id) == before


async def test_saving_a_page_again_replaces_only_that_page(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)
    before = await answers_of(world, application.id)
    page, fields = next(iter(good_form().items()))
    text = next(name for name in fields if fields[name] == before.get(name))
    assert isinstance(await world.do(use_cases.save_page, ana, application.id, page, {**fields, text: "Ana María Ñahui"}), Done)
    assert await answers_of(world, application.id) == {**before, text: "Ana María Ñahui"}


async def test_a_page_that_the_form_does_not_have_is_not_found(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    assert await world.do(use_cases.save_page, ana, application.id, "nothing", {}) == NotFound()


async def test_two_tabs_start_one_application(world: World) -> None:
    ana = new_applicant()

    async def start() -> Any:
        return await world.do(use_cases.start_draft, ana, programme=PROGRAMME, year=YEAR, country="PE")

    outcomes = await asyncio.gather(*(start() for _ in range(6)))
    done = [one for one in outcomes if isinstance(one, Done)]
    assert len(done) == 1
    assert [one for one in outcomes if not isinstance(one, Done)] == [AlreadyApplied(done[0].application.id)] * 5


async def test_after_a_withdrawal_one_may_apply_again_while_the_call_is_open(world: World) -> None:
    ana, application = await world.reach(State.WITHDRAWN)
    again = await world.draft(ana)
    assert again.id != application.id


@pytest.mark.parametrize("state", [State.REJECTED, State.REFUSED, State.DECLINED, State.ENDED])
async def test_after_an_answer_there_is_no_second_application_to_the_call(world: World, state: State) -> None:
    ana, application = await world.reach(state)
    outcome = await world.do(use_cases.start_draft, ana, programme=PROGRAMME, year=YEAR, country="PE")
    assert outcome == AlreadyApplied(application.id)


async def test_a_draft_is_begun_only_where_there_is_something_to_apply_for(world: World) -> None:
    ana = new_applicant()
    start = use_cases.start_draft
    assert await world.do(start, ana, programme="nothing", year=YEAR, country="PE") == NotFound()
    assert await world.do(start, ana, programme=PROGRAMME, year=1999, country="PE") == NotFound()
    assert await world.do(start, ana, programme=PROGRAMME, year=YEAR, country="FR") == NotFound()
    assert await world.do(start, COORDINATOR, programme=PROGRAMME, year=YEAR, country="PE") == Forbidden()
    early = call().opens - SECOND
    assert await world.do(start, ana, programme=PROGRAMME, year=YEAR, country="PE", now=early) == CallClosed(
        early, call().opens, call().closes
    )


async def test_a_submitted_application_is_changed_by_nobody(world: World) -> None:
    ana, application = await world.reach(State.SUBMITTED)
    page, fields = next(iter(good_form().items()))
    refused = NotAllowed("not_in_this_state", State.SUBMITTED)
    assert await world.do(use_cases.save_page, ana, application.id, page, fields) == refused
    assert await world.attach(ana, application.id, "passport") == refused
    assert await world.do(use_cases.remove_document, ana, application.id, "passport") == refused
    assert await world.do(use_cases.save_page, COORDINATOR, application.id, page, fields) == Forbidden()


# ------------------------------------------------------------------------------------------------------------ submission


async def test_what_is_missing_is_named_in_the_order_of_the_form(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    outcome = await world.submit(ana, application.id)
    assert isinstance(outcome, Incomplete)
    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    assert outcome.questions == tuple(q.key for page in programme.pages for q in page.questions if not q.optional)
    assert set(outcome.documents) <= {paper.key for paper in programme.documents if paper.stage == "submission"}
    assert (await world.application(application.id)).state == State.DRAFT


async def test_a_missing_paper_alone_is_enough_to_be_incomplete(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)
    assert isinstance(await world.do(use_cases.remove_document, ana, application.id, "passport"), Done)
    assert await world.submit(ana, application.id) == Incomplete((), ("passport",))


async def test_who_is_not_eligible_is_told_every_reason(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)
    form = {name: value for fields in good_form().values() for name, value in fields.items()}
    page = next(key for key, fields in good_form().items() if "birth_date-year" in fields)
    born = {**good_form()[page], "birth_date-year": str(int(form["birth_date-year"]) - 60)}
    assert isinstance(await world.do(use_cases.save_page, ana, application.id, page, born), Done)
    outcome = await world.submit(ana, application.id)
    assert isinstance(outcome, Ineligible)
    assert outcome.reasons
    assert (await world.application(application.id)).state == State.DRAFT


async def test_the_last_second_of_the_call_is_inside_and_the_next_is_not(world: World) -> None:
    closes = call().closes
    for late, expected in ((SECOND - timedelta(microseconds=1), Submitted), (SECOND, CallClosed)):
        ana = new_applicant()
        world.now = closes - timedelta(days=1)
        application = await world.draft(ana)
        await world.fill(ana, application)
        world.now = closes + late
        outcome = await world.submit(ana, application.id)
        assert isinstance(outcome, expected)
        if isinstance(outcome, CallClosed):
            assert outcome == CallClosed(closes + SECOND, call().opens, closes)
            after = await world.application(application.id)
            assert (after.state, after.receipt) == (State.DRAFT, None)
            assert await answers_of(world, application.id)


async def test_the_same_key_gives_the_same_answer_with_one_effect(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)
    first = await world.submit(ana, application.id, "the-same-key")
    assert isinstance(first, Submitted)
    world.now += timedelta(hours=5)
    assert await world.submit(ana, application.id, "the-same-key") == first
    assert [one.type for one in await world.published(application.id)] == ["puente.application.submitted.v1"]


async def test_the_same_key_many_times_at_once_has_one_effect(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)
    answers = await asyncio.gather(*(world.submit(ana, application.id, "the-same-key") for _ in range(8)))
    assert len({(one.receipt, one.submitted_at) for one in answers}) == 1
    assert len(await world.published(application.id)) == 1


async def test_two_keys_at_once_have_one_effect_and_the_second_is_shown_it(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)
    answers = await asyncio.gather(*(world.submit(ana, application.id, f"key-number-{n}") for n in range(4)))
    assert len([one for one in answers if isinstance(one, Submitted)]) == 1
    assert [one for one in answers if not isinstance(one, Submitted)] == [NotAllowed("not_in_this_state", State.SUBMITTED)] * 3


async def test_a_key_that_was_used_for_something_else_is_refused(world: World) -> None:
    ana, first = await world.reach(State.SUBMITTED, programme="short")
    used = (await world.rows("select key from idempotency_key where principal = :id", id=ana.account_id))[0].key
    second = await world.draft(ana)
    await world.fill(ana, second)
    assert await world.submit(ana, second.id, used) == KeyReused()
    assert (await world.application(second.id)).state == State.DRAFT
    assert isinstance(await world.submit(ana, first.id, used), Submitted)


async def test_one_key_for_two_applications_at_once_hands_in_one_of_them(world: World) -> None:
    """Neither finds the key when it looks; whoever writes second starts over, and is refused."""
    ana = new_applicant()
    applications = [await world.draft(ana, programme) for programme in ("short", "open")]
    for application in applications:
        await world.fill(ana, application)
    answers = await asyncio.gather(*(world.submit(ana, one.id, "the-same-key") for one in applications))
    assert sorted(type(one).__name__ for one in answers) == ["KeyReused", "Submitted"]
    states = sorted([(await world.application(one.id)).state for one in applications])
    assert states == [State.DRAFT, State.SUBMITTED]
    assert len(await world.rows("select 1 from outbox where type = 'puente.application.submitted.v1'")) == 1


async def test_a_key_belongs_to_its_person(world: World) -> None:
    for _ in range(2):
        person = new_applicant()
        application = await world.draft(person)
        await world.fill(person, application)
        assert isinstance(await world.submit(person, application.id, "everybody-has-this-key"), Submitted)


async def test_a_refusal_uses_no_key_up(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    assert isinstance(await world.submit(ana, application.id, "the-same-key"), Incomplete)
    await world.fill(ana, application)
    assert isinstance(await world.submit(ana, application.id, "the-same-key"), Submitted)


async def test_a_country_that_left_takes_no_submission_from_that_day(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)
    plan = the_plan()
    left = tuple(
        msgspec.structs.replace(p, end=world.now.date() - timedelta(days=1)) if (p.country, p.programme) == ("PE", PROGRAMME) else p
        for p in plan.participation
    )
    newer = msgspec.structs.replace(plan, version="99", participation=left)
    await world.do(use_cases.load_plan, newer, actor="tests")
    assert await world.submit(ana, application.id) == NotTakingPart("PE")


@pytest.mark.parametrize(("named", "outcome"), [("chosen", Submitted), ("other", NotTakingPart)])
async def test_a_country_that_takes_part_in_some_things_only_lets_those_through(world: World, named: str, outcome: type) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)
    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    question = programme.question("level")
    assert question is not None
    chosen = (await answers_of(world, application.id))[question.key]
    part = chosen if named == "chosen" else next(option.key for option in question.options if option.key != chosen)
    plan = the_plan()
    partly = tuple(
        msgspec.structs.replace(p, parts=(part,)) if (p.country, p.programme) == ("PE", PROGRAMME) else p for p in plan.participation
    )
    await world.do(use_cases.load_plan, msgspec.structs.replace(plan, version="99", participation=partly), actor="tests")
    assert isinstance(await world.submit(ana, application.id), outcome)
    assert (await world.application(application.id)).parts == ([chosen] if named == "chosen" else [])


# ------------------------------------------------------------------------------------------------------------ correction


async def test_a_returned_application_keeps_its_receipt_and_its_place_in_time(world: World) -> None:
    ana, application = await world.reach(State.RETURNED)
    world.now += timedelta(days=3)
    again = await world.submit(ana, application.id)
    assert isinstance(again, Submitted)
    assert (again.receipt, again.submitted_at) == (application.receipt, application.submitted_at)
    after = await world.application(application.id)
    assert (after.correct_by, after.reasons) == (None, [])


async def test_a_correction_may_come_after_the_call_closed_until_the_end_of_its_day(world: World) -> None:
    world.now = call().closes - timedelta(hours=1)
    ana, application = await world.reach(State.SUBMITTED)
    day = call().day(call().closes) + timedelta(days=5)
    await world.act(use_cases.return_for_correction, COORDINATOR, application.id, reasons=[reason("return")], correct_by=day)
    world.now = call().closes + timedelta(days=7)
    assert await world.submit(ana, application.id) == CorrectionLate(day)
    world.now = call().closes + timedelta(days=5)
    assert isinstance(await world.submit(ana, application.id), Submitted)


async def test_a_rehearsal_says_what_a_submission_would_and_does_nothing(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    assert isinstance(await world.do(rehearsed, ana, application.id), Incomplete)
    await world.fill(ana, application)
    assert await world.do(rehearsed, ana, application.id) == Ready(application.id)
    assert await world.do(rehearsed, new_applicant(), application.id) == NotFound()
    assert (await world.application(application.id)).state == State.DRAFT
    assert await world.published(application.id) == []
    assert isinstance(await world.submit(ana, application.id), Submitted)
    assert isinstance(await world.do(rehearsed, ana, application.id), NotAllowed)
