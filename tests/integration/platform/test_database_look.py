"""A question that every request asks is answered without a transaction, and leaves its connection as it was."""

import asyncio
from typing import Any, cast

import asyncpg
import pytest
from sqlalchemy import Uuid, bindparam, select, text

from shared.kernel.ids import new_id
from shared.persistence.database import Database, Question, Unavailable
from tests.integration.platform.counters import add, read
from tests.integration.platform.waiting import nothing_is_left_open

SAME = Question(select(bindparam("one", type_=Uuid)))
SLOW = Question(select(bindparam("one", type_=Uuid)).where(text("pg_sleep(0.002) is not null")))


async def test_a_look_answers_of_what_is_committed_and_opens_no_transaction(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """One connection for both, so that a transaction that it left open would be seen."""
    one = Database(db.url, pool_size=1)
    known = new_id()
    assert await one.look(SAME, known) == known
    await nothing_is_left_open(beside)
    await one.run(lambda tx: add(tx, "a"))
    assert await read(beside) == {"a": 1, "b": 0}
    await one.close()


async def test_who_gives_up_waiting_for_a_look_leaves_the_connection_clean(db: Database) -> None:
    """The next that takes the same connection has it for itself."""
    one = Database(db.url, pool_size=1)
    for turn in range(50):
        caller = asyncio.create_task(one.look(SLOW, new_id()))
        for _ in range(turn % 7):
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        known = new_id()
        assert await one.look(SLOW, known) == known
    await one.close()


async def test_a_look_after_connections_were_cut_takes_another(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """Nobody is told of a server that went away and came back between two requests."""
    kept = [await db.engine.raw_connection() for _ in range(3)]
    connections = [cast("asyncpg.Connection[Any]", one.driver_connection) for one in kept]
    for one in kept:
        one.close()
    for connection in connections:
        await beside.execute("select pg_terminate_backend($1)", connection.get_server_pid())
    async with asyncio.timeout(30):
        while not all(one.is_closed() for one in connections):  # noqa: ASYNC110 - the driver notes it by itself
            await asyncio.sleep(0)
    known = new_id()
    assert await db.look(SAME, known) == known
    await db.run(lambda tx: add(tx, "a"))
    assert await read(beside) == {"a": 1, "b": 0}


async def test_a_look_that_is_cut_off_in_the_middle_leaves_no_dead_connection(db: Database, beside: "asyncpg.Connection[Any]") -> None:
    """It says so itself, and whoever comes next is not told of it."""
    one = Database(db.url, pool_size=1, application_name="cut off")
    waiting = Question(select(bindparam("one", type_=Uuid)).where(text("pg_advisory_lock_shared(5) is not null")))
    await beside.execute("select pg_advisory_lock(5)")
    looking = asyncio.create_task(one.look(waiting, new_id()))
    there = "select pid from pg_stat_activity where application_name = 'cut off' and wait_event = 'advisory'"
    async with asyncio.timeout(30):
        while (pid := await beside.fetchval(there)) is None:  # noqa: ASYNC110 - the database knows
            await asyncio.sleep(0.01)
    await beside.execute("select pg_terminate_backend($1)", pid)
    with pytest.raises(Unavailable):
        await looking
    known = new_id()
    await one.run(lambda tx: add(tx, "a"))
    assert await one.look(SAME, known) == known
    await one.close()


def test_a_question_is_about_one_id() -> None:
    """Another number of parameters would be found out at the first request only."""
    with pytest.raises(ValueError, match="has 2 parameters"):
        Question(select(bindparam("one", type_=Uuid), bindparam("two", type_=Uuid)))
    with pytest.raises(ValueError, match="has 0 parameters"):
        Question(select(text("1")))


async def test_a_look_at_a_server_that_is_not_there_says_so() -> None:
    """As a transaction does."""
    db = Database("postgresql+asyncpg://nobody:secret@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await db.look(SAME, new_id())
    await db.close()
