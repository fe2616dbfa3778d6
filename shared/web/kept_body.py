"""A request's body that is passed on to whoever answers, and kept beside that where it is small enough."""

from collections.abc import MutableMapping
from typing import Any

from starlette.types import Receive


class KeptBody:
    """What was read of the body so far, and the rest; at most `most` bytes are kept."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.more = receive
        """What comes behind the body: that somebody goes away."""
        self._most = most
        self._parts: list[bytes] = []
        self._size = 0
        self._open = True

    async def receive(self) -> MutableMapping[str, Any]:
        """The next message, passed on."""
        message = await self.more()
        part = message.get("body", b"") if message["type"] == "http.request" else b""
        self._open = message["type"] == "http.request" and message.get("more_body", False)
        self._size += len(part)
        if self._size <= self._most:
            self._parts.append(part)
        return message

    @property
    def kept(self) -> bytes | None:
        """What was read; none where it is more than is kept."""
        return b"".join(self._parts) if self._size <= self._most else None

    async def whole(self) -> bytes | None:
        """All of it; none where it is more than is kept."""
        while self._open:
            await self.receive()
        return self.kept
