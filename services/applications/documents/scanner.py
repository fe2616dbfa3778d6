"""The virus scanner, where there is one: clamd or what speaks like it (`INSTREAM`), on a TCP port or a socket. It fails closed.

A file counts as clean only where the scanner says so. Whatever else happens (nobody listens, no answer in time, an answer that is none of
the two) leaves it unknown, and it is asked about again later.
"""

import asyncio
import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from shared.observability.logging import get_logger

log = get_logger(__name__)

PIECE_BYTES: Final = 64 * 1024
ANSWER_BYTES: Final = 4_096
ADDRESS: Final = re.compile(r"(?:tcp://(?P<host>[^:/\s]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})|unix:(?P<path>/\S+))")


@dataclass(frozen=True, slots=True)
class Clean:
    """The scanner found nothing, or there is none."""


@dataclass(frozen=True, slots=True)
class Infected:
    """The scanner found `what`."""

    what: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows: the scanner did not answer, or not with an answer."""


Verdict = Clean | Infected | Unknown


def address_of(setting: str) -> str:
    """The setting, if it is an address of a scanner; `ValueError` that says what one looks like where it is not."""
    found = ADDRESS.fullmatch(setting)
    if setting and (found is None or (found["port"] and not 0 < int(found["port"]) < 65_536)):
        raise ValueError(f"{setting!r} is no address of a scanner: tcp://host:3310 or unix:/path/to/clamd.sock")
    return setting


class Scanner:
    """Asks the scanner at `address`; without one every file is clean."""

    def __init__(self, address: str = "") -> None:
        self._address = address_of(address)

    @property
    def on(self) -> bool:
        return bool(self._address)

    async def scan(self, content: bytes, *, seconds: float) -> Verdict:
        """What the scanner says of a file, within `seconds`."""
        if not self.on:
            return Clean()
        try:
            async with asyncio.timeout(seconds):
                answer = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            log.warning("documents.scanner_away", error=type(error).__name__)
            return Unknown()
        return verdict_of(answer)

    async def _ask(self, content: bytes) -> bytes:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE_BYTES):
                piece = content[start : start + PIECE_BYTES]
                writer.write(struct.pack("!I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack("!I", 0))
            await writer.drain()
            return await reader.read(ANSWER_BYTES)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        found = ADDRESS.fullmatch(self._address)
        assert found, "the address was looked at when the scanner was made"
        if found["path"]:
            return await asyncio.open_unix_connection(found["path"])
        return await asyncio.open_connection(found["host"].strip("[]"), int(found["port"]))


def verdict_of(answer: bytes) -> Verdict:
    """`stream: OK`, `stream: <name> FOUND`; anything else is no answer."""
    words = answer.rstrip(b"\0\r\n").decode("utf-8", "replace").removeprefix("stream: ")
    if words == "OK":
        return Clean()
    if words.endswith(" FOUND"):
        return Infected(words.removesuffix(" FOUND"))
    log.warning("documents.scanner_puzzling", size_bytes=len(answer))
    return Unknown()
