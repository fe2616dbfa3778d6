"""The live checks are 0 after any story, and each one notices what it is there for; the migrations give the tables of the code."""

import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.applications.accounts import tables as accounts
from services.applications.documents.scanner import Scanner
from services.applications.documents.store import DocumentStore
from services.applications.domain.lifecycle import State
from services.applications.promises import PROMISES
from services.applications.settings import ApplicationsSettings
from services.applications.store import checks, idempotency
from services.applications.sweeps import sweeps
from services.applications.tables import Table
from shared.kernel.ids import new_id
from shared.messaging.tables import TABLES
from shared.persistence import migrate
from shared.persistence.database import Tx
from tests.conftest import NewDatabase
from tests.integration.applications.people import WAY, World

BREAKS = {
    "every submitted application has a receipt and a moment": (
        "update application set receipt = null, submitted_at = null where state = 'offered'"
    ),
    "the timeline ends where the application is": "update application set version = version + 1 where state = 'offered'",
    "every move continues where the one before it led": "update timeline_entry set source = 'ended' where number = 2",
    "facts are counted without a gap": "update application set facts = facts + 1 where state = 'offered'",
    "an offer has its deadline and its version": "update application set answer_by = null where state = 'offered'",
    "one slate rank is given once": "update application set slate_rank = 1 where state = 'nominated'",
    "no copy of a submission was given up": (
        "insert into sent_copy (application_id, number, wanted_at, tries, try_at) select id, 1, now(), 6, now() from application limit 1"
    ),
    "a letter that has arrived is there": "delete from recommendation",
    "every programme in force has its plan": "delete from plan_version",
}


async def broken(world: World) -> dict[str, int]:
    return {name: count for name, count in (await world.db.run(checks.broken)).items() if count}


async def test_after_every_story_nothing_is_broken(world: World) -> None:
    for state in [State.DRAFT, *WAY]:
        await world.reach(state)
    assert await broken(world) == {}
    assert await world.db.run(checks.awaiting) == 1


@pytest.mark.parametrize("name", checks.CHECKS)
async def test_each_check_notices_what_it_is_there_for(world: World, name: str) -> None:
    for state in (State.OFFERED, State.NOMINATED, State.NOMINATED):
        await world.reach(state)

    async def damage(tx: Tx) -> None:
        await tx.execute(text(BREAKS[name]))

    await world.db.run(damage)
    assert name in await broken(world)


async def test_the_migrations_give_exactly_the_tables_of_the_code(new_database: NewDatabase) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _ours})
        return list(compare_metadata(context, Table.metadata))

    assert accounts.Account.metadata is Table.metadata
    engine = create_async_engine(await new_database("applications"))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    ours = set(Table.metadata.tables) - {"account", "sign_in_attempt", "session", "throttle"}
    assert [one for one in found if any(f"'{table}'" in repr(one) for table in ours)] == []


def _ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    return not (kind == "table" and (name in TABLES or name == "alembic_version"))


async def test_a_mail_is_written_as_the_version_before_does_while_this_one_comes(world: World) -> None:
    """It knows neither since when a mail waits nor that it may be on its way."""
    old = "insert into privacy_mail (id, kind, person_id, email, language, day, tries, try_at) "
    values = f"values ('{new_id()}', 'asked', '{new_id()}', 'a@b.example', 'es', now(), 0, now()) returning begun_at, held"
    [written] = await world.rows(old + values)
    assert written.begun_at is not None and not written.held


async def test_the_migrations_go_down_and_up_again(new_database: NewDatabase) -> None:
    url = await new_database("applications")
    await migrate.downgrade(url, "applications")
    await migrate.upgrade(url, "applications")


# -------------------------------------------------------------------------------------------------------------- sweeps


Run = Callable[..., Awaitable[int]]


async def swept(world: World, folder: Path, name: str) -> Run:
    found = {one.name: one for one in sweeps(world.db, DocumentStore(folder), Scanner(), ApplicationsSettings(documents_folder=folder))}
    return found[name].run


async def test_old_idempotency_keys_go_and_young_ones_stay(world: World, tmp_path: Path) -> None:
    await world.reach(State.SUBMITTED)
    run = await swept(world, tmp_path, "idempotency_keys")
    assert await run(world.now + timedelta(days=6)) == 0
    assert await run(world.now + timedelta(days=8)) == 1
    assert await run(world.now + timedelta(days=8)) == 0


async def test_keys_are_deleted_in_portions(world: World) -> None:
    for _ in range(3):
        await world.reach(State.SUBMITTED)
    later = world.now + timedelta(days=30)
    assert await world.db.run(lambda tx: idempotency.purge(tx, before=later, most=2)) == 2
    assert await world.db.run(lambda tx: idempotency.purge(tx, before=later, most=2)) == 1


async def test_bytes_that_no_document_names_go_once_they_are_old(world: World, tmp_path: Path) -> None:
    owner, application = await world.reach(State.DRAFT)
    store = DocumentStore(tmp_path)
    kept, lost, young = [await store.put(application.id, b"x") for _ in range(3)]
    await world.fill(owner, application)

    async def name_it(tx: Tx) -> None:
        await tx.execute(text("update document set storage_key = :key where kind = 'passport'"), {"key": kept})

    await world.db.run(name_it)
    for key in (kept, lost):
        os.utime(tmp_path / key, (1_000_000, 1_000_000))
    run = await swept(world, tmp_path, "documents")
    assert await run(world.now) == 1
    assert set(await store.keys()) == {kept, young}


def test_every_live_check_has_words_for_operators() -> None:
    assert set(PROMISES) == set(checks.CHECKS)
