"""`make bench`: ratios between two things measured in one run on this machine, with a real broker and the embedded PostgreSQL.

Figures per second say something of this machine today; ratios travel. Nothing here is asserted but the end state of every side:
see docs/performance.md.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from shared.messaging.broker import Broker, JavaBroker, Missing, find_broker
from tests.bench import decisions, deep, growth, latency, relay, streams, submissions
from tests.bench.decisions import PLACES_A_CELL, Run
from tests.bench.world import Bench, Databases, cells, durable_postgres

console = Console(width=150)


def arguments() -> argparse.Namespace:
    """What may be asked of a run."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--events", type=int, default=60_000, help="approvals for the pipeline")
    parser.add_argument("--peer-events", type=int, default=2_500, help="approvals for the consumer of one event a transaction")
    parser.add_argument("--rounds", type=int, default=3, help="how often both sides take turns; medians are quoted")
    parser.add_argument("--only", choices=[*ROWS], action="append", help="these measurements alone; may be given more than once")
    parser.add_argument("--deep", type=int, default=0, metavar="ROWS", help="also with so many decided rows (5000000: six minutes, 16 GB)")
    return parser.parse_args()


class Report:
    """Rows of ratios, each the median of its rounds with the least and the most."""

    def __init__(self) -> None:
        self.table = Table("what", "ours", "beside", "ratio (from - to)", "goal", title="medians")

    def pairs(self, what: str, pairs: Sequence[tuple[float, float]], goal: str) -> None:
        """Both sides of every round."""
        ours, beside = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratios = sorted(one / other for one, other in pairs)
        spread = f"{statistics.median(ratios):.2f} x ({ratios[0]:.2f} - {ratios[-1]:.2f})"
        self.table.add_row(what, f"{ours:,.0f}", f"{beside:,.0f}", spread, goal)

    def figure(self, what: str, found: str, goal: str) -> None:
        self.table.add_row(what, found, "", "", goal)

    def cost(self, what: str, runs: Sequence[Run]) -> None:
        """Where the CPU time of a decision goes."""
        parts = sorted({part for run in runs for part in run.cost})
        medians = {part: statistics.median(run.cost.get(part, 0.0) for run in runs) for part in parts}
        console.print(f"CPU of a decision, {what}: {sum(medians.values()):,.0f} us", {part: round(us, 1) for part, us in medians.items()})


def say(side: str, run: Run) -> None:
    console.print(
        f"  {side:<34}{run.rate:>9,.0f} decisions/s, {sum(run.cost.values()):>9,.0f} us of CPU each, load {os.getloadavg()[0]:.1f}"
    )


async def by_workers(bench: Bench, options: argparse.Namespace, seed: int) -> list[Run]:
    """The pipeline with one worker, and with two that share the partitions."""
    found = []
    for workers in (1, 2):
        found.append(await decisions.pipeline(bench, options.events, seed, workers=workers))
        say(f"pipeline, {workers} workers", found[-1])
    return found


async def peers(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    """The pipeline beside consumers of one event a transaction, each with the number of workers that suits it best; and beside the
    one that most teams write as it comes out of its box, which handles one event at a time."""
    ours, plain, orm, best = list[Run](), list[Run](), list[Run](), list[Run]()
    for seed in range(options.rounds):
        console.print(f"decisions, round {seed + 1} of {options.rounds}")
        ours.append(max(await by_workers(bench, options, seed)))
        found = []
        for workers in (1, 8):
            found.append(
                await decisions.peer(bench, "faststream_sqlmodel", options.peer_events, seed, f"bench{seed}{workers}", str(workers))
            )
            say(f"FastStream + SQLModel, {workers} workers", found[-1])
        plain.append(found[0])
        orm.append(max(found))
        best.append(await decisions.peer(bench, "one_statement", options.peer_events * 4, seed))
        say("asyncpg, one statement an event", best[-1])
    for what, other, goal in (
        ("FastStream + SQLModel as it comes", plain, ">= 120 x"),
        ("FastStream + SQLModel, 1 or 8 workers", orm, ">= 120 x"),
        ("asyncpg, 8 workers", best, ">= 12 x"),
    ):
        rates = [(one.rate, it.rate) for one, it in zip(ours, other, strict=True)]
        report.pairs(f"decisions/s: pipeline over one event a transaction, {what}", rates, goal)
        costs = [(sum(it.cost.values()), sum(one.cost.values())) for one, it in zip(ours, other, strict=True)]
        report.pairs("   CPU us a decision: theirs over the pipeline's", costs, "")
        report.cost(what, other)
    report.cost("the pipeline", ours)


async def topology(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    """The pipeline beside a topology of Kafka Streams with two threads, which keeps no ledger."""
    ours, theirs = [], []
    for seed in range(options.rounds):
        try:
            theirs.append(await streams.measure(bench, options.events, seed))
        except streams.Missing as missing:
            report.figure("decisions/s: pipeline over Kafka Streams", f"left out: {missing}", ">= 1.0 x")
            return
        say("Kafka Streams, exactly once", theirs[-1])
        ours.append(max(await by_workers(bench, options, seed)))
    rates = [(one.rate, it.rate) for one, it in zip(ours, theirs, strict=True)]
    report.pairs("decisions/s: pipeline over Kafka Streams, exactly once, no ledger", rates, ">= 1.0 x")
    costs = [(sum(it.cost.values()), sum(one.cost.values())) for one, it in zip(ours, theirs, strict=True)]
    report.pairs("   CPU us a decision: theirs over the pipeline's", costs, "")
    report.cost("Kafka Streams", theirs)


async def bare(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    """The pipeline beside the same batches without Kafka, which are one process's work."""
    sides, counts = list[tuple[Run, Run, Run]](), [0, 0]
    for seed in range(options.rounds):
        one, two = await by_workers(bench, options, seed)
        other, counts = await decisions.bare_loop(bench, options.events, seed)
        say("bare loop", other)
        sides.append((one, two, other))
    for workers, ours in (("1 worker", 0), ("2 workers", 1)):
        pairs = [(side[ours].rate, side[2].rate) for side in sides]
        report.pairs(f"decisions/s: pipeline with {workers} over a bare loop of the batches", pairs, ">= 0.75 x")
    report.figure("statements of a batch of 1, and of 1,000", f"{counts[0]}, {counts[1]}", "constant")


async def hot(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    """All events on one cell beside the same number spread over all."""
    pairs = []
    for seed in range(options.rounds):
        one = await decisions.pipeline(bench, options.events, seed, spread=cells()[:1], places=options.events)
        spread = await decisions.pipeline(bench, options.events, seed, places=options.events)
        say("one cell", one)
        say(f"{len(cells())} cells", spread)
        pairs.append((one.rate, spread.rate))
    report.pairs(f"decisions/s: one hot cell over {len(cells())}", pairs, ">= 1.0 x")


async def relays(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    pairs = [await relay.measure(bench, options.events, seed) for seed in range(options.rounds)]
    report.pairs("events/s: relay over a bare loop of send()", [(ours.rate, loop.rate) for ours, loop in pairs], ">= 1.5 x")
    report.pairs("   CPU us an event in the process: the loop's over the relay's", [(loop.cpu_us, ours.cpu_us) for ours, loop in pairs], "")


async def delays(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    """At half of the rate that the pipeline reaches now."""
    for seed in range(options.rounds):
        peak = await decisions.pipeline(bench, options.events // 2, seed)
        say("pipeline", peak)
        found = await latency.measure(bench, peak.rate / 2, 15)
        batch_ms = 1_000 / peak.rate * 1_000
        report.figure(
            "event on its topic to its decision told, at half of the peak",
            f"p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms",
            f"p99 < {10 * batch_ms:.0f} ms (10 batches)",
        )


async def memory(bench: Bench, _options: argparse.Namespace, report: Report) -> None:
    report.figure("memory of a worker with a backlog of 100,000", f"{await decisions.backlog(bench, 100_000):.0f} MB", "< 250 MB")


async def posts(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="puente-bench-") as folder:
        found = await submissions.measure(bench.databases, Path(folder), options.rounds, console)
    for what, both in (("API", [one.api for one in found]), ("page", [one.page for one in found])):
        goal = ">= 0.8 x" if what == "API" else ">= 0.9 x"
        report.pairs(f"submissions/s by the {what}: durable over validating only", [(one.durable, one.checking) for one in both], goal)
        report.pairs("   CPU ms of the server: validating only over durable", [(one.checking_cpu, one.durable_cpu) for one in both], "")
    for answers, middle, late in [one.rush for one in found]:
        told = f"{answers:,.0f}/s, p50 {middle:,.0f} ms, p99 {late:,.0f} ms"
        report.figure(f"{submissions.RUSH} applicants send in the same moment, all answered with a receipt", told, "within a minute")


async def depth(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    """With so many decided rows beside empty tables."""
    full = await deep.filled(bench, options.deep)
    given, pairs = options.deep, list[tuple[Run, Run]]()
    for seed in range(options.rounds):
        ours = await decisions.pipeline(bench, options.events, 100 + seed, url=full, before=given)
        given += options.events
        empty = await decisions.pipeline(bench, options.events, 100 + seed, places=PLACES_A_CELL)
        say(f"{options.deep:,} rows", ours)
        say("empty", empty)
        pairs.append((ours, empty))
    rates = [(ours.rate, empty.rate) for ours, empty in pairs]
    report.pairs(f"decisions/s: with {options.deep:,} decided rows over empty", rates, ">= 0.95 x")
    report.pairs("   CPU us a decision: empty over theirs", [(sum(it.cost.values()), sum(one.cost.values())) for one, it in pairs], "")
    report.cost("with a past", [ours for ours, _empty in pairs])
    report.cost("without", [empty for _ours, empty in pairs])


async def growths(bench: Bench, options: argparse.Namespace, report: Report) -> None:
    """What stays flat where there is more of everything, and what does not."""
    pairs = [await growth.by_cells(bench, options.events, seed) for seed in range(options.rounds)]
    for side in ("python", "postgres"):
        compared = [(getattr(many, side), getattr(few, side)) for few, many in pairs]
        report.pairs(f"{side} us a decision: 8,250 cells over 825", compared, "flat")
    for size, events in ((1_000, 4_000), (1, 300)):
        few = await growth.by_waiting(bench, 0, events, size)
        for waiting in (1_000, 10_000, 100_000):
            found = await growth.by_waiting(bench, waiting, events, size)
            for side in ("python", "postgres"):
                what = f"{side} us a decision, {size:,} a batch: {waiting:,} waiting in its cell over none"
                report.pairs(what, [(getattr(found, side), getattr(few, side))], "flat")
    counts = [await growth.of_a_promotion(bench, waiting) for waiting in (10, 2_000)]
    report.figure("statements of a promotion, 10 waiting and 2,000", ", ".join(map(str, counts)), "constant")


ROWS: dict[str, Callable[[Bench, argparse.Namespace, Report], Awaitable[Any]]] = {
    "peers": peers,
    "streams": topology,
    "bare": bare,
    "hot": hot,
    "growth": growths,
    "relay": relays,
    "latency": delays,
    "submissions": posts,
    "memory": memory,
}


async def main(broker: Broker, url_of: Callable[[str], str]) -> None:
    """Measure, and print."""
    options, report = arguments(), Report()
    bench = Bench(Databases(url_of), broker.bootstrap, {broker.pid: "Kafka"} if isinstance(broker, JavaBroker) else {})
    for name in options.only or ROWS:
        await ROWS[name](bench, options, report)
    if options.deep:
        await depth(bench, options, report)
    console.print(report.table)


if __name__ == "__main__":
    arguments()
    with tempfile.TemporaryDirectory(prefix="puente-bench-") as folder, durable_postgres() as server:
        found = find_broker(Path(folder))
        if isinstance(found, Missing):
            raise SystemExit(f"no Kafka: {found.reason}; {found.what_to_do}")
        with found:
            asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
            asyncio.run(main(found, server.url))
