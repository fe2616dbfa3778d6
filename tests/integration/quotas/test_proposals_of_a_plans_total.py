"""Fewer places in all, as a new version of a plan says: taken out of the pool by two people, and only what the plan in force says."""

from pathlib import Path
from typing import Any

import pytest

from services.quotas.proposals import kinds
from services.quotas.store.programmes import fund
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.office import Office, code
from tests.integration.quotas.pages_front import front
from tests.integration.quotas.scene import COUNTRIES, START, Person, apply_events, held, picture, programme, publication, rows


@pytest.fixture
async def office(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Office:
    """All eight places are offered, and a new version of the plan has four."""
    clock.move_to(START)
    service = front(await new_database("quotas"), clock, tmp_path)
    await apply_events(service.db, publication(programme()))
    people = [Person(f"training:{country}:2016") for country in COUNTRIES for _ in range(2)]
    await apply_events(service.db, *[one.approved() for one in people], publication(programme(version="2", places=4), version=2))
    await apply_events(service.db, people[0].withdrawn())
    return Office(service)


async def of_the_system(office: Office) -> str:
    (row,) = await rows(office.front.db, "select id from proposal where kind = 'total_change' and state = 'open'")
    return str(row.id)


async def test_it_is_taken_out_of_the_pool_once_the_pool_has_it(office: Office) -> None:
    db, proposal = office.front.db, await of_the_system(office)
    assert code(await office.adopt(proposal)) == (409, "pool_short"), "four places are too many, and none is in the pool"
    for country in COUNTRIES:
        await office.adopted("allotment_change", {"cell": f"training:{country}:2016", "target": 0, "allow_over": True})
    assert code(await office.adopt(proposal)) == (409, "pool_short"), "what is held stays, and one was free"
    held_by = await rows(db, "select application, person, cell from place where state = 'offered' order by cell, application limit 3")
    for row in held_by:
        await apply_events(db, Person(row.cell, application=row.application, person=row.person, published=1).withdrawn())
    assert (await office.adopt(proposal)).status_code == 200
    assert [tuple(row) for row in await rows(db, "select funded, places_total from programme")] == [(4, 4)]
    assert code(await office.adopt(proposal)) == (409, "not_open")
    assert await held(db) == {}


async def test_what_is_drawn_from_the_pool_in_the_same_moment_undoes_all_of_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks before the pool is held may see places in it that somebody else is about to draw."""
    db, proposal = office.front.db, await of_the_system(office)
    held_pool: list[Any] = []
    for country in COUNTRIES:
        await office.adopted("allotment_change", {"cell": f"training:{country}:2016", "target": 0, "allow_over": True})
    looked = kinds.ChangeTotal._short

    async def too_early(self: kinds.ChangeTotal, tx: Any, filed: Any) -> Any:
        return await looked(self, tx, filed) if held_pool else None

    async def book(*given: Any, **named: Any) -> int:
        held_pool.append(given)
        return await fund(*given, **named)

    monkeypatch.setattr(kinds.ChangeTotal, "_short", too_early)
    monkeypatch.setattr(kinds, "fund", book)
    before = await picture(db)
    assert code(await office.adopt(proposal)) == (409, "pool_short")
    assert held_pool and await picture(db) == before and await held(db) == {}


async def test_what_a_newer_plan_no_longer_says_is_not_adopted(office: Office) -> None:
    """The proposal of the second version is open still when the third gives the places back."""
    db, proposal = office.front.db, await of_the_system(office)
    await apply_events(db, publication(programme(version="3", places=8), version=3))
    before = await picture(db)
    assert code(await office.adopt(proposal)) == (409, "not_the_plans")
    assert await picture(db) == before and await held(db) == {}


async def test_nobody_asks_for_a_number_that_no_plan_says(office: Office) -> None:
    asked = {"programme": "training", "places": 1_000_000}
    proposal = await office.filed("total_change", {**asked, "places": 4})
    assert code(await office.adopt(proposal)) == (409, "pool_short")
    assert code(await office.propose("total_change", asked)) == code(await office.look("total_change", asked)) == (409, "not_the_plans")
    assert code(await office.propose("total_change", {**asked, "programme": "nothing"})) == (404, "unknown_programme")


async def test_what_an_older_version_asked_of_a_cell_is_closed_by_a_newer_one(
    new_database: NewDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    """Version 2 takes places of countries that hold them, which waits for two people; version 3 gives them back, so nothing waits."""
    clock.move_to(START)
    office = Office(front(await new_database("quotas"), clock, tmp_path))
    db = office.front.db
    await apply_events(db, publication(programme()))
    people = [Person(f"training:{country}:2016") for country in COUNTRIES for _ in range(2)]
    await apply_events(db, *[one.approved() for one in people], publication(programme(version="2", places=4), version=2))
    old = await rows(db, "select id from proposal where kind = 'allotment_change' and state = 'open'")
    assert len(old) == len(COUNTRIES)
    await apply_events(db, publication(programme(version="3", places=8), version=3))
    after = await rows(db, "select state, decided_by, note from proposal where kind = 'allotment_change'")
    assert {tuple(row) for row in after} == {("rejected", "newer_plan", "3")}
    assert code(await office.adopt(str(old[0].id), state="x")) == (409, "not_open")
    audits = await rows(db, "select count(*) as n from audit_entry where act = 'allotment.reject' and actor = 'newer_plan'")
    assert audits[0].n == len(COUNTRIES)
