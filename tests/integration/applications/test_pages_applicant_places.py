"""What the applicant sees and does once the application is sent: every state in plain words, offers, the waiting list, refusals."""

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import text

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.pages.giving import BEFORE
from services.applications.pages.words import BY_YOU, MOVES, STATES
from services.applications.tables import Application
from shared.kernel.clock import ManualClock
from shared.persistence.database import Tx
from tests.conftest import NewDatabase
from tests.integration.applications.front import AGREED, Front, opened, words
from tests.integration.applications.people import COORDINATOR, OFFICER, World, with_the_plan
from tests.integration.applications.test_pages_applicant import hidden
from tests.real_files import PDF


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path) as front:
        yield front


async def person(front: Front, browser: httpx2.AsyncClient, email: str = "ana@example.org") -> Viewer:
    """Sign in; the viewer behind the browser."""
    await front.sign_in(browser, email)

    async def work(tx: Tx) -> UUID:
        from services.applications.accounts.use_cases import account_by_email

        account = await account_by_email(tx, email)
        assert account is not None
        return account.id

    return Viewer(await front.db.run(work), "applicant")


async def reached(
    front: Front, browser: httpx2.AsyncClient, state: State, email: str = "ana@example.org"
) -> tuple[World, Application, str]:
    """The browser's person with an application in that state; the world to act in, the application, and its address."""
    world = World(front.db, front.clock.now())
    _person, application = await world.reach(state, await person(front, browser, email))
    return world, application, f"/applications/{application.id}"


async def test_every_state_is_said_in_plain_words_and_every_move_is_in_the_timeline(front: Front) -> None:
    assert set(STATES) == set(State)
    for number, state in enumerate(State):
        async with front.browser() as browser:
            world, application, path = await reached(front, browser, state, f"p{number}@example.org")
            page = await browser.get(path, follow_redirects=True)
            assert page.status_code == 200, state
            assert STATES[state].name in words(page), state
            if state is not State.DRAFT:
                meant = STATES[state].meaning if state is not State.APPROVED else BEFORE.format(day="15 April 2016 (Beijing time)")
                assert meant in words(page), state
                rows = await world.rows("select act from timeline_entry where application_id = :id", id=application.id)
                for row in rows:
                    assert (BY_YOU.get(row.act) or MOVES[row.act]) in words(page), (state, row.act)
            listed = await browser.get("/applications")
            assert STATES[state].name in words(listed), state


async def test_an_offer_is_shown_with_both_times_and_accepted_once(front: Front) -> None:
    async with front.browser() as browser:
        world, application, path = await reached(front, browser, State.OFFERED)
        page = await browser.get(path)
        assert "Lima" in words(page)
        assert "Beijing" in words(page)
        assert application.answer_by is not None
        front.clock.move_to(application.answer_by - timedelta(days=3, hours=4))
        await front.sign_in(browser, "ana@example.org")
        offer = await browser.get(f"{path}/offer")
        for one in (await browser.get(path), await browser.get("/"), offer, await browser.get(f"{path}/offer/decline")):
            assert "You have 3 days and 4 hours left to answer." in words(one), one.url
        assert f'href="{path}/offer/accept"' in offer.text and f'href="{path}/offer/decline"' in offer.text
        means = await browser.get(f"{path}/offer/accept")
        assert "Year 2016 Country Peru Answer by" in words(means) and "Physical examination" in words(means)
        assert (await world.application(application.id)).state == "offered", "opening a page answers nothing"
        form = {"place_version": hidden(means, "place_version")}
        for _ in range(2):
            assert (await browser.post(f"{path}/offer/accept", data=form)).headers["location"] == f"{path}?answered=accept"
        after = words(await browser.get(path))
        assert "You accepted the place" in after and "Your place Programme" in after
        assert "Where would you like to study? 1." in after, "what the plan says that a place is for, as it was answered"
        assert "We confirm your place, and write to you" in after and "Add what you are asked for now: Physical examination" in after
        assert "The plan names no day on which it begins." in after and "+51 1 555 0100" in after
        other = await browser.post(f"{path}/offer/decline", data=form)
        assert other.status_code == 409 and "The application is now: Accepted by you." in words(other)
        assert f'href="{path}"' in other.text, "the refusal leads back to the application"
        assert (await browser.get(f"{path}/offer/decline")).headers["location"] == path
        assert (await browser.get(f"{path}/offer/perhaps")).status_code == (await browser.post(f"{path}/offer/perhaps")).status_code == 404
        assert [one.type for one in await world.published(application.id)][-1] == "puente.offer.accepted.v1"
        examined = await browser.post(f"{path}/papers/physical_examination", files={"file": ("exam.pdf", PDF, "application/pdf")})
        assert examined.headers["location"] == f"{path}/papers/physical_examination?added=physical_examination"
        assert "exam.pdf" in words(await browser.get(examined.headers["location"]))


async def test_who_took_a_course_reads_which_it_is_when_it_begins_and_what_comes_next(front: Front) -> None:
    front.clock.move(timedelta(days=60))
    async with front.browser() as browser:
        world = World(front.db, front.clock.now())
        applicant = await person(front, browser)
        application = await world.submitted(applicant, "training")
        path = f"/applications/{application.id}"
        await world.act(use_cases.nominate, COORDINATOR, application.id)
        await world.act(use_cases.approve, OFFICER, application.id)
        await world.hears(world.offered(application))
        offer = words(await browser.get(f"{path}/offer"))
        assert "2 January 2017 – 14 January 2017" in offer
        accepted = await world.application(application.id)
        await world.act(use_cases.accept_offer, applicant, application.id, place_version=accepted.offer_version)
        await world.hears(world.taken(application))
        page = words(await browser.get(path))
        facts = page.split("Your place")[1].split("What happened so far")[0]
        assert "When 2 January 2017 – 14 January 2017" in facts and "A certificate of the course" in facts
        assert "The course begins on 2 January 2017." in facts
        assert "The course begins 2 January 2017" in words(await browser.get("/applications"))
        for days, said in ((300, "The course has begun. It lasts until 14 January 2017."), (20, "The course ended on 14 January 2017.")):
            front.clock.move(timedelta(days=days))
            await front.sign_in(browser, "ana@example.org")
            assert said in words(await browser.get(path)), days


async def test_the_first_page_says_that_an_offer_waits_until_it_is_answered_or_over(front: Front) -> None:
    async with front.browser() as browser, front.browser() as other:
        _world, application, path = await reached(front, browser, State.OFFERED)
        page = await browser.get("/")
        assert "A place is held for you" in words(page) and f'href="{path}/offer"' in page.text
        await front.sign_in(other, "eva@example.org")
        assert "A place is held for you" not in words(await other.get("/")), "it is told to nobody else"
        await browser.post(f"{path}/offer/accept", data={"place_version": str(application.offer_version)})
        assert "A place is held for you" not in words(await browser.get("/"))
    async with front.browser() as browser:
        _world, application, _path = await reached(front, browser, State.OFFERED, "ben@example.org")
        assert application.answer_by is not None
        front.clock.move_to(application.answer_by + timedelta(seconds=1))
        welcome = await front.sign_in(browser, "ben@example.org", "/")
        assert welcome.headers["location"] == "/applications", "who has an application begins with it"
        assert "A place is held for you" not in words(await browser.get("/")), "it is over"


async def test_an_offer_that_was_replaced_or_ran_out_is_not_answered(front: Front) -> None:
    async with front.browser() as browser:
        world, application, path = await reached(front, browser, State.OFFERED)
        version = application.offer_version or 0
        replaced = await browser.post(f"{path}/offer/accept", data={"place_version": str(version - 1)})
        assert replaced.status_code == 409
        assert "The offer has changed" in words(replaced)
        assert application.answer_by is not None
        front.clock.move_to(application.answer_by + timedelta(seconds=1))
        await front.sign_in(browser, "ana@example.org")
        for late in (
            await browser.post(f"{path}/offer/accept", data={"place_version": str(version)}),
            await browser.post(f"{path}/offer/decline", data={"place_version": str(version)}),
            await browser.get(f"{path}/offer/accept"),
            await browser.get(f"{path}/offer"),
        ):
            assert late.status_code == 422 and f'href="{path}"' in late.text, words(late)
            assert "The time to answer has passed" in words(late)
        page = await browser.get(path)
        assert "Accept or decline" not in words(page)
        assert (await world.application(application.id)).state == "offered"


async def test_declining_is_asked_for_and_done(front: Front) -> None:
    async with front.browser() as browser:
        _world, _application, path = await reached(front, browser, State.OFFERED)
        page = await browser.get(f"{path}/offer/decline")
        assert "you cannot apply to the call of 2016 again" in words(page) and "This cannot be undone." in words(page)
        form = {"place_version": hidden(page, "place_version")}
        for _ in range(2):
            done = await browser.post(f"{path}/offer/decline", data=form)
            assert done.headers["location"] == f"{path}?answered=decline"
        said = words(await browser.get(done.headers["location"]))
        assert "You declined the place. We have written it down." in said and "Declined by you" in said


async def test_the_waiting_list_says_the_rank_what_is_missing_and_until_when(front: Front) -> None:
    async with front.browser() as browser:
        _world, _application, path = await reached(front, browser, State.WAITING)
        page = words(await browser.get(path))
        assert "You joined the list as number 3" in page
        assert "Every place of the country (Peru) for 2016 has been given" in page
        assert "The waiting list closes" in page


async def test_before_the_day_of_the_round_nobody_has_a_rank_and_the_day_is_said(front: Front) -> None:
    async with front.browser() as browser:
        world, application, path = await reached(front, browser, State.APPROVED)
        said = "Your application is approved. Places are given on 15 April 2016 (Beijing time), all at once and by rank."
        assert said in words(await browser.get(path)), "quotas has not answered yet"
        await world.hears(world.waiting(application, rank=0))
        page = words(await browser.get(path))
        assert f"Approved {said}" in page
        assert "You are approved and wait for the day on which places are given" in page, "in what happened so far too"
        assert "Places are given on" in page
        assert "the list" not in page and "waiting list" not in page
        assert "waiting list" not in words(await browser.get("/applications"))
        assert "Rank 0" not in page
        front.clock.move_to(datetime(2016, 4, 15, tzinfo=ZoneInfo("Asia/Shanghai")))
        await person(front, browser)
        assert said in words(await browser.get(path)), "quotas gives the places from this moment on, and tells a rank when it has"
        await world.hears(world.waiting(application, version=2, rank=3))
        assert "You joined the list as number 3" in words(await browser.get(path))


async def test_a_reason_that_a_limit_says_better_is_said_once(front: Front) -> None:
    async with front.browser() as browser:
        world, application, path = await reached(front, browser, State.REFUSED)
        said = text("update application set reasons = array[:reason], reason_limit = :limit where id = :id")
        given = {"reason": "person_holds_place", "limit": f"person:{application.person_id}", "id": application.id}
        await world.db.run(lambda tx: tx.execute(said, given))
        page = words(await browser.get(path))
        assert page.count("You already hold a place in a programme") == 1
        told = text("update timeline_entry set detail = cast(:detail as jsonb) where application_id = :id and act = 'refuse'")
        detail = json.dumps({"reason": given["reason"], "limit": given["limit"]})
        await world.db.run(lambda tx: tx.execute(told, {"detail": detail, "id": application.id}))
        page = words(await browser.get(path))
        happened = page.split("What happened so far")[1]
        assert "You already hold a place in a programme" in happened, "to them there as well, and not of somebody"
        assert "The person already holds" not in happened
        why = page.split("Why")[1].split("What happened so far")[0]
        assert "The person already holds a place" not in why


async def test_a_refusal_is_in_words_and_names_the_limit(front: Front) -> None:
    async with front.browser("es") as browser:
        _world, _application, path = await reached(front, browser, State.REFUSED)
        page = words(await browser.get(path))
        assert "la lista de espera está completa" in page
        assert "list_full" not in page
        assert "cell:" not in page


async def test_what_was_sent_back_is_corrected_and_sent_again_with_the_same_receipt(front: Front) -> None:
    async with front.browser() as browser:
        world, application, path = await reached(front, browser, State.RETURNED)
        page = await browser.get(path)
        assert "What has to be corrected" in words(page)
        assert "After that day it can no longer be sent: it ends, and counts as withdrawn." in words(page)
        assert f'href="{path}/tasks"' in page.text
        tasks = await browser.get(f"{path}/tasks")
        assert "Correct it and send it again" in words(tasks) and "it ends, and counts as withdrawn" in words(tasks)
        for paper, file in (("diploma", None), ("transcripts", ("more.pdf", PDF, ""))):
            link = f"{path}/papers/{paper}"
            if file:
                await browser.post(link, files={"file": file})
            said = words(await browser.get(link))
            assert "In what you sent" in said and "Not sent until" not in said
            assert ("Not in what you sent; it goes with the corrected application" in said) is bool(file)
        send = await browser.get(f"{path}/send")
        assert "sent again" not in words(await browser.get(f"{path}/receipt"))
        front.clock.move(timedelta(minutes=5))
        answer = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": hidden(send, "key")})
        assert answer.headers["location"] == f"{path}/receipt"
        first, second = re.findall(r"(\d\d:\d\d) \(Lima\)", words(await browser.get(answer.headers["location"])).split("Account")[0])
        assert first != second and "Corrected and sent again" in words(await browser.get(answer.headers["location"])), "as its timeline has"
        told = words(await browser.get(path))
        assert "You corrected the application and sent it again" in told and "You sent the application" in told
        assert (await world.application(application.id)).receipt == application.receipt


async def test_a_correction_that_comes_too_late_is_refused_and_kept(front: Front) -> None:
    async with front.browser() as browser:
        _world, _application, path = await reached(front, browser, State.RETURNED)
        front.clock.move(timedelta(days=9))
        await front.sign_in(browser, "ana@example.org")
        late = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": "k"})
        assert late.status_code == 422, words(late)
        assert "The time to correct it has passed" in words(late)


async def test_withdrawing_after_a_place_was_taken_needs_a_reason_and_shows_what_was_chosen_by_others_first(front: Front) -> None:
    async with front.browser() as browser:
        world, application, path = await reached(front, browser, State.PLACED)
        page = await browser.get(f"{path}/withdraw")
        assert f"Your place: it goes to somebody else. This application, {application.receipt}: it ends" in words(page)
        assert "This cannot be undone." in words(page)
        version = hidden(page, "version")
        unsaid = await browser.post(f"{path}/withdraw", data={"version": version})
        assert unsaid.status_code == 422
        assert "Choose a reason" in words(unsaid)
        reason = re.search(r'name="reason"[^>]*value="([^"]+)"', page.text)
        assert reason
        stale = await browser.post(f"{path}/withdraw", data={"version": str(int(version) - 1), "reason": reason[1]})
        assert stale.status_code == 409 and f'href="{path}"' in stale.text
        done = await browser.post(f"{path}/withdraw", data={"version": version, "reason": reason[1]})
        assert done.headers["location"] == f"{path}?answered=withdraw"
        assert (await world.application(application.id)).state == "withdrawn"
