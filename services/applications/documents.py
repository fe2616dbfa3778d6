"""Files that people attach: checked by size and content, kept under names that we make, given out as downloads only."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final, Protocol
from urllib.parse import quote
from uuid import UUID

import puremagic
from obstore.store import LocalStore
from starlette.responses import Response

from shared.kernel.ids import new_id

CHUNK_BYTES: Final = 64 * 1024
HEAD_BYTES: Final = 8 * 1024
TAIL_BYTES: Final = 4 * 1024
NAME_MAX: Final = 120


class Reads(Protocol):
    """Something that gives its bytes piece by piece, and nothing at its end; such as Starlette's `UploadFile`."""

    async def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Received:
    """A whole file of a type that is accepted."""

    filename: str
    content_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class UploadRefused:
    """Why a file is not taken. `code`: `no_file`, `empty`, `too_large`, `wrong_type`, `cut_off`.

    Shown with the file's name, its size as far as it was read, the type found (empty where unknown), and what would be accepted.
    """

    code: str
    filename: str
    size_bytes: int
    content_type: str
    accepted: tuple[str, ...]
    max_bytes: int


WHOLE: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "application/pdf": lambda content: content.startswith(b"%PDF-") and b"%%EOF" in content[-TAIL_BYTES:],
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND\xaeB`\x82" in content[-TAIL_BYTES:],
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content[-TAIL_BYTES:],
}
"""By type: whether the file has both its beginning and its end."""


async def receive(upload: Reads, filename: str | None, *, accepted: Collection[str], max_bytes: int) -> Received | UploadRefused:
    """Read an upload, never more than `max_bytes` and one piece of it, and check it by what is in it, whatever it says it is."""
    name = tidy_name(filename or "")

    def refused(code: str, size: int, found: str = "") -> UploadRefused:
        return UploadRefused(code, name, size, found, tuple(accepted), max_bytes)

    content = bytearray()
    while piece := await upload.read(CHUNK_BYTES):
        content += piece
        if len(content) > max_bytes:
            return refused("too_large", len(content))
    if not name:
        return refused("no_file", len(content))
    if not content:
        return refused("empty", 0)
    found = type_of(bytes(content[:HEAD_BYTES]))
    if found not in accepted:
        return refused("wrong_type", len(content), found)
    if found in WHOLE and not WHOLE[found](bytes(content)):
        return refused("cut_off", len(content), found)
    return Received(name, found, bytes(content))


def type_of(head: bytes) -> str:
    """The media type that the first bytes show; empty where they show none."""
    try:
        return puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return ""


def tidy_name(filename: str) -> str:
    """The last part of the name as it was on the person's machine, without control characters, at most `NAME_MAX` characters."""
    base = PurePath(filename.replace("\\", "/")).name
    clean = "".join(letter for letter in base if letter.isprintable()).strip()
    if len(clean) <= NAME_MAX:
        return clean
    end = PurePath(clean).suffix[:10]
    return clean[: NAME_MAX - len(end)] + end


class DocumentStore:
    """The bytes of documents, in a folder that only this service's account may open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._store = LocalStore(prefix=str(folder.resolve()))

    async def put(self, application_id: UUID, content: bytes) -> str:
        """Store the bytes; the key to get them by."""
        key = f"{application_id}/{new_id()}"
        await self._store.put_async(key, content)
        return key

    async def get(self, key: str) -> bytes:
        """The bytes under `key`; `FileNotFoundError` where there are none."""
        result = await self._store.get_async(key)
        return bytes(await result.bytes_async())

    async def delete(self, key: str) -> None:
        """Remove the bytes under `key`; nothing happens where there are none."""
        try:
            await self._store.delete_async(key)
        except FileNotFoundError:
            return

    async def keys(self) -> dict[str, float]:
        """Every key, and the moment (seconds since 1970) that its bytes were written."""
        found: dict[str, float] = {}
        async for portion in self._store.list():
            found |= {one["path"]: one["last_modified"].timestamp() for one in portion}
        return found


def as_download(filename: str, content_type: str, content: bytes) -> Response:
    """The file as something to save: no browser ever shows or runs it on our origin."""
    plain = "".join(letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_" for letter in filename)
    return Response(
        content,
        media_type=content_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
