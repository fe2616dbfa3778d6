"""Batches on a real database: the same number of statements however many events, and several writers at once without a wrong place."""

import asyncio
import random

import pytest

from services.quotas.events import handle
from shared.events.catalogue import decode
from shared.events.envelope import AnyEvent
from shared.persistence.database import Database, Tx, driver
from tests.integration.quotas.scene import (
    COUNTRIES,
    Person,
    apply_events,
    figures,
    held,
    picture,
    programme,
    publication,
    rows,
    states,
)

PE = "training:PE:2016"


async def statements_of(db: Database, *events: AnyEvent) -> list[str]:
    """The statements of one batch, as the driver sent them."""
    seen: list[str] = []

    async def work(tx: Tx) -> None:
        connection = await driver(tx)
        with connection.query_logger(lambda record: seen.append(record.query)):
            await handle(tx, events)

    await db.run(work)
    return seen


@pytest.fixture
async def roomy(empty: Database) -> Database:
    """Rolling, with room for some thousands in four countries."""
    await apply_events(empty, publication(programme(places=800)))
    return empty


async def test_the_number_of_statements_does_not_grow_with_the_batch(roomy: Database) -> None:
    """One approval and five hundred: the same statements, over one cell and over all."""
    one = await statements_of(roomy, Person(PE).approved())
    in_one_cell = [Person(PE) for _ in range(500)]
    many = await statements_of(roomy, *(person.approved() for person in in_one_cell))
    spread = [Person(f"training:{COUNTRIES[n % 4]}:2016") for n in range(200)]
    wide = await statements_of(roomy, *(person.approved() for person in spread))
    assert 5 < len(one) <= 20, one
    assert many == one
    assert wide == one
    back = [person.declines(1) for person in in_one_cell[:100]]
    assert len(await statements_of(roomy, *back)) <= 2 * len(one)
    assert await held(roomy) == {}


async def test_one_place_and_two_hundred_who_ask_in_the_same_moment(empty: Database) -> None:
    """Each in a transaction of its own, from many sides at once: one has it, nobody else, and the best ranked come next."""
    await apply_events(empty, publication(programme(places=1, countries=("PE",))))
    people = [Person(PE, score=1_000 * n) for n in range(200)]
    await asyncio.gather(*(apply_events(empty, one.approved()) for one in people))
    found = await states(empty, *people)
    assert (found.count("offered"), found.count("waiting"), found.count("refused")) == (1, 2, 197)
    assert await figures(empty, PE) == (1, 0, 1, 0, 2)
    assert await held(empty) == {}
    holder = people[found.index("offered")]
    best = max((person for person, state in zip(people, found, strict=True) if state == "waiting"), key=lambda person: person.score)
    await apply_events(empty, holder.declines(1))
    assert await states(empty, best) == ["offered"]
    assert await held(empty) == {}


async def test_batches_that_touch_the_same_limits_in_opposite_order_are_all_done(roomy: Database) -> None:
    """Persons who ask in several cells, in batches turned round: locks have one order, so none waits for another in a circle."""
    chance = random.Random(7)
    people = [Person(PE) for _ in range(12)]
    batches: list[list[AnyEvent]] = []
    for turn in range(16):
        asking = [Person(f"training:{country}:2016", person=one.person) for one in people for country in COUNTRIES]
        chance.shuffle(asking)
        half = asking[:12] if turn % 2 else asking[12:24]
        batches.append([one.approved() for one in half])
    before = await deadlocks(roomy)
    await asyncio.gather(*(apply_events(roomy, *batch) for batch in batches))
    assert await deadlocks(roomy) == before
    (most,) = await rows(roomy, "select max(n) from (select count(*) as n from place where state = 'offered' group by person) held")
    assert most[0] == 1
    assert await held(roomy) == {}


async def deadlocks(db: Database) -> int:
    await rows(db, "select pg_stat_force_next_flush()")
    (row,) = await rows(db, "select deadlocks from pg_stat_database where datname = current_database()")
    return int(row[0])


async def test_the_outbox_keeps_every_subjects_order_also_between_writers(roomy: Database) -> None:
    """Rows are added under the lock of their cell: by id, no subject's later fact stands before an earlier one."""
    people = [Person(f"training:{COUNTRIES[n % 4]}:2016") for n in range(40)]

    async def life(one: Person, number: int) -> None:
        await apply_events(roomy, one.approved())
        await apply_events(roomy, one.accepts(1) if number % 2 else one.declines(1))
        if number % 4 == 1:
            await apply_events(roomy, one.withdrawn())

    await asyncio.gather(*(life(one, number) for number, one in enumerate(people)))
    last: dict[str, int] = {}
    journal = "select value from outbox where topic <> 'puente.journal.v1' order by id"  # batches carry their own order
    events = [decode(bytes(row.value)) for row in await rows(roomy, journal)]
    assert len(events) > 100
    for one in events:
        assert one.subjectversion == last.get(one.subject, 0) + 1, f"{one.type} of {one.subject} is out of order"
        last[one.subject] = one.subjectversion


@pytest.mark.parametrize("size", [1, 3, 1_000])
async def test_repeats_in_one_batch_and_between_batches_change_nothing(empty: Database, size: int) -> None:
    """The same history in portions of any size, each event given up to three times: the same tables as given once."""
    await apply_events(empty, publication(programme(places=4)))
    people = [Person(f"training:{COUNTRIES[n % 2]}:2016", score=1_000 * n) for n in range(8)]
    once: list[AnyEvent] = [one.approved() for one in people]
    once += [people[0].withdrawn(), people[1].accepts(1), people[2].declines(1)]
    chance = random.Random(size)
    given: list[AnyEvent] = []
    for number, one in enumerate(once):
        given += [one] * chance.randint(1, 3)
        given += chance.choices(once[: number + 1], k=chance.randint(0, 2))
    for start in range(0, len(given), size):
        await apply_events(empty, *given[start : start + size])
    after = await picture(empty)
    assert len({row[0] for row in after["place"]}) == len(people)
    await apply_events(empty, *once)
    assert await picture(empty) == after
    assert await held(empty) == {}
