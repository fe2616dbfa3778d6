"""One transaction a request or batch, on a real server: what is tried again, what is not, and that no connection is left in a bad way."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.persistence.database import (
    IDLE_IN_TRANSACTION_TIMEOUT_MS,
    LOCK_TIMEOUT_MS,
    STATEMENT_TIMEOUT_MS,
    TRANSACTION_TIMEOUT_MS,
    TRIES_MAX,
    Database,
    Tx,
    Unavailable,
    driver,
    is_unfinished,
    said,
    sqlstate,
)
from tests.conftest import NewDatabase
from tests.integration.platform.counters import add, read
from tests.integration.platform.waiting import nothing_is_left_open


async def test_every_session_has_its_timeouts(db: Database) -> None:
    """A lock, a statement and an idle transaction all end by themselves."""

    async def work(tx: Tx) -> dict[str, str]:
        timeouts = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
        names = (*timeouts, "transaction_isolation", "TimeZone")
        return {name: (await tx.execute(text(f"show {name}"))).scalar_one() for name in names}

    assert await db.run(work) == {
        "lock_timeout": f"{LOCK_TIMEOUT_MS // 1000}s",
        "statement_timeout": f"{STATEMENT_TIMEOUT_MS // 1000}s",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT_MS // 1000}s",
        "transaction_timeout": f"{TRANSACTION_TIMEOUT_MS // 60_000}min",
        "transaction_isolation": "read committed",
        "TimeZone": "UTC",
    }


async def test_two_that_lock_crosswise_are_both_done(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """A deadlock rolls one of them back, and it is tried again from its beginning."""
    attempts: list[str] = []
    both = asyncio.Barrier(2)

    async def crossing(first: str, second: str) -> None:
        async def work(tx: Tx) -> None:
            attempts.append(first)
            await add(tx, first)
            if attempts.count(first) == 1:
                await both.wait()
            await add(tx, second)

        await db.run(work)

    await asyncio.gather(crossing("a", "b"), crossing("b", "a"))
    assert await read(beside) == {"a": 2, "b": 2}
    assert len(attempts) == 3


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
async def test_what_may_be_tried_again_is_and_not_for_ever(db: Database, beside: "asyncpg.Connection[Any]", state: str) -> None:
    """Nothing of a failed attempt stays; after six the error is shown."""
    attempts = 0

    async def work(tx: Tx) -> None:
        nonlocal attempts
        attempts += 1
        await add(tx, "a")
        if attempts <= fails:
            await tx.execute(text(f"do $$ begin raise exception 'made up' using errcode = '{state}'; end $$"))

    fails = 2
    await db.run(work)
    assert (attempts, await read(beside)) == (3, {"a": 1, "b": 0})
    attempts, fails = 0, 100
    with pytest.raises(DBAPIError) as caught:
        await db.run(work)
    assert sqlstate(caught.value) == state
    assert (attempts, await read(beside)) == (TRIES_MAX, {"a": 1, "b": 0})


@pytest.mark.parametrize(
    ("state", "unfinished"),
    [*((state, True) for state in ("57014", "25P03", "25P04", "53000", "53100", "53200", "53400", "58000", "58030")), ("53300", False)]
    + [(state, False) for state in ("57P01", "08006", "40P01", "22012", "23505")],
)
async def test_what_the_database_gave_up_is_told_from_what_is_wrong_and_from_a_database_that_is_away(
    db: Database, state: str, unfinished: bool
) -> None:
    """Whether as an error of the statement's or as a database that is away: what it is about can be asked of either."""
    with pytest.raises((DBAPIError, Unavailable)) as caught:
        await db.run(lambda tx: tx.execute(text(f"do $$ begin raise exception 'made up' using errcode = '{state}'; end $$")), tries=1)
    assert sqlstate(caught.value) == state
    assert is_unfinished(caught.value) == unfinished


async def test_what_a_person_did_wrong_is_not_tried_again(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """A broken constraint stays broken."""
    attempts = 0

    async def work(tx: Tx) -> None:
        nonlocal attempts
        attempts += 1
        await add(tx, "a")
        await tx.execute(text("insert into counter values ('a', 1)"))

    with pytest.raises(DBAPIError, match="duplicate key"):
        await db.run(work)
    assert (attempts, await read(beside)) == (1, {"a": 0, "b": 0})
    await db.run(lambda tx: add(tx, "a"))
    assert await read(beside) == {"a": 1, "b": 0}


async def test_who_gives_up_waiting_does_not_tear_the_transaction(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """The caller is cancelled in the middle: the work is finished and committed whole, and the connection goes back clean."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def work(tx: Tx) -> None:
        await add(tx, "a")
        inside.set()
        await go_on.wait()
        await add(tx, "b")

    caller = asyncio.create_task(db.run(work))
    await inside.wait()
    caller.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await read(beside) == {"a": 1, "b": 1}
    await nothing_is_left_open(beside)
    for _ in range(20):  # more often than the pool has connections: each is one that commits for real
        await db.run(lambda tx: add(tx, "a"))
    assert await read(beside) == {"a": 21, "b": 1}


async def test_fifty_cancelled_at_any_moment_leave_no_half_and_no_open_transaction(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """Each is done whole or not at all, and afterwards every connection of the pool works."""

    async def work(tx: Tx) -> None:
        await add(tx, "a")
        await tx.execute(text("select pg_sleep(0.002)"))
        await add(tx, "b")

    callers = [asyncio.create_task(db.run(work)) for _ in range(50)]
    for turn, caller in enumerate(callers):
        for _ in range(turn % 7):
            await asyncio.sleep(0)
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    figures = await read(beside)
    assert figures["a"] == figures["b"]
    await nothing_is_left_open(beside)
    await asyncio.gather(*(db.run(work) for _ in range(16)))
    assert (await read(beside))["a"] == figures["a"] + 16


async def test_a_connection_that_is_cut_is_said_to_be_away_and_the_next_work_has_another(
    db: Database, beside: "asyncpg.Connection[Any]"
) -> None:
    """Nothing is tried again by itself: whether a commit under way counted is not known here."""
    attempts = 0

    async def work(tx: Tx) -> None:
        nonlocal attempts
        attempts += 1
        await add(tx, "a")
        pid = (await tx.execute(text("select pg_backend_pid()"))).scalar_one()
        await beside.execute("select pg_terminate_backend($1)", pid)
        await add(tx, "b")

    with pytest.raises(Unavailable, match="the database went away"):
        await db.run(work)
    assert attempts == 1
    await db.run(lambda tx: add(tx, "b"))
    assert await read(beside) == {"a": 0, "b": 1}


async def test_a_server_that_is_not_there_is_said_to_be_away() -> None:
    """Not a traceback of a driver, and no secret of the address."""
    db = Database("postgresql+asyncpg://nobody:secret@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        await db.run(lambda tx: tx.execute(text("select 1")))
    assert "secret" not in str(caught.value)
    said = await db.ready()
    assert said is not None and "does not answer" in said and "secret" not in said
    await db.close()


async def test_a_server_that_is_too_old_is_said_to_be_too_old(new_database: NewDatabase) -> None:
    """An older server refuses a connection whose settings it does not know."""
    old = Database(await new_database("quotas"), options={"a_setting_of_a_later_version": "1"})
    try:
        assert (await old.ready() or "").startswith("PostgreSQL 17 or newer is needed")
        with pytest.raises(Unavailable, match="PostgreSQL 17 or newer is needed"):
            await old.run(lambda tx: tx.execute(text("select 1")))
    finally:
        await old.close()


async def test_a_hot_statement_stands_in_the_same_transaction(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """What the driver's own connection does is rolled back with the rest, also where it was the first thing done."""

    async def work(tx: Tx) -> None:
        connection = await driver(tx)
        await connection.execute("update counter set n = 9 where name = 'a'")
        await add(tx, "b")
        assert await read(beside) == {"a": 0, "b": 0}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.run(work)
    assert await read(beside) == {"a": 0, "b": 0}


async def test_who_waits_for_commits_is_called_after_each_and_never_for_what_was_undone(db: Database) -> None:
    """The relay wakes up by it: before the commit there would be nothing to see."""
    called: list[str] = []
    db.after_commit(lambda: called.append("committed"))
    await db.run(lambda tx: add(tx, "a"))

    async def undone(tx: Tx) -> None:
        await add(tx, "a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.run(undone)
    assert called == ["committed"]


async def test_a_lock_that_is_not_to_be_had_is_waited_for_and_then_had(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """Longer than the lock's time, shorter than all tries."""
    quick = Database(db.url, options={"lock_timeout": "100"})
    attempts = 0

    async def work(tx: Tx) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 3:
            await beside.execute("rollback")
        await add(tx, "a")

    await beside.execute("begin")
    await beside.execute("select * from counter where name = 'a' for update")
    await quick.run(work)
    await quick.close()
    assert (attempts, await read(beside)) == (3, {"a": 1, "b": 0})


async def test_what_an_error_says_holds_nothing_that_people_typed(db: Database) -> None:
    """Its text may end in a log."""

    async def by_a_model(tx: Tx) -> None:
        await tx.execute(text("insert into counter (name, n) values (:name, null)"), {"name": "Rosa Quispe Mamani"})

    async def by_the_driver(tx: Tx) -> None:
        await (await driver(tx)).execute("insert into counter (name, n) values ($1, null)", "Rosa Quispe Mamani")

    with pytest.raises(DBAPIError) as caught:
        await db.run(by_a_model)
    assert "Rosa" not in str(caught.value)
    with pytest.raises(asyncpg.NotNullViolationError) as quoted:
        await db.run(by_the_driver)
    assert "Rosa" in str(quoted.value), "the database quotes the row"
    assert "Rosa" not in said(quoted.value)
    assert "null value in column" in said(quoted.value)


async def test_a_client_that_stands_still_between_preparing_and_executing_keeps_no_lock(
    url: str, beside: "asyncpg.Connection[Any]"
) -> None:
    """To the database it is neither idle nor busy with a statement, so that only the timeout of the whole transaction ends it."""
    db = Database(url, options={"transaction_timeout": "500"})
    prepared, free = asyncio.Event(), asyncio.Event()

    async def work(tx: Tx) -> None:
        connection = await driver(tx)
        await connection.execute("select pg_advisory_xact_lock(77)")
        await connection.prepare("select count(*) from counter")
        prepared.set()
        await free.wait()

    await beside.execute("create table counter (name text)")
    running = asyncio.create_task(db.run(work))
    await prepared.wait()
    async with asyncio.timeout(30):
        while not await beside.fetchval("select pg_try_advisory_lock(77)"):  # noqa: ASYNC110 - the database ends it, nobody is told
            await asyncio.sleep(0.05)
    free.set()
    with pytest.raises(Unavailable):
        await running
    await db.close()
