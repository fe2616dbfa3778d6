"""Whoever changes a programme, adopts a proposal or decides on places takes locks in one order, so that none waits for another in a ring.

In each story one of the two is held up in the middle of its locks by a row that somebody else has, and the other comes meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import date

import asyncpg
import pytest

from services.quotas import proposals
from services.quotas.domain.commands import SetTarget
from services.quotas.proposals import Decided, ProposalRefused, Proposed
from services.quotas.proposals.kind import Params
from services.quotas.proposals.kinds import TotalChange
from services.quotas.proposals.limits import LimitChange
from services.quotas.proposals.participation import Leave
from services.quotas.use_cases import apply
from shared.events.applications import CourseTerms
from shared.persistence.database import Database
from tests.integration.quotas.scene import START, Person, apply_events, held, names, programme, publication, rows
from tests.integration.quotas.test_together import WAITING, deadlocks

AR, BR, CL, PE = (f"training:{code}:2016" for code in ("AR", "BR", "CL", "PE"))
UNKNOWN = "training:XX:2016"
COURSES = [CourseTerms(key="crops", year=2016, names=names("crops"), starts=date(2016, 9, 1), ends=date(2016, 12, 1), seats=1)]

Story = Callable[[Database], Coroutine[None, None, object]]


async def filed(db: Database, kind: str, params: Params) -> Story:
    """Adopts what one officer has proposed, on the state that is seen now."""
    done = await db.run(lambda tx: proposals.propose(tx, kind, params, "a test", by="one", role="officer", now=START))
    assert isinstance(done, Proposed), done
    seen = (await db.run(lambda tx: proposals.opened(tx, kind, params, by="two", now=START))).state

    async def adopt(db: Database) -> Decided | ProposalRefused:
        return await db.run(lambda tx: proposals.approve(tx, done.proposal, by="two", role="officer", seen=seen, now=START))

    return adopt


async def published_again(db: Database) -> None:
    """Version 3 of the plan, which raises the year's places."""
    await apply_events(db, publication(programme(places=12, version="3", courses=COURSES), version=3))


async def a_country_leaves(db: Database) -> tuple[Story, Story, str]:
    adopt = await filed(db, "leave", Leave(programme="training", country="PE", start=date(2016, 3, 1)))
    return published_again, adopt, f"cell:{AR}"


async def the_plans_total_is_taken_out(db: Database) -> tuple[Story, Story, str]:
    """The pool has what the plan has no more: every cell was cut below what is held, and some of that came back."""
    cuts = [SetTarget(cell=cell, at=START, target=0) for cell in (AR, BR, CL, PE)]
    await db.run(lambda tx: apply(tx, cuts))
    rest = await rows(db, "select application, person, cell from place where state = 'offered' order by cell, application limit 4")
    gone = [Person(row.cell, application=row.application, person=row.person, published=1) for row in rest]
    await apply_events(db, *[one.withdrawn() for one in gone])
    adopt = await filed(db, "total_change", TotalChange(programme="training", places=4))
    return published_again, adopt, f"cell:{AR}"


async def what_an_older_plan_asked_for_is_adopted(db: Database) -> tuple[Story, Story, str]:
    (row,) = await rows(db, "select id from proposal where kind = 'allotment_change' and state = 'open' and cell = :cell", cell=PE)

    async def adopt(db: Database) -> Decided | ProposalRefused:
        return await db.run(lambda tx: proposals.approve(tx, row.id, by="two", role="officer", seen="then", now=START))

    return published_again, adopt, "account:pool:training"


async def a_limit_of_several_cells_is_set(db: Database) -> tuple[Story, Story, str]:
    """It was seen from one cell, nobody waits, and setting it locks them all."""
    adopt = await filed(db, "limit_change", LimitChange(cell=PE, limit="course:training:2016:crops", capacity=3))

    async def batch(db: Database) -> None:
        await apply_events(db, *[Person(cell).approved() for cell in (AR, CL, PE)])

    return batch, adopt, f"cell:{CL}"


async def a_cell_that_no_plan_has_is_asked_for(db: Database) -> tuple[Story, Story, str]:
    async def batch(db: Database) -> None:
        await apply_events(db, Person(PE).approved(), Person(UNKNOWN).approved())

    return published_again, batch, f"cell:{AR}"


async def a_publication_comes_behind_an_approval(db: Database) -> tuple[Story, Story, str]:
    """In one batch, which has a cell already when it comes to the programme; and a country leaves meanwhile."""
    adopt = await filed(db, "leave", Leave(programme="training", country="AR", start=date(2016, 3, 1)))

    async def batch(db: Database) -> None:
        data = programme(places=12, version="3", courses=COURSES)
        await apply_events(db, Person(AR).approved(), Person(BR).approved(), publication(data, version=3))

    return batch, adopt, f"cell:{BR}"


STORIES = (
    a_country_leaves,
    the_plans_total_is_taken_out,
    what_an_older_plan_asked_for_is_adopted,
    a_limit_of_several_cells_is_set,
    a_cell_that_no_plan_has_is_asked_for,
    a_publication_comes_behind_an_approval,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.__name__)
async def test_two_who_meet_wait_for_each_other_in_one_order(
    db: Database, story: Callable[[Database], Awaitable[tuple[Story, Story, str]]]
) -> None:
    people = [Person(cell) for cell in (AR, BR, CL, PE) for _ in range(2)]
    await apply_events(db, *[one.approved() for one in people])
    await apply_events(db, publication(programme(places=4, version="2", courses=COURSES), version=2))
    first, second, row = await story(db)
    outside = await asyncpg.connect(db.url.replace("postgresql+asyncpg://", "postgresql://", 1))
    tasks: list[asyncio.Task[object]] = []

    async def waits(story: Story) -> None:
        """Begin, and go on as soon as the database says that this one waits too."""
        tasks.append(asyncio.ensure_future(story(db)))
        async with asyncio.timeout(60):
            while not tasks[-1].done() and await outside.fetchval(WAITING) < len(tasks):
                await outside.execute("select pg_stat_clear_snapshot()")
                await asyncio.sleep(0.01)

    try:
        async with outside.transaction():
            table, _, key = row.partition(":")
            await outside.execute(f"select 1 from {table} where key = $1 for update", key)
            await waits(first)
            await waits(second)
        answers = await asyncio.gather(*tasks)
    finally:
        await outside.close()
    assert await deadlocks(db) == 0, "each took its locks in the one order, and none was broken off"
    assert await held(db) == {}
    assert not isinstance(answers[1], ProposalRefused) or answers[1].reason in ("stale", "not_open", "not_the_plans"), answers
