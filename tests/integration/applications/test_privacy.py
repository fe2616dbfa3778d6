"""A copy of one's data, and the end of them, through the pages and in the tables."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.applications import use_cases
from services.applications.accounts.tables import Account
from services.applications.documents.store import DocumentStore
from services.applications.domain.lifecycle import FINISHED, State
from services.applications.domain.viewers import Viewer
from services.applications.privacy import erasing, mailing, store
from services.applications.privacy.tables import Erasure
from services.applications.tables import Table
from shared.kernel.clock import ManualClock
from shared.persistence.database import Tx
from tests.integration.applications.front import Front, opened, words
from tests.integration.applications.people import OFFICER, World, reason

ANA = "ana.privada@example.org"
GRACE = timedelta(days=7)


@pytest.fixture
async def front(world: World, tmp_path: Path) -> AsyncIterator[Front]:
    """The service on the database that has the plan in force."""
    async with opened(world.db.url, ManualClock(world.now), tmp_path) as front:
        yield front


async def person_of(world: World, email: str = ANA) -> Viewer:
    (row,) = await world.rows("select id from account where email = :email", email=email)
    return Viewer(row.id, "applicant")


async def with_account(world: World, viewer: Viewer, email: str = ANA) -> None:
    """An account for somebody whom a test brought to a state by the use cases alone."""

    async def add(tx: Tx) -> None:
        tx.add(
            Account(
                id=viewer.account_id, email=email, role="applicant", language="es", timezone="UTC", name="Ana Privada", created_at=world.now
            )
        )
        await tx.flush()

    await world.db.run(add)


async def asked_and_told(world: World, person: Viewer, grace: timedelta = GRACE) -> None:
    """The person asked to be erased, and the mail that says so was taken."""
    asked = await world.db.run(lambda tx: erasing.ask(tx, person.account_id, grace=grace, now=world.now))
    assert isinstance(asked, erasing.Asked)
    told = asked.mail
    if told is not None:
        await world.db.run(lambda tx: mailing.ended(tx, told, day=told.day, now=world.now))


async def swept(front: Front) -> int:
    """Run the sweep until nothing is due; how many were erased."""
    done = 0
    service = front.sweeps["erasures"]
    while await service.run(front.clock.now()):
        done += 1
    return done


async def test_somebody_asks_changes_their_mind_and_asks_again(front: Front, world: World) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        person = await person_of(world)
        _person, application = await world.reach(State.WAITING, person)
        assert "· On the waiting list" in words(await browser.get("/account/delete"))
        await world.hears(world.waiting(application, rank=0))
        page = await browser.get("/account/delete")
        assert "2016 · Approved" in words(page), "before the day of the places nobody is on a list"
        assert "What stays, and why" in words(page)
        assert "What is withdrawn first" in words(page)
        unsure = await browser.post("/account/delete", data={})
        assert unsure.status_code == 422
        assert "Confirm that you want" in words(unsure)
        asked = await browser.post("/account/delete", data={"sure": "yes"})
        assert asked.status_code == 200
        assert "will be deleted on" in words(asked)
        assert "Sign in" in words(asked), "the page is a stranger's already"
        assert "will be deleted" in front.mail(ANA).subject
        front.clock.move(timedelta(seconds=61))
        assert (await browser.get("/account")).headers["location"].startswith("/sign-in"), "signed out everywhere"
        await front.sign_in(browser, ANA)
        assert "will be deleted on" in words(await browser.get("/account"))
        assert (await browser.post("/account/keep")).headers["location"] == "/account?kept=1"
        front.clock.move(GRACE * 2)
        assert await swept(front) == 0
        await front.sign_in(browser, ANA)
        await browser.post("/account/delete", data={"sure": "yes"})
        front.clock.move(GRACE - timedelta(seconds=1))
        assert await swept(front) == 0
        front.clock.move(timedelta(seconds=1))
        assert await swept(front) == 1
        assert "is deleted" in front.mail(ANA).subject
        await front.sign_in(browser, ANA)
        assert (await person_of(world)).account_id != person.account_id, "who comes back is somebody new"


async def test_whoever_holds_a_place_is_told_what_to_do_first(front: Front, world: World) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        person, application = await world.reach(State.PLACED, await person_of(world))
        page = await browser.get("/account/delete")
        assert "You hold a place" in words(page)
        assert f"/applications/{application.id}/withdraw" in page.text
        assert 'name="sure"' not in page.text
        refused = await browser.post("/account/delete", data={"sure": "yes"})
        assert refused.headers["location"] == "/account/delete"
        assert await world.rows("select 1 from erasure") == []
        held = await world.db.run(lambda tx: erasing.ask(tx, person.account_id, grace=GRACE, now=world.now))
        assert held == erasing.HoldsPlace((application.id,))


async def test_a_place_taken_meanwhile_is_waited_for(front: Front, world: World) -> None:
    """Asked while an offer was open, which was then accepted: it is done when the stay has ended."""
    person, application = await world.reach(State.ACCEPTED)
    await with_account(world, person)
    await asked_and_told(world, person)
    await world.hears(world.taken(application))
    front.clock.move(GRACE)
    assert await swept(front) == 0
    await world.act(use_cases.end, OFFICER, application.id, reason=reason("ending"))
    assert await swept(front) == 1


@pytest.mark.parametrize("state", sorted(set(State) - {State.PLACED}))
async def test_nothing_personal_is_left_in_any_state(front: Front, world: World, state: State) -> None:
    """In each state: the texts are nowhere in the database, what quotas must know was told, and the live checks hold."""
    person, application = await world.reach(state)
    await with_account(world, person)
    written = str((await world.rows("select answers from page_answers"))[:1]) if state is not State.DRAFT else ""
    await asked_and_told(world, person)
    before = len(await world.published())
    front.clock.move(GRACE)
    assert await swept(front) == 1
    told = [one.type for one in (await world.published())[before:]]
    withdrawn = ["puente.application.withdrawn.v1"] if state not in FINISHED | {State.DRAFT} else []
    assert told == [*withdrawn, "puente.applicant.erased.v1"]
    left = await everything(world)
    for marked in (ANA, "Ana Privada", "a.pdf", "palabra", "sound", "Ñahui"):
        assert marked not in left, f"{marked} is still in the database"
    assert written == "" or "Ñahui" in written, "the story held such texts before"
    rows = await world.rows("select state, receipt from application where person_id = :person", person=person.account_id)
    if application.receipt is None and state is State.DRAFT:
        assert rows == [], "what nobody else ever heard of is gone"
    else:
        assert [row.state for row in rows] == [state if state in FINISHED else State.WITHDRAWN]
    assert {name: count for name, count in (await front.invariants()).items() if count} == {}


async def everything(world: World) -> str:
    """The whole database as one text."""
    tables = [row.tablename for row in await world.rows("select tablename from pg_tables where schemaname = 'public'")]
    found = []
    for table in tables:
        if table not in ("plan_version", "plan_change"):
            found += [str(row) for row in await world.rows(f'select t::text from "{table}" t')]
        if table == "outbox":
            found += [str(row) for row in await world.rows("select convert_from(value, 'UTF8') from outbox")]
    return "\n".join(found)


async def test_bytes_of_documents_go_at_once(front: Front, world: World) -> None:
    person, application = await world.reach(State.SUBMITTED)
    await with_account(world, person)
    documents = DocumentStore(front.settings.documents_folder)
    key = await documents.put(application.id, b"x")
    await world.db.run(lambda tx: tx.execute(text("update document set storage_key = :key where kind = 'passport'"), {"key": key}))
    await asked_and_told(world, person, timedelta(0))
    assert await swept(front) == 1
    assert key not in await documents.keys()


async def test_staff_do_not_erase_themselves(front: Front, world: World) -> None:
    """A role is taken away at the command line first; one that was given meanwhile stops what was asked for."""
    person, _application = await world.reach(State.SUBMITTED)
    await with_account(world, person)
    await asked_and_told(world, person)
    await world.db.run(lambda tx: tx.execute(text("update account set role = 'officer'")))
    front.clock.move(GRACE)
    assert await swept(front) == 0
    assert isinstance(await world.db.run(lambda tx: erasing.ask(tx, person.account_id, grace=GRACE, now=world.now)), erasing.NoAccount)


async def test_an_identity_that_outlives_its_account_begins_nothing(world: World) -> None:
    person, _application = await world.reach(State.SUBMITTED)
    await with_account(world, person)
    await asked_and_told(world, person, timedelta(0))
    await world.db.run(lambda tx: erasing.erase_next(tx, now=world.now))
    refused = await world.do(use_cases.start_draft, person, programme="masters", year=2016, country="PE")
    assert type(refused).__name__ in ("Forbidden", "CallClosed")
    assert type(await world.do(use_cases.start_draft, person, programme="open", year=2016, country="PE")).__name__ == "Forbidden"


async def test_a_backup_that_brings_somebody_back_is_made_good(front: Front, world: World) -> None:
    """The person is in the database again, and nothing there says that they were erased: the event, or the list, does it again."""
    person, application = await world.reach(State.WAITING)
    await with_account(world, person)
    await asked_and_told(world, person, timedelta(0))
    await world.db.run(lambda tx: erasing.erase_next(tx, now=world.now))
    (event,) = [one for one in await world.published() if one.type == "puente.applicant.erased.v1"]
    await world.hears(event, event)
    assert len([one for one in await world.published() if one.type == event.type]) == 1, "it is no news where nothing came back"

    async def put_back(tx: Tx) -> None:
        await tx.execute(text("delete from erasure"))
        await tx.execute(text("delete from outbox where type = 'puente.applicant.erased.v1'"))

    await world.db.run(put_back)
    await with_account(world, person)
    await world.hears(event)
    assert ANA not in await everything(world)
    (row,) = await world.rows("select cause, erased_at from erasure")
    assert (row.cause, row.erased_at) == ("again", event.time)
    (again,) = [one for one in await world.published() if one.type == event.type]
    assert again.id == event.id, "whoever hears it twice can tell"
    assert (await world.application(application.id)).state == State.WITHDRAWN


async def test_who_asked_and_what_went_is_in_the_audit(front: Front, world: World) -> None:
    person, _application = await world.reach(State.SUBMITTED)
    await with_account(world, person)
    await asked_and_told(world, person)
    await asked_and_told(world, person)
    front.clock.move(GRACE)
    await swept(front)
    rows: list[Any] = await world.rows(
        "select actor, role, act, detail from audit_entry where subject = :p order by at", p=str(person.account_id)
    )
    assert [(row.role, row.act) for row in rows] == [("applicant", "erasure.asked"), ("system", "applicant.erased")]
    assert rows[1].detail["rows"]["page_answers"] > 0
    (erasure,) = await world.rows("select * from erasure")
    assert set(Erasure.model_fields) == set(erasure._mapping)


def test_it_is_said_of_every_table_what_becomes_of_it() -> None:
    """Whoever adds a table says here whether a person's erasure empties it. It bites: an unknown table is named."""
    known = {*store.GOES_WITH_APPLICATION, *store.GOES_WITH_PERSON, *store.GOES_OTHERWISE, *store.STAYS}
    assert set(Table.metadata.tables) == known
    assert len(known) == sum(map(len, (store.GOES_WITH_APPLICATION, store.GOES_WITH_PERSON, store.GOES_OTHERWISE, store.STAYS)))
