"""The applications API as production runs it, on a clock that stands still: `python -m tests.bench.api URL FOLDER PORT`."""

import asyncio
import socket
import sys
from pathlib import Path

import uvloop

from services.applications.main import build
from services.applications.settings import ApplicationsSettings
from services.run.collector import spare_the_collector
from services.run.serving import serve_app
from shared.kernel.clock import ManualClock
from tests.bench.world import MOMENT


async def main(url: str, folder: str, port: str) -> None:
    """Serve until killed."""
    settings = ApplicationsSettings(database_url=url, keys_folder=Path(folder) / "keys", documents_folder=Path(folder) / "documents")
    service = build(settings, clock=ManualClock(MOMENT))
    spare_the_collector()
    await serve_app(service.api, asyncio.Event(), sockets=[socket.create_server(("127.0.0.1", int(port)))])


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
