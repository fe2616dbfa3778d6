"""Links to documents that end soon: each is for one person, one document and one use, and says so under our seal. Pure but for its key.

A link carries no name and no address. Who may see the document is asked again when the link is used; the seal is there so that a link which
was copied, kept or guessed is worth nothing.
"""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from shared.web.keys import private_key

LIFE: Final = timedelta(minutes=10)
KEY_NAME: Final = "documents"
SAVE: Final = b"s"
LOOK: Final = b"l"
FIELDS: Final = struct.Struct("!16s16s16sQc")
SEAL_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is for: `use` is `SAVE` (as a file) or `LOOK` (its pages as pictures)."""

    application_id: UUID
    document_id: UUID
    person_id: UUID
    use: bytes


@dataclass(frozen=True, slots=True)
class Expired:
    """It was a link of ours, for this person, and its time is over."""

    application_id: UUID


class Links:
    """Makes and reads links. Every process of this service has the same key."""

    def __init__(self, key: bytes) -> None:
        self._key = sha256(b"links to documents\0" + key).digest()

    @classmethod
    def from_folder(cls, folder: Path) -> "Links":
        """With the key in this folder, made where there is none."""
        return cls(private_key(folder, KEY_NAME).as_pem(private=True))

    def make(self, link: Link, now: datetime) -> str:
        """The link, good for `LIFE` from `now` on, in letters that an address may hold."""
        until = int((now + LIFE).timestamp())
        body = FIELDS.pack(link.application_id.bytes, link.document_id.bytes, link.person_id.bytes, until, link.use)
        return urlsafe_b64encode(body + self._seal(body)).rstrip(b"=").decode()

    def read(self, raw: str, person_id: UUID, now: datetime) -> Link | Expired | None:
        """What the link is for; none where it is not ours, or not this person's."""
        try:
            sealed = urlsafe_b64decode(raw.encode("ascii") + b"=" * (-len(raw) % 4))
        except (ValueError, UnicodeEncodeError):
            return None
        body, seal = sealed[: FIELDS.size], sealed[FIELDS.size :]
        if len(body) != FIELDS.size or not hmac.compare_digest(seal, self._seal(body)):
            return None
        application, document, person, until, use = FIELDS.unpack(body)
        if UUID(bytes=person) != person_id:
            return None
        if now.timestamp() > until:
            return Expired(UUID(bytes=application))
        return Link(UUID(bytes=application), UUID(bytes=document), person_id, use)

    def _seal(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:SEAL_BYTES]
