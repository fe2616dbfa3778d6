"""A newer plan has a year no longer that people applied to: it may not while anything is still to happen with an application to it, and
every page about one that is over, or was never sent, says so."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.plan.model import Plan
from services.applications.privacy.retention import WARNED_BEFORE, Periods, to_warn
from services.applications.store.plans import CallDropped
from services.applications.use_cases import Done, Submission
from services.applications.use_cases.plans import Loaded, NeedsConfirmation, Stranded
from shared.persistence.database import Tx
from tests.integration.applications.front import words
from tests.integration.applications.people import COORDINATOR, OFFICER, PROGRAMME, SECOND_OFFICER, YEAR, reason, the_plan
from tests.integration.applications.staff_pages import House

APPEAL_OVER = timedelta(days=15)
"""After the day of a decision: 14 days of appeal are over by then."""


def without_the_year(version: str) -> Plan:
    """This version of the plan, without the year's call."""
    found = the_plan().programme(PROGRAMME)
    assert found is not None
    places = {year: count for year, count in found.places_per_year.items() if year != YEAR}
    shorter = msgspec.structs.replace(found, places_per_year=places, calls=tuple(call for call in found.calls if call.year != YEAR))
    others = tuple(shorter if one.code == PROGRAMME else one for one in the_plan().programmes)
    return msgspec.structs.replace(the_plan(), version=version, programmes=others)


def owed(number: int) -> Stranded:
    return Stranded(
        (f"{PROGRAMME}: {YEAR} would have no call, and an answer is owed, or an appeal still open, on applications to it: {number}",)
    )


async def propose(house: House, version: str = "99") -> Any:
    return await house.world.do(use_cases.load_plan, without_the_year(version), actor=str(OFFICER.account_id), role="officer")


async def agree(house: House, asked: NeedsConfirmation) -> Any:
    return await house.world.do(use_cases.confirm_change, SECOND_OFFICER, the_plan().code, change_id=asked.change_id)


async def test_nobody_can_agree_to_drop_a_year_while_applications_to_it_are_under_way(house: House) -> None:
    await house.reach(State.WITHDRAWN)
    rejected, placed = await house.reach(State.REJECTED), await house.reach(State.PLACED)
    house.world.now += APPEAL_OVER
    stranded = Stranded((f"{PROGRAMME}: {YEAR} would have no call, and applications to it have not ended: 1",))
    assert await propose(house) == stranded, "nobody could end the stay any more"
    await house.world.act(use_cases.end, OFFICER, placed.id, reason=reason("ending"))
    asked = await propose(house)
    assert isinstance(asked, NeedsConfirmation)
    submitted = await house.reach(State.SUBMITTED)
    assert await agree(house, asked) == stranded, "and one that was sent since was not what anybody agreed to"
    states = [(await house.world.application(one.id)).state for one in (rejected, placed, submitted)]
    assert states == [State.REJECTED, State.ENDED, State.SUBMITTED]
    assert [row.version for row in await house.world.rows("select version from plan_version")] == [the_plan().version]


@pytest.mark.parametrize("way", [use_cases.submit, use_cases.submit_together], ids=["alone", "together"])
async def test_who_sends_while_a_year_is_dropped_is_refused_and_not_left_behind(house: House, way: Any) -> None:
    """What was counted before the change is still so when it is in force: those who send wait for it, and read the plan anew."""
    ana = await house.viewer("ana")
    draft = await house.world.draft(ana)
    await house.world.fill(ana, draft)
    asked = await propose(house)
    assert isinstance(asked, NeedsConfirmation)
    counted, sends = asyncio.Event(), asyncio.Event()

    async def confirm(tx: Tx) -> Any:
        now = house.front.clock.now()
        found = await use_cases.confirm_change(tx, SECOND_OFFICER, the_plan().code, change_id=asked.change_id, now=now)
        counted.set()
        await sends.wait()
        return found

    async def waits_for_the_plan() -> None:
        held = "select count(*) from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and not granted"
        async with asyncio.timeout(30):
            while not (await house.world.rows(held))[0].count:  # noqa: ASYNC110 - the database knows
                await asyncio.sleep(0.01)

    confirming = asyncio.create_task(house.front.db.run(confirm))
    await counted.wait()
    one = Submission(ana, draft.id, "a-key", house.world.now)
    sending = asyncio.create_task(house.front.db.run(lambda tx: way(tx, one if way is use_cases.submit else [one])))
    await waits_for_the_plan()
    sends.set()
    assert isinstance(await confirming, Loaded)
    with pytest.raises(CallDropped):
        await sending
    assert (await house.world.application(draft.id)).state == State.DRAFT


async def test_nobody_can_agree_to_drop_a_year_while_an_appeal_may_begin_or_an_answer_is_owed(house: House) -> None:
    """Without the year nobody could open the letter, while the officer's list names it."""
    rejected, withdrawn = await house.reach(State.REJECTED, "ana"), await house.reach(State.WITHDRAWN, "bea")
    ana, bea = await house.viewer("ana"), await house.viewer("bea")
    assert await propose(house) == owed(1), "an appeal may still begin"
    done = await house.world.do(use_cases.write_letter, ana, rejected.id, "appeal", "Please look again.")
    assert isinstance(done, Done)
    house.world.now += APPEAL_OVER
    assert await propose(house) == owed(1), "the answer to it is owed"
    asked = await house.world.do(use_cases.write_letter, bea, withdrawn.id, "question", "May I apply again?")
    assert isinstance(asked, Done)
    assert await propose(house) == owed(2)
    answered = await house.world.do(use_cases.write_letter, COORDINATOR, withdrawn.id, "question", "Yes.")
    closed = await house.world.do(use_cases.write_letter, OFFICER, rejected.id, "appeal", "It stands.", close=True)
    assert isinstance(answered, Done) and isinstance(closed, Done)
    assert isinstance(await propose(house), NeedsConfirmation)


async def test_an_approval_of_many_goes_on_where_a_year_went_after_its_preview(house: House) -> None:
    """It can go only after what was chosen of it has ended, so that the report says of that one what it says of any that changed."""
    gone, other = await house.reach(State.NOMINATED, "ana"), await house.reach(State.SUBMITTED, programme="short")
    await house.world.score(gone.id)
    gone = await house.world.application(gone.id)
    officer, chosen = await house.browser("officer"), {"id": [str(gone.id), str(other.id)]}
    preview = await officer.get("/officer/bulk", params=chosen)
    assert "Approve 2 applications" in words(preview)
    picks = re.findall(r'name="pick" value="([^"]+)"', preview.text)
    assert await propose(house) == Stranded((f"{PROGRAMME}: {YEAR} would have no call, and applications to it have not ended: 1",))
    await house.world.act(use_cases.withdraw, await house.viewer("ana"), gone.id)
    assert isinstance(await propose(house), Loaded)
    again = await officer.get("/officer/bulk", params=chosen)
    assert again.status_code == 200 and "1 would be approved; 1 cannot be" in words(again)
    report = await officer.post("/officer/bulk", data={"pick": picks})
    assert report.status_code == 200 and "1 application is approved. 1 was left as it is." in words(report)
    assert "somebody else was first: it is “" in words(report)
    assert [(await house.world.application(one.id)).state for one in (gone, other)] == [State.WITHDRAWN, State.APPROVED]


async def test_every_page_says_that_the_year_is_gone(house: House) -> None:
    ana = await house.browser("ana")
    rejected, draft = await house.reach(State.REJECTED), await house.reach(State.DRAFT, "ana")
    house.world.now += APPEAL_OVER
    asked = await propose(house)
    assert isinstance(asked, NeedsConfirmation)
    assert isinstance(await agree(house, asked), Loaded)
    assert (await ana.get("/applications")).status_code == 200, "the list itself goes on"
    paths = {
        "ana": [f"/applications/{draft.id}{rest}" for rest in ("", "/tasks", "/check")],
        "peru": [f"/country/applications/{rejected.id}"],
        "officer": [f"/officer/applications/{rejected.id}"],
        "reviewer": [f"/review/applications/{rejected.id}"],
    }
    for who, wanted in paths.items():
        for path in wanted:
            page = await (await house.browser(who)).get(path)
            assert (path, page.status_code) == (path, 410)
            assert "The programme has no such year any more" in words(page) and str(YEAR) in words(page)
    sent = await ana.post(f"/applications/{draft.id}/send", data={"key": "0" * 16, "declared": "yes"})
    assert sent.status_code == 410
    assert (await house.world.application(draft.id)).state == State.DRAFT
    dropped_at, year = house.world.now, timedelta(days=365)

    async def told(now: datetime) -> list[UUID]:
        return [one.person for one in await house.front.db.run(lambda tx: to_warn(tx, Periods(year, year, year), now=now))]

    goes = dropped_at + year - WARNED_BEFORE
    house.world.now += timedelta(days=300)
    later = await propose(house, "100")
    assert isinstance(later, Loaded), "a later version without the year changes nothing of it, and asks nobody to agree once more"
    assert await told(goes) == []
    assert await told(goes + timedelta(seconds=1)) == [draft.person_id], "and goes with time as any other draft"
