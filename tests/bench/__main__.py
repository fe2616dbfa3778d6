"""`make bench`: ratios between two things measured in one run on this machine, with a real broker and the embedded PostgreSQL.

Figures per second say something of this machine today; ratios travel. Nothing here is asserted: see docs/performance.md.
"""

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from shared.messaging.broker import Missing, find_broker
from shared.persistence.embedded import temporary
from tests.bench import decisions, submissions
from tests.bench.world import Databases

console = Console()


def arguments() -> argparse.Namespace:
    """What may be asked of a run."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--events", type=int, default=60_000, help="approvals for the pipeline")
    parser.add_argument("--peer-events", type=int, default=2_500, help="approvals for the consumer of one event a transaction")
    parser.add_argument("--rounds", type=int, default=3, help="how often both sides take turns; medians are quoted")
    parser.add_argument("--only", choices=["decisions", "submissions"], help="one measurement alone")
    return parser.parse_args()


async def main() -> None:
    """Measure, and print."""
    options = arguments()
    table = Table("what", "ours", "beside", "ratio", "goal")
    with tempfile.TemporaryDirectory(prefix="puente-bench-") as folder, temporary() as server:
        databases = Databases(server.url)
        if options.only != "submissions":
            broker = find_broker(Path(folder))
            if isinstance(broker, Missing):
                raise SystemExit(f"no Kafka: {broker.reason}; {broker.what_to_do}")
            with broker:
                rounds = []
                for number in range(options.rounds):
                    console.print(f"decisions, round {number + 1} of {options.rounds}")
                    rounds.append(await decisions.measure(broker.bootstrap, databases, options.events, options.peer_events, console))
                ours, peer = (statistics.median(side) for side in zip(*rounds, strict=True))
                ratio = statistics.median(one / other for one, other in rounds)
                table.add_row(
                    "decisions/s: pipeline over FastStream + SQLModel", f"{ours:,.0f}", f"{peer:,.0f}", f"{ratio:.1f} x", ">= 60 x"
                )
                peak = await decisions.backlog(broker.bootstrap, databases, 100_000)
                table.add_row("memory of a worker with a backlog of 100,000", f"{peak:.0f} MB", "", "", "< 250 MB")
        if options.only != "decisions":
            pairs = await submissions.measure(databases, Path(folder), options.rounds, console)
            durable, checking = (statistics.median(side) for side in zip(*pairs, strict=True))
            ratio = statistics.median(one / other for one, other in pairs)
            table.add_row(
                "submissions/s: durable over validating only", f"{durable:,.0f}", f"{checking:,.0f}", f"{ratio:.2f} x", ">= 0.8 x"
            )
    console.print(table)


if __name__ == "__main__":
    asyncio.run(main())
