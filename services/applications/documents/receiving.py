"""Files that people attach, as they come in: bounded in size, judged by what is in them, kept by what their content says they are."""

import codecs
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Protocol

import puremagic

from services.applications.documents.frames import Fault
from services.applications.documents.workshop import WORKSHOP

CHUNK_BYTES: Final = 64 * 1024
HEAD_BYTES: Final = 8 * 1024
NAME_MAX: Final = 120
ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
}
"""What the name of a file of each type may end with; the first one is put behind any other end."""
BEGINNINGS: Final = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")
HEIC: Final = "image/heic"
TEXT: Final = "text/plain"
ZIP: Final = "application/zip"
ZIP_BEGINNING: Final = b"PK\x03\x04"
IN_ZIP: Final = (
    (b"mimetypeapplication/vnd.oasis.opendocument", "application/vnd.oasis.opendocument"),
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
"""What stands near the beginning of an archive that is a document: puremagic takes every archive for one of Word."""
OLD_OFFICE: Final = "application/x-ole-storage"
OLD_OFFICE_BEGINNING: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Reads(Protocol):
    """Something that gives its bytes piece by piece, and nothing at its end; such as Starlette's `UploadFile`."""

    async def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Received:
    """A whole file of a type that is accepted, as it will be kept. A picture is one page."""

    filename: str
    content_type: str
    content: bytes
    pages: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class UploadRefused:
    """Why a file is not taken. `code`: `no_file`, `empty`, `too_large`, `wrong_type`, `too_many`, `infected`, or one of `Fault`'s.

    Shown with the file's name, its size as far as it was read, the type found (empty where unknown), and what would be accepted.
    """

    code: str
    filename: str
    size_bytes: int
    content_type: str
    accepted: tuple[str, ...]
    max_bytes: int
    max_files: int = 1


async def receive(upload: Reads, filename: str | None, *, accepted: Collection[str], max_bytes: int) -> Received | UploadRefused:
    """Read an upload, never more than `max_bytes` and one piece of it, and look it through, whatever it says it is."""
    name = tidy_name(filename or "")

    def refused(code: str, size: int, found: str = "") -> UploadRefused:
        return UploadRefused(code, name, size, found, tuple(accepted), max_bytes)

    content = bytearray()
    while piece := await upload.read(CHUNK_BYTES):
        content += piece
        if len(content) > max_bytes:
            return refused("too_large", len(content))
    if not filename:
        return refused("no_file", len(content))
    if not content:
        return refused("empty", 0)
    whole = bytes(content)
    del content  # a second copy, for as long as it is looked through
    found = type_of(whole[:HEAD_BYTES])
    if found not in accepted:
        return refused("wrong_type", len(whole), found)
    inspected = await WORKSHOP.inspect(whole, found)
    if isinstance(inspected, Fault):
        return refused(inspected.code, len(whole), found)
    return Received(named_as(name, found), found, inspected.content, inspected.pages)


def type_of(head: bytes) -> str:
    """The media type that the first bytes show; empty where they show none."""
    for beginning, media_type in BEGINNINGS:
        if head.startswith(beginning):
            return media_type
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return HEIC
    if head.startswith(ZIP_BEGINNING):
        return next((media_type for sign, media_type in IN_ZIP if sign in head), ZIP)
    if head.startswith(OLD_OFFICE_BEGINNING):
        return OLD_OFFICE
    try:
        return puremagic.from_string(head, mime=True) or _text(head)
    except (puremagic.PureError, ValueError):
        return _text(head)


def _text(head: bytes) -> str:
    """`text/plain` for what is nothing but letters, of which the last may be cut off; empty otherwise."""
    try:
        said = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return ""
    return TEXT if all(letter.isprintable() or letter.isspace() for letter in said) else ""


def claims(filename: str, accepted: Collection[str]) -> bool:
    """Whether the name ends as files of one of these types do."""
    return any(PurePath(filename).suffix.lower() in ENDINGS.get(one, ()) for one in accepted)


def tidy_name(filename: str) -> str:
    """The last part of the name as it was on the person's machine, without letters that cannot be seen, at most `NAME_MAX` of them."""
    base = PurePath(filename.replace("\\", "/")).name
    clean = "".join(letter for letter in base if letter.isprintable()).strip()
    if len(clean) <= NAME_MAX:
        return clean
    end = PurePath(clean).suffix[:10]
    return clean[: NAME_MAX - len(end)] + end


def named_as(name: str, media_type: str) -> str:
    """The name, ending as files of this type do, whatever it ended with; `document` where nothing of a name was left."""
    endings = ENDINGS.get(media_type, ("",))
    if PurePath(name).suffix.lower() in endings:
        return name
    return f"{(name.strip('. ') or 'document')[: NAME_MAX - len(endings[0])]}{endings[0]}"
