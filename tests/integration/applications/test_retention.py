"""What is kept no longer goes by itself, in portions, after whoever loses something was told."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.privacy import erasing, mailing, retention
from services.applications.privacy.retention import WARNED_BEFORE, Periods
from services.applications.use_cases.unsaved import Kept
from shared.kernel.clock import ManualClock
from shared.persistence.database import Tx
from tests.integration.applications.front import Front, opened
from tests.integration.applications.people import PROGRAMME, YEAR, World, good_form, the_plan
from tests.integration.applications.test_privacy import ANA, with_account

YEAR_LONG = timedelta(days=365)
PERIODS = Periods(YEAR_LONG, YEAR_LONG, YEAR_LONG)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def front(world: World, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(world.db.url, ManualClock(world.now), tmp_path) as front:
        yield front


async def swept(front: Front, name: str) -> int:
    """Run a sweep as the worker does, again while it did something."""
    total = 0
    while done := await front.sweeps[name].run(front.clock.now()):
        total += done
    return total


async def test_an_unsent_draft_goes_a_month_after_its_owner_was_told(front: Front, world: World) -> None:
    programme = the_plan().programme(PROGRAMME)
    call = programme.call(YEAR) if programme else None
    assert call is not None
    person, application = await world.reach(State.DRAFT)
    await world.fill(person, application)
    await with_account(world, person)
    _other, sent = await world.reach(State.SUBMITTED)
    front.clock.move_to(call.closes + YEAR_LONG - WARNED_BEFORE)
    assert await swept(front, "draft_warnings") == 0
    front.clock.move(SECOND)
    assert await swept(front, "draft_warnings") == 1
    assert await swept(front, "draft_warnings") == 0
    assert await swept(front, "privacy_mails") == 1
    assert await swept(front, "draft_warnings") == await swept(front, "privacy_mails") == 0, "nobody is told twice"
    mail = front.mail(ANA)
    assert "se eliminará" in mail.subject
    assert "/account/data" in mail.text
    front.clock.move(WARNED_BEFORE - SECOND)
    assert await swept(front, "retention_drafts") == 0
    front.clock.move(SECOND)
    assert await swept(front, "retention_drafts") == 1
    assert [row.id for row in await world.rows("select id from application")] == [sent.id]
    assert await world.rows("select 1 from page_answers where application_id = :id", id=application.id) == []
    (row,) = await world.rows("select actor, detail from audit_entry where act = 'retention.drafts'")
    assert (row.actor, row.detail) == ("system", {"rows": 1})


async def test_a_draft_whose_owner_could_not_be_told_stays(front: Front, world: World) -> None:
    person, _application = await world.reach(State.DRAFT)
    await with_account(world, person)
    await front.sink.stop()
    front.clock.move(timedelta(days=800))
    assert await swept(front, "draft_warnings") == 1
    assert await swept(front, "privacy_mails") == 0
    front.clock.move(WARNED_BEFORE)
    assert await swept(front, "retention_drafts") == 0
    await front.sink.start()
    assert await swept(front, "privacy_mails") == 1
    day = front.clock.now() + WARNED_BEFORE
    assert f"{day.day} de" in front.mail(ANA).subject
    assert await swept(front, "retention_drafts") == 0, "a month is left from then"
    front.clock.move(WARNED_BEFORE)
    assert await swept(front, "retention_drafts") == 1


KEPT = ("page_answers", "timeline_entry")


async def rows_by_state(world: World, table: str) -> dict[str, int]:
    """State to how many rows of the table its applications have."""
    counted = f"select a.state, count(*) as n from {table} t join application a on a.id = t.application_id group by 1"
    return {row.state: row.n for row in await world.rows(counted)}


async def test_an_address_that_refuses_is_given_up_in_the_end_and_keeps_nobody_waiting(front: Front, world: World) -> None:
    """One mailbox is full for good: the others are told at once, each noted by itself, and that one is tried no more after some days."""
    for number in range(3):
        person, _application = await world.reach(State.DRAFT)
        await with_account(world, person, f"one{number}@example.org")
    tries = 0

    def full(recipient: str) -> str | None:
        nonlocal tries
        if not recipient.startswith("one0"):
            return None
        tries += 1
        return "452 4.2.2 mailbox full"

    front.sink.refusing = full
    front.clock.move(timedelta(days=800))
    assert await swept(front, "draft_warnings") == 3
    (first,) = await world.db.run(lambda tx: mailing.claim(tx, now=front.clock.now(), most=1))
    await world.db.run(lambda tx: mailing.put_off(tx, first, counted=True, now=front.clock.now()))
    (second,) = await world.db.run(lambda tx: mailing.claim(tx, now=front.clock.now(), most=1))
    assert first.id != second.id, "one that was put off stands behind the others"
    front.clock.move(mailing.LEASE)
    assert await swept(front, "privacy_mails") == 3
    assert len(await world.rows("select 1 from draft_warning")) == 2
    for _ in range(mailing.TRIES_MAX):
        front.clock.move(mailing.LONGEST_WAIT)
        await swept(front, "privacy_mails")
    assert mailing.TRIES_MAX - 1 <= tries <= mailing.TRIES_MAX
    assert len(await world.rows("select 1 from draft_warning")) == 3
    assert await world.rows("select 1 from privacy_mail") == []


async def test_papers_of_what_came_to_nothing_go_and_those_of_a_place_stay(front: Front, world: World) -> None:
    """Each was sent, returned, corrected and sent again, with letters, and its PDFs were made: no table keeps any of it, nor the disk."""
    for state in (State.REJECTED, State.WITHDRAWN, State.PLACED, State.SUBMITTED):
        await world.reach(state)
        person, application = await world.reach(State.RETURNED)
        page, fields = next(iter(good_form().items()))
        assert isinstance(await world.do(use_cases.keep_typed, person, application.id, page, fields), Kept)
        if state is State.WITHDRAWN:
            await world.act(use_cases.withdraw, person, application.id)
    await world.hears(*(one for one in await world.published() if one.type == "puente.application.submitted.v1"))
    await front.sweeps["copies"].run(world.now)
    tables = ("document", "sent_copy", "sent_answers", "page_typed", "referee", *KEPT)
    before = {table: await rows_by_state(world, table) for table in tables}
    for table, states in before.items():
        assert "withdrawn" in states, table
    assert {"rejected", "withdrawn", "placed", "submitted"} <= set(before["document"]) & set(before["referee"]) & set(before["sent_copy"])
    files = list(front.settings.documents_folder.rglob("*/*"))
    assert len(files) == 8

    unsent, begun = await world.reach(State.DRAFT)
    await world.act(use_cases.withdraw, unsent, begun.id)
    front.clock.move(YEAR_LONG)
    assert await swept(front, "retention_papers") == 0
    front.clock.move(SECOND)
    assert await swept(front, "retention_papers") == 4
    assert await world.rows("select 1 from application where id = :id", id=begun.id) == [], "nobody else ever heard of it"
    for table in tables:
        gone = () if table in KEPT else ("rejected", "withdrawn")
        after = {state: n for state, n in before[table].items() if state not in gone}
        assert await rows_by_state(world, table) == after, table
    (row,) = await world.rows("select detail from audit_entry where act = 'retention.papers'")
    lost = {table: sum(before[table].get(state, 0) for state in ("rejected", "withdrawn")) for table in tables if table not in KEPT}
    assert row.detail == {"rows": 4, **lost, "application": 1}
    assert set((await front.invariants()).values()) == {0}

    for file in files:
        os.utime(file, (0, 0))
    await swept(front, "documents")
    left = await world.rows("select storage_key from sent_copy where storage_key is not null")
    assert {str(file.relative_to(front.settings.documents_folder)) for file in files if file.exists()} == {row.storage_key for row in left}
    assert len(left) == 5


async def test_an_account_that_holds_nothing_is_erased(front: Front, world: World) -> None:
    """One without an application, that nobody is signed in with; who holds one stays."""
    person, _application = await world.reach(State.SUBMITTED)
    await with_account(world, person)
    async with front.browser() as browser:
        await front.sign_in(browser, "idle@example.org")
        front.clock.move(YEAR_LONG + SECOND)
        assert await swept(front, "retention_accounts") == 0, "the session is still noted"
        await swept(front, "sign_ins")
        assert await swept(front, "retention_accounts") == 1
        assert await swept(front, "erasures") == 1
    assert [row.email for row in await world.rows("select email from account")] == [ANA]
    assert [row.cause for row in await world.rows("select cause from erasure")] == ["unused"]


async def test_somebody_who_comes_back_in_time_keeps_the_account(front: Front, world: World) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, "idle@example.org")
        front.clock.move(YEAR_LONG + SECOND)
        await swept(front, "sign_ins")
        assert await swept(front, "retention_accounts") == 1
        await front.sign_in(browser, "idle@example.org")
        await swept(front, "erasures")
        assert (await browser.get("/account")).status_code == 200
    assert await world.rows("select 1 from erasure") == []


async def test_one_erasure_that_fails_keeps_no_other_waiting(front: Front, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _one = await world.reach(State.SUBMITTED)
    second, _other = await world.reach(State.SUBMITTED)
    for number, person in enumerate((first, second)):
        await with_account(world, person, f"one{number}@example.org")
        due = front.clock.now() + number * SECOND
        await world.rows(
            "insert into erasure (person_id, cause, asked_at, due_at) values (:id, 'asked', :due, :due) returning 1",
            id=person.account_id,
            due=due,
        )
    front.clock.move(SECOND)
    really = erasing._withdraw

    async def fails(tx: Tx, viewer: Viewer, *rest: Any) -> None:
        assert viewer.account_id != first.account_id, "something stands against it"
        await really(tx, viewer, *rest)

    monkeypatch.setattr(erasing, "_withdraw", fails)
    assert await swept(front, "erasures") == 2
    done = await world.rows("select person_id from erasure where erased_at is not null")
    assert [row.person_id for row in done] == [second.account_id]


async def test_a_preview_says_what_would_go_and_portions_are_bounded(front: Front, world: World) -> None:
    for _ in range(3):
        await world.reach(State.REJECTED)
    later = world.now + timedelta(days=800)
    found = await world.db.run(lambda tx: retention.preview(tx, PERIODS, now=later))
    assert found == {"warnings of drafts": 0, "drafts": 0, "papers": 3, "accounts": 0}
    counted = "select count(distinct application_id) as n from document"
    assert (await world.rows(counted))[0].n == 3, "nothing was changed"
    assert await world.db.run(lambda tx: retention.sweep(tx, "papers", PERIODS, now=later, most=2)) == 2
    assert (await world.rows(counted))[0].n == 1
