"""What a decision costs where there is more of everything: ten times the cells, and long waiting lists in one cell.

In one process and without Kafka, by its CPU time, which hardly depends on who else uses the machine.
"""

import time
from collections.abc import Sequence
from typing import Final

from services.quotas.events import handle
from shared.events import applications as facts
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.persistence.database import Database
from tests.bench.decisions import ready_database
from tests.bench.peers.bare_loop import statements
from tests.bench.world import MOMENT, PROGRAMMES, Bench, approvals, cells, watching

BATCH: Final = 1_000
_WAIT: Final = """
with made as (
    select n, md5(n::text)::uuid as id from generate_series(1, $2::int) as n
), placed as (
    insert into place (application, person, cell, state, application_version, version, decision, score, submitted_at, nominated, ended,
        position, decided_at)
    select id, id, $1, 'waiting', 1, 1, 0, n % 100000, now(), false, false, n, now() from made
)
update cell set waiting = $2, target = 0, free = 0 where key = $1
"""


async def by_cells(bench: Bench, number: int, seed: int) -> tuple[float, float]:
    """CPU microseconds of a decision on 825 cells, and on ten times as many."""
    many = [f"{code}{one}" for code in PROGRAMMES for one in "abcdefghij"]
    return await _spread(bench, number, seed, PROGRAMMES), await _spread(bench, number, seed, many)


async def _spread(bench: Bench, number: int, seed: int, programmes: Sequence[str]) -> float:
    db = Database(await ready_database(bench, programmes=programmes), options={"enable_seqscan": "off"})
    try:
        return await _cost(db, list(approvals(number + BATCH, cells(programmes), seed)))
    finally:
        await db.close()


async def _cost(db: Database, events: Sequence[AnyEvent]) -> float:
    """CPU microseconds of this process a decision, in batches of a thousand; the first is not counted."""
    await db.run(lambda tx: handle(tx, events[:BATCH]))
    spent = time.process_time()
    for start in range(BATCH, len(events), BATCH):
        await db.run(lambda tx, start=start: handle(tx, events[start : start + BATCH]))  # type: ignore[misc]
    return (time.process_time() - spent) / (len(events) - BATCH) * 1e6


async def by_waiting(bench: Bench, waiting: int, batches: int) -> float:
    """CPU microseconds of a decision, where all batches ask for places in one full cell in which so many wait."""
    cell = cells()[0]
    url = await ready_database(bench)
    await _let_wait(url, cell, waiting)
    db = Database(url, options={"enable_seqscan": "off"})
    try:
        return await _cost(db, list(approvals((batches + 1) * BATCH, [cell], 1)))
    finally:
        await db.close()


async def _let_wait(url: str, cell: str, waiting: int) -> None:
    async with watching(url) as look:
        if waiting:
            await look.execute(_WAIT, cell, waiting)
        await look.execute("vacuum analyze place")


async def of_a_promotion(bench: Bench, waiting: int) -> int:
    """The statements of one withdrawal that gives its place to the best ranked of so many."""
    cell = cells()[0]
    url = await ready_database(bench, places=1)
    db = Database(url, options={"enable_seqscan": "off"})
    try:
        (holder,) = approvals(1, [cell], 2)
        await db.run(lambda tx: handle(tx, [holder]))
        for start in range(0, waiting, BATCH):
            await db.run(lambda tx, start=start: handle(tx, list(approvals(min(BATCH, waiting - start), [cell], 3 + start))))  # type: ignore[misc]
        who = {"application": holder.data.application, "person": holder.data.person}
        gone = facts.ApplicationWithdrawn(**who, by_role="applicant", from_state="offered")
        count = await statements(db, [event(gone, subject=holder.subject, version=2, key=cell, at=MOMENT)])
        async with watching(url) as look:
            assert await look.fetchval("select waiting from cell where key = $1", cell) == waiting - 1, "somebody was served"
    finally:
        await db.close()
    return count
