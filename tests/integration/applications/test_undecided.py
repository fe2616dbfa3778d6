"""What nobody decided on by the end of its call ends, and the person is told that nobody chose."""

from datetime import timedelta
from typing import Any, cast

import pytest

from services.applications.domain.lifecycle import State
from services.applications.settings import ApplicationsSettings
from services.applications.store import checks
from services.applications.sweeps import sweeps
from services.applications.use_cases.steps import terms_of
from tests.integration.applications.calling import Api
from tests.integration.applications.people import PROGRAMME, YEAR, World

GRACE = timedelta(seconds=ApplicationsSettings().answer_grace_seconds)


async def sweep(world: World) -> int:
    """As the worker runs it."""
    every = sweeps(world.db, cast(Any, None), cast(Any, None), ApplicationsSettings())
    return await next(one for one in every if one.name == "undecided").run(world.now)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.NOMINATED])
async def test_it_ends_after_the_last_second_in_which_anybody_is_served(world: World, api: Api, state: State) -> None:
    person, application = await world.reach(state)
    _other, approved = await world.reach(State.APPROVED)
    _other, draft = await world.reach(State.DRAFT)
    terms = await world.db.run(lambda tx: terms_of(tx, PROGRAMME))
    world.now = terms.call(YEAR).list_closes + GRACE
    assert await sweep(world) == 0, "the last second, and a minute for what is under way, are inside"
    world.now += timedelta(seconds=1)
    assert await sweep(world) == 1
    assert await sweep(world) == 0
    states = [(await world.application(one.id)).state for one in (application, approved, draft)]
    assert states == [State.REJECTED, State.APPROVED, State.DRAFT], "quotas answers for what was approved; a draft is nobody's to decide on"
    told = (await world.published(application.id))[-1]
    assert (told.type, told.data.by_role, told.data.reasons) == ("puente.application.rejected.v1", "system", [])
    page = await api.send(person, "GET", f"/applications/{application.id}")
    assert "Not decided" in page.text and "Nobody decided on your application before the call was over" in page.text
    assert "not chosen" not in page.text, "nobody chose anybody else"
    assert "The call was over and nobody had decided on it" in page.text
    listed = await api.send(person, "GET", "/applications")
    assert "Not decided" in listed.text and "Not chosen" not in listed.text
    assert await world.db.run(checks.broken) == dict.fromkeys(checks.CHECKS, 0)


async def test_whoever_is_not_chosen_reads_so(world: World, api: Api) -> None:
    person, application = await world.reach(State.REJECTED)
    page = await api.send(person, "GET", f"/applications/{application.id}")
    assert "Your application was not chosen" in page.text and "Not decided" not in page.text
