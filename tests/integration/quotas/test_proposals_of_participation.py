"""A country leaves and returns: the effect is shown, two people decide, the others are asked, the sweep does it."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.quotas import rebuild
from services.quotas.rebuild import log_of
from services.quotas.settings import QuotasSettings
from services.quotas.sweeps import sweeps
from shared.events.applications import CourseTerms
from shared.kernel.clock import ManualClock
from shared.persistence.database import Database
from tests.conftest import NewDatabase
from tests.integration.quotas.office import ANA, API, BO, PE, Office, code
from tests.integration.quotas.pages_front import front, words
from tests.integration.quotas.scene import (
    START,
    Person,
    apply_events,
    figures,
    held,
    names,
    picture,
    programme,
    publication,
    rows,
    states,
    told,
)

FIRST = (START + timedelta(days=10)).date()


def change(country: str = "PE", start: date = FIRST, **other: Any) -> dict[str, Any]:
    return {"programme": "training", "country": country, "start": start.isoformat(), **other}


@pytest.fixture
async def office(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Office:
    """Peru has one place offered and one free, and nobody waits; Brazil has both offered and one waits."""
    clock.move_to(START)
    service = front(await new_database("quotas"), clock, tmp_path)
    await apply_events(service.db, publication(programme()))
    return Office(service)


async def sweep(db: Database, days: int) -> None:
    for one in sweeps(db, QuotasSettings()):
        while one.name == "participation" and await one.run(START + timedelta(days=days)):
            pass


async def give(office: Office, country: str, people: int) -> list[Person]:
    made = [Person(f"training:{country}:2016", score=90_000 - n) for n in range(people)]
    await apply_events(office.front.db, *[one.approved() for one in made])
    return made


async def agree(office: Office, proposal: str, country: str, answer: str = "yes", *, role: str = "coordinator", of: str = "") -> Any:
    async with office.front.browser(role, country=of or country) as browser:
        body = {"country": country, "answer": answer, "note": "Note 12" if role == "officer" else ""}
        return await browser.post(f"{API}/{proposal}/consent", json=body, headers={"Accept": "application/json"})


async def test_leaving_is_shown_adopted_and_carried_out_on_its_day(office: Office) -> None:
    db = office.front.db
    people = await give(office, "PE", 4)
    await apply_events(db, people[0].accepts(1), people[1].declines(1))
    await apply_events(db, people[3].withdrawn(), people[2].declines(2))
    waiting = await give(office, "BR", 3)
    assert await figures(db, PE) == (2, 1, 0, 1, 0)
    before = await picture(db)
    effect = (await office.look("leave", change())).json()
    assert [(cell["after"]["target"], cell["after"]["free"], cell["after"]["taken"]) for cell in effect["cells"]] == [(1, 0, 1)]
    assert effect["pool_gains"] == 1
    brazil = (await office.look("leave", change("BR"))).json()
    assert brazil["cells"][0]["refused"] == [str(waiting[2].application)] and brazil["told"] == 1
    assert await picture(db) == before, "looking changes nothing"
    await office.adopted("leave", change())
    await office.adopted("leave", change("BR", end=(FIRST + timedelta(days=30)).isoformat()))
    assert await figures(db, PE) == (2, 1, 0, 1, 0), "nothing moves before its day"
    first, second = await told(db, "participation.changed")
    assert (first.subject, first.subjectversion, first.data.takes_part, first.data.start) == ("training:PE", 1, False, FIRST)
    assert (second.subject, second.data.end) == ("training:BR", FIRST + timedelta(days=30))
    await sweep(db, 9)
    assert await figures(db, PE) == (2, 1, 0, 1, 0)
    await sweep(db, 10)
    assert await figures(db, PE) == (1, 0, 0, 1, 0) and await states(db, people[0], waiting[2]) == ["taken", "refused"]
    late = Person(PE)
    await apply_events(db, late.approved(START + timedelta(days=11)))
    assert (await told(db, "refused"))[-1].data.reason == "not_participating"
    assert await held(db) == {}


async def test_leaving_takes_free_places_of_later_years_on_their_first_day(office: Office) -> None:
    """They are shown with the day before it is confirmed; of a leave that is over by then they are none."""
    data = programme(version="2", places=16)
    (call,) = data.calls
    later = msgspec.structs.replace(
        call, year=2017, list_closes=datetime(2017, 8, 15, tzinfo=UTC), answers_due=datetime(2017, 5, 31, tzinfo=UTC)
    )
    data = msgspec.structs.replace(data, places_per_year={2016: 8, 2017: 8}, calls=[call, later])
    db, next_year = office.front.db, "training:PE:2017"
    await apply_events(db, publication(data, version=2))
    assert (await figures(db, next_year))[:2] == (2, 2)
    effect = (await office.look("leave", change())).json()
    assert [(one["key"], one["after"]["free"], one["day"]) for one in effect["cells"]] == [
        (PE, 0, FIRST.isoformat()), (next_year, 0, "2017-01-01"),
    ]  # fmt: skip
    assert effect["pool_gains"] == 4
    this_year = (await office.look("leave", change(end="2016-12-31"))).json()
    assert (this_year["pool_gains"], this_year["cells"][1]["after"]["free"], this_year["cells"][1]["day"]) == (2, 2, None)
    at = await office.filed("leave", change())
    async with office.front.browser("officer", account=BO) as bo:
        said = words(await bo.get(f"/quotas/proposals/{at}"))
    assert "PE 2016 on 30 January 2016 2 → 0" in said and "PE 2017 on 1 January 2017 2 → 0" in said
    await office.adopt(at)
    await sweep(db, 10)
    assert (await figures(db, PE))[:2] == (0, 0) and (await figures(db, next_year))[:2] == (2, 2)
    await sweep(db, (date(2017, 1, 1) - START.date()).days)
    assert (await figures(db, next_year))[:2] == (0, 0) and await held(db) == {}


async def test_returning_needs_every_country_and_the_donor_each_on_record(office: Office) -> None:
    db = office.front.db
    await office.adopted("leave", change(start=START.date()))
    await sweep(db, 0)
    proposal = await office.filed("return_to_programme", change())
    assert [one["country"] for one in (await office.shown(proposal))["consents"]] == ["AR", "BR", "CL"], "who takes part today"
    assert code(await office.adopt(proposal)) == (409, "consents_missing")
    assert (await agree(office, proposal, "AR")).status_code == 200
    assert (await agree(office, proposal, "BR", of="CL")).status_code == 403, "only for the own country"
    assert (await agree(office, proposal, "BR", role="reviewer")).status_code == 403
    assert code(await agree(office, proposal, "AR")) == (409, "answered_already")
    assert code(await agree(office, proposal, "PE")) == (404, "not_asked")
    assert (await agree(office, proposal, "BR", role="officer", of="BR")).status_code == 200, "a letter that an officer enters"
    bare = await office.ask(ANA, "POST", f"{API}/{proposal}/consent", {"country": "CL", "answer": "yes"})
    assert code(bare) == (422, "no_reference")
    before = await picture(db)
    assert code(await office.adopt(proposal)) == (409, "consents_missing") and await picture(db) == before
    assert (await agree(office, proposal, "CL")).status_code == 200
    assert code(await office.adopt(proposal, by=ANA)) == (403, "same_person")
    assert (await office.adopt(proposal)).status_code == 200
    kept = await rows(db, "select country, answer, role, at, note from proposal_consent order by country")
    assert [(row.country, row.answer, row.role, row.note) for row in kept] == [
        ("AR", "yes", "coordinator", ""), ("BR", "yes", "officer", "Note 12"), ("CL", "yes", "coordinator", ""),
    ]  # fmt: skip
    early, late = Person(PE), Person(PE)
    await apply_events(db, early.approved(START + timedelta(days=9)), late.approved(START + timedelta(days=10)))
    assert await states(db, early, late) == ["refused", "waiting"], "it takes part again, and has no places yet"
    office.front.clock.move_to(START + timedelta(days=10))
    await office.adopted("allotment_change", {"cell": PE, "target": 1})
    assert await states(db, late) == ["offered"]
    assert await held(db) == {}


async def test_a_country_that_does_not_agree_stops_it(office: Office) -> None:
    await office.adopted("leave", change(start=START.date()))
    proposal = await office.filed("return_to_programme", change())
    for country, answer in (("AR", "yes"), ("BR", "no"), ("CL", "yes")):
        assert (await agree(office, proposal, country, answer)).status_code == 200
    assert code(await office.adopt(proposal)) == (409, "consent_refused")
    rejected = await office.ask(BO, "POST", f"{API}/{proposal}/reject", {"note": "Brazil does not agree."})
    assert rejected.status_code == 200 and code(await agree(office, proposal, "AR")) == (409, "not_open")


@pytest.mark.parametrize(
    ("kind", "params", "expected"),
    [
        ("leave", change("XX"), (404, "unknown_country")),
        ("leave", {**change(), "programme": "nothing"}, (404, "unknown_country")),
        ("leave", change(start=START.date() - timedelta(days=1)), (422, "in_the_past")),
        ("leave", change(end=(FIRST - timedelta(days=1)).isoformat()), (422, "bad_period")),
        ("leave", change(parts=[" "]), (422, "bad_parts")),
        ("leave", change(parts=["solar"]), (422, "no_parts")),
        ("leave", {**change(), "start": "soon"}, (422, "bad_params")),
        ("return_to_programme", change(), (409, "takes_part_already")),
    ],
)
async def test_what_cannot_be_is_refused_and_files_nothing(office: Office, kind: str, params: Any, expected: tuple[int, str]) -> None:
    assert code(await office.propose(kind, params)) == expected
    assert await rows(office.front.db, "select 1 from proposal") == []


async def test_days_in_a_refusal_are_written_as_its_reader_writes_them(office: Office) -> None:
    params = change(end=(FIRST - timedelta(days=1)).isoformat())
    for language, said in (("en", "on 30 January 2016 and end on 29 January 2016"), ("zh", "2016年1月30日")):
        async with office.front.browser("officer", account=ANA, language=language) as ana:
            answer = await ana.post(f"{API}/preview", json={"kind": "leave", "params": params}, headers={"Accept": "application/json"})
        assert answer.status_code == 422 and said in answer.json()["detail"]


async def test_who_left_cannot_leave_again(office: Office) -> None:
    await office.adopted("leave", change())
    assert code(await office.propose("leave", change())) == (409, "takes_no_part_then")


async def test_the_books_are_made_again_with_who_left(office: Office, new_database: NewDatabase) -> None:
    db = office.front.db
    await give(office, "PE", 3)
    await office.adopted("leave", change(start=START.date()))
    await sweep(db, 0)
    await apply_events(db, Person(PE).approved(START + timedelta(days=1)))
    again = Database(await new_database("quotas"))
    await rebuild.rebuild(again, log_of([publication(programme()), *await told(db, "batch.decided")]))
    for table in ("programme", "cell", "decision", "account"):
        assert sorted(map(repr, await rows(again, f"select * from {table}"))) == sorted(map(repr, await rows(db, f"select * from {table}")))
    assert await held(again) == {}
    await again.close()


async def test_a_country_leaves_and_is_answered_by_forms(office: Office) -> None:
    """A coordinator proposes for the own country only; an officer adopts; to return, the others answer on the page."""
    db = office.front.db
    path = "/quotas/participation/training/PE"
    data = {"act": "leave", "start-day": str(FIRST.day), "start-month": str(FIRST.month), "start-year": str(FIRST.year)}
    data |= {"end-day": "", "end-month": "", "end-year": "", "parts": "", "reason": "The government decided so.", "key": "0123456789"}
    async with office.front.browser("coordinator", country="PE") as own, office.front.browser("officer", account=BO) as officer:
        assert "PE" in words(await own.get("/quotas/participation?programme=training"))
        assert (await own.get("/quotas/participation/training/BR")).status_code == 403
        wrong = await own.post(path, data={"act": "", "start-day": "31", "start-month": "2", "start-year": "2016", "reason": ""})
        said = words(wrong)
        assert wrong.status_code == 422 and "Choose what the country wants" in said and "Enter a real date" in said
        late = words(
            await own.post(path, data={**data, "start-month": "1", "start-day": "2", "end-day": "1", "end-month": "1", "end-year": "2016"})
        )
        assert "Enter today or a later day: that day is past" in late and "Enter a last day that is not before the first one" in late
        look = await own.post(path, data={**data, "step": "look"})
        assert look.status_code == 200 and "Places that are held, and stay" in words(look) and "2 0" in words(look)
        filed = await own.post(path, data={**data, "step": "send"})
        assert filed.status_code == 303
        at = filed.headers["location"].partition("?")[0]
        assert "takes part no longer, from 30 January 2016 on" in words(await own.get(at))
        page = await officer.get(at)
        state = page.text.partition('name="state" value="')[2].partition('"')[0]
        assert (await officer.post(at, data={"decision": "approve", "note": "", "state": state})).status_code == 303
        await sweep(db, 20)
        assert await figures(db, PE) == (0, 0, 0, 0, 0)
        again = words(await own.post(path, data={**data, "key": "0000000001", "step": "look"}))
        assert "It could not be adopted now: The country does not take part then anyway" in again
        assert "It cannot be proposed as it is." in again and "Propose it" not in again
        back = {**data, "act": "return_to_programme", "start-month": "3", "key": "9876543210", "step": "send"}
        assert "It brings none back." in words(await own.post(path, data={**back, "step": "look"}))
        asked = (await own.post(path, data=back)).headers["location"].partition("?")[0]
        assert "AR Not answered yet" in words(await officer.get(asked)) and 'name="answer"' not in (await own.get(asked)).text
        async with office.front.browser("coordinator", country="AR") as other:
            assert "Waiting for a decision PE: takes part again" in words(await other.get("/quotas/participation"))
            move = await office.filed("return", {"moves": [{"source": "training:AR:2016", "places": 1}]})
            assert (await other.post(f"/quotas/proposals/{move}/consent", data={})).status_code == 403, "no other proposal is seen by it"
            bare = await other.post(f"{asked}/consent", data={})
            assert bare.status_code == 422 and "Choose whether the country may return" in words(bare) and "Error:" in bare.text
            assert (await other.post(f"{asked}/consent", data={"answer": "yes"})).status_code == 303
            answered = await other.get(asked)
            assert "AR Agrees" in words(answered) and "/staff/" not in answered.text
            assert re.search(r"Proposed [^.]*, Coordinator, PE ", words(answered)), "who it was is not for other countries, the office is"
        typed = {"country": "BR", "answer": "no", "reference": ""}
        unsaid, none = [await officer.post(f"{asked}/consent", data=one) for one in (typed, {**typed, "country": ""})]
        assert unsaid.status_code == none.status_code == 422 and "Choose the country that answered" in words(none)
        assert "Say in which letter or note the country gave this answer" in words(unsaid)
        assert '<option value="BR" selected' in unsaid.text and unsaid.text.count(" checked") == 1, "what was chosen stays"
        seen = await officer.get(asked)
        assert "BR Not answered yet" in words(seen)
        assert re.search(r"Agrees [^.]* · Coordinator, AR ", words(seen)) and seen.text.count('data-part="/staff/') == 2
        async with office.front.browser("reviewer") as stranger:
            assert (await stranger.get("/quotas/participation")).status_code == 403
            assert (await stranger.post(f"{asked}/consent", data={"answer": "yes"})).status_code == 403


async def test_a_part_that_the_plan_does_not_have_is_named_with_the_nearest_that_it_has(office: Office) -> None:
    """Courses, levels and what the plan itself says countries take part in are parts; a typing error is none."""
    course = CourseTerms(key="solar", year=2016, names=names("solar"), starts=date(2016, 5, 1), ends=date(2016, 6, 1))
    data = programme(version="2", courses=[course], parts={"master": names("Master’s degree")})
    await apply_events(office.front.db, publication(data, version=2))
    wrong = await office.propose("leave", change(parts=["solar", "mastr"]))
    assert code(wrong) == (422, "unknown_part")
    assert "“mastr”" in wrong.text and "“master”" in wrong.text and "master, solar" in wrong.text
    assert await rows(office.front.db, "select 1 from proposal") == []
    assert (await office.propose("leave", change(parts=["solar", "master"]))).status_code == 201


async def test_parts_are_ticked_and_told_by_name(office: Office) -> None:
    """On the form, where it is checked, in the proposal, and in the list once it is adopted; no code is seen or typed."""
    course = CourseTerms(key="solar", year=2016, names=names("Solar energy"), starts=date(2016, 5, 1), ends=date(2016, 6, 1))
    wind = msgspec.structs.replace(course, key="wind", names=names("Wind energy"))
    data = programme(version="2", courses=[course, wind], parts={"master": names("Master’s degree")})
    await apply_events(office.front.db, publication(data, version=2))
    solar, windy = Person(PE, course="solar"), Person(PE, course="wind")
    forward = [Person(PE, course=one).nominated() for one in ("solar", "wind", "wind", None)]
    await apply_events(office.front.db, solar.approved(), windy.approved(), *forward)
    path, listed = "/quotas/participation/training/PE", "/quotas/participation?programme=training"
    typed = {"act": "leave", "start-day": str(FIRST.day), "start-month": str(FIRST.month), "start-year": str(FIRST.year)}
    sent: dict[str, Any] = typed | {"parts": ["solar", "master"], "reason": "The government decided so.", "key": "0123456789"}
    async with office.front.browser("coordinator", country="PE") as own, office.front.browser("officer", account=BO) as officer:
        form = words(await own.get(path))
        assert "Solar energy" in form and "Master’s degree" in form and "solar" not in form
        both = "Master’s degree, Solar energy"
        checked = await own.post(path, data={**sent, "step": "look"})
        looked = words(checked)
        assert f'href="{path}"' not in checked.text and checked.text.count('value="change"') == 2, "Back leads to what was typed too"
        assert f"Parts {both} Places that are held, and stay 1 Put forward without an answer yet 2" in looked, "and one of no known part"
        whole = {**sent, "parts": [], "step": "look"}
        assert "Places that are held, and stay 2 Put forward without an answer yet 4" in words(await own.post(path, data=whole))
        await apply_events(office.front.db, windy.accepts(1), windy.ended(reason="finished"))
        assert "Places that are held, and stay 1" in words(await own.post(path, data=whole)), "whose stay has ended holds none"
        for again in (await own.post(path, data={**sent, "step": "change"}), await own.post(path, data={**sent, "reason": ""})):
            assert again.text.count(" checked") == 3, "the act and both parts stay ticked"
        at = (await own.post(path, data={**sent, "step": "send"})).headers["location"].partition("?")[0]
        assert f"takes part no longer in {both}" in words(await officer.get(at))
        assert f"takes part no longer in {both}" in words(await officer.get(listed))
        state = (await officer.get(at)).text.partition('name="state" value="')[2].partition('"')[0]
        assert (await officer.post(at, data={"decision": "approve", "note": "", "state": state})).status_code == 303
        assert f"without {both}" in words(await officer.get(listed))
