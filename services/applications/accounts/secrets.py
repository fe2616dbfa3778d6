"""What is stored of a secret: its SHA-256, bound to what it is for, so that one kind can never stand in for another."""

import hashlib
import hmac
from uuid import UUID


def hash_of_code(attempt: UUID, code: str) -> bytes:
    """The hash of a six-digit code; bound to its attempt, so that equal codes of two attempts differ."""
    return hashlib.sha256(b"code\x1f" + attempt.bytes + code.encode()).digest()


def hash_of_link(token: str) -> bytes:
    return hashlib.sha256(b"link\x1f" + token.encode()).digest()


def hash_of_session(token: str) -> bytes:
    return hashlib.sha256(b"session\x1f" + token.encode()).digest()


def hash_of_kept(secret: str) -> bytes:
    return hashlib.sha256(b"kept\x1f" + secret.encode()).digest()


def key_of_kept(secret: str) -> bytes:
    """The 256-bit key that a kept form is sealed with; it cannot be had from the hash that is stored."""
    return hashlib.sha256(b"kept-key\x1f" + secret.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Equality in a time that tells nothing."""
    return hmac.compare_digest(one, other)
