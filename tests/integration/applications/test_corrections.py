"""Sent back by name: the coordinator marks places, the applicant finds each at its place, and what was changed is shown."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.applications import use_cases
from services.applications.domain.answers import Answer
from services.applications.domain.correction import REMARK_MAX, Mark
from services.applications.domain.courses import BEGUN
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import CoursesNotPossible, MarksWrong
from services.applications.domain.viewers import Viewer
from services.applications.tables import Application
from services.applications.use_cases import Done, Submitted
from services.applications.use_cases.country import wrong_return
from tests.integration.applications.calling import Api
from tests.integration.applications.front import words
from tests.integration.applications.people import COORDINATOR, OFFICER, World, good_form, new_applicant, reason, rehearsed, the_plan
from tests.integration.applications.staff_pages import errors

MARKS = (
    Mark("question", "full_name", "As in the passport,\nplease\u202e"),
    Mark("page", "contact", ""),
    Mark("document", "transcripts", "Page 2 cannot be read."),
)

NOT_CHANGED = "was to be corrected, but has not changed"


async def sent_back(world: World, marks: tuple[Mark, ...] = MARKS) -> tuple[Viewer, Application]:
    person, application = await world.reach(State.SUBMITTED)
    world.now += timedelta(hours=1)
    by = (world.now + timedelta(days=7)).date()
    await world.act(use_cases.return_for_correction, COORDINATOR, application.id, reasons=[reason("return")], correct_by=by, marks=marks)
    return person, application


async def page(api: Api, viewer: Viewer, path: str) -> Any:
    api.clock.move_to(api.world.now)
    answer = await api.send(viewer, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer


async def save(world: World, person: Viewer, application: Application, key: str, **changed: str) -> None:
    done = await world.do(use_cases.save_page, person, application.id, key, {**good_form()[key], **changed})
    assert isinstance(done, Done), done


async def test_each_mark_is_seen_at_its_place_until_that_place_is_corrected(world: World, api: Api) -> None:
    person, application = await sent_back(world)
    path = f"/applications/{application.id}"
    told = words(await page(api, person, path))
    assert "As in the passport, please" in told
    assert "Page 2 cannot be read." in told
    assert "\u202e" not in told
    tasks = (await page(api, person, f"{path}/tasks")).text
    assert len(re.findall(r"To be corrected\s*<", tasks)) == 3

    identity = (await page(api, person, f"{path}/pages/identity")).text
    assert identity.index("As in the passport, please") < identity.index('id="full_name"')
    assert "To be corrected" in words(await page(api, person, f"{path}/pages/contact"))
    assert "To be corrected" not in words(await page(api, person, f"{path}/pages/studies"))
    assert "Page 2 cannot be read." in words(await page(api, person, f"{path}/papers/transcripts"))

    world.now += timedelta(hours=1)
    await save(world, person, application, "identity", full_name="José Ñahui Quispe Mamani")
    await save(world, person, application, "contact", city="Puno")
    tasks = (await page(api, person, f"{path}/tasks")).text
    assert len(re.findall(r"To be corrected\s*<", tasks)) == 1, "the document is left"
    again = words(await page(api, person, f"{path}/check"))
    assert again.count(NOT_CHANGED) == 1, "said before it is sent again, and it stops nobody"
    assert tasks.count("Added, not yet sent") == 0, "what was in the submission that came back was sent"
    await world.attach(person, application.id, "transcripts")
    assert (await page(api, person, f"{path}/tasks")).text.count("Added, not yet sent") == 1


async def test_before_it_is_sent_again_what_was_marked_and_is_as_it_was_is_told_apart_from_what_was_changed(world: World, api: Api) -> None:
    """A page may be saved as it was, or with another answer on it changed."""
    person, application = await sent_back(world)
    path = f"/applications/{application.id}"
    world.now += timedelta(hours=1)
    await save(world, person, application, "identity", **{"birth_date-day": "2"})
    await save(world, person, application, "contact")
    check = await page(api, person, f"{path}/check")
    for name in ("Full name", "How to reach you", "Academic transcripts"):
        assert f"“{name}” {NOT_CHANGED}" in words(check)
    assert f'href="{path}/pages/identity?then=check#full_name"' in check.text
    await save(world, person, application, "identity", full_name="José Ñahui Quispe Mamani")
    await save(world, person, application, "contact", city="Puno")
    left = words(await page(api, person, f"{path}/check"))
    assert left.count(NOT_CHANGED) == 1 and f"“Academic transcripts” {NOT_CHANGED}" in left


async def test_an_answer_that_did_not_count_is_no_change(world: World, api: Api) -> None:
    """It is kept, and was not part of what was sent, as little as it is of what is sent now."""
    person = new_applicant()
    application = await world.draft(person)
    await world.fill(person, application)
    number = next(key.split("-")[1] for key in good_form()["education"] if key.endswith("-finished"))
    unfinished = {f"education-{number}-finished": "no", f"education-{number}-to_year": "2015"}
    await save(world, person, application, "education", **unfinished)
    (kept,) = await world.rows("select answers::text as said from page_answers where page = 'education'")
    assert '"to_year": 2015' in kept.said
    await world.submit(person, application.id)
    world.now += timedelta(hours=1)
    by = (world.now + timedelta(days=7)).date()
    await world.act(use_cases.return_for_correction, COORDINATOR, application.id, reasons=[reason("return")], correct_by=by, marks=MARKS)
    await world.submit(person, application.id)
    assert "It was sent again without a change." in words(await page(api, COORDINATOR, f"/country/applications/{application.id}"))


async def test_what_was_corrected_is_shown_before_and_now_to_the_coordinator_and_the_officer(world: World, api: Api) -> None:
    person, application = await sent_back(world)
    path = f"/country/applications/{application.id}"
    for viewer, where in ((COORDINATOR, path), (OFFICER, f"/officer/applications/{application.id}")):
        waiting = words(await page(api, viewer, where))
        assert "What was corrected" not in waiting
        asked = waiting[waiting.index("Where it has to be corrected") :]
        assert "As in the passport, please" in asked and "Academic transcripts Page 2 cannot be read." in asked
    world.now += timedelta(hours=1)
    await save(world, person, application, "identity", full_name="José Ñahui Quispe Mamani")
    await world.submit(person, application.id)
    for viewer, where in ((COORDINATOR, path), (OFFICER, f"/officer/applications/{application.id}")):
        shown = (await page(api, viewer, where)).text
        table = shown[shown.index('id="corrected"') : shown.index("</table>", shown.index('id="corrected"'))]
        assert "José Ñahui Quispe Mamani" in table
        assert re.search(r"José Ñahui Quispe\s*<", table)
        assert table.count("<tr>") == 2, "the head, and the one answer that was changed"
    listed = words(await page(api, COORDINATOR, "/country"))
    assert "Corrected" in listed
    fresh = words(await page(api, person, f"/applications/{application.id}"))
    assert "As in the passport" not in fresh, "a remark is gone once it was answered"


async def test_sent_again_as_it_was_is_said(world: World, api: Api) -> None:
    person, application = await sent_back(world)
    await world.submit(person, application.id)
    seen = words(await page(api, COORDINATOR, f"/country/applications/{application.id}"))
    assert "It was sent again without a change." in seen and "Corrected and sent again" in seen, "and the history parts it from the first"
    told = [event.data.corrected for event in await world.published(application.id) if event.type == "puente.application.submitted.v1"]
    assert told == [False, True], "the second one is thanked for as such"


@pytest.mark.parametrize(
    "marks",
    [
        (Mark("question", "no_such", ""),),
        (Mark("page", "full_name", ""),),
        (Mark("lock", "contact", ""),),
        (Mark("document", "physical_examination", "asked for after an offer"),),
        (Mark("page", "contact", "a"), Mark("page", "contact", "b")),
        (Mark("page", "contact", "x" * (REMARK_MAX + 1)),),
        tuple(Mark("page", "contact", "") for _ in range(101)),
    ],
)
async def test_marks_that_name_nothing_or_say_too_much_change_nothing(world: World, marks: tuple[Mark, ...]) -> None:
    _, application = await world.reach(State.SUBMITTED)
    outcome = await world.do(
        use_cases.return_for_correction,
        COORDINATOR,
        application.id,
        reasons=[reason("return")],
        correct_by=world.now.date() + timedelta(days=2),
        marks=marks,
        expected_version=None,
    )
    assert isinstance(outcome, MarksWrong), outcome
    assert (await world.application(application.id)).state == State.SUBMITTED
    assert await world.rows("select 1 from sent_answers") == []


async def test_a_reason_that_is_about_a_place_needs_one_that_is_named(world: World, api: Api) -> None:
    person, application = await world.reach(State.SUBMITTED)
    path = f"/country/applications/{application.id}"
    day = {"correct_by-day": "2", "correct_by-month": "2", "correct_by-year": "2016"}
    form = {"version": str(application.version), "return_reasons": "document_unreadable", **day}
    opened = await page(api, COORDINATOR, path)
    assert "At least one document has to be ticked for: “A document cannot be read”" in words(opened)
    assert "one question or page has to be ticked for: “An answer is not clear enough”" in words(opened)
    assert "” At least one" not in words(opened), "each of the sentences of the hint ends"
    assert 'value="document:transcripts"' in opened.text
    assert 'value="document:physical_examination"' not in opened.text, "it is asked for after an offer: nobody can add it now"
    assert "« Un document est illisible »" in words(await page(api, COORDINATOR, f"{path}?lang=fr")), "the marks are the language's own"
    refused = await api.send(COORDINATOR, "POST", f"{path}/return", data=form)
    assert refused.status_code == 422
    assert "Tick at least one document: the reason" in errors(refused), "at the top, where the keyboard is put"
    assert re.search(r"<title>\s*Error: ", refused.text)
    assert 'href="#marks"' in refused.text
    assert re.search(r'id="marks" tabindex="-1" aria-describedby="marks-error"', refused.text), "the place takes the keyboard"
    assert re.search(r'value="document_unreadable"[^>]* checked', refused.text)
    elsewhere = await api.send(COORDINATOR, "POST", f"{path}/return", data=form | {"mark": "question:birth_date"})
    assert elsewhere.status_code == 422 and "Tick at least one document: the reason" in errors(elsewhere), "a page is no document"
    body = {"expected_version": application.version, "reasons": ["document_unreadable"], "correct_by": "2016-02-02", "marks": []}
    for marks in ([], [{"kind": "question", "key": "birth_date"}]):
        by_program = await api.send(COORDINATOR, "POST", f"/api/v1/applications/{application.id}/return", json=body | {"marks": marks})
        assert (by_program.status_code, by_program.json()["code"]) == (422, "marks_missing")
    assert (await world.application(application.id)).state == State.SUBMITTED
    done = await api.send(COORDINATOR, "POST", f"{path}/return", data=form | {"mark": "document:transcripts"})
    assert done.status_code == 303, words(done)
    told = words(await page(api, person, f"/applications/{application.id}"))
    assert "Academic transcripts" in told[told.index("Where it has to be corrected") :], "the applicant sees which"


async def test_the_coordinators_form_takes_marks_and_gives_back_what_was_typed(world: World, api: Api) -> None:
    _, application = await world.reach(State.SUBMITTED)
    path = f"/country/applications/{application.id}"
    form = {"version": str(application.version), "correct_by-day": "2", "correct_by-month": "2", "correct_by-year": "2016"}
    marks = {"mark": ["question:full_name"], "remark-question:full_name": "Two names are missing", "remark-page:contact": "Which city?"}
    refused = await api.send(COORDINATOR, "POST", f"{path}/return", data=form | marks)
    assert refused.status_code == 422, "no reason was chosen"
    assert 'value="Two names are missing"' in refused.text
    assert re.search(r'value="question:full_name"[^>]* checked', refused.text)
    long = marks | {"remark-page:contact": "x" * (REMARK_MAX + 1)}
    refused = await api.send(COORDINATOR, "POST", f"{path}/return", data=form | long | {"return_reasons": reason("return")})
    assert refused.status_code == 422
    assert f"{REMARK_MAX} characters or fewer" in errors(refused)
    assert 'href="#remark-page:contact"' in refused.text, "the summary leads to the remark that is too long"
    done = await api.send(COORDINATOR, "POST", f"{path}/return", data=form | marks | {"return_reasons": reason("return")})
    assert done.status_code == 303, words(done)
    (row,) = await world.rows("select marks from sent_answers")
    assert {(one["kind"], one["key"], one["remark"]) for one in row.marks} == {
        ("question", "full_name", "Two names are missing"),
        ("page", "contact", "Which city?"),
    }
    published = (await world.published(application.id))[-1]
    assert "missing" not in repr(published), "a remark never leaves this service"
    trail = await world.rows("select detail::text as said from audit_entry where act = 'application.return'")
    assert "missing" not in trail[0].said


@pytest.mark.parametrize(("pays", "unfit"), [(True, ()), (False, ("question:contribution",)), (None, ("question:contribution",))])
def test_what_an_applicant_is_not_asked_cannot_be_marked(pays: bool | None, unfit: tuple[str, ...]) -> None:
    """Nobody would find it: the question on which it hangs can be marked."""
    masters = the_plan().programme("masters")
    assert masters is not None
    (code, *_) = [one.code for one in masters.reasons_for("return") if not one.marked]
    answers: dict[str, Answer] = {} if pays is None else {"employer_pays": pays}
    marks = [Mark("question", "employer_pays"), Mark("question", "contribution")]
    call = masters.calls[0]
    by = call.day(call.opens) + timedelta(days=8)
    found = wrong_return(masters, answers, call, call.opens, reasons=[code], correct_by=by, marks=marks)
    assert (found.marks if isinstance(found, MarksWrong) else ()) == unfit


async def test_what_was_returned_can_be_sent_again_though_its_course_has_begun_meanwhile(world: World) -> None:
    """Whether somebody is let in late is for the officer to say; one that is listed anew must not have begun, as before."""
    world.now += timedelta(days=60)
    writer, application = await world.reach(State.RETURNED, programme="training")
    await world.rows("update application set correct_by = '2017-01-31' where id = :id returning 1", id=application.id)
    world.now = datetime(2017, 1, 2, 12, tzinfo=UTC)
    anew = {**good_form("training")["course"], "course-2": "trade"}
    assert isinstance(await world.do(use_cases.save_page, writer, application.id, "course", anew), Done)
    assert await world.do(rehearsed, writer, application.id) == CoursesNotPossible({"trade": BEGUN})
    assert isinstance(await world.do(use_cases.save_page, writer, application.id, "course", good_form("training")["course"]), Done)
    assert isinstance(await world.submit(writer, application.id), Submitted)
