"""Officers set a limit: previewed, adopted by a second person, served in the same commit; each way to go wrong does nothing at all."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.quotas.foresight import foresee
from services.quotas.proposals.limits import LimitChange
from services.quotas.store.room import CellLimit, limits_of
from shared.events import applications as facts
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.persistence.database import Tx, driver
from tests.conftest import NewDatabase
from tests.integration.quotas.office import ANA, PE, Office, code
from tests.integration.quotas.pages_front import front, words
from tests.integration.quotas.scene import START, Person, apply_events, held, picture, publication, rows, states
from tests.integration.quotas.test_limits import BR, CL, SOLAR, course, terms


@pytest.fixture
async def office(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Office:
    """The two seats of a course are offered, to Peru and Brazil; somebody of Chile waits for one."""
    clock.move_to(START)
    service = front(await new_database("quotas"), clock, tmp_path)
    called = facts.Names(en="Solar power", es="Energía solar", pt="Energia solar", fr="Énergie solaire", zh="太阳能", nl="Zonne-energie")
    solar = msgspec.structs.replace(course(), names=called)
    await apply_events(service.db, publication(terms(courses=[solar])))
    people = [Person(country, course="solar") for country in (PE, BR, CL)]
    service.people[PE] = people
    await apply_events(service.db, *(one.approved() for one in people))
    return Office(service)


async def limits(office: Office, cell: str) -> tuple[CellLimit, ...]:
    async def read(tx: Tx) -> tuple[CellLimit, ...]:
        return await limits_of(await driver(tx), cell)

    return await office.front.db.run(read)


def seats(capacity: int | None, *, limit: str = SOLAR, **other: Any) -> dict[str, Any]:
    return {"cell": PE, "limit": limit, "capacity": capacity, **other}


async def test_more_seats_are_looked_at_then_adopted_and_serve_who_waits(office: Office) -> None:
    db, waiter = office.front.db, office.front.people[PE][2]
    before = await picture(db)
    effect = (await office.look("limit_change", seats(3))).json()
    assert effect["told"] == 1
    assert [cell["offered"] for cell in effect["cells"] if cell["key"] == CL] == [[str(waiter.application)]]
    assert not [cell for cell in effect["cells"] if ":ZZ:" in cell["key"]], "what is decided for several countries is no country"
    assert effect["limits"] == [{"key": SOLAR, "before": 2, "after": 3, "used": 2}]
    assert await picture(db) == before, "looking changes nothing"

    async def read(tx: Tx) -> list[str]:
        seen: list[str] = []
        with (await driver(tx)).query_logger(lambda record: seen.append(record.query)):
            await foresee(tx, "limit_change", LimitChange(cell=PE, limit=SOLAR, capacity=3), by=ANA, now=START)
        return [one for one in seen if one.startswith("select key, used, fixed from limit_counter")]

    assert len(await db.run(read)) == 1, "the cell's limits are read once"
    await office.adopted("limit_change", seats(3))
    assert await states(db, waiter) == ["offered"]
    acts = await rows(db, "select act, subject from audit_entry order by id")
    assert [act.act for act in acts] == ["limit.propose", "limit.approve"]
    assert await held(db) == {}


async def test_a_limit_goes_back_to_the_plan(office: Office) -> None:
    await office.adopted("limit_change", seats(3))
    await office.adopted("limit_change", seats(None, allow_over=True))
    assert await rows(office.front.db, "select key from limit_counter where fixed is not null") == []
    assert await held(office.front.db) == {}


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        (seats(1), (422, "limit_below_used")),
        (seats(-1), (422, "bad_capacity")),
        (seats(None), (422, "limit_unchanged")),
        (seats(3, limit="course:training:2016:water"), (404, "unknown_limit")),
        (seats(3, limit=f"cell:{PE}"), (404, "unknown_limit")),
        (seats(3, limit="nonsense"), (404, "unknown_limit")),
        ({**seats(3), "cell": "training:XX:2016"}, (404, "unknown_cell")),
        ({"cell": PE}, (422, "bad_params")),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(office: Office, params: dict[str, Any], answer: tuple[int, str]) -> None:
    before = await picture(office.front.db)
    assert code(await office.propose("limit_change", params)) == answer
    assert await picture(office.front.db) == before


async def test_nobody_adopts_their_own_nor_twice_nor_on_figures_that_moved(office: Office) -> None:
    proposal = await office.filed("limit_change", seats(3))
    assert code(await office.adopt(proposal, by=ANA)) == (403, "same_person")
    seen = (await office.shown(proposal))["effect"]["state"]
    await apply_events(office.front.db, Person(CL, course="solar").approved())
    assert code(await office.adopt(proposal, state=seen)) == (409, "stale")
    assert (await office.adopt(proposal)).status_code == 200
    assert code(await office.adopt(proposal)) == (409, "not_open")


async def test_an_officer_finds_a_cells_limits_and_proposes_another_by_the_form(office: Office) -> None:
    typed = {"limit": SOLAR, "capacity": "3", "reason": "The university has a larger room.", "key": str(new_id())}
    async with office.front.browser("officer", account=ANA) as browser:
        page = await browser.get(f"/quotas/cells/{PE}/limits")
        for offered in ("Seats of the course “Solar power” in 2016 (2 of 2)", "People who may hold a place at one time (PE) (1 of 2)"):
            assert offered in words(page)
        looked = await browser.post(f"/quotas/cells/{PE}/limits", data={**typed, "step": "look"})
        limit = "Seats of the course “Solar power” in 2016: 2 → 3 (2 used)"
        assert limit in words(looked) and "Nothing changes before another person adopts it." in words(looked)
        sent = await browser.post(f"/quotas/cells/{PE}/limits", data={**typed, "step": "send"})
        again = await browser.post(f"/quotas/cells/{PE}/limits", data={**typed, "step": "send"})
        assert sent.status_code == 303 and sent.headers["location"] == again.headers["location"]
        shown = words(await browser.get(sent.headers["location"]))
        assert limit in shown, "whoever decides reads it too"
        listed = words(await browser.get("/quotas/proposals"))
        await office.adopt(sent.headers["location"].rpartition("/")[2])
    async with office.front.browser("auditor", language="es") as browser:
        decisions = words(await browser.get("/quotas/cells/training:CL:2016"))
    assert "Seats of the course “Solar power” in 2016: 3" in shown and "“Solar power”" in listed
    assert "«Energía solar»" in decisions, "in the reader's language, at each decision that the course had a part in"
    assert len(await rows(office.front.db, "select id from proposal")) == 1
    own = next(one.key for one in await limits(office, PE) if one.key.startswith("course_country:"))
    await office.adopted("limit_change", {"cell": PE, "limit": own, "capacity": 1})
    async with office.front.browser("auditor") as browser:
        of_cell = words(await browser.get(f"/quotas/cells/{PE}"))
    assert "Two people changed a limit." in of_cell and "Two people changed the number of places." not in of_cell


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"limit": "", "capacity": "3"}, "Choose a limit"),
        ({"limit": SOLAR, "capacity": "many"}, "Enter a whole number from 0 to"),
        ({"limit": SOLAR, "capacity": "1"}, "2 draw on it. Enter 2 or more"),
        ({"limit": SOLAR, "capacity": ""}, "that is the limit already"),
    ],
)
async def test_a_wrong_form_says_so_and_keeps_what_was_typed(office: Office, typed: dict[str, str], said: str) -> None:
    async with office.front.browser("officer", account=ANA) as browser:
        page = await browser.post(f"/quotas/cells/{PE}/limits", data={**typed, "reason": "A larger room.", "step": "look"})
    assert page.status_code == 422 and said in words(page) and "A larger room." in page.text


@pytest.mark.parametrize("role", ["applicant", "coordinator", "auditor", ""])
async def test_only_officers_reach_the_form(office: Office, role: str) -> None:
    async with office.front.browser(role, country="PE" if role == "coordinator" else "") as browser:
        assert (await browser.get(f"/quotas/cells/{PE}/limits")).status_code in (303, 403, 404)
