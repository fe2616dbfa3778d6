"""A worker, or an API, in a process of its own, to be killed, stopped, cut off and started again; `members.Member` starts it.

ROLES is `consumer`, `producer` or `both` (the rig's two services, `both` in one process over the local transport), `quotas`
(the real quotas worker) or `api` (the real applications API). With `--gate N` the consumer's handler passes the advisory
lock N in mid-transaction, so that a test can hold it exactly there. With `--harm POINT FAULT NTH`, given once or more, the
process is hurt at these crash points, one after the other.
"""

import argparse
import asyncio
import os
import signal
import socket
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop
from fastapi import FastAPI
from sqlalchemy import text

from services.applications import main as applications
from services.applications import web as web  # members are forked from a process that has everything imported
from services.applications.settings import ApplicationsSettings
from services.quotas.events import handle as decide
from services.quotas.main import PLANS
from services.quotas.settings import QuotasSettings
from services.quotas.sweeps import sweeps
from services.run.serving import serve_app
from shared.events.envelope import AnyEvent
from shared.kernel.clock import ManualClock
from shared.messaging.kafka import KafkaTransport
from shared.messaging.local import LocalTransport
from shared.messaging.service import Service
from shared.messaging.transport import Transport
from shared.messaging.worker import Worker
from shared.persistence.database import Database, Tx
from shared.settings import CommonSettings
from tests.contract.harm import Harm
from tests.contract.rig import MOMENT, apply_once, never_zero, service

LEASE_SECONDS = 1.5
LEADER_SECONDS = 3.0
SETTINGS = {"idle_in_transaction_session_timeout": "2000", "transaction_timeout": "6000"}
"""How soon the database ends what a stopped process left open; the second one also between preparing and executing."""
Say = Callable[[str], None]


async def work(options: argparse.Namespace, stop: asyncio.Event, harm: Harm, say: Say) -> None:
    """Run the workers that are asked for until `stop`."""

    async def gated(tx: Tx, events: Sequence[AnyEvent]) -> None:
        await apply_once(tx, events)
        if options.gate:
            await tx.execute(text("select pg_advisory_xact_lock_shared(:gate)"), {"gate": options.gate})

    transport: Transport = LocalTransport()
    if options.bootstrap:
        transport = KafkaTransport(CommonSettings(kafka_bootstrap=options.bootstrap, kafka_prefix=options.prefix))
    services = []
    if options.roles in ("consumer", "both"):
        services.append(service("quotas", Database(options.consumer, options=SETTINGS), gated))
    if options.roles in ("producer", "both"):
        services.append(service("applications", Database(options.producer, options=SETTINGS), apply_once))
    if options.roles == "quotas":
        db = Database(options.consumer, options={**PLANS, **SETTINGS})
        services.append(Service("quotas", db, FastAPI, lambda: decide, lambda: sweeps(db, QuotasSettings()), never_zero))
    workers = [Worker(one, transport, ManualClock(MOMENT), lease_seconds=LEASE_SECONDS, leader_seconds=LEADER_SECONDS) for one in services]
    for one in services:
        harm.watch(one.db)
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run(stop))
        for worker in workers:
            await worker.ready.wait()
        say("ready")
    for one in services:
        await one.db.close()


async def serve(options: argparse.Namespace, stop: asyncio.Event, harm: Harm, say: Say) -> None:
    """Serve the applications API until `stop`."""
    folder = Path(options.folder)
    settings = ApplicationsSettings(database_url=options.producer, keys_folder=folder / "keys", documents_folder=folder / "documents")
    built = applications.build(settings, clock=ManualClock(MOMENT))
    harm.watch(built.db)
    listener = socket.create_server(("127.0.0.1", options.port))
    started = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(serve_app(built.api, stop, sockets=[listener], started=started))
        await started.wait()
        say("ready")
    await built.db.close()


async def end_with(tester: int) -> None:
    """No member outlives the test that started it, however that one ended."""
    while True:
        try:
            os.kill(tester, 0)
        except ProcessLookupError:
            os._exit(1)
        await asyncio.sleep(2)


def run(arguments: Sequence[str], pipe: "Connection[str, str]", tester: int) -> None:
    """The process: what happens in it is told through `pipe` to the process `tester`."""
    options = parsed(arguments)

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        harm = Harm(options.harm, pipe.send)
        watching = asyncio.create_task(end_with(tester))
        try:
            await (serve if options.roles == "api" else work)(options, stop, harm, pipe.send)
        finally:
            watching.cancel()

    uvloop.run(main())


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roles", choices=["consumer", "producer", "both", "quotas", "api"])
    parser.add_argument("--consumer", default="")
    parser.add_argument("--producer", default="")
    parser.add_argument("--bootstrap", default="")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--gate", type=int, default=0)
    parser.add_argument("--folder", default="")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--harm", nargs=3, action="append", default=[], metavar=("POINT", "FAULT", "NTH"))
    return parser.parse_args(arguments)
