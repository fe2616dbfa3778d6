"""A connection of Playwright to a Chromium that is served already, without a process of Node for each.

Playwright reaches such a browser through a driver of its own, which starts for every test and hands each message on as it is.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright._impl.connection import Connection
from playwright._impl.transport import Transport
from playwright._impl.utils.tasks import wait_for_next_task
from playwright.async_api import Browser, Error
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake


class Wire(Transport):
    """One WebSocket. A message is a text of JSON."""

    def __init__(self, loop: asyncio.AbstractEventLoop, address: str) -> None:
        super().__init__(loop)
        self._address = address
        self._to_send: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def connect(self) -> None:
        """`Error` where nobody answers."""
        try:
            self._socket = await connect(self._address, compression=None, max_size=None, ping_interval=None, proxy=None)
        except (OSError, EOFError, InvalidHandshake) as failed:
            raise Error(f"no browser answers: {failed}") from failed

    async def run(self) -> None:
        """Hand on what comes, and what is to be sent, until either side ends it."""
        sending = asyncio.create_task(self._send())
        try:
            async for message in self._socket:
                self.on_message(self.deserialize_message(message))
                await wait_for_next_task()
        except ConnectionClosed:
            return  # the other side ended without a word
        finally:
            self.request_stop()
            await sending

    async def _send(self) -> None:
        while (message := await self._to_send.get()) is not None:
            try:
                await self._socket.send(message, text=True)
            except ConnectionClosed:
                return
        await self._socket.close()

    def send(self, message: dict[str, Any]) -> None:
        self._to_send.put_nowait(self.serialize_message(message))

    def request_stop(self) -> None:
        self._to_send.put_nowait(None)

    async def wait_until_stopped(self) -> None:
        await self._socket.wait_closed()


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
