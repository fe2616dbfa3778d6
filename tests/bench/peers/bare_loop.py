"""The same batches without Kafka: events that are decoded already, decided and written a thousand at a time, by one process.

No fetching, no decoding, no offsets, no relay: what is left is the decision and its SQL. It says how long that took, and how many
statements a batch was. Run as `python -m tests.bench.peers.bare_loop URL EVENTS SEED`; prints one line of JSON.
"""

import asyncio
import gc
import json
import sys
import time
from typing import Any, Final

import uvloop

from services.quotas import use_cases
from services.quotas.events import handle
from shared.messaging.worker import BATCH
from shared.persistence.database import Database, Tx, driver
from tests.bench.world import approvals, cells

_ASKING: Final = ("execute", "fetch", "fetchrow", "fetchval", "copy_records_to_table")


class Counted:
    """Passes everything on to a connection and counts what was asked; a COPY counts as one."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        self.asked += name in _ASKING
        return getattr(self._connection, name)


async def statements(db: Database, events: list[Any]) -> int:
    """Handle the events as one batch; how many statements that took."""
    kept: list[Counted] = []

    async def counted(tx: Tx) -> Any:
        kept.append(Counted(await driver(tx)))
        return kept[-1]

    use_cases.driver = counted  # type: ignore[attr-defined]
    try:
        await db.run(lambda tx: handle(tx, events))
    finally:
        use_cases.driver = driver  # type: ignore[attr-defined]
    return sum(one.asked for one in kept)


async def main(url: str, number: int, seed: int) -> None:
    """Warm up with a batch, for terms that were read are kept; count the statements of two more; then measure."""
    db = Database(url, options={"enable_seqscan": "off"})
    events = list(approvals(number + 1 + 2 * BATCH, cells(), seed))
    await statements(db, events[:BATCH])
    counts = [await statements(db, events[BATCH : BATCH + 1]), await statements(db, events[BATCH + 1 : 1 + 2 * BATCH])]
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    began, spent = time.perf_counter(), time.process_time()
    for start in range(1 + 2 * BATCH, len(events), BATCH):
        batch = events[start : start + BATCH]
        await db.run(lambda tx, batch=batch: handle(tx, batch))  # type: ignore[misc]
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    await db.close()
    print(json.dumps({"seconds": seconds, "cpu": cpu, "statements": counts}))


if __name__ == "__main__":
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
