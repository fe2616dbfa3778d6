"""Next year's form is filled in with what one answered before: to be checked, saved by the person alone, honest about what is left out."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.plan.model import Plan
from services.applications.use_cases import Done
from services.applications.use_cases.plans import Loaded, NeedsConfirmation
from tests.integration.applications.calling import Api
from tests.integration.applications.front import words
from tests.integration.applications.people import COUNTRY, OFFICER, PROGRAMME, World, good_form, new_applicant, the_plan

NEXT = datetime(2016, 12, 1, 12, tzinfo=UTC)
"""Inside the scholarship call of 2017."""


async def page(api: Api, viewer: Any, path: str) -> Any:
    api.clock.move_to(api.world.now)
    answer = await api.send(viewer, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer


async def begin(world: World, viewer: Any, year: int = 2017) -> str:
    done = await world.do(use_cases.start_draft, viewer, programme=PROGRAMME, year=year, country=COUNTRY)
    assert isinstance(done, Done), done
    return f"/applications/{done.application.id}"


def renewed(plan: Plan) -> Plan:
    """The plan's next version, in which one question is gone and another one has other options."""
    programme = plan.programme(PROGRAMME)
    assert programme is not None
    pages = tuple(
        replace(
            page,
            questions=tuple(
                replace(one, options=one.options[-1:]) if one.key == "field" else one for one in page.questions if one.key != "city"
            ),
        )
        for page in programme.pages
    )
    changed = msgspec.structs.replace(programme, pages=pages)
    programmes = tuple(changed if one.code == PROGRAMME else one for one in plan.programmes)
    return msgspec.structs.replace(plan, version="2.0", programmes=programmes)


async def test_an_application_that_is_over_leads_to_the_call_that_is_open(world: World, api: Api) -> None:
    person, application = await world.reach(State.REJECTED)
    path = f"/applications/{application.id}"
    assert "Apply again" not in words(await page(api, person, path)), "one application to each call"
    start = await api.send(person, "GET", f"/programmes/{PROGRAMME}/start")
    assert start.headers["location"] == f"/programmes/{PROGRAMME}", "where it is said why, and when one can"
    told = words(await page(api, person, f"/programmes/{PROGRAMME}"))
    assert "Your application to the call of 2016 is over: Not chosen. You can apply to each call only once." in told
    assert re.search(r"You can apply again when the next call opens: \d+ \w+ 2016", told)
    assert "Apply now" not in told
    world.now = NEXT
    assert "Apply now" in words(await page(api, person, f"/programmes/{PROGRAMME}"))
    assert f'href="/programmes/{PROGRAMME}/start"' in (await page(api, person, path)).text
    start = (await page(api, person, f"/programmes/{PROGRAMME}/start")).text
    assert f'<option value="{COUNTRY}" selected>' in start, "the country of the application before"
    await begin(world, person)
    told = words(await page(api, person, f"/programmes/{PROGRAMME}"))
    assert "You have an application to the call of 2017: Not sent yet. Open your application" in told and "Apply now" not in told
    assert "Apply again" not in words(await page(api, person, path)), "there is one already"
    world.now += timedelta(days=365 * 3)
    assert "Apply again" not in words(await page(api, person, path)), "no call is open"


async def test_answers_are_shown_and_not_saved_and_what_was_confirmed_is_asked_anew(world: World, api: Api) -> None:
    person, _ = await world.reach(State.REJECTED)
    world.now = NEXT
    path = await begin(world, person)
    tasks = words(await page(api, person, f"{path}/tasks"))
    assert "Your answers of 2016 are filled in already" in tasks
    anew = "Do you also hold Chinese nationality? Is everything in this application true and complete, and written by you?"
    assert f"These are answered anew each time, and are still empty: {anew}" in tasks
    assert "A file that you sent before can be used again" in tasks
    shown = await page(api, person, f"{path}/pages/identity")
    assert f'value="{good_form()["identity"]["full_name"]}"' in shown.text
    assert "Filled in from your application of 2016" in words(shown)
    declaration = await page(api, person, f"{path}/pages/declaration")
    assert "checked" not in declaration.text
    assert f"in your application of 2016 is not taken over: {anew}" in words(declaration) and "Filled in from" not in words(declaration)
    begun = path.rsplit("/", 1)[1]
    assert await world.rows("select 1 from page_answers where application_id = :id", id=begun) == []
    done = await world.do(
        use_cases.save_page, person, path.rsplit("/", 1)[1], "identity", good_form()["identity"] | {"full_name": "Ana New"}
    )
    assert isinstance(done, Done), done
    shown = await page(api, person, f"{path}/pages/identity")
    assert 'value="Ana New"' in shown.text
    assert "Filled in from" not in words(shown)


async def test_questions_that_changed_or_are_gone_are_named(world: World, api: Api) -> None:
    person, _ = await world.reach(State.REJECTED)
    world.now = NEXT
    plan = renewed(the_plan())
    outcome = await world.do(use_cases.load_plan, plan, actor="tests")
    if isinstance(outcome, NeedsConfirmation):
        outcome = await world.do(use_cases.confirm_change, OFFICER, plan.code, change_id=outcome.change_id)
    assert isinstance(outcome, Loaded), outcome
    path = await begin(world, person)
    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    told = words(await page(api, person, f"{path}/tasks"))
    for key in ("city", "field"):
        question = programme.question(key)
        assert question is not None
        assert question.label["en"] in told, key


async def test_a_list_that_the_form_would_refuse_now_is_named_and_added_anew(world: World, api: Api) -> None:
    person, before = await world.reach(State.REJECTED)
    changed = await world.rows(
        "update page_answers set answers = jsonb_set(cast(answers as jsonb), '{education,0}', cast(answers as jsonb) #> '{education,0}' || "
        """'{"from_year": 2006, "finished": true, "to_year": 2005}') where application_id = :id and page = 'education' returning page""",
        id=before.id,
    )
    assert len(changed) == 1
    world.now = NEXT
    path = await begin(world, person)
    left = words(await page(api, person, f"{path}/tasks")).partition("are not taken over:")[2]
    assert left.startswith(" Where you have studied")
    listed = await page(api, person, f"{path}/pages/education")
    assert f'href="{path}/pages/education/entries/new"' in listed.text and "Filled in from" not in words(listed)
    assert "Filled in from your application of 2016" in words(await page(api, person, f"{path}/pages/identity"))


async def test_nobody_gets_somebody_elses_answers(world: World, api: Api) -> None:
    await world.reach(State.REJECTED)
    world.now = NEXT
    stranger = new_applicant()
    path = await begin(world, stranger)
    assert "2016" not in words(await page(api, stranger, f"{path}/tasks"))
    assert good_form()["identity"]["full_name"] not in (await page(api, stranger, f"{path}/pages/identity")).text
