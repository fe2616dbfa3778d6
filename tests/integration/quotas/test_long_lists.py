"""A long waiting list is counted in ranges: positions are those that a plain sorted list gives, and a live check watches the counts."""

import json
import random
from bisect import bisect_left, insort
from datetime import timedelta

import pytest

from services.quotas.store import load, ranks
from shared.events.applications import ListRule
from shared.persistence import migrate
from shared.persistence.database import Database, Tx, driver
from tests.integration.quotas.scene import START, Person, apply_events, held, programme, publication, rows

PE = "training:PE:2016"
NOTED = "select number, application, record from decision where cell = :cell and outcome = 'waiting' order by number"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are long from nine on, and ranges hold two to four."""
    for name, value in {"LONG": 8, "FEW": 2, "MOST": 4}.items():
        monkeypatch.setattr(ranks, name, value)


@pytest.fixture
async def one_place(empty: Database) -> Database:
    """One place in one country, and a list without end."""
    await apply_events(empty, publication(programme(places=1, countries=("PE",), waiting_list=ListRule(ratio=1.0, at_least=10_000))))
    return empty


async def ranges(db: Database) -> list[int]:
    """How many wait in each range, in the order of rank."""
    found = await rows(db, "select count from list_range order by cell, minus_score, submitted_at, application")
    return [row.count for row in found]


async def test_every_position_is_that_of_a_plain_list(one_place: Database) -> None:
    """Batches of newcomers, who often rank alike, of some who leave, and of offers that are declined, so that the first is served."""
    db, chance = one_place, random.Random(11)
    rank = {}
    waiting: list[tuple[object, ...]] = []
    holder, people, most = Person(PE), dict[object, Person](), 0
    await apply_events(db, holder.approved())
    expected: list[tuple[object, int]] = []
    for number in range(24):
        growing, batch = number < 14, []
        for _ in range(chance.randint(1, 9)):
            if not growing or (waiting and chance.random() < 0.2):
                if not waiting:
                    break
                batch.append(people[waiting.pop(chance.randrange(len(waiting)))[-1]].withdrawn())
                continue
            new = Person(PE, score=chance.choice([1_000, 1_000, 2_000, 3_000]))
            submitted_at = START - timedelta(days=20) + timedelta(minutes=chance.randrange(4))
            rank[new.application] = (-new.score, submitted_at, new.application)
            people[new.application] = new
            expected.append((new.application, bisect_left(waiting, rank[new.application]) + 1))
            insort(waiting, rank[new.application])
            batch.append(new.approved(submitted_at=submitted_at))
        if number % 4 == 3 and waiting:
            (place,) = await rows(db, "select version from place where state = 'offered'")
            batch.append(holder.declines(place.version))
            holder = people[waiting.pop(0)[-1]]
        await apply_events(db, *batch)
        assert await held(db) == {}, number
        most = max(most, len(await ranges(db)))
        assert sum(await ranges(db)) in (0, len(waiting))
    told = [(row.application, json.loads(row.record)["position"]) for row in await rows(db, NOTED, cell=PE)]
    assert told == expected
    assert most > 8
    assert len(waiting) <= 4 and await ranges(db) == [], "a list that is short again has no ranges"


async def test_who_ranks_before_everybody_is_counted_and_a_range_that_is_too_full_is_made_several(one_place: Database) -> None:
    people = [Person(PE, score=1_000 * number) for number in range(1, 12)]
    await apply_events(one_place, Person(PE).approved(), *(one.approved() for one in people))
    assert await ranges(one_place) == [2, 2, 2, 2, 2, 1]
    first, *others = [Person(PE, score=90_000 + number) for number in range(4)]
    await apply_events(one_place, first.approved())
    assert await ranges(one_place) == [3, 2, 2, 2, 2, 1]
    await apply_events(one_place, *(one.approved() for one in others))
    assert await ranges(one_place) == [2, 2, 2, 2, 2, 2, 2, 1]
    await apply_events(one_place, *(one.withdrawn() for one in others[1:]))
    assert await ranges(one_place) == [2, 2, 2, 2, 2, 2, 1]
    assert await held(one_place) == {}


async def test_a_list_that_was_not_counted_yet_is_counted_after_its_next_batch(one_place: Database) -> None:
    """As when a backup is put back whose lists were never counted: the position is right all the same."""
    people = [Person(PE, score=1_000 * number) for number in range(1, 12)]
    await apply_events(one_place, Person(PE).approved(), *(one.approved() for one in people))
    await change(one_place, "delete from list_range")
    last = Person(PE, score=500)
    await apply_events(one_place, last.approved())
    assert json.loads((await rows(one_place, NOTED, cell=PE))[-1].record)["position"] == 12
    assert sum(await ranges(one_place)) == 12 and await held(one_place) == {}


async def test_a_wrong_count_is_seen(one_place: Database) -> None:
    await apply_events(one_place, Person(PE).approved(), *(Person(PE, score=number).approved() for number in range(11)))
    await change(one_place, "update list_range set count = count + 1 where count = 1")
    assert await held(one_place) == {"ranges of lists that differ from who waits in them": 1}
    await change(one_place, "delete from list_range where count = 2 and minus_score = (select min(minus_score) from list_range)")
    assert await held(one_place) == {"ranges of lists that differ from who waits in them": 2}


async def change(db: Database, statement: str) -> None:
    async def work(tx: Tx) -> None:
        await (await driver(tx)).execute(statement)

    await db.run(work)


async def test_a_list_that_was_long_before_there_were_ranges_is_counted_by_the_migration(
    one_place: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down and up again, on a list longer than the product's own bound."""
    monkeypatch.undo()
    await apply_events(one_place, *(Person(PE, score=number % 7).approved() for number in range(ranks.LONG + 2)))
    made = await ranges(one_place)
    await migrate.downgrade(one_place.url, "quotas", "0010")
    await migrate.upgrade(one_place.url, "quotas")
    assert await ranges(one_place) == made and sum(made) == ranks.LONG + 1 and len(made) == 5
    assert await held(one_place) == {}


async def test_whether_anybody_waits_for_a_course_is_one_look_into_an_index(one_place: Database) -> None:
    asked = [["course"], ["training"], [None], [2016], ["agriculture"]]

    async def plan(tx: Tx) -> str:
        connection = await driver(tx)
        await connection.execute("set local enable_seqscan = off")
        return "\n".join(row[0] for row in await connection.fetch(f"explain {load._WAITING_FOR}", *asked))

    assert "place_course_waiter" in await one_place.run(plan)
