"""The movements of a cell's places, page by page and of one decision: found by an index, among those of all cells."""

import random
from functools import partial

import pytest
from sqlalchemy import text

from services.quotas import lookups
from services.quotas.lookups import TransferRow
from shared.persistence.database import Database, Tx, driver
from tests.integration.quotas.scene import START, rows

CELLS = [f"training:{country}:{year}" for country in ("AR", "BR", "CL", "PE") for year in range(2015, 2020)]
PE = "training:PE:2016"
MANY = (
    "insert into transfer (programme, cell, decision, source, target, count, cause, at, batch, turn) "
    "select 'training', c, n, 'free:' || c, 'offered:' || c, 1, 'approved', now(), n, 0 "
    "from generate_series(1, 250) as n, generate_series(1, 1000) as k, lateral (select 'training:XX:' || k as c) as cell"
)


@pytest.fixture
async def moved(empty: Database) -> list[TransferRow]:
    """Places that moved within these cells, to the pool, and from one cell to another, in an order that mixes them all; oldest first."""
    chance, made, decisions = random.Random(5), list[TransferRow](), dict.fromkeys(CELLS, 0)
    for number in range(1, 801):
        cell, other = chance.sample(CELLS, 2)
        decisions[cell] += chance.random() < 0.8
        ends = chance.choice([("free", "offered", cell), ("offered", "taken", cell), ("taken", "free", cell), ("free", "free", other)])
        source, target = f"{ends[0]}:{cell}", f"{ends[1]}:{ends[2]}"
        made.append(TransferRow(number, START, source, target, 1, "adopted", decisions[cell], cell))
    values = [("training", one.cell, one.decision, one.source, one.target, 1, one.cause, one.at, one.id, 0) for one in made]

    async def write(tx: Tx) -> None:
        columns = ("programme", "cell", "decision", "source", "target", "count", "cause", "at", "batch", "turn")
        await (await driver(tx)).copy_records_to_table("transfer", records=values, columns=columns)

    await empty.run(write)
    return made


async def test_a_cell_has_its_own_movements_and_those_that_came_from_others(empty: Database, moved: list[TransferRow]) -> None:
    """The newest first."""
    for cell in CELLS:
        wanted = [one for one in reversed(moved) if one.cell == cell or one.target == f"free:{cell}"]
        assert any(one.cell != cell for one in wanted), "some came from another country"
        found: list[TransferRow] = []
        before: int | None = None
        while page := await empty.run(partial(lookups.transfers, cell=cell, before=before, most=7)):
            found += page
            before = page[-1].id
        assert found == wanted
        number = wanted[0].decision
        of_it = [one for one in wanted if one.cell == cell and one.decision == number]
        assert list(await empty.run(partial(lookups.transfers, cell=cell, decision=number, most=50))) == of_it


async def test_no_page_of_a_cell_reads_the_movements_of_all(empty: Database, moved: list[TransferRow]) -> None:
    """A quarter of a million movements in a thousand cells beside them."""
    await rows(empty, f"with made as ({MANY} returning 1) select count(*) from made")

    async def plans(tx: Tx) -> list[str]:
        connection, found = await driver(tx), list[str]()
        await connection.execute("analyze transfer")
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"set local plan_cache_mode = {mode}")
            for before, decision in ((None, None), (500, None), (None, 3)):
                asked = {"cell": PE, "decision": decision, "before": before, "most": 25}
                explained = await tx.execute(text(f"explain {lookups._TRANSFERS.text}"), asked)
                found.append("\n".join(explained.scalars()))
        return found

    for plan in await empty.run(plans):
        assert "Seq Scan on transfer" not in plan and "transfer_of_cell" in plan, plan
        assert "transfer_between_cells" in plan or "One-Time Filter: false" in plan, plan
