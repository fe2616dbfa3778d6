"""A worker in a process of its own, to be killed, stopped and started again: `python -m tests.contract.member ROLES ...`.

ROLES is `consumer`, `producer` or `both` (in one process, over the local transport). With `--gate N` the consumer's
handler passes the advisory lock N in mid-transaction, so that a test can hold it exactly there.
"""

import argparse
import asyncio
import signal
from collections.abc import Sequence

from sqlalchemy import text

from shared.events.envelope import AnyEvent
from shared.kernel.clock import ManualClock
from shared.messaging.kafka import KafkaTransport
from shared.messaging.local import LocalTransport
from shared.messaging.transport import Transport
from shared.messaging.worker import Worker
from shared.persistence.database import Database, Tx
from shared.settings import CommonSettings
from tests.contract.rig import MOMENT, apply_once, service


async def main(options: argparse.Namespace) -> None:
    """Run the workers until SIGTERM."""
    settings = {"idle_in_transaction_session_timeout": "3000"}

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        await apply_once(tx, events)
        if options.gate:
            await tx.execute(text("select pg_advisory_xact_lock_shared(:gate)"), {"gate": options.gate})

    transport: Transport = LocalTransport()
    if options.bootstrap:
        transport = KafkaTransport(CommonSettings(kafka_bootstrap=options.bootstrap, kafka_prefix=options.prefix))
    services = []
    if options.roles in ("consumer", "both"):
        services.append(service("quotas", Database(options.consumer, options=settings), handle))
    if options.roles in ("producer", "both"):
        services.append(service("applications", Database(options.producer, options=settings), apply_once))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    workers = [Worker(one, transport, ManualClock(MOMENT), lease_seconds=1.5) for one in services]
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run(stop))
        for worker in workers:
            await worker.ready.wait()
        print("ready", flush=True)
    for one in services:
        await one.db.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("roles", choices=["consumer", "producer", "both"])
    parser.add_argument("--consumer", default="")
    parser.add_argument("--producer", default="")
    parser.add_argument("--bootstrap", default="")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--gate", type=int, default=0)
    asyncio.run(main(parser.parse_args()))
