"""Only who takes the answers knows that none was given: an offer is told to be unanswered once, and never against an answer."""

import asyncio
from datetime import timedelta
from typing import Any

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import OfferPassed
from services.applications.settings import ApplicationsSettings
from services.applications.use_cases import Done
from services.applications.use_cases.offers import tell_unanswered
from tests.integration.applications.people import World

GRACE = timedelta(seconds=ApplicationsSettings().answer_grace_seconds)
TYPE = "puente.offer.unanswered.v1"


async def told(world: World) -> list[Any]:
    return [one for one in await world.published() if one.type == TYPE]


async def sweep(world: World, most: int = 100) -> int:
    return int(await world.do(tell_unanswered, before=world.now - GRACE, most=most))


async def test_an_offer_that_nobody_answered_is_told_once_after_its_deadline(world: World) -> None:
    _, application = await world.reach(State.OFFERED)
    assert application.answer_by is not None
    world.now = application.answer_by + GRACE
    assert await sweep(world) == 0, "the last second, and a minute for what is under way, are inside"
    world.now += timedelta(seconds=1)
    assert await sweep(world) == 1
    assert await sweep(world) == 0
    (one,) = await told(world)
    assert (one.subject, one.subjectversion) == (f"offer:{application.id}", application.offer_version)
    assert (one.data.application, one.data.person, one.data.place_version) == (application.id, application.person_id, one.subjectversion)
    after = await world.application(application.id)
    assert (after.state, after.version, after.facts) == (State.OFFERED, application.version, application.facts), "it is no move"
    await world.hears(world.released(application, "expired"))
    assert (await world.application(application.id)).state == State.LAPSED


async def test_what_was_answered_or_withdrawn_is_never_told(world: World) -> None:
    for state in (State.ACCEPTED, State.PLACED, State.DECLINED, State.WITHDRAWN, State.WAITING, State.REFUSED):
        await world.reach(state)
    world.now += timedelta(days=400)
    assert await sweep(world) == 0
    assert await told(world) == []


async def test_after_it_was_told_no_answer_is_taken_even_one_that_was_given_in_time(world: World) -> None:
    """A request that began before the deadline and was held up for longer than a minute: the person is told, and nobody is torn."""
    applicant, application = await world.reach(State.OFFERED)
    deadline = application.answer_by
    assert deadline is not None
    world.now = deadline + GRACE + timedelta(seconds=1)
    assert await sweep(world) == 1
    for act in (use_cases.accept_offer, use_cases.decline_offer):
        assert await world.do(act, applicant, application.id, place_version=application.offer_version, now=deadline) == OfferPassed(
            deadline
        )
    assert (await world.application(application.id)).state == State.OFFERED


async def test_an_answer_and_the_telling_at_once_leave_one_of_them(world: World) -> None:
    both = [await world.reach(State.OFFERED) for _ in range(12)]
    deadline = both[0][1].answer_by
    assert deadline is not None
    world.now = deadline + GRACE + timedelta(seconds=1)
    answers = [world.do(use_cases.accept_offer, person, one.id, place_version=one.offer_version, now=deadline) for person, one in both]
    *outcomes, first, second = await asyncio.gather(*answers, sweep(world, most=5), sweep(world, most=5))
    unanswered = {one.data.application for one in await told(world)}
    assert len(unanswered) == first + second
    for (_, application), outcome in zip(both, outcomes, strict=True):
        assert isinstance(outcome, Done) != (application.id in unanswered)


async def test_a_newer_offer_has_a_deadline_of_its_own(world: World) -> None:
    """What was told of the first offer says nothing of the second."""
    applicant, application = await world.reach(State.OFFERED)
    await world.rows("update application set passed_version = offer_version - 1 where id = :id returning 1", id=application.id)
    answered = await world.do(use_cases.accept_offer, applicant, application.id, place_version=application.offer_version)
    assert isinstance(answered, Done)
