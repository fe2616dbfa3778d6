"""What was sent back and did not come again ends with its day, and the person is told, may apply anew, and finds why on its page."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.settings import ApplicationsSettings
from services.applications.store import checks
from services.applications.sweeps import sweeps
from services.applications.tables import Application
from services.applications.use_cases import Done
from services.applications.use_cases.corrections import end_uncorrected
from services.applications.use_cases.steps import terms_of
from shared.persistence import migrate
from tests.integration.applications.calling import Api
from tests.integration.applications.people import COORDINATOR, COUNTRY, PROGRAMME, YEAR, World

GRACE = timedelta(seconds=ApplicationsSettings().answer_grace_seconds)


async def sweep(world: World) -> int:
    """As the worker runs it."""
    every = sweeps(world.db, cast(Any, None), cast(Any, None), ApplicationsSettings())
    return await next(one for one in every if one.name == "corrections").run(world.now)


async def day_over(world: World, application: Application) -> datetime:
    """The first moment after the day for the correction, where the call is."""
    terms = await world.db.run(lambda tx: terms_of(tx, application.programme))
    assert application.correct_by is not None
    zone = ZoneInfo(terms.call(application.year).timezone)
    return datetime.combine(application.correct_by + timedelta(days=1), time(), zone).astimezone(UTC)


async def test_it_ends_after_the_last_second_of_its_day_and_one_may_apply_again(world: World, api: Api) -> None:
    person, application = await world.reach(State.RETURNED)
    _other, corrected = await world.reach(State.RETURNED)
    await world.submit(_other, corrected.id)
    world.now = await day_over(world, application) + GRACE - timedelta(seconds=1)
    assert await sweep(world) == 0, "the last second of the day, and a minute for what is under way, are inside"
    world.now += timedelta(seconds=1)
    assert await sweep(world) == 1
    assert await sweep(world) == 0
    after = await world.application(application.id)
    assert (after.state, after.correct_by) == (State.WITHDRAWN, application.correct_by)
    assert (await world.application(corrected.id)).state == State.SUBMITTED
    told = (await world.published(application.id))[-1]
    assert (told.type, told.data.by_role, told.data.from_state) == ("puente.application.withdrawn.v1", "system", "returned")
    page = await api.send(person, "GET", f"/applications/{application.id}")
    assert "It was not corrected and sent again by the day that was named" in page.text
    assert "It was not corrected in time" in page.text
    assert await world.db.run(checks.broken) == dict.fromkeys(checks.CHECKS, 0)
    again = await world.do(use_cases.start_draft, person, programme=PROGRAMME, year=YEAR, country=COUNTRY)
    assert isinstance(again, Done), again


async def test_a_coordinator_gives_more_time_and_the_person_is_told_the_later_day(world: World, api: Api) -> None:
    person, application = await world.reach(State.RETURNED)
    path, first = f"/country/applications/{application.id}", application.correct_by
    assert first is not None
    api.clock.move_to(world.now)

    async def extend(day: date | None) -> Any:
        boxes = dict(zip(("day", "month", "year"), (day.day, day.month, day.year) if day else ("31", "2", "2016"), strict=True))
        form = {"version": str(application.version)} | {f"correct_by-{box}": str(value) for box, value in boxes.items()}
        return await api.send(COORDINATOR, "POST", f"{path}/extend", data=form)

    offered = await api.send(COORDINATOR, "GET", path)
    assert f'value="{(first + timedelta(days=14)).day}"' in offered.text, "two weeks from the day that was named are proposed"
    assert "Enter the last day" in (await extend(None)).text
    for day in (first, first - timedelta(days=1)):
        refused = await extend(day)
        assert (refused.status_code, "or later" in refused.text) == (422, True), "no day is shortened"
    later = first + timedelta(days=3)
    assert (await extend(later)).headers["location"] == f"{path}?done=extend"
    assert (await extend(later + timedelta(days=1))).status_code == 409, "the form was of the version before"
    told = (await world.published(application.id))[-1]
    assert (told.type, told.data.correct_by, told.data.reasons) == ("puente.application.returned.v1", later, application.reasons)
    page = await api.send(person, "GET", f"/applications/{application.id}")
    assert "You were given more time to correct it" in page.text
    [row] = await world.rows("select detail from audit_entry where act = 'application.extend'")
    assert row.detail == {"before": first.isoformat(), "correct_by": later.isoformat()}
    world.now = await day_over(world, application) + GRACE
    assert await sweep(world) == 0, "the first day is not the last any more"
    await world.submit(person, application.id)
    assert (await world.application(application.id)).state == State.SUBMITTED


async def test_whoever_withdraws_while_it_is_to_be_corrected_is_told_nothing_of_a_day(world: World, api: Api) -> None:
    person, application = await world.reach(State.RETURNED)
    await world.act(use_cases.withdraw, person, application.id)
    world.now = await day_over(world, application) + timedelta(days=1)
    assert await sweep(world) == 0
    page = await api.send(person, "GET", f"/applications/{application.id}")
    assert "This application was withdrawn." in page.text
    await world.rows(f"update application set correct_by = '{application.correct_by}' where id = '{application.id}' returning id")
    page = await api.send(person, "GET", f"/applications/{application.id}")
    assert "This application was withdrawn." in page.text, "a process of the version before leaves the day where it is"


async def test_one_that_cannot_be_ended_keeps_no_other_waiting(world: World) -> None:
    """Its timeline has a row already where the end's would be, as no code of ours leaves it; there is room for one in a portion."""
    _person, broken = await world.reach(State.RETURNED)
    _person, fine = await world.reach(State.RETURNED)
    assert broken.id < fine.id, "it is the first that the sweep finds"
    await world.rows(
        "insert into timeline_entry (application_id, number, at, act, actor_role, source, target) "
        f"values ('{broken.id}', {broken.version + 1}, now(), 'return', 'system', 'submitted', 'returned') returning number"
    )
    world.now = await day_over(world, broken) + GRACE
    assert await world.do(end_uncorrected, before=world.now - GRACE, most=1) == 1
    assert (await world.application(fine.id)).state == State.WITHDRAWN
    assert (await world.application(broken.id)).state == State.RETURNED


async def test_what_is_not_over_in_its_zone_keeps_no_other_waiting(world: World) -> None:
    """The day is over where one call is and not yet by UTC, which counts for a call that the plan dropped; there is room for one."""
    _person, waits = await world.reach(State.RETURNED)
    _person, over = await world.reach(State.RETURNED)
    await world.rows(f"update application set year = 1999 where id = '{waits.id}' returning id")
    world.now = await day_over(world, over) + GRACE
    assert waits.id < over.id and (world.now - GRACE).date() == waits.correct_by, "it is the first, and its day is not over"
    assert await world.do(end_uncorrected, before=world.now - GRACE, most=1) == 1
    assert (await world.application(over.id)).state == State.WITHDRAWN
    assert (await world.application(waits.id)).state == State.RETURNED


async def test_what_was_sent_back_before_there_was_an_end_has_two_weeks_from_the_upgrade(world: World) -> None:
    _person, over = await world.reach(State.RETURNED)
    _person, later = await world.reach(State.RETURNED)
    await world.rows(f"update application set correct_by = current_date + 40 where id = '{later.id}' returning id")
    await migrate.downgrade(world.db.url, "applications", "0018")
    await migrate.upgrade(world.db.url, "applications")
    days = {row.id: row.days for row in await world.rows("select id, correct_by - current_date as days from application")}
    assert 13 <= days[over.id] <= 14, "or a minute after the upgrade everything old would be withdrawn"
    assert 39 <= days[later.id] <= 40, "a day that is to come stays"
