"""A limit that nobody drew on yet is no row that could be locked, so two batches may meet in it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from services.quotas.events import handle
from services.quotas.store import journal
from shared.events.envelope import AnyEvent
from shared.kernel.ids import new_id
from shared.persistence.database import Database, Tx
from tests.integration.quotas.scene import Person, apply_events, held, rows, states

PE, BR = "training:PE:2016", "training:BR:2016"
WAITS_FOR_A_LOCK = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


class Meeting:
    """Two batches at once: the second is decided while the first one's work cannot be seen yet; the first goes on when the second waits."""

    def __init__(self, db: Database) -> None:
        self.db, self.stands, self.go = db, asyncio.Event(), asyncio.Event()

    async def stand(self) -> None:
        self.stands.set()
        await self.go.wait()

    async def of(self, first: Sequence[AnyEvent], second: Sequence[AnyEvent]) -> None:
        async def work(tx: Tx) -> None:
            await handle(tx, first)
            await self.stand()

        earlier = asyncio.create_task(self.db.run(work))
        await self.stands.wait()
        later = asyncio.create_task(apply_events(self.db, *second))
        async with asyncio.timeout(20):
            while (await rows(self.db, WAITS_FOR_A_LOCK))[0][0] == 0:
                assert not later.done(), "it did not wait for the first"
                await asyncio.sleep(0.01)
        self.go.set()
        await asyncio.gather(earlier, later)


async def batches(db: Database, *people: Person) -> list[int]:
    """The number of the batch in which each of them was decided on."""
    return [(await rows(db, "select max(batch) from decision where application = :id", id=one.application))[0][0] for one in people]


async def test_the_later_of_two_batches_finds_out_when_it_writes_and_starts_over(db: Database) -> None:
    """One person, two cells, both with room: the second batch decided before the first one's place was there to be seen."""
    person = new_id()
    here, there = Person(PE, person=person), Person(BR, person=person)
    await Meeting(db).of([here.approved()], [there.approved(), Person(BR).approved()])
    assert await states(db, here, there) == ["offered", "refused"]
    (counter,) = await rows(db, "select used, version from limit_counter where key = :key", key=f"person:{person}")
    assert tuple(counter) == (1, 1)
    assert await held(db) == {}


async def test_who_looked_at_a_limit_that_is_drawn_on_meanwhile_starts_over(db: Database) -> None:
    """One person, two cells, no room in the second: they would wait there though they hold a place; no rebuilt database says so."""
    person = new_id()
    here, there = Person(PE, person=person), Person(BR, person=person)
    await apply_events(db, *[Person(BR).approved() for _ in range(2)])
    await Meeting(db).of([here.approved()], [there.approved()])
    assert await states(db, here, there) == ["offered", "refused"]
    numbers = await batches(db, here, there)
    assert numbers == sorted(numbers)


async def test_who_draws_on_a_limit_that_was_looked_at_meanwhile_comes_after_it(db: Database) -> None:
    """The same the other way round: who waits was first, and the numbers of the batches say so to whoever decides them again."""
    person = new_id()
    here, there = Person(PE, person=person), Person(BR, person=person)
    await apply_events(db, *[Person(BR).approved() for _ in range(2)])
    await Meeting(db).of([there.approved()], [here.approved()])
    assert await states(db, there, here) == ["waiting", "offered"]
    numbers = await batches(db, there, here)
    assert numbers == sorted(numbers)
    assert await held(db) == {}


async def test_a_batch_has_its_number_only_when_nobody_can_find_unused_what_it_draws_on(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who finds it unused a moment later would have the greater number."""
    person, draw = new_id(), journal.draw
    here, there = Person(PE, person=person), Person(BR, person=person)
    await apply_events(db, *[Person(BR).approved() for _ in range(2)])
    meeting = Meeting(db)

    async def stand(connection: Any) -> journal.Number:
        monkeypatch.setattr(journal, "draw", draw)
        number = await draw(connection)
        await meeting.stand()
        return number

    monkeypatch.setattr(journal, "draw", stand)
    await meeting.of([here.approved()], [there.approved()])
    assert await states(db, here, there) == ["offered", "refused"]


async def test_a_limit_that_was_only_looked_at_leaves_no_row(db: Database) -> None:
    people = [Person(PE) for _ in range(3)]
    await apply_events(db, *[one.approved() for one in people])
    assert await states(db, *people) == ["offered", "offered", "waiting"]
    assert len(await rows(db, "select key from limit_counter where kind = 'person'")) == 2
