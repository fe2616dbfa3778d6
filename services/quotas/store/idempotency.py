"""Requests that carry a key are done once: the same key gives the same answer, whether the first one arrived or was lost."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from shared.persistence.database import Tx

_CLAIM: Final = text(
    "insert into idempotency_key (principal, key, request_hash, body, created_at) values (:principal, :key, :request_hash, '{}', :now) "
    "on conflict do nothing returning key"
)
_KNOWN: Final = text("select request_hash, body from idempotency_key where principal = :principal and key = :key")
_KEEP: Final = text("update idempotency_key set body = cast(:body as jsonb) where principal = :principal and key = :key")
_FREE: Final = text("delete from idempotency_key where principal = :principal and key = :key")
_PURGE: Final = text("delete from idempotency_key where ctid in (select ctid from idempotency_key where created_at < :before limit :most)")


async def claim(tx: Tx, principal: str, key: str, request_hash: str, now: datetime) -> tuple[str, Mapping[str, Any]] | None:
    """None where the key is new and now ours; else the hash of the request that used it, and the answer that was given."""
    row = {"principal": principal, "key": key}
    if (await tx.execute(_CLAIM, {**row, "request_hash": request_hash, "now": now})).one_or_none() is not None:
        return None
    known = (await tx.execute(_KNOWN, row)).one()
    return known.request_hash, known.body


async def keep(tx: Tx, principal: str, key: str, body: Mapping[str, Any]) -> None:
    """Keep the answer under the claimed key."""
    await tx.execute(_KEEP, {"principal": principal, "key": key, "body": json.dumps(body)})


async def free(tx: Tx, principal: str, key: str) -> None:
    """Give up a claim that came to nothing: a refusal changes nothing, so the key may be tried again."""
    await tx.execute(_FREE, {"principal": principal, "key": key})


async def purge(tx: Tx, *, before: datetime, most: int) -> int:
    """Delete at most so many keys made before a moment; how many there were."""
    return int((await tx.execute(_PURGE, {"before": before, "most": most})).rowcount)  # type: ignore[attr-defined]
