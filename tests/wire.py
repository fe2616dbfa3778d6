"""A connection of Playwright to a Chromium that is served already, without a process of Node for each.

Playwright reaches such a browser through a driver of its own, which starts for every test and hands each message on as it is. This is
the same WebSocket (RFC 6455, without extensions) from here.
"""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from playwright._impl.connection import Connection
from playwright._impl.transport import Transport
from playwright._impl.utils.tasks import wait_for_next_task
from playwright.async_api import Browser, Error

LONGEST: Final = 64 * 1024 * 1024
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
LAST, MASKED = 0x80, 0x80
MASK: Final = bytes(4)
"""A mask is there for what stands between two machines and reads along; with this one the words stay as they are."""


class Wire(Transport):
    """One WebSocket. A message is a text of JSON."""

    def __init__(self, loop: asyncio.AbstractEventLoop, address: str) -> None:
        super().__init__(loop)
        self._address = urlsplit(address)

    async def connect(self) -> None:
        """`Error` where nobody answers."""
        host, port = self._address.hostname, self._address.port
        asked = (
            f"GET {self._address.path} HTTP/1.1",
            f"Host: {host}:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        )
        try:
            self._reader, self._writer = await asyncio.open_connection(host, port, limit=LONGEST)
            self._writer.write("\r\n".join((*asked, "", "")).encode())
            answer = await self._reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError) as failed:
            raise Error(f"no browser answers: {failed}") from failed
        if b" 101 " not in answer.splitlines()[0]:
            self._writer.close()
            await self.wait_until_stopped()
            raise Error(f"no browser answers: {answer.decode()}")

    async def run(self) -> None:
        """Hand on what comes, until either side ends it."""
        parts = b""
        try:
            while True:
                first, second = await self._reader.readexactly(2)
                size = second
                if size >= 126:
                    size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8))
                body = await self._reader.readexactly(size)
                kind = first & 0xF
                if kind == CLOSE:
                    return
                if kind == PING:
                    self._write(PONG, body)
                if kind > TEXT:
                    continue
                parts += body
                if first & LAST:
                    self.on_message(self.deserialize_message(parts))
                    parts = b""
                    await wait_for_next_task()
        except (OSError, asyncio.IncompleteReadError):
            return  # it has ended
        finally:
            self._writer.close()

    def send(self, message: dict[str, Any]) -> None:
        self._write(TEXT, self.serialize_message(message))

    def _write(self, kind: int, body: bytes) -> None:
        size = len(body)
        if size < 126:
            head = bytes((LAST | kind, MASKED | size))
        elif size < 1 << 16:
            head = bytes((LAST | kind, MASKED | 126)) + size.to_bytes(2)
        else:
            head = bytes((LAST | kind, MASKED | 127)) + size.to_bytes(8)
        self._writer.write(head + MASK + body)

    def request_stop(self) -> None:
        self._writer.close()

    async def wait_until_stopped(self) -> None:
        with suppress(OSError):  # the other side was quicker
            await self._writer.wait_closed()


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Browser]:
    """The browser that is served at `address`; what was opened in it ends with the connection. `Error` where there is none."""
    loop = asyncio.get_running_loop()
    wire, connection = Wire(loop, address), Connection(loop)
    connection.mark_as_remote()

    def hand_on(message: Any) -> None:
        try:
            connection.dispatch(message)
        except Exception as failed:  # noqa: BLE001 - of somebody who listens: the next call raises it, as Playwright has it
            connection._on_event_listener_error(failed)

    connection.onmessage = wire.send
    wire.on_message = hand_on
    await wire.connect()
    reading = asyncio.create_task(wire.run())
    reading.add_done_callback(lambda _: connection.close())
    connection.on("close", wire.request_stop)
    try:
        found = (await connection.initialize_playwright())._pre_launched_browser()
        connection.on("close", found._did_close)
        yield Browser(found)
    finally:
        connection.close()
        await reading
        await wire.wait_until_stopped()
