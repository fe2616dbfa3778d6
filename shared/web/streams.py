"""Answers that have no end of their own: server-sent events. They end when the browser goes away, or when the server stops."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

STOPPING: Final = "puente.stopping"
"""Where a request's scope holds the `asyncio.Event` that is set when the server begins to stop."""
EVENT_STREAM: Final = "text/event-stream"
HEADERS: Final = {
    # No store of an answer that grows; no proxy may compress it, because that would hold events back.
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}
HEARTBEAT: Final = b": still here\n\n"
"""A comment, for proxies that close what is silent, and so that a browser that is gone is noticed."""


def event(data: object, *, id: str) -> bytes:
    """One event with `data` as JSON; a browser that comes back names the last `id` that it had."""
    return f"id: {id}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def retry(seconds: float) -> bytes:
    """Tells the browser after how long it comes back where the stream ended."""
    return f"retry: {round(seconds * 1000)}\n\n".encode()


END: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}


class EventStream(Response):
    """Sends the parts of `events` as they come, until the browser is gone or the server stops."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers=HEADERS, media_type=EVENT_STREAM)
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if not await until_gone(self._parts(send), receive, scope.get(STOPPING)):
            await send(END)

    async def _parts(self, send: Send) -> None:
        async with contextlib.aclosing(self._events) as events:
            async for part in events:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send(END)


async def until_gone(work: Coroutine[Any, Any, None], receive: Receive, stopping: asyncio.Event | None) -> bool:
    """Do `work` until it is done, the browser goes away, or `stopping` is set; then what is left of it is cancelled.

    Answers whether it was done.
    """
    task = asyncio.create_task(work)
    ends = [asyncio.create_task(_gone(receive))]
    if stopping is not None:
        ends.append(asyncio.create_task(_set(stopping)))
    try:
        await asyncio.wait([task, *ends], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in ends:
            one.cancel()
        task.cancel()
        await asyncio.wait([task])
    if task.cancelled():
        return False
    task.result()
    return True


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _set(event: asyncio.Event) -> None:
    await event.wait()
