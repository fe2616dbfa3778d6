"""The virus scanner: asked over a real socket, and whatever is no clear answer leaves a file unchecked."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from services.applications.documents.scanner import Clean, Infected, Scanner, Unknown
from services.applications.settings import ApplicationsSettings

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The file that every scanner knows, and that does nothing; in two parts, so that this one is none."""


@dataclass
class Daemon:
    """A small clamd: speaks INSTREAM, knows one virus, and can be told to be silent or to stammer."""

    answer: bytes = b""
    silent: bool = False
    most: int = 25_000_000
    seen: list[bytes] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    """How large the files had become that were too large."""
    address: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readexactly(10) == b"zINSTREAM\0"
            content = b""
            while length := struct.unpack("!I", await reader.readexactly(4))[0]:
                content += await reader.readexactly(length)
                if len(content) > self.most:
                    self.refused.append(len(content))
                    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            self.seen.append(content)
            if self.silent:
                await reader.read()
                return
            writer.write(self.answer or (b"stream: Eicar-Test FOUND\0" if EICAR in content else b"stream: OK\0"))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def running(daemon: Daemon, path: Path | None = None) -> AsyncIterator[Daemon]:
    """The daemon on a free port, or on a socket at `path`."""
    if path is not None:
        server: asyncio.Server = await asyncio.start_unix_server(daemon.serve, path)
        daemon.address = f"unix:{path}"
    else:
        server = await asyncio.start_server(daemon.serve, "127.0.0.1", 0)
        daemon.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield daemon


@pytest.mark.parametrize("by_socket", [False, True], ids=["port", "socket"])
async def test_a_file_is_sent_whole_and_the_answer_believed(by_socket: bool, tmp_path: Path) -> None:
    content = bytes(range(256)) * 1_000
    async with running(Daemon(), tmp_path / "s" if by_socket else None) as daemon:
        scanner = Scanner(daemon.address)
        assert await scanner.scan(content, seconds=5) == Clean()
        assert await scanner.scan(content + EICAR, seconds=5) == Infected("Eicar-Test")
    assert daemon.seen == [content, content + EICAR]


async def test_nobody_there_is_unknown() -> None:
    async with running(Daemon()) as daemon:
        address = daemon.address
    with capture_logs() as logs:
        assert await Scanner(address).scan(b"x", seconds=60) == Unknown()
    assert [(one["event"], one["error"]) for one in logs] == [("documents.scanner_away", "ConnectionRefusedError")]
    assert daemon.seen == []


async def test_silence_is_unknown_and_bounded() -> None:
    """It has the whole file, and says nothing."""
    async with running(Daemon(silent=True)) as daemon:
        with capture_logs() as logs:
            assert await Scanner(daemon.address).scan(b"x", seconds=2) == Unknown()
    assert [(one["event"], one["error"]) for one in logs] == [("documents.scanner_away", "TimeoutError")]
    assert daemon.seen == [b"x"]


@pytest.mark.parametrize("answer", [b"stream: lstat() failed. ERROR\0", b"OKAY", b"\0", b"HTTP/1.1 200 OK\r\n\r\n", b"FOUND"])
async def test_what_is_neither_yes_nor_no_is_unknown(answer: bytes) -> None:
    """It was that answer, and no silence and no closed door, that was not believed."""
    async with running(Daemon(answer=answer)) as daemon:
        with capture_logs() as logs:
            assert await Scanner(daemon.address).scan(b"x", seconds=60) == Unknown()
    assert [(one["event"], one["size_bytes"]) for one in logs] == [("documents.scanner_puzzling", len(answer))]
    assert daemon.seen == [b"x"]


async def test_a_file_larger_than_the_scanner_takes_is_unknown() -> None:
    """The scanner ends it in the middle; whether its words or the closed door come first is the network's."""
    async with running(Daemon(most=100_000)) as daemon:
        with capture_logs() as logs:
            assert await Scanner(daemon.address).scan(b"x" * 2_000_000, seconds=60) == Unknown()
    assert "TimeoutError" not in str(logs) and len(logs) == 1
    assert daemon.seen == [] and len(daemon.refused) == 1 and 100_000 < daemon.refused[0] < 2_000_000


async def test_without_a_scanner_every_file_counts_as_clean() -> None:
    assert await Scanner().scan(EICAR, seconds=1) == Clean()


@pytest.mark.parametrize("address", ["127.0.0.1:3310", "tcp://scanner", "tcp://scanner:99999", "unix:relative", "http://scanner:1"])
def test_a_wrong_address_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValidationError, match="is no address of a scanner: tcp://host:3310 or unix:/path"):
        ApplicationsSettings(documents_scanner=address)
