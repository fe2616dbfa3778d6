"""The quotas worker as production runs it, in a process of its own: `python -m tests.bench.pipeline URL BOOTSTRAP PREFIX`."""

import asyncio
import gc
import signal
import sys

from fastapi import FastAPI

from services.quotas.events import handle
from shared.kernel.clock import SystemClock
from shared.messaging.kafka import KafkaTransport
from shared.messaging.service import Service
from shared.messaging.worker import Worker
from shared.persistence.database import Database
from shared.settings import CommonSettings


async def none_broken() -> dict[str, int]:
    """The measurement checks the end state itself."""
    return {}


async def main(url: str, bootstrap: str, prefix: str) -> None:
    """Work until SIGTERM."""
    service = Service(
        name="quotas",
        db=Database(url, options={"enable_seqscan": "off"}),
        make_api=FastAPI,
        make_handle=lambda: handle,
        make_sweeps=tuple,
        invariants=none_broken,
    )
    worker = Worker(service, KafkaTransport(CommonSettings(kafka_bootstrap=bootstrap, kafka_prefix=prefix)), SystemClock())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    await worker.run(stop)
    await service.db.close()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(*sys.argv[1:]))
