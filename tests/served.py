"""An application served on this machine for as long as a test looks at it in a browser."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.types import ASGIApp

from services.run.serving import serve_app


@contextmanager
def kept_port() -> Iterator[int]:
    """A port of the loopback interface for a program of ours that binds it by its number, once or again.

    It is bound here and not listened at: the system gives it to nobody else meanwhile, whoever connects to it is refused, and a listener
    that shares its address (SO_REUSEADDR), as ours do, may have it.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


@asynccontextmanager
async def served(app: ASGIApp, *, port: int = 0) -> AsyncIterator[str]:
    """The address of `app`, served as our processes serve it, on that or a free port of the loopback interface."""
    stop, started = asyncio.Event(), asyncio.Event()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        task = asyncio.create_task(serve_app(app, stop, sockets=[listener], started=started))
        try:
            await started.wait()
            yield address
        finally:
            stop.set()
            await task
