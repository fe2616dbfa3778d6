"""A ZIP that is made while it is sent: no more of it is in memory than one piece of one file."""

import zipfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from datetime import datetime
from typing import Final
from urllib.parse import quote

from starlette.responses import StreamingResponse

PIECE_BYTES: Final = 256 * 1024
"""About so much is gathered before it is sent."""
SQUEEZED: Final = (".html", ".json", ".txt")
"""Texts are compressed; papers and pictures are so already."""

Entry = tuple[str, AsyncIterable[bytes]]
"""The path inside the archive, and the file's bytes piece by piece."""


class _Outlet:
    """What `zipfile` writes to: it cannot be sought in, so sizes follow each file."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces, self.size = [], 0
        return taken


async def zipped(entries: AsyncIterable[Entry], at: datetime) -> AsyncIterator[bytes]:
    """The archive's bytes in pieces; `at` is the date of every file in it."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as archive:  # type: ignore[call-overload]  # it asks for no more than `write` and `flush`
        async for name, pieces in entries:
            info = zipfile.ZipInfo(name, at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED if name.endswith(SQUEEZED) else zipfile.ZIP_STORED
            info.external_attr = 0o600 << 16
            with archive.open(info, "w") as file:
                async for piece in pieces:
                    file.write(piece)
                    if outlet.size >= PIECE_BYTES:
                        yield outlet.take()
    yield outlet.take()


async def once(content: bytes) -> AsyncIterator[bytes]:
    """A file that is whole already, as pieces."""
    yield content


async def of_texts(texts: Iterable[tuple[str, str]]) -> AsyncIterator[Entry]:
    """Files of text, as entries."""
    for name, text in texts:
        yield name, once(text.encode())


def as_archive(filename: str, entries: AsyncIterable[Entry], at: datetime) -> StreamingResponse:
    """The archive as something to save."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store, no-transform",
    }
    return StreamingResponse(zipped(entries, at), media_type="application/zip", headers=headers)
