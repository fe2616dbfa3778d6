"""Runs one service's API or worker, or several in one process, until told to stop."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from services.run.registry import service_for
from shared.kernel.clock import Clock
from shared.messaging.consumer import Consumer
from shared.messaging.local import LocalTransport
from shared.messaging.service import Service
from shared.messaging.transport import Transport
from shared.messaging.worker import Worker
from shared.observability.logging import get_logger
from shared.web.streams import STOPPING

if TYPE_CHECKING:
    from fastapi import FastAPI

log = get_logger(__name__)

STOP_SECONDS: Final = 8
"""Requests under way get this long at a stop."""
STATE_SECONDS: Final = 2.0


class QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever runs it, and says when it listens."""

    def __init__(self, config: uvicorn.Config, started: asyncio.Event | None = None) -> None:
        super().__init__(config)
        self._said = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._said is not None:
            self._said.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Front:
    """One origin for the services of this process: each path goes to the service that owns its prefix."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._apps: dict[str, FastAPI] = {service.name: service.api for service in services}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._apps[service_for(scope["path"])]
        await app(scope, receive, send)


@contextlib.asynccontextmanager
async def lifespans(services: Sequence[Service]) -> AsyncIterator[None]:
    """Each application's start and end, which uvicorn does not run for applications behind a front."""
    async with AsyncExitStack() as stack:
        for service in services:
            await stack.enter_async_context(service.api.router.lifespan_context(service.api))
        yield


def server(app: ASGIApp, started: asyncio.Event | None = None, *, behind_gateway: bool = False) -> QuietServer:
    """uvicorn with what all our processes share.

    Addresses in `X-Forwarded-For` count only `behind_gateway`, and then only from this machine or from those that
    FORWARDED_ALLOW_IPS names. At the edge anybody could write them.
    """
    config = uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=behind_gateway,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=30,
    )
    return QuietServer(config, started)


async def serve_app(
    app: ASGIApp,
    stop: asyncio.Event,
    *,
    sockets: list[socket.socket],
    started: asyncio.Event | None = None,
    behind_gateway: bool = False,
) -> None:
    """Serve on `sockets`, which listen already, until `stop`; then let requests under way finish. `started`: it accepts.

    Answers without an end, such as live figures, find `stop` in their scope and end by it.
    """

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        scope[STOPPING] = stop
        await app(scope, receive, send)

    web = server(told, started, behind_gateway=behind_gateway)
    task = asyncio.create_task(web.serve(sockets))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        web.should_exit = True
        await task
    finally:
        stopping.cancel()
        if not task.done():
            task.cancel()


async def run_workers(
    services: Sequence[Service],
    transport: Transport,
    clock: Clock,
    stop: asyncio.Event,
    *,
    ready: asyncio.Event | None = None,
    state_file: Path | None = None,
) -> None:
    """Run the workers of `services` over one transport until `stop`.

    `ready` is set once all of them receive. `state_file` is written anew all the time with `ok`, or with what is waited for.
    """
    if isinstance(transport, LocalTransport):
        # Before any relay reads its first row: a record without its receivers would count as delivered.
        for service in services:
            await transport.source(service.name, Consumer(service))
    workers = [Worker(service, transport, clock) for service in services]

    async def say_ready() -> None:
        for worker in workers:
            await worker.ready.wait()
        if ready is not None:
            ready.set()

    async def say_state(file: Path) -> None:
        while True:
            beside = file.with_name(f"{file.name}.new")
            beside.write_text("; ".join({worker.state for worker in workers}) + "\n")
            beside.replace(file)
            await asyncio.sleep(STATE_SECONDS)

    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(say_ready())]
        if state_file is not None:
            waiting.append(group.create_task(say_state(state_file)))
        running = [group.create_task(worker.run(stop)) for worker in workers]
        await asyncio.wait(running)
        for task in waiting:
            task.cancel()


async def until_signalled(work: Callable[[asyncio.Event], Awaitable[Any]]) -> None:
    """Run `work(stop)`; the first SIGINT or SIGTERM sets `stop`, the second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    try:
        await work(stop)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
