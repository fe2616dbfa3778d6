"""The only place that makes ids."""

import hashlib
import os
import secrets
from typing import Final
from uuid import UUID

from shared.kernel.clock import milliseconds

_VERSION_7: Final = 0x7 << 76 | 0x2 << 62
_RANDOM: Final = (1 << 80) - 1 & ~(0xF << 76 | 0x3 << 62)
RECEIPT_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> UUID:
    """A new UUID version 7 (RFC 9562): 48 bits of milliseconds, then random; ids made later sort later, so indexes stay small."""
    return UUID(int=milliseconds() << 80 | int.from_bytes(os.urandom(10)) & _RANDOM | _VERSION_7)


def new_ids(count: int) -> list[bytes]:
    """So many new ids as `new_id` makes them, of 16 bytes each, with one look at the clock and one at the source of chance."""
    stamp, chance = milliseconds() << 80 | _VERSION_7, os.urandom(10 * count)
    return [(stamp | int.from_bytes(chance[at : at + 10]) & _RANDOM).to_bytes(16) for at in range(0, 10 * count, 10)]


def derived_id(*parts: str) -> UUID:
    """The UUID (version 8) that belongs to these parts: the same parts always give the same id, in every process."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    value = int.from_bytes(digest[:16])
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_secret(size_bytes: int = 32) -> str:
    """A new unguessable URL-safe text of `size_bytes` random bytes (at least 16)."""
    assert size_bytes >= 16, "a secret shorter than 128 bits can be guessed"
    return secrets.token_urlsafe(size_bytes)


def new_code(digits: int = 6) -> str:
    """A new random code of decimal digits, for people to type."""
    return "".join(secrets.choice("0123456789") for _ in range(digits))


def new_receipt() -> str:
    """A new receipt number such as `K7QF-2MXW-9D`: ten characters without look-alikes, for people to read aloud."""
    letters = len(RECEIPT_ALPHABET)
    number, text = secrets.randbelow(letters**10), ""  # drawn once: ten draws take ten times as long
    for _ in range(10):
        number, letter = divmod(number, letters)
        text += RECEIPT_ALPHABET[letter]
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"
