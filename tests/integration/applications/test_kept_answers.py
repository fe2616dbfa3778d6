"""Answers that were taken once, and that the form would refuse by now: they are kept, and not sent."""

from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import Incomplete
from services.applications.use_cases import Ready
from tests.integration.applications.people import World, new_applicant, rehearsed


async def test_what_the_form_would_refuse_now_is_not_sent_though_it_was_taken_once(world: World) -> None:
    """By what its page asks since, or because a day has passed; what was taken under the same page is not read again."""
    ana = new_applicant()
    application = await world.draft(ana)
    await world.fill(ana, application)

    async def put(key: str, *path: str, value: str) -> None:
        found = "update page_answers set answers = jsonb_set(cast(answers as jsonb), :path, cast(:value as jsonb)) where answers ? :key"
        await world.rows(f"{found} returning page", path=[key, *path], value=value, key=key)

    await put("education", "0", "to_year", value="2030")
    assert isinstance(await world.do(rehearsed, ana, application.id), Ready)
    await world.rows("update page_answers set form = 'older' returning page")
    refused = Incomplete((), (), refused=("education-1-to_year",))
    assert await world.submit(ana, application.id) == refused
    await put("passport_expiry", value='"2016-01-19"')
    await put("education", "0", "to_year", value="2010")
    assert await world.submit(ana, application.id) == Incomplete((), (), refused=("passport_expiry",))
    assert (await world.application(application.id)).state == State.DRAFT
