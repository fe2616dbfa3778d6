"""The running pipeline (consume, decide, commit, relay), and consumers of one event a transaction on the same broker."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from services.quotas.events import handle
from services.quotas.store import checks
from shared.events.catalogue import APPLICATIONS, TOPICS
from shared.kernel.ids import new_id
from shared.messaging.kafka import KafkaTransport
from shared.persistence.database import Database
from tests.bench.cost import Meter
from tests.bench.world import MOMENT, PROGRAMMES, Bench, approvals, cells, programme, publish, transport_of, until, watching

ROOT = Path(__file__).parents[2]
PLACES_A_CELL = 1_000
DECIDED: Final = "select coalesce(sum(last_decision), 0) from cell"
UNSENT: Final = "select count(*) from outbox where sent_at is null"
WRONG: Final = """
select (select count(*) from cell c left join (
            select cell, count(*) filter (where state = 'offered') as offered, count(*) filter (where state = 'waiting') as waiting
            from place group by cell
        ) p on p.cell = c.key where (c.offered, c.waiting) <> (coalesce(p.offered, 0), coalesce(p.waiting, 0)))
    + (select count(*) from cell where offered + taken > target)
    + (select abs(count(*) - $1) from place)
    + (select abs(count(*) - $1) from decision where application is not null)
    + (select abs(count(*) - $1) from limit_counter where used = 1)
    + (select abs(count(*) - $1) from outbox where type = 'puente.place.offered.v1')
    + (select abs(count(*) - $1) from transfer where cause = 'approved')
"""
"""How far the end state is from `$1` people with a place each: the same question to every side."""


class Run(NamedTuple):
    """One side, once: decisions a second, and the CPU microseconds of a decision by part."""

    rate: float
    cost: dict[str, float]


@asynccontextmanager
async def process(module: str, *arguments: str, **options: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program of ours for the length of a block."""
    async with process_of(sys.executable, "-m", module, *arguments, **options) as running:
        yield running


@asynccontextmanager
async def process_of(*command: str, **options: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """Any program for the length of a block."""
    running = await asyncio.create_subprocess_exec(*command, cwd=ROOT, **options)
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
            await running.wait()


async def ready_database(bench: Bench, *, places: int = PLACES_A_CELL, programmes: Sequence[str] = PROGRAMMES) -> str:
    """A quotas database that knows the programmes, whose cells have so many places each; nothing is left to be sent."""
    url = await bench.databases.new("quotas")
    db = Database(url)
    await db.run(lambda tx: handle(tx, [programme(code, places * 33) for code in programmes]))
    await db.close()
    async with watching(url) as look:
        await look.execute("update outbox set sent_at = now()")
        await look.execute("vacuum analyze")
    return url


async def filled_topic(bench: Bench, number: int, seed: int, spread: Sequence[str] = ()) -> str:
    """The prefix of topics of their own, with `number` approvals in them."""
    prefix, transport = await topics(bench)
    publisher = await transport.publisher()
    await publish(publisher, APPLICATIONS.name, list(approvals(number, spread or cells(), seed)))
    await publisher.close()
    return prefix


async def topics(bench: Bench) -> tuple[str, KafkaTransport]:
    """Empty topics of their own: their prefix, and a transport for them."""
    prefix = f"bench{new_id().hex[-8:]}."
    transport = transport_of(bench, prefix)
    await transport.prepare(TOPICS)
    return prefix, transport


async def measured(look: "asyncpg.Connection[Any]", processes: dict[int, str], base: int, number: int, *, sent: bool) -> Run:
    """Wait for `number` decisions after the `base` that were there, where asked until their events are acknowledged too.

    Time and cost are counted from the first decisions on.
    """
    await until(look, DECIDED, base + 1, 60)
    meter = Meter(look, processes)
    await meter.start()
    began, had = time.perf_counter(), int(await look.fetchval(DECIDED)) - base
    async with asyncio.timeout(900):
        while int(await look.fetchval(DECIDED)) < base + number or (sent and int(await look.fetchval(UNSENT))):
            await asyncio.sleep(0.05)
            await meter.note()
    seconds = time.perf_counter() - began
    await meter.note()
    return Run((number - had) / seconds, {part: spent / (number - had) * 1e6 for part, spent in meter.spent().items()})


async def pipeline(
    bench: Bench,
    number: int,
    seed: int,
    *,
    spread: Sequence[str] = (),
    places: int = PLACES_A_CELL,
    url: str = "",
    before: int = 0,
    workers: int = 1,
) -> Run:
    """Our pipeline, from its first decisions to the acknowledgement of the last one's event; on `url`, where `before` places are given.

    `workers` are processes that share the partitions among themselves, as they do in production when more than one is started.
    """
    url = url or await ready_database(bench, places=places)
    prefix = await filled_topic(bench, number, seed, spread)
    base = await decided(url)
    async with watching(url) as look:
        await look.execute("delete from consumer_offset")  # the topics are new, and a database may have read others before
    async with AsyncExitStack() as running:
        look = await running.enter_async_context(watching(url))
        ours = [await running.enter_async_context(process("tests.bench.pipeline", url, bench.bootstrap, prefix)) for _ in range(workers)]
        run = await measured(look, {**{one.pid: "the worker" for one in ours}, **bench.broker}, base, number, sent=True)
    await right(url, number + before, ours=not before)  # a made-up past has no chain that the live checks could follow
    return run


async def peer(bench: Bench, module: str, number: int, seed: int, *arguments: str) -> Run:
    """A consumer of one event a transaction; its events need not even be relayed."""
    url = await ready_database(bench)
    prefix = await filled_topic(bench, number, seed)
    base, quiet = await decided(url), {"stderr": asyncio.subprocess.DEVNULL}
    async with (
        watching(url) as look,
        process(f"tests.bench.peers.{module}", url, bench.bootstrap, prefix + APPLICATIONS.name, *arguments, **quiet) as worker,
    ):
        run = await measured(look, {worker.pid: "the worker", **bench.broker}, base, number, sent=False)
    await right(url, number, ours=False)
    return run


async def bare_loop(bench: Bench, number: int, seed: int) -> tuple[Run, list[int]]:
    """The same batches without Kafka, and the statements of a batch of one and of a thousand."""
    url = await ready_database(bench)
    options = {"stdout": asyncio.subprocess.PIPE}
    async with process("tests.bench.peers.bare_loop", url, str(number), str(seed), **options) as worker:
        said, _ = await worker.communicate()
    found = json.loads(said)
    return Run(number / found["seconds"], {"the worker": found["cpu"] / number * 1e6}), found["statements"]


async def decided(url: str) -> int:
    """How many decisions there are."""
    async with watching(url) as look:
        return int(await look.fetchval(DECIDED))


async def right(url: str, number: int, *, ours: bool) -> None:
    """The end state, before its speed counts; ours by the live checks of the service too."""
    async with watching(url) as look:
        wrong = await look.fetchval(WRONG, number)
        assert wrong == 0, f"the end state is wrong by {wrong}"
    if ours:
        db = Database(url)
        broken = {name: found for name, found in (await db.run(lambda tx: checks.broken(tx, MOMENT))).items() if found}
        await db.close()
        assert not broken, broken


async def backlog(bench: Bench, number: int) -> float:
    """The most memory, in MB, that a worker held while it worked off a backlog."""
    url = await ready_database(bench)
    prefix = await filled_topic(bench, number, 11)
    peak = 0.0
    async with watching(url) as look, process("tests.bench.pipeline", url, bench.bootstrap, prefix) as worker:
        base = int(await look.fetchval(DECIDED))
        while int(await look.fetchval(DECIDED)) < base + number or int(await look.fetchval(UNSENT)):
            status = Path(f"/proc/{worker.pid}/status").read_text()
            peak = max(peak, int(status.split("VmRSS:")[1].split()[0]) / 1024)
            await asyncio.sleep(0.1)
    return peak
