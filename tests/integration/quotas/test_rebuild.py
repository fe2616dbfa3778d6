"""The journal holds everything that changed the books: from it alone an empty database comes to the same, hash for hash."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from services.quotas import rebuild
from services.quotas.domain.commands import SetTarget
from services.quotas.events import handle
from services.quotas.rebuild import CannotRebuild, Log, log_of
from services.quotas.use_cases import apply
from shared.events.envelope import AnyEvent
from shared.events.quotas import Act
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.persistence.database import Database
from tests.integration.quotas.history import BR, LATER, PE, a_history, books, journal_of
from tests.integration.quotas.scene import COUNTRIES, START, Person, apply_events, held, programme, publication, rows


@pytest.fixture
async def lived(empty: Database) -> tuple[Database, Sequence[AnyEvent]]:
    """A database with a history, and the log of it."""
    published = await a_history(empty)
    assert await held(empty) == {}
    return empty, [*published, *await journal_of(empty)]


async def test_an_empty_database_comes_to_the_same_books(
    lived: tuple[Database, Sequence[AnyEvent]], new_db: Callable[[str], Awaitable[Database]]
) -> None:
    """Whatever the order in which the log is read, and however often a part of it comes."""
    old, log = lived
    again = await new_db("quotas")
    done: list[int] = []
    made = await rebuild.rebuild(again, log_of([*reversed(log), *log]), done.append)
    assert await books(again) == await books(old)
    assert await held(again) == {}
    assert made.decisions == len(await rows(old, "select 1 from decision")) > 15
    assert done == list(range(1, made.batches + 1))
    assert [one.data for one in await journal_of(again)] == [one.data for one in await journal_of(old)], "it can be made again from there"
    assert await rows(again, "select 1 from outbox where topic = 'puente.journal.v1' and sent_at is null") == []
    assert await rows(again, "select 1 from outbox where topic = 'puente.places.v1' and sent_at is null"), "others may not know yet"


async def test_what_was_decided_late_is_decided_again_with_the_same_deadlines(
    db: Database, clock: ManualClock, new_db: Callable[[str], Awaitable[Database]]
) -> None:
    """Approvals and a raise that were on their way for days; what came within a minute counts from its own time, as before."""
    first = publication(programme())
    soon, late, raised = Person(PE), Person(PE), Person(PE)
    clock.move_to(START + timedelta(minutes=1))
    await db.run(lambda tx: handle(tx, [soon.approved()], clock=clock))
    clock.move_to(START + timedelta(days=5))
    await db.run(lambda tx: handle(tx, [late.approved(), raised.approved()], clock=clock))
    more = publication(programme(places=12, version="2"), version=2)
    clock.move_to(START + timedelta(days=9))
    await db.run(lambda tx: handle(tx, [more], clock=clock))
    offers = {row.application: row.answer_by for row in await rows(db, "select application, answer_by from place where state = 'offered'")}
    assert offers == {one.application: START + timedelta(days=days + 14) for one, days in ((soon, 0), (late, 5), (raised, 9))}
    again = await new_db("quotas")
    await rebuild.rebuild(again, log_of([first, more, *await journal_of(db)]))
    assert await books(again) == await books(db) and await held(again) == {}


async def test_a_rebuilt_database_goes_on_where_the_old_one_stood(
    lived: tuple[Database, Sequence[AnyEvent]], new_db: Callable[[str], Awaitable[Database]]
) -> None:
    old, log = lived
    again = await new_db("quotas")
    await rebuild.rebuild(again, log_of(log))
    news = Person(BR).approved(LATER)
    for db in (old, again):
        await apply_events(db, news)
    assert [tuple(row)[:7] for row in await rows(again, "select * from decision order by cell, number")] == [
        tuple(row)[:7] for row in await rows(old, "select * from decision order by cell, number")
    ]


async def test_what_was_applied_before_changes_nothing_when_the_topics_are_read_again(
    empty: Database, new_db: Callable[[str], Awaitable[Database]]
) -> None:
    """A rebuilt database has no offsets, so its worker begins at the beginning."""
    first = publication(programme())
    people = [Person(PE) for _ in range(5)]
    events = [first, *(one.approved() for one in people), people[0].declines(1)]
    await apply_events(empty, *events)
    again = await new_db("quotas")
    await rebuild.rebuild(again, log_of([first, *await journal_of(empty)]))
    before = await books(again)
    await apply_events(again, *events)
    assert await books(again) == before == await books(empty)


async def test_what_happened_at_once_is_done_again_one_after_the_other(
    empty: Database, new_db: Callable[[str], Awaitable[Database]]
) -> None:
    """Cells, persons and pool are drawn on by many at the same time; the numbers in the journal say in which order they got there."""
    first = publication(programme(places=20))
    await apply_events(empty, first)
    cells = [f"training:{country}:2016" for country in COUNTRIES]
    persons = [new_id() for _ in range(12)]
    dice = Random(20160120)

    async def somebody(turn: int) -> None:
        one = Person(dice.choice(cells), person=dice.choice(persons), score=dice.randrange(100))
        await apply_events(empty, one.approved())
        await apply_events(empty, dice.choice([one.withdrawn(), replace(one).accepts(1), replace(one).declines(1)]))
        if turn % 5 == 0:
            target = SetTarget(cell=dice.choice(cells), at=LATER, target=dice.randrange(8))
            await empty.run(lambda tx: apply(tx, [target]))

    async def terms() -> None:
        for version in (2, 3, 4):
            await apply_events(empty, publication(programme(places=20 + version, version=str(version)), version=version, at=START))

    published = [first, *[publication(programme(places=20 + v, version=str(v)), version=v, at=START) for v in (2, 3, 4)]]
    await asyncio.gather(terms(), *map(somebody, range(60)))
    again = await new_db("quotas")
    await rebuild.rebuild(again, log_of([*published, *await journal_of(empty)]))
    assert await books(again) == await books(empty)
    assert await held(again) == {}


async def test_a_database_that_holds_something_is_refused(lived: tuple[Database, Sequence[AnyEvent]]) -> None:
    old, log = lived
    before = await books(old)
    with pytest.raises(CannotRebuild, match=r"only an empty one can be rebuilt.*PUENTE_HOME"):
        await rebuild.rebuild(old, log_of(log))
    assert await books(old) == before


async def test_a_missing_batch_is_seen_at_the_first_decision_that_differs(
    lived: tuple[Database, Sequence[AnyEvent]], new_db: Callable[[str], Awaitable[Database]]
) -> None:
    _old, log = lived
    whole = log_of(log)
    third = next(batch for batch in whole.batches if batch.decisions == 6)
    with pytest.raises(CannotRebuild, match=r"batch \d+ \(\d+ acts, first accept of training:PE:2016\).*came to 6|missing from the log"):
        await rebuild.rebuild(await new_db("quotas"), Log(tuple(b for b in whole.batches if b is not third), whole.published))


async def test_a_changed_act_is_seen(lived: tuple[Database, Sequence[AnyEvent]], new_db: Callable[[str], Awaitable[Database]]) -> None:
    """A score that was edited in the log gives another rank, and so another hash."""
    _old, log = lived
    whole = log_of(log)
    batch = next(b for b in whole.batches if b.acts[0].name == "request_place")
    batch.acts[0].given["score"] = 99_999
    with pytest.raises(CannotRebuild, match=f"batch {batch.number} "):
        await rebuild.rebuild(await new_db("quotas"), whole)


async def test_terms_that_are_not_in_the_log_are_named(
    lived: tuple[Database, Sequence[AnyEvent]], new_db: Callable[[str], Awaitable[Database]]
) -> None:
    _old, log = lived
    with pytest.raises(CannotRebuild, match="version 2 of training in force, and its terms are not in the log"):
        await rebuild.rebuild(await new_db("quotas"), log_of([*log[:1], *log[2:]]))


async def test_an_act_that_this_version_does_not_know_is_named(
    lived: tuple[Database, Sequence[AnyEvent]], new_db: Callable[[str], Awaitable[Database]]
) -> None:
    _old, log = lived
    whole = log_of(log)
    strange = replace(whole.batches[2], acts=(Act(name="give_everybody_a_place", given={}),))
    with pytest.raises(CannotRebuild, match="'give_everybody_a_place', which this version cannot do again"):
        await rebuild.rebuild(await new_db("quotas"), replace(whole, batches=(*whole.batches[:2], strange)))
