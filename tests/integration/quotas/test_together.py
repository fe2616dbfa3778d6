"""Many at once on the same cells: one free place and two hundred who want it, workers that overlap, administrators beside events."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from services.quotas import proposals
from services.quotas.events import handle
from services.quotas.proposals import Decided, ProposalRefused, Proposed
from services.quotas.proposals.kinds import AllotmentChange
from shared.events.envelope import AnyEvent
from shared.kernel.ids import new_id
from shared.persistence.database import Database, Tx
from tests.conftest import NewDatabase
from tests.integration.quotas.scene import START, Person, apply_events, figures, held, programme, publication, rows, states

KIND = "allotment_change"
WORKERS = 40
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
COUNTRIES = ("AR", "BR", "CL", "PE")
CELLS = [f"training:{country}:2016" for country in COUNTRIES]


@pytest.fixture
async def crowd(new_database: NewDatabase) -> AsyncIterator[Callable[..., Awaitable[Database]]]:
    """A factory of databases with the programme, on so many connections; `patient`: who waits there waits as long as it takes."""
    opened: list[Database] = []

    async def make(connections: int, *, patient: bool = False) -> Database:
        options = dict.fromkeys(("lock_timeout", "statement_timeout", "transaction_timeout"), "0") if patient else {}
        db = Database(await new_database("quotas"), pool_size=connections, options=options)
        opened.append(db)
        await apply_events(db, publication(programme()))
        return db

    yield make
    for db in opened:
        await db.close()


async def deadlocks(db: Database) -> int:
    """How many the server has broken in this database."""
    await rows(db, "select pg_stat_force_next_flush()")
    ((number,),) = await rows(db, "select deadlocks from pg_stat_database where datname = current_database()")
    return int(number)


async def test_of_two_hundred_who_want_one_free_place_one_gets_it(crowd: Callable[..., Awaitable[Database]]) -> None:
    """Forty connections at a time; the books tell of one offer, a full list and refusals, and no lock was waited for in vain."""
    db = await crowd(WORKERS)
    cell = CELLS[3]
    await apply_events(db, Person(cell).approved())
    assert await figures(db, cell) == (2, 1, 1, 0, 0)
    people = [Person(cell) for _ in range(200)]
    await asyncio.gather(*(apply_events(db, one.approved()) for one in people))
    found = await states(db, *people)
    assert {state: found.count(state) for state in set(found)} == {"offered": 1, "waiting": 2, "refused": 197}
    assert await figures(db, cell) == (2, 0, 2, 0, 2)
    assert await held(db) == {}
    assert await deadlocks(db) == 0


async def test_workers_with_overlapping_limits_neither_wait_for_each_other_for_ever_nor_give_twice(
    crowd: Callable[..., Awaitable[Database]],
) -> None:
    """The same persons ask in several cells, in batches that name cells and persons in opposite orders; a person holds one place."""
    db = await crowd(8)
    persons = [new_id() for _ in range(6)]
    ahead = [[Person(cell, person=person) for cell in CELLS for person in persons] for _ in range(3)]
    behind = [[Person(cell, person=person) for cell in reversed(CELLS) for person in reversed(persons)] for _ in range(3)]
    batches = [[one.approved() for one in people] for people in (*ahead, *behind)]
    await asyncio.gather(*(apply_events(db, *batch) for batch in batches))
    assert await held(db) == {}
    many = await rows(db, "select person from place where state in ('offered', 'taken') group by person having count(*) > 1")
    assert many == []
    letting_go = [[one.withdrawn() for one in people] for people in (*ahead, *behind)]
    await asyncio.gather(*(apply_events(db, *batch) for batch in letting_go))
    assert await held(db) == {}
    assert [(await figures(db, cell))[1:] for cell in CELLS] == [(2, 0, 0, 0)] * len(CELLS)
    assert await deadlocks(db) == 0, "locks are taken in one order, whatever the order in the batch"


@pytest.mark.parametrize("seed", range(3))
async def test_a_freed_person_serves_lists_of_other_cells_while_these_are_decided_upon(
    crowd: Callable[..., Awaitable[Database]], seed: int
) -> None:
    """The set of locks grows while others work on the cells that it grows by; what was answered stays answered."""
    db, chance = await crowd(8), random.Random(seed)
    persons = [new_id() for _ in range(5)]

    async def one_life(person_number: int) -> None:
        chosen = [Person(cell, person=persons[person_number % len(persons)]) for cell in chance.sample(CELLS, 3)]
        for one in chosen:
            await apply_events(db, one.approved())
        for one in chance.sample(chosen, 2):
            await apply_events(db, one.withdrawn())

    await asyncio.gather(*(one_life(number) for number in range(30)))
    assert await held(db) == {}


def change(cell: str, target: int) -> AllotmentChange:
    """Another target, also one below what is held."""
    return AllotmentChange(cell=cell, target=target, allow_over=True)


async def file(db: Database, cell: str, target: int) -> UUID:
    """One officer proposes."""
    wish = change(cell, target)
    filed = await db.run(lambda tx: proposals.propose(tx, KIND, wish, "a test", by="one", role="officer", now=START))
    assert isinstance(filed, Proposed), filed
    return filed.proposal


async def state(db: Database, cell: str, target: int) -> str:
    """The state of the books that is shown to whoever adopts."""
    return (await db.run(lambda tx: proposals.opened(tx, KIND, change(cell, target), by="two", now=START))).state


async def adopt(db: Database, proposal: UUID, *, seen: str) -> Decided | ProposalRefused:
    """Another officer adopts."""
    return await db.run(lambda tx: proposals.approve(tx, proposal, by="two", role="officer", seen=seen, now=START))


async def test_administrators_and_events_on_the_same_cells_lose_nothing_of_each_other(
    crowd: Callable[..., Awaitable[Database]],
) -> None:
    """Targets go down and up by two people while places are asked for and given back; every adopted change counts once."""
    db = await crowd(12)
    adopted: dict[str, list[int]] = {cell: [2] for cell in CELLS}

    async def administrate(cell: str, targets: Sequence[int]) -> None:
        for target in targets:
            filed = await file(db, cell, target)
            for _ in range(200):
                done = await adopt(db, filed, seen=await state(db, cell, target))
                if isinstance(done, Decided):
                    adopted[cell].append(target)
                    break
                assert done.reason in ("stale", "pool_short"), done
            else:
                raise AssertionError(f"the target {target} of {cell} was never adopted")

    async def come_and_go(cell: str) -> None:
        people = [Person(cell) for _ in range(12)]
        for number, one in enumerate(people):
            await apply_events(db, one.approved())
            if number % 2:
                await apply_events(db, people[number - 1].withdrawn())

    # Cuts before raises, so that the pool can give what is asked for.
    administrators = [administrate(cell, (1, 2, 0, 2)) for cell in CELLS[:2]]
    await asyncio.gather(*administrators, *(come_and_go(cell) for cell in CELLS for _ in range(2)))
    for cell in CELLS:
        assert (await figures(db, cell))[0] == adopted[cell][-1]
    ((approved,),) = await rows(db, "select count(*) from proposal where state = 'approved'")
    ((noted,),) = await rows(db, "select count(*) from audit_entry where act = 'allotment.approve'")
    assert approved == noted == sum(len(targets) - 1 for targets in adopted.values()) == 8
    assert await held(db) == {}


@asynccontextmanager
async def gate(db: Database, number: int) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """An advisory lock that batches pass in mid-transaction, held until it is let go."""
    connection = await asyncpg.connect(db.url.replace("postgresql+asyncpg://", "postgresql://", 1))
    await connection.execute("select pg_advisory_lock($1)", number)
    try:
        yield connection
    finally:
        await connection.close()


async def test_an_administrator_waits_for_the_batch_under_way_and_not_for_those_behind_it(
    crowd: Callable[..., Awaitable[Database]],
) -> None:
    """Whoever waits for a cell gets it in turn: one batch is the longest wait, however many are to come.

    Nobody's wait ends by the clock here, who then came later would stand behind: the order is the thing.
    """
    db = await crowd(8, patient=True)
    cell, order = CELLS[0], list[str]()
    filed = await file(db, cell, 1)

    async def batch(name: str, events: Sequence[AnyEvent], *, gated: int = 0) -> None:
        async def work(tx: Tx) -> None:
            await handle(tx, events)
            order.append(name)
            if gated:
                await tx.execute(text("select pg_advisory_xact_lock_shared(:gate)"), {"gate": gated})

        await db.run(work)

    async def administrate() -> None:
        done = await adopt(db, filed, seen="what was shown before")
        # It comes to its turn, and is told that the cell was decided upon since it was looked at.
        assert isinstance(done, ProposalRefused) and done.reason == "stale"
        order.append("administrator")

    async with gate(db, 8_001) as holder:

        async def waiting(number: int) -> None:
            async with asyncio.timeout(30):
                while await holder.fetchval(WAITING) != number:  # noqa: ASYNC110 - the database knows who waits
                    await asyncio.sleep(0.01)

        tasks = [asyncio.create_task(batch("first", [Person(cell).approved()], gated=8_001))]
        await waiting(1)
        tasks.append(asyncio.create_task(administrate()))
        await waiting(2)
        tasks.append(asyncio.create_task(batch("second", [Person(cell).approved()])))
        await waiting(3)
        await holder.execute("select pg_advisory_unlock($1)", 8_001)
        await asyncio.gather(*tasks)
    assert order == ["first", "administrator", "second"]
    assert await held(db) == {}
