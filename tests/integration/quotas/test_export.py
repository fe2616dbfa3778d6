"""An export is one consistent picture, in the order in which everything happened, streamed; and everybody may have it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from random import Random

import pytest

from services.quotas import exports, rebuild
from services.quotas.domain.export import Fault, Reader
from services.quotas.rebuild import log_of
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.persistence.database import Database
from tests.conftest import NewDatabase
from tests.integration.quotas.history import a_history, journal_of
from tests.integration.quotas.pages_front import Front, front
from tests.integration.quotas.scene import COUNTRIES, START, Person, apply_events, programme, publication, rows

PE = "training:PE:2016"


async def exported(db: Database, covers: str = "") -> bytes:
    return b"".join([piece async for piece in exports.pieces(db, covers, START)])


def fault_of(raw: bytes) -> Fault | None:
    reader = Reader()
    found = (reader.read(line) for line in raw.splitlines(keepends=True))
    return next((fault for fault in found if fault is not None), None) or reader.close()


async def test_an_export_of_everything_has_no_fault_and_leaves_nothing_out(empty: Database) -> None:
    await a_history(empty)
    raw = await exported(empty)
    assert fault_of(raw) is None
    lines = [json.loads(line) for line in raw.splitlines()]
    counts = {kind: sum(line["is"] == kind for line in lines) for kind in ("decision", "transfer", "cell", "account", "programme")}
    for kind, count in counts.items():
        assert count == len(await rows(empty, f"select 1 from {kind}")) > 0


@pytest.mark.parametrize("covers", ["training", PE])
async def test_a_part_has_no_fault_either(empty: Database, covers: str) -> None:
    await apply_events(empty, publication(programme()), publication(programme("masters")))
    who = new_id()
    for code in ("training", "masters", "training"):
        one = Person(f"{code}:PE:2016", person=who)
        await apply_events(empty, one.approved(), one.declines(1))
    raw = await exported(empty, covers)
    assert fault_of(raw) is None
    cells = {json.loads(line["record"])["cell"] for line in map(json.loads, raw.splitlines()) if line["is"] == "decision"}
    assert cells == ({PE} if covers == PE else {f"training:{country}:2016" for country in COUNTRIES})


async def test_a_rebuilt_database_exports_the_very_same_bytes(empty: Database, new_db: Callable[[str], Awaitable[Database]]) -> None:
    published = await a_history(empty)
    again = await new_db("quotas")
    await rebuild.rebuild(again, log_of([*published, *await journal_of(empty)]))
    assert await exported(again) == await exported(empty)


async def test_exports_taken_while_others_write_are_sound(db: Database) -> None:
    """Cells that share persons are decided at once; every picture in between is whole, and in an order in which it happened."""
    dice, persons = Random(7), [new_id() for _ in range(6)]

    async def somebody() -> None:
        one = Person(f"training:{dice.choice(COUNTRIES)}:2016", person=dice.choice(persons), score=dice.randrange(100))
        await apply_events(db, one.approved())
        await apply_events(db, one.withdrawn())

    async def auditor() -> list[bytes]:
        return [await exported(db) for _ in range(6)]

    writing = [asyncio.create_task(somebody()) for _ in range(40)]
    taken = await auditor()
    await asyncio.gather(*writing)
    assert [fault_of(raw) for raw in [*taken, await exported(db)]] == [None] * 7


@pytest.fixture
async def service(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    made = front(await new_database("quotas"), clock, tmp_path)
    await apply_events(made.db, publication(programme()), *[Person(PE).approved() for _ in range(5)])
    return made


async def test_anybody_may_have_it_as_a_file(service: Front) -> None:
    async with service.browser() as browser:
        for query, name in (("", ""), ("?programme=training", "-training"), (f"?cell={PE}", "-training-PE-2016")):
            answer = await browser.get(f"/quotas/api/v1/export{query}")
            assert answer.status_code == 200 and answer.headers["content-type"] == "application/jsonl"
            assert answer.headers["content-disposition"] == f'attachment; filename="puente-decisions{name}.jsonl"'
            assert fault_of(answer.content) is None
            assert b"person:" in answer.content and b"@" not in answer.content


@pytest.mark.parametrize("query", ["programme=nothing", "cell=training:PE:2031", "cell=nonsense", f"cell={PE}&programme=training"])
async def test_what_there_is_not_cannot_be_had(service: Front, query: str) -> None:
    async with service.browser() as browser:
        answer = await browser.get(f"/quotas/api/v1/export?{query}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_scope")


async def test_one_address_has_one_at_a_time_and_leaves_the_other_seats_to_others(service: Front) -> None:
    desk = service.app.state.desk
    async with service.browser() as browser, aclosing(await desk.exports.open("", START, "127.0.0.1")) as held:
        assert await anext(held)
        refused = await browser.get("/quotas/api/v1/export")
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        async with aclosing(await desk.exports.open("", START, "192.0.2.1")) as another:
            assert await anext(another)
    async with service.browser() as browser:
        assert (await browser.get("/quotas/api/v1/export")).status_code == 200


async def test_only_a_few_may_have_one_at_once_and_who_stops_reading_makes_room(service: Front) -> None:
    """Each holds a connection of the database as long as its reader takes."""
    desk = service.app.state.desk
    held = [await desk.exports.open("", START, f"192.0.2.{n}") for n in range(exports.AT_ONCE)]
    async with service.browser() as browser:
        refused = await browser.get("/quotas/api/v1/export")
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "busy", "60")
        for one in held:
            async with aclosing(one):
                await anext(one)
        assert (await browser.get("/quotas/api/v1/export")).status_code == 200
