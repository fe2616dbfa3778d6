"""What a decision costs where there is more of everything: ten times the cells, and long waiting lists in one cell.

In one process and without Kafka, by the CPU time of it and of PostgreSQL's, which hardly depends on who else uses the machine.
"""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from services.quotas.events import handle
from services.run.collector import spare_the_collector
from shared.events import applications as facts
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.persistence.database import Database
from tests.bench.cost import Meter
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


class Cost(NamedTuple):
    """CPU microseconds of a decision: in this process, and in PostgreSQL's."""

    python: float
    postgres: float


async def by_cells(bench: Bench, number: int, seed: int) -> tuple[Cost, Cost]:
    """What a decision costs on 825 cells, and on ten times as many."""
    many = [f"{code}{one}" for code in PROGRAMMES for one in "abcdefghij"]
    return await _spread(bench, number, seed, PROGRAMMES), await _spread(bench, number, seed, many)


async def _spread(bench: Bench, number: int, seed: int, programmes: Sequence[str]) -> Cost:
    url = await ready_database(bench, programmes=programmes)
    return await _cost(url, list(approvals(number + BATCH, cells(programmes), seed)), BATCH)


async def _cost(url: str, events: Sequence[AnyEvent], size: int) -> Cost:
    """Of a decision, in batches of so many; the first thousand are not counted."""
    db = Database(url, options={"enable_seqscan": "off"})
    try:
        async with watching(url) as look:
            await db.run(lambda tx: handle(tx, events[:BATCH]))
            spare_the_collector()  # as every process of ours does
            meter = Meter(look, {})
            await meter.start()
            spent = time.process_time()
            for start in range(BATCH, len(events), size):
                await db.run(lambda tx, start=start: handle(tx, events[start : start + size]))  # type: ignore[misc]
            spent = time.process_time() - spent
            await meter.note()
    finally:
        await db.close()
    number = (len(events) - BATCH) / 1e6
    return Cost(spent / number, meter.spent()["PostgreSQL"] / number)


async def by_waiting(bench: Bench, waiting: int, events: int, size: int) -> Cost:
    """What a decision costs where all ask, in batches of `size`, for places in one full cell in which so many wait."""
    cell = cells()[0]
    url = await ready_database(bench)
    async with watching(url) as look:
        await look.execute(_WAIT, cell, waiting)
        await look.execute("vacuum analyze place")
    return await _cost(url, list(approvals(BATCH + events, [cell], 1)), size)


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
