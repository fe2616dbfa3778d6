"""Requests that carry a key are done once: the same key gives the same answer, whether the first one arrived or was lost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.persistence.database import Tx

_START_OVER = text("do $$ begin raise exception 'another request with this key was first' using errcode = 'serialization_failure'; end $$")
_PURGE = text("delete from idempotency_key where ctid in (select ctid from idempotency_key where created_at < :before limit :most)")


class Known(NamedTuple):
    """The hash of the request that used a key, and the answer that was given."""

    request_hash: str
    body: Mapping[str, Any]


class Keep(NamedTuple):
    """An answer to keep for `principal` under `key`."""

    principal: UUID
    key: str
    request_hash: str
    body: Mapping[str, Any]
    created_at: datetime


async def start_over(tx: Tx) -> None:
    """Another request with the key was first: the transaction is tried again, and finds that one's answer."""
    await tx.execute(_START_OVER)


async def purge(tx: Tx, *, before: datetime, most: int) -> int:
    """Delete at most so many keys made before a moment; how many there were."""
    return int((await tx.execute(_PURGE, {"before": before, "most": most})).rowcount)  # type: ignore[attr-defined]
