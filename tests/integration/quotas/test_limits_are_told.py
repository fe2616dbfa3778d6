"""What officers set for a limit is told to others in the commit that sets it, and told again, the same, by books made from the journal."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.quotas import rebuild, views
from services.quotas.domain.commands import SetLimit
from services.quotas.domain.limits import named
from services.quotas.rebuild import log_of
from services.quotas.use_cases import apply
from shared.events.catalogue import KEPT, LIMITS
from shared.events.envelope import AnyEvent
from shared.persistence.database import Database
from tests.integration.quotas.history import BR, LATER, PE, adopt, journal_of
from tests.integration.quotas.scene import Person, apply_events, held, publication, rows, told
from tests.integration.quotas.test_limits import SOLAR, terms

HOLDERS = "holders:training:PE"
NORM = f"course_country:{PE}:solar"


async def limits_told(db: Database) -> list[AnyEvent]:
    return await told(db, "limit.set")


def said(events: list[AnyEvent]) -> list[tuple[Any, ...]]:
    return [(one.subject, one.subjectversion, one.partitionkey, one.time, one.data) for one in events]


async def test_two_officers_set_a_limit_and_give_it_back_and_both_are_told(empty: Database) -> None:
    await apply_events(empty, publication(terms()))
    await apply_events(empty, Person(PE, course="solar").approved(), Person(BR, course="solar").approved())
    assert await limits_told(empty) == []
    await adopt(empty, "limit_change", cell=PE, limit=SOLAR, capacity=5)
    await adopt(empty, "limit_change", cell=BR, limit=SOLAR, capacity=None)
    first, back = await limits_told(empty)
    assert (first.data.capacity, back.data.capacity) == (5, None)
    assert first.subject == back.subject == first.partitionkey == back.partitionkey == SOLAR
    assert 0 < first.subjectversion < back.subjectversion
    (row,) = await rows(empty, "select version, fixed from limit_counter where key = :key", key=SOLAR)
    assert (row.version, row.fixed) == (back.subjectversion, None)
    (topic,) = await rows(empty, "select distinct topic from outbox where type = 'puente.limit.set.v1'")
    assert topic.topic == LIMITS.name and LIMITS.name in KEPT, "whoever lost it long after finds it"
    assert await held(empty) == {}


async def test_the_cell_shows_the_cap_on_nominations_that_officers_set(empty: Database) -> None:
    """None is the plan's own here, which sets no ratio."""
    await apply_events(empty, publication(terms()))

    async def cap() -> int | None:
        found = await empty.run(lambda tx: views.cell(tx, PE, now=LATER))
        assert found is not None
        return found.nomination_cap

    assert await cap() is None
    await adopt(empty, "limit_change", cell=PE, limit=f"nomination:{PE}", capacity=7)
    assert await cap() == 7
    await adopt(empty, "limit_change", cell=PE, limit=f"nomination:{PE}", capacity=None)
    assert await cap() is None


async def test_several_in_one_batch_are_told_one_after_the_other_also_from_cells_of_several_years(empty: Database) -> None:
    await apply_events(empty, publication(terms()))

    def sets(key: str, capacity: int | None, year: int = 2016) -> SetLimit:
        limit = named(key)
        assert limit is not None
        return SetLimit(cell=limit.home(year), at=LATER, key=key, capacity=capacity)

    asked = [sets(HOLDERS, 3), sets(NORM, 1), sets(HOLDERS, 4, 2017), sets(HOLDERS, 4), sets(NORM, None)]
    await empty.run(lambda tx: apply(tx, asked))
    found = [(one.subject, one.subjectversion, one.data.capacity, one.data.cell) for one in await limits_told(empty)]
    assert found == [
        (HOLDERS, 1, 3, "training:ZZ:2016"), (NORM, 1, 1, PE), (HOLDERS, 2, 4, "training:ZZ:2017"), (NORM, 2, None, PE),
    ], "the same again is not told"  # fmt: skip
    assert all(one.partitionkey == one.subject for one in await limits_told(empty)), "so that all about one limit comes in its order"


async def test_what_was_set_is_told_again_by_books_that_are_made_from_the_journal(
    empty: Database, new_db: Callable[[str], Awaitable[Database]]
) -> None:
    """Also what was set by a version that told nobody: the journal has the act."""
    first = publication(terms())
    await apply_events(empty, first)
    await apply_events(empty, Person(PE, course="solar").approved())
    await adopt(empty, "limit_change", cell=PE, limit=SOLAR, capacity=5)
    await apply_events(empty, Person(BR, course="solar").approved())
    await adopt(empty, "limit_change", cell=PE, limit=HOLDERS, capacity=9)
    await adopt(empty, "limit_change", cell=PE, limit=SOLAR, capacity=None)
    before = said(await limits_told(empty))
    log = log_of([first, *await journal_of(empty)])
    await rows(empty, "delete from outbox where type = 'puente.limit.set.v1' returning 1")
    again = await new_db("quotas")
    await rebuild.rebuild(again, log)
    assert said(await limits_told(again)) == before and len(before) == 3
    assert await held(again) == {}
