"""The running pipeline (consume, decide, commit, relay) beside a consumer of one event a transaction, on the same broker."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from services.quotas.events import handle
from shared.events.catalogue import APPLICATIONS, TOPICS
from shared.kernel.ids import new_id
from shared.messaging.kafka import KafkaTransport
from shared.persistence.database import Database
from shared.settings import CommonSettings
from tests.bench.world import PROGRAMMES, Databases, approvals, cells, programme, publish, until, watching

ROOT = Path(__file__).parents[2]
PLACES_A_CELL = 1_000
PEER_WORKERS = (1, 8)
DECIDED = "select count(*) from place"
SENT = "select count(*) from outbox where sent_at is not null and type like 'puente.place.%'"


@asynccontextmanager
async def process(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program of ours for the length of a block."""
    running = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments, cwd=ROOT)
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
            await running.wait()


async def ready_database(databases: Databases) -> str:
    """A quotas database that knows the programmes; every cell has enough places."""
    url = await databases.new("quotas")
    db = Database(url)
    await db.run(lambda tx: handle(tx, [programme(code, PLACES_A_CELL * 33) for code in PROGRAMMES]))
    await db.close()
    return url


async def filled_topic(bootstrap: str, number: int, seed: int) -> str:
    """The prefix of topics of their own, with `number` approvals in them."""
    prefix = f"bench{new_id().hex[-8:]}."
    transport = KafkaTransport(CommonSettings(kafka_bootstrap=bootstrap, kafka_prefix=prefix))
    await transport.prepare(TOPICS)
    publisher = await transport.publisher()
    await publish(publisher, APPLICATIONS.name, list(approvals(number, cells(), seed)))
    await publisher.close()
    return prefix


async def pipeline(bootstrap: str, databases: Databases, number: int, seed: int) -> float:
    """Decisions a second, from the first one to the acknowledgement of the last one's event."""
    url = await ready_database(databases)
    prefix = await filled_topic(bootstrap, number, seed)
    async with watching(url) as look, process("tests.bench.pipeline", url, bootstrap, prefix):
        await until(look, DECIDED, 1, 60)
        began, had = time.perf_counter(), int(await look.fetchval(SENT))
        await until(look, SENT, number, 300)
        seconds = time.perf_counter() - began
        wrong = await look.fetchval(
            "select count(*) from cell c where offered <> (select count(*) from place p where p.cell = c.key and state = 'offered') "
            "or offered + taken > target and target > 0"
        )
        assert wrong == 0, "the end state must be right before its speed counts"
    return (number - had) / seconds


async def peer(bootstrap: str, databases: Databases, number: int, seed: int, workers: int) -> float:
    """The same for the consumer of one event a transaction; its events need not even be relayed."""
    url = await ready_database(databases)
    prefix = await filled_topic(bootstrap, number, seed)
    async with (
        watching(url) as look,
        process("tests.bench.peer", url, bootstrap, prefix + APPLICATIONS.name, prefix + "peer", str(workers)),
    ):
        await until(look, DECIDED, 50, 60)
        began, had = time.perf_counter(), int(await look.fetchval(DECIDED))
        await until(look, DECIDED, number, 300)
        return (number - had) / (time.perf_counter() - began)


async def measure(bootstrap: str, databases: Databases, number: int, peer_number: int, console: Console) -> tuple[float, float]:
    """Both sides once, ours first; the peer with the number of workers that suits it best."""
    seed = int(time.perf_counter())
    ours = await pipeline(bootstrap, databases, number, seed)
    console.print(f"  pipeline        {ours:>9,.0f} decisions/s")
    best = 0.0
    for workers in PEER_WORKERS:
        theirs = await peer(bootstrap, databases, peer_number, seed, workers)
        console.print(f"  one at a time   {theirs:>9,.0f} decisions/s with {workers} workers")
        best = max(best, theirs)
    return ours, best


async def backlog(bootstrap: str, databases: Databases, number: int) -> float:
    """The most memory, in MB, that a worker held while it worked off a backlog."""
    url = await ready_database(databases)
    prefix = await filled_topic(bootstrap, number, 11)
    peak = 0.0
    async with watching(url) as look, process("tests.bench.pipeline", url, bootstrap, prefix) as worker:
        while int(await look.fetchval(SENT)) < number:
            status = Path(f"/proc/{worker.pid}/status").read_text()
            peak = max(peak, int(status.split("VmRSS:")[1].split()[0]) / 1024)
            await asyncio.sleep(0.1)
    return peak
