"""A limit that nobody drew on yet is no row that could be locked, so two batches may meet in it."""

import asyncio

from services.quotas.events import handle
from shared.kernel.ids import new_id
from shared.persistence.database import Database, Tx
from tests.integration.quotas.scene import Person, apply_events, held, rows, states

PE, BR = "training:PE:2016", "training:BR:2016"
WAITS_FOR_A_LOCK = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def test_the_later_of_two_batches_finds_out_when_it_writes_and_starts_over(db: Database) -> None:
    """One person, two cells, both with room: the second batch decided before the first one's place was there to be seen."""
    person = new_id()
    here, there = Person(PE, person=person), Person(BR, person=person)
    wrote, go = asyncio.Event(), asyncio.Event()

    async def first(tx: Tx) -> None:
        await handle(tx, [here.approved()])
        wrote.set()
        await go.wait()

    earlier = asyncio.create_task(db.run(first))
    await wrote.wait()
    later = asyncio.create_task(apply_events(db, there.approved(), Person(BR).approved()))
    async with asyncio.timeout(20):
        while (await rows(db, WAITS_FOR_A_LOCK))[0][0] == 0:  # noqa: ASYNC110 - the database says it, nobody is told
            await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(earlier, later)
    assert await states(db, here, there) == ["offered", "refused"]
    (counter,) = await rows(db, "select used, version from limit_counter where key = :key", key=f"person:{person}")
    assert tuple(counter) == (1, 1)
    assert await held(db) == {}


async def test_a_limit_that_was_only_looked_at_leaves_no_row(db: Database) -> None:
    people = [Person(PE) for _ in range(3)]
    await apply_events(db, *[one.approved() for one in people])
    assert await states(db, *people) == ["offered", "offered", "waiting"]
    assert len(await rows(db, "select key from limit_counter where kind = 'person'")) == 2
