"""`make soak`: every pair of faults at the crash points, on a real broker and the embedded PostgreSQL; ends with 1 if any failed.

A worker's harms are paired with a worker's, an API's with an API's: across processes they share nothing but the machine.
"""

import argparse
import asyncio
import random
import tempfile
import time
import traceback
from collections.abc import Iterator
from itertools import combinations_with_replacement, product
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from rich.console import Console

from shared.events.catalogue import TOPICS
from shared.kernel.ids import new_id
from shared.messaging.broker import Broker, Missing, find_broker
from shared.persistence.database import Database
from tests import postgres
from tests.contract.counter import counter
from tests.contract.harm import FAULTS
from tests.contract.hurting import REQUEST_POINTS, WORKER_POINTS, Harms, hurt_api, hurt_worker
from tests.contract.places import field, undisturbed
from tests.postgres import Server

console = Console(soft_wrap=True)


def arguments() -> argparse.Namespace:
    """What may be asked of a run."""
    parser = argparse.ArgumentParser(prog="make soak PAIRS=...", description=__doc__)
    parser.add_argument("--pairs", type=int, default=0, help="only so many, drawn by the seed; all where 0")
    parser.add_argument("--seed", type=int, default=1, help="the order in which they are run")
    parser.add_argument("--at-once", type=int, default=6, help="pairs under way at a time")
    return parser.parse_args()


def pairs() -> list[Harms]:
    """Every unordered pair of harms of one kind of process, and each harm twice."""
    return [pair for points in (WORKER_POINTS, REQUEST_POINTS) for pair in combinations_with_replacement(list(product(points, FAULTS)), 2)]


class Soak:
    """The runs, on one server and one broker."""

    def __init__(self, server: Server, broker: Broker, folder: Path) -> None:
        self._server = server
        self._broker = broker
        self._folder = folder
        self.failed: list[str] = []
        self.done = 0

    async def new_db(self, service: str) -> Database:
        """A fresh database; the caller drops it with `drop`."""
        self._server.made += 1
        name = f"soak_{service}_{self._server.run}_{self._server.made}"
        await self._server.execute(f"create database {name} template {await self._server.template(service)}")
        return Database(self._server.url_of(name))

    async def drop(self, db: Database) -> None:
        await db.close()
        await self._server.execute(f"drop database {db.engine.url.database} with (force)")

    async def one(self, harms: Harms) -> None:
        """One pair, on databases and topics of its own, which are removed after it."""
        if harms[0][0] in REQUEST_POINTS:
            db = await self.new_db("applications")
            async with counter(db, self._folder / new_id().hex) as desk:
                await hurt_api(harms, desk)
        else:
            expected = await undisturbed(self.new_db)
            db = await self.new_db("quotas")
            async with field(db, self._broker.bootstrap) as ground:
                await hurt_worker(harms, ground)
                await ground.check(expected)
                await self._delete_topics(ground.prefix)
        await self.drop(db)

    async def _delete_topics(self, prefix: str) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._broker.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([prefix + topic.name for topic in TOPICS])
        finally:
            await admin.close()

    async def all_of(self, waiting: Iterator[Harms], number: int) -> None:
        """One pair after the other, until none is left."""
        for harms in waiting:
            name = " then ".join(" ".join(harm) for harm in harms)
            try:
                await self.one(harms)
            except Exception:  # noqa: BLE001 - whatever it was, it is shown, and the others are run
                self.failed.append(name)
                console.print(f"[bold red]failed[/]: {name}\n{traceback.format_exc()}", highlight=False)
            self.done += 1
            if self.done % 10 == 0:
                console.print(f"{self.done} of {number} pairs, {len(self.failed)} failed", highlight=False)


async def main() -> int:
    """Run them; how many failed."""
    options = arguments()
    chosen = pairs()
    random.Random(options.seed).shuffle(chosen)
    chosen = chosen[: options.pairs or None]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="puente-soak-") as folder, postgres.server() as started:
        broker = find_broker(Path(folder) / "broker")
        if isinstance(broker, Missing):
            raise SystemExit(f"no Kafka: {broker.reason}; {broker.what_to_do}")
        with broker, Server(started.url) as server:
            soak = Soak(server, broker, Path(folder))
            for service in ("applications", "quotas"):
                await server.template(service)
            await undisturbed(soak.new_db)
            waiting = iter(chosen)
            await asyncio.gather(*(soak.all_of(waiting, len(chosen)) for _ in range(options.at_once)))
    console.print(f"{soak.done} pairs in {time.monotonic() - began:.0f} s, {len(soak.failed)} failed", highlight=False)
    for name in soak.failed:
        console.print(f"  {name}", highlight=False)
    return len(soak.failed)


if __name__ == "__main__":
    raise SystemExit(1 if asyncio.run(main()) else 0)
