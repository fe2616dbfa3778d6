"""Courses in order of preference: what the person listed, what the officer approves of it, and what everybody is told."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.applications import use_cases
from services.applications.domain.courses import BEGUN, COUNTRY_AWAY, NOT_GIVEN
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import CourseLost, CourseNotListed, CoursesNotPossible, NotTakingPart
from services.applications.tables import Application
from services.applications.use_cases import Done, Ready
from services.applications.use_cases.plans import NeedsConfirmation
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.events.quotas import ParticipationChanged, PlaceWaiting
from shared.kernel.ids import new_id
from tests.integration.applications.people import COORDINATOR, OFFICER, SECOND_OFFICER, World, good_form, new_applicant, rehearsed, the_plan
from tests.integration.applications.staff_pages import House, errors, main, shown_version

LISTED = ["renewable_energy", "infrastructure"]
"""What the plan's own example of a training place lists."""
ENERGY, TRANSPORT = "Renewable energy", "Transport and infrastructure"
BASE = "/officer/applications/"


async def to_decide(house: House, who: str) -> Application:
    """An application for a training place that its country put forward."""
    application = await house.world.submitted(await house.viewer(who), "training")
    await house.world.act(use_cases.nominate, COORDINATOR, application.id)
    return await house.world.application(application.id)


async def test_an_officer_approves_for_the_second_course_and_everybody_reads_it(house: House) -> None:
    """The free seats of each course stand beside it; a course that was not listed is refused, on the page and to programs."""
    house.front.clock.move(timedelta(days=60))
    house.world.now = house.front.clock.now()
    application = await to_decide(house, "ana")
    assert (application.course, application.courses) == (LISTED[0], LISTED)
    assert (await house.world.published(application.id))[-1].data.parts == LISTED, "its country put it forward for each of them"
    ana, officer, peru = await house.browser("ana"), await house.browser("officer"), await house.browser("peru")
    own, path = f"/applications/{application.id}", f"{BASE}{application.id}"
    in_order = f"Courses, in order of preference 1. {ENERGY} 2. {TRANSPORT}"
    assert in_order in main(await ana.get(own)) and in_order in main(await peru.get(f"/country/applications/{application.id}"))
    assert f"{ENERGY} (choice 1 of 2)" in main(await officer.get("/officer"))
    assert f"1. {ENERGY}, 2. {TRANSPORT}" in main(await peru.get("/country/slate?programme=training&year=2016")), (
        "their order is a recommendation"
    )
    page = await officer.get(path)
    for said in (f"1. {ENERGY} Free seats: 160 of 160; Peru: 10 of 10 free", f"2. {TRANSPORT} Free seats: 160 of 160; Peru: 10 of 10 free"):
        assert said in main(page), said
    assert 'value="renewable_energy" checked' in page.text, "the first by default"

    wrong = await officer.post(f"{path}/approve", data={"version": shown_version(page), "course": "health"})
    assert wrong.status_code == 409
    assert errors(wrong) == f"“health” is not one of the courses that the person listed: {ENERGY}, {TRANSPORT}."
    done = await officer.post(f"{path}/approve", data={"version": shown_version(page), "course": LISTED[1]})
    told = f"{TRANSPORT} (choice 2 of 2)"
    assert f"Course: {told}" in main(await officer.get(done.headers["location"]))
    fact = (await house.world.published(application.id))[-1].data
    assert fact.course == LISTED[1]
    assert f"For the course “{TRANSPORT}” (choice 2 of 2)" in main(await officer.get(path)), "in the timeline"
    assert f"It is approved for the course “{TRANSPORT}”, choice 2 of the 2 that you listed." in main(await ana.get(own))
    assert told in main(await peru.get("/country"))
    assert f"For the course “{TRANSPORT}” (choice 2 of 2)" in main(await ana.get(own))

    lacking = [f"course:training:2016:{LISTED[1]}"]
    closes = house.world.now + timedelta(days=90)
    await house.world.hears(house.world.place(PlaceWaiting, application, rank=2, lacking=lacking, list_closes=closes))
    said = f"It waits for a seat in the course “{TRANSPORT}”. Of the other courses that were listed, these have a free seat: {ENERGY}."
    assert said in main(await officer.get(path))


async def test_what_was_sent_with_a_single_choice_is_read_and_approved_as_before(house: House) -> None:
    house.front.clock.move(timedelta(days=60))
    house.world.now = house.front.clock.now()
    application = await to_decide(house, "ana")
    await house.world.rows("update application set courses = '{}' where id = :id returning 1", id=application.id)
    kept = "update page_answers set answers = jsonb_set(answers, '{course}', '\"renewable_energy\"') where answers ? 'course' returning 1"
    assert await house.world.rows(kept)
    ana, officer = await house.browser("ana"), await house.browser("officer")
    for browser, path in ((ana, f"/applications/{application.id}"), (officer, f"{BASE}{application.id}")):
        said = main(await browser.get(path))
        assert f"Course {ENERGY}" in said and "choice" not in said and "in order of preference" not in said, path
    assert f"1. {ENERGY}" in main(await ana.get(f"/applications/{application.id}/receipt"))
    await house.world.act(use_cases.approve, OFFICER, application.id)
    assert (await house.world.published(application.id))[-1].data.course == LISTED[0]


async def test_many_are_approved_for_the_first_course_of_each_and_who_waits_for_a_seat_is_counted(house: House) -> None:
    """Nine of the ten seats of the country in the course are held, so that one of two finds one."""
    house.front.clock.move(timedelta(days=60))
    house.world.now = house.front.clock.now()
    made = [await to_decide(house, who) for who in ("ana", "ben")]
    other = "'id', gen_random_uuid(), 'person_id', gen_random_uuid(), 'state', 'offered', 'receipt', n::text"
    held = f"select (jsonb_populate_record(a, jsonb_build_object({other}))).* from application a, generate_series(1, 9) n where a.id = :id"
    await house.world.rows(f"insert into application {held} returning 1", id=made[0].id)
    browser = await house.browser("officer")
    preview = await browser.get("/officer/bulk", params={"id": [str(one.id) for one in made]})
    seats = f"{ENERGY} · Training places 2016 151 2 A seat is free for 1 of them. Waiting for one: 1."
    assert seats in main(preview)
    assert "Each is approved for the first course on its list." in main(preview)
    gone = await to_decide(house, "carla")
    await house.world.rows(
        "update application set courses = array['health', 'trade'], course = 'health' where id = :id returning 1", id=gone.id
    )
    only = await to_decide(house, "dora")
    await house.world.rows("update application set courses = array['health'], course = 'health' where id = :id returning 1", id=only.id)
    await house.world.hears(left(house.world, 1, "health"))
    lost = main(await browser.get("/officer/bulk", params={"id": str(gone.id)}))
    assert "the first course on its list cannot be had now; open it to approve for another one" in lost
    page = await browser.get(f"{BASE}{gone.id}")
    assert "1. Public health Free seats: 160 of 160; Peru: 10 of 10 free; the country does not take part in it now" in main(page)
    assert 'value="trade" checked' in page.text, "the first that can be had is proposed"
    alone = main(await browser.get("/officer/bulk", params={"id": str(only.id)}))
    assert "None of these can be approved now." in alone and "no course on its list can be had now" in alone
    await refused_on_the_page(browser, gone, only)
    picks = [f"{one.id}:{one.version}" for one in (*made, gone, only)]
    report = main(await browser.post("/officer/bulk", data={"pick": picks}))
    assert "2 applications are approved. 2 were left as they are." in report and "the first course on its list cannot be had now" in report
    assert "no course on its list can be had now" in report
    assert (await house.world.application(gone.id)).state == State.NOMINATED, "its preview was older than what the country did"
    assert seats in report and f"{ENERGY} (choice 1 of 2)" in report
    assert [(await house.world.published(one.id))[-1].data.course for one in made] == [LISTED[0]] * 2
    await give_on_one_day(house.world)
    on_a_day = main(await browser.get(f"{BASE}{gone.id}"))
    assert "In the person’s order of preference. Places are given on 1 September 2016 (Beijing time)" in on_a_day
    assert (
        "1. Public health Seats: 160; Peru: at most 10; the country does not take part in it now" in on_a_day
        and "Free seats" not in on_a_day
    )


async def give_on_one_day(world: World) -> None:
    """A newer plan gives the places of the call all at once."""
    training = the_plan().programme("training")
    assert training is not None
    calls = tuple(msgspec.structs.replace(one, grants_from=datetime(2016, 9, 1, tzinfo=UTC)) for one in training.calls if one.year == 2016)
    years = tuple(one for one in training.calls if one.year != 2016)
    newer = msgspec.structs.replace(training, calls=(*calls, *years))
    programmes = tuple(newer if one.code == "training" else one for one in the_plan().programmes)
    plan = msgspec.structs.replace(the_plan(), version="99", programmes=programmes)
    asked = await world.do(use_cases.load_plan, plan, actor=str(OFFICER.account_id), role="officer")
    if isinstance(asked, NeedsConfirmation):
        await world.do(use_cases.confirm_change, SECOND_OFFICER, plan.code, change_id=asked.change_id)


async def refused_on_the_page(browser: Any, gone: Application, only: Application) -> None:
    """A page from before the country left is answered with why; one that names no course of several asks for it."""
    away = "It cannot be approved for “Public health”: the country does not take part in it now. Nothing was changed."
    old = await browser.post(f"{BASE}{gone.id}/approve", data={"version": gone.version, "course": "health"})
    assert old.status_code == 409
    assert errors(old) == f"{away} What can be approved of the list: Trade and small enterprises."
    single = await browser.post(f"{BASE}{only.id}/approve", data={"version": only.version})
    assert (single.status_code, errors(single)) == (409, away)
    program = await browser.post(f"/api/v1/applications/{gone.id}/approve", json={"expected_version": gone.version})
    assert (program.status_code, program.json()["code"]) == (409, "course_lost")
    assert program.json()["errors"] == [{"pointer": "/course", "code": "country_away", "value": "health", "allowed": ["trade"]}]
    unsaid = await browser.post(f"{BASE}{gone.id}/approve", data={"version": gone.version, "course": ""})
    assert (unsaid.status_code, errors(unsaid)) == (422, "Choose the course that it is approved for")
    assert 'href="#course"' in unsaid.text and 'id="act-approve" open' in unsaid.text


async def test_where_nothing_can_be_approved_the_page_says_why_and_offers_nothing(house: House) -> None:
    """A course that is lost cannot be chosen; where all are, or the country has left, no button says approve."""
    house.front.clock.move(timedelta(days=60))
    house.world.now = house.front.clock.now()
    application, officer = await to_decide(house, "ana"), await house.browser("officer")
    path, version = f"{BASE}{application.id}", {"version": str(application.version)}

    async def page(*courses: str) -> tuple[bool, str, str]:
        lists = "update application set courses = :courses, course = :first where id = :id returning 1"
        await house.world.rows(lists, courses=list(courses), first=courses[0], id=application.id)
        found = await officer.get(path)
        return "Yes, approve" in found.text, main(found), found.text

    await house.world.hears(left(house.world, 1, "health"))
    offered, _said, text = await page("health", "trade")
    assert offered and re.search(r'value="health"[^>]* disabled', text) and re.search(r'value="trade"[^>]* checked', text)
    assert not re.search(r'value="trade"[^>]* disabled', text)
    lost = "No course that was listed can be had now, so the application cannot be approved: "
    away = "Public health (the country does not take part in it now)"
    until_back = "It stays as it is, and can be approved once the country takes part again. Otherwise choose “Do not carry forward”"
    offered, said, _text = await page("health")
    assert not offered and f"Cannot be approved {lost}{away}. {until_back}" in said and "Do not carry forward" in said
    offered, said, text = await page("gone", "health")
    assert not offered and f"{lost}gone (it is not offered in 2016), {away}. {until_back}" in said and 'id="course"' not in text
    tried = await officer.post(f"{path}/approve", data=version)
    assert tried.status_code == 409 and "What can be approved of the list" not in errors(tried), "nothing was there to choose"
    offered, said, _text = await page("gone")
    assert not offered and "It can be approved only if a newer version of the plan gives such a course again." in said
    await house.world.hears(left(house.world, 2))
    offered, said, _text = await page(*LISTED)
    whole = "The country does not take part in this programme now, so the application cannot be approved."
    assert not offered and f"{whole} {until_back}" in said
    await house.world.hears(left(house.world, 3, takes_part=True))
    assert (await page(*LISTED))[0], "it has returned"


async def test_where_the_country_has_left_what_was_chosen_in_a_programme_without_courses_no_button_says_approve(house: House) -> None:
    plain, officer = await house.reach(State.SUBMITTED, programme="short"), await house.browser("officer")
    statement = "select answers->>'level' as level from page_answers where application_id = :id and jsonb_exists(answers, 'level')"
    [answer] = await house.world.rows(statement, id=plain.id)
    assert "Yes, approve" in (await officer.get(f"{BASE}{plain.id}")).text
    for number, (parts, said) in enumerate(
        [
            ((answer.level,), "takes part in this programme now, but not in what was chosen, so the application cannot be approved."),
            ((), "does not take part in this programme now, so the application cannot be approved."),
        ],
        start=1,
    ):
        await house.world.hears(left(house.world, number, *parts, programme="short"))
        page = await officer.get(f"{BASE}{plain.id}")
        assert f"The country {said} It stays as it is" in main(page) and "Yes, approve" not in page.text


async def test_nothing_is_approved_that_quotas_would_refuse_for_good(world: World) -> None:
    """A course that is not given, or in which the country takes no part; one that has begun only where the officer names it."""
    plain = await world.submitted(new_applicant(), "short")
    world.now += timedelta(days=60)
    application = await world.submitted(new_applicant(), "training")
    await world.act(use_cases.nominate, COORDINATOR, application.id)

    async def tried(course: str | None = None, one: Application = application) -> Any:
        return await world.do(use_cases.approve, OFFICER, one.id, expected_version=None, course=course)

    async def lists(*courses: str) -> None:
        await world.rows("update application set courses = :courses where id = :id returning 1", courses=list(courses), id=application.id)

    first, second = LISTED
    await world.hears(left(world, 1, first))
    lost = CourseLost(first, COUNTRY_AWAY, (second,))
    assert await tried() == await tried(first) == lost, "also where a program names none"
    await lists("gone", second)
    assert await tried() == await tried("gone") == CourseLost("gone", NOT_GIVEN, (second,))
    await lists(first)
    assert await tried() == CourseLost(first, COUNTRY_AWAY)
    await lists(*LISTED)
    await world.hears(left(world, 2))
    assert await tried(second) == CourseLost(second, COUNTRY_AWAY), "it left everything"
    assert (await world.application(application.id)).state == State.NOMINATED
    await world.hears(left(world, 3, second, takes_part=True))
    assert await tried() == lost, "it takes part in that one alone"
    world.now = datetime(2017, 1, 2, 12, tzinfo=UTC)
    assert await tried() == CourseLost(first, COUNTRY_AWAY, (), (second,)), "that the country left counts before that it has begun"
    await lists(second, first)
    assert await tried() == CourseLost(second, BEGUN, (), (second,)), "nobody is sent after a course that began by a list"
    assert isinstance(await tried(second), Done), "the officer is"
    assert (await world.application(application.id)).parts == [second]
    await world.hears(left(world, 1, programme="short"))
    assert await tried(one=plain) == NotTakingPart("PE"), "a programme without courses"


async def test_an_approval_names_a_course_that_was_listed(world: World) -> None:
    plain = await world.submitted(new_applicant(), "short")
    world.now += timedelta(days=60)
    application = await world.submitted(new_applicant(), "training")
    await world.act(use_cases.nominate, COORDINATOR, application.id)
    refused = await world.do(use_cases.approve, OFFICER, application.id, expected_version=None, course="health")
    assert refused == CourseNotListed("health", tuple(LISTED))
    assert (await world.application(application.id)).state == State.NOMINATED
    assert isinstance(await world.do(use_cases.approve, OFFICER, application.id, expected_version=None), Done)
    assert (await world.application(application.id)).course == LISTED[0]
    [approval] = await world.rows("select detail from timeline_entry where application_id = :id and act = 'approve'", id=application.id)
    assert approval.detail == {"score": 0, "course": LISTED[0], "choice": 1, "of": 2}
    refused = await world.do(use_cases.approve, OFFICER, plain.id, expected_version=None, course="health")
    assert refused == CourseNotListed("health", ()), "it lists no course at all"


def left(world: World, number: int, *parts: str, takes_part: bool = False, programme: str = "training") -> AnyEvent:
    data = ParticipationChanged(programme=programme, country="PE", start=world.now.date(), parts=list(parts), takes_part=takes_part)
    return event(data, subject=f"{programme}:PE", version=number, key=f"{programme}:PE:2016", at=world.now)


async def test_a_course_that_the_country_left_is_named_to_who_lists_it_and_only_what_was_approved_counts_after_that(world: World) -> None:
    world.now += timedelta(days=60)
    ana, ben = new_applicant(), new_applicant()
    draft = await world.draft(ana, "training")
    await world.fill(ana, draft)
    approved = await world.submitted(ben, "training")
    await world.act(use_cases.nominate, COORDINATOR, approved.id)
    await world.act(use_cases.approve, OFFICER, approved.id)
    assert isinstance(await world.do(rehearsed, ana, draft.id), Ready)
    await world.hears(left(world, 1, LISTED[1]))
    assert await concerned(world) == {draft.id}, "who is approved for another course is not concerned"
    assert await world.do(rehearsed, ana, draft.id) == CoursesNotPossible({LISTED[1]: COUNTRY_AWAY})
    only = {**good_form("training")["course"], "course-2": ""}
    assert isinstance(await world.do(use_cases.save_page, ana, draft.id, "course", only), Done)
    assert isinstance(await world.do(rehearsed, ana, draft.id), Ready)
    await world.hears(left(world, 2, LISTED[0]))
    assert await concerned(world) == {draft.id, approved.id}
    assert await world.do(rehearsed, ana, draft.id) == NotTakingPart("PE", in_part=True), "nothing that was listed is left"


async def concerned(world: World) -> set[Any]:
    return {one.data.application for one in await world.published() if one.type == "puente.application.concerned.v1"}


async def test_a_listed_course_that_cannot_be_had_stands_in_the_way_of_sending_and_is_named(house: House) -> None:
    house.front.clock.move(timedelta(days=60))
    house.world.now = house.front.clock.now()
    ana, browser = await house.viewer("ana"), await house.browser("ana")
    draft = await house.world.draft(ana, "training")
    await house.world.fill(ana, draft)
    path = f"/applications/{draft.id}"
    assert "Continue to send" in main(await browser.get(f"{path}/check"))
    await house.world.hears(left(house.world, 1, LISTED[1]))
    said = f"“{TRANSPORT}”: your country does not take part in it now"
    check, tasks = await browser.get(f"{path}/check"), main(await browser.get(f"{path}/tasks"))
    assert said in main(check) and "Continue to send" not in main(check) and f'{path}/pages/course?then=check#course-1"' in check.text
    assert said in tasks and "Cannot be sent like this" in tasks and "Cannot start yet" in tasks
    assert (await browser.get(f"{path}/send")).headers["location"] == f"{path}/check"
    form = {"agree": "yes", "agreed": "", "key": str(new_id())}
    assert (await browser.post(f"{path}/send", data=form)).status_code == 422
    assert await house.state(draft) == "draft"
