"""Every kind of limit on a real database: counted, locked and promoted across cells, set by officers, and counted anew by a new plan."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from services.quotas.domain.commands import SetLimit
from services.quotas.domain.limits import named
from services.quotas.events import handle
from services.quotas.use_cases import apply
from shared.events import applications as facts
from shared.persistence.database import Database, Tx
from tests.integration.quotas.scene import START, Person, apply_events, figures, held, names, programme, publication, rows, states

PE, BR, CL = (f"training:{country}:2016" for country in ("PE", "BR", "CL"))
SOLAR = "course:training:2016:solar"


def course(key: str = "solar", seats: int | None = 2, per_country: int | None = None) -> facts.CourseTerms:
    return facts.CourseTerms(
        key=key, year=2016, names=names(key), seats=seats, per_country=per_country, starts=date(2016, 9, 5), ends=date(2016, 9, 23)
    )


def terms(**other: Any) -> facts.ProgrammePublished:
    """Two places for each of four countries, but only two seats in the course."""
    usual: dict[str, Any] = {
        "courses": [course(), course("wind", None)],
        "channels": [facts.ChannelTerms(key="province", names=names("province"), places=1)],
        "holders": facts.HoldersTerms(each=2),
    }
    return programme(**{**usual, **other})


@pytest.fixture
async def db(empty: Database) -> Database:
    await apply_events(empty, publication(terms()))
    return empty


async def limit(db: Database, key: str) -> tuple[int, int | None]:
    """Used and capacity, as stored."""
    (row,) = await rows(db, "select used, capacity from limit_counter where key = :key", key=key)
    return row.used, row.capacity


async def set_limit(db: Database, key: str, capacity: int | None) -> None:
    known = named(key)
    assert known is not None
    await db.run(lambda tx: apply(tx, [SetLimit(cell=known.home(2016), at=START, key=key, capacity=capacity)]))


async def test_a_seat_that_comes_free_in_one_country_serves_another_in_the_same_commit(db: Database) -> None:
    ana, ben, near, far = (
        Person(PE, course="solar"), Person(BR, course="solar"), Person(PE, course="solar", score=10), Person(CL, course="solar", score=20),
    )  # fmt: skip
    await apply_events(db, *(one.approved() for one in (ana, ben, near, far)))
    assert await states(db, ana, ben, near, far) == ["offered", "offered", "waiting", "waiting"]
    await apply_events(db, ana.declines(1))
    assert await states(db, ana, near, far) == ["released", "waiting", "offered"]
    assert await limit(db, SOLAR) == (2, 2)
    assert (await figures(db, PE))[1] == 2, "the place of Peru is free; only the course is full"
    assert await held(db) == {}


async def test_every_limit_is_counted_and_named_together(db: Database) -> None:
    ana, ben = Person(PE, course="wind", channel="province"), Person(PE, course="wind", channel="province")
    await apply_events(db, ana.approved(), ben.approved())
    assert await states(db, ana, ben) == ["offered", "waiting"]
    (row,) = await rows(db, "select cast(record as jsonb) ->> 'lacking' as lacking from decision where application = :a", a=ben.application)
    assert row.lacking == f'["channel:{PE}:province"]'
    kinds = await rows(db, "select kind, sum(used) as used from limit_counter group by kind order by kind")
    assert [(one.kind, one.used) for one in kinds] == [("channel", 1), ("course", 1), ("course_country", 1), ("holders", 1), ("person", 1)]
    assert await held(db) == {}


async def test_two_hundred_writers_take_the_two_seats_of_a_course_once(db: Database) -> None:
    people = [Person(f"training:{country}:2016", course="solar") for country in ("AR", "BR", "CL", "PE") for _ in range(50)]
    await asyncio.gather(*(apply_events(db, one.approved()) for one in people))
    found = await states(db, *people)
    assert found.count("offered") == 2 and await limit(db, SOLAR) == (2, 2)
    assert await held(db) == {}


async def test_writers_that_free_and_take_seats_of_all_countries_never_lock_each_other_out(db: Database) -> None:
    """Each batch may have to lock the cells of all countries, whichever it came for; all of them end, and the books are right."""
    await apply_events(db, publication(terms(version="2", waiting_list=facts.ListRule(ratio=1.0, at_least=50)), version=2))
    people = [Person(f"training:{country}:2016", course="solar") for country in ("AR", "BR", "CL", "PE") for _ in range(6)]

    async def asks_and_withdraws(one: Person) -> None:
        await apply_events(db, one.approved())
        await apply_events(db, one.withdrawn())

    await asyncio.gather(*(asks_and_withdraws(one) for one in people[:20]), *(apply_events(db, one.approved()) for one in people[20:]))
    assert (await states(db, *people[20:])).count("offered") == 2
    assert await held(db) == {}


async def test_officers_open_more_seats_and_the_list_is_served(db: Database) -> None:
    people = [Person(country, course="solar") for country in (PE, BR, CL)]
    await apply_events(db, *(one.approved() for one in people))
    await set_limit(db, SOLAR, 3)
    assert await states(db, *people) == ["offered"] * 3
    (row,) = await rows(db, "select fixed, capacity from limit_counter where key = :key", key=SOLAR)
    assert tuple(row) == (3, 3)
    (first,) = await rows(db, "select outcome, record from decision where cell = 'training:ZZ:2016'")
    assert first.outcome == "limit_set" and '"capacity":3' in first.record
    assert await held(db) == {}
    await set_limit(db, SOLAR, None)
    assert await rows(db, "select fixed from limit_counter where key = :key and fixed is not null", key=SOLAR) == []


async def test_a_new_version_that_counts_what_the_one_before_did_not_starts_from_what_is_held(empty: Database) -> None:
    await apply_events(empty, publication(programme()))
    ana, ben, eva = Person(PE, course="solar"), Person(BR, course="solar"), Person(PE, course="solar")
    await apply_events(empty, ana.approved(), ben.approved())
    await apply_events(empty, publication(terms(version="2"), version=2))
    assert await limit(empty, SOLAR) == (2, None)
    await apply_events(empty, eva.approved())
    assert await states(empty, ana, ben, eva) == ["offered", "offered", "waiting"]
    assert await held(empty) == {}
    await apply_events(empty, publication(terms(version="3", courses=[], holders=None), version=3))
    assert (await limit(empty, SOLAR))[0] == 0
    await apply_events(empty, ana.declines(1))
    assert await held(empty) == {}


async def test_a_new_version_that_opens_a_limit_serves_who_waits_for_it(db: Database) -> None:
    people = [Person(country, course="solar") for country in (PE, BR, CL)]
    await apply_events(db, *(one.approved() for one in people))
    assert await states(db, *people) == ["offered", "offered", "waiting"]
    await apply_events(db, publication(terms(version="2", courses=[course(seats=3), course("wind", None)]), version=2))
    assert await states(db, *people) == ["offered"] * 3
    assert await held(db) == {}


@pytest.mark.parametrize("column", ["used = used + 1", "used = used - 1"])
async def test_the_live_check_sees_a_counter_that_is_off(db: Database, column: str) -> None:
    await apply_events(db, Person(PE, course="solar").approved())
    await db.run(lambda tx: _execute(tx, f"update limit_counter set {column} where key = '{SOLAR}'"))
    assert (await held(db))["limits that differ from their places"] == 1


async def test_the_live_check_sees_somebody_who_should_have_been_served(db: Database) -> None:
    people = [Person(country, course="solar") for country in (PE, BR, CL)]
    await apply_events(db, *(one.approved() for one in people))
    await db.run(lambda tx: _execute(tx, f"update limit_counter set fixed = 3 where key = '{SOLAR}'"))
    assert await held(db) == {"free places with somebody servable waiting": 1}


async def _execute(tx: Tx, statement: str) -> None:
    await tx.execute(text(statement))


WAITS_FOR_A_LOCK = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def test_who_begins_to_wait_while_a_limit_that_nobody_drew_on_is_raised_is_not_left_behind(empty: Database) -> None:
    """The course has no seat, so no counter's row that both could lock: the request is under way when two officers give it seats."""
    await apply_events(empty, publication(terms(courses=[course(seats=0)])))
    ana = Person(PE, course="solar")
    asked, go = asyncio.Event(), asyncio.Event()

    async def ask(tx: Tx) -> None:
        await handle(tx, [ana.approved()])
        asked.set()
        await go.wait()

    asking = asyncio.create_task(empty.run(ask))
    await asked.wait()
    setting = asyncio.create_task(set_limit(empty, SOLAR, 2))
    async with asyncio.timeout(20):
        while not setting.done() and (await rows(empty, WAITS_FOR_A_LOCK))[0][0] == 0:  # noqa: ASYNC110 - the database says it
            await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(asking, setting)
    assert await held(empty) == {}
    assert await states(empty, ana) == ["offered"] and await limit(empty, SOLAR) == (1, 2)
