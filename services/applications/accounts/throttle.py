"""Requests counted in PostgreSQL, so that every process counts together and a restart forgets nothing."""

import hashlib
from datetime import datetime

from sqlalchemy import text

from services.applications.domain.accounts import Count, Window
from shared.persistence.database import Tx

_COUNT = text(
    "insert into throttle as t (key, used, ends_at) values (:key, 1, :ends_at) on conflict (key) do update set "
    "used = case when t.ends_at <= :now then 1 else t.used + 1 end, "
    "ends_at = case when t.ends_at <= :now then excluded.ends_at else t.ends_at end returning used, ends_at"
)
_GIVE_BACK = text("update throttle set used = used - 1 where key = :key and used > 0")
_FORGET = text("delete from throttle where key = any(:keys)")
_CLEAN = text("delete from throttle where key in (select key from throttle where ends_at <= :now limit :most)")


async def count(tx: Tx, key: str, window: Window, *, now: datetime) -> Count:
    """One more request of `key`; a window that is over starts anew with this one."""
    row = (await tx.execute(_COUNT, {"key": _hidden(key), "now": now, "ends_at": now + window.span})).one()
    return Count(row.used, row.ends_at)


async def give_back(tx: Tx, key: str) -> None:
    """A request of `key` that came to nothing through no fault of the person's is not counted."""
    await tx.execute(_GIVE_BACK, {"key": _hidden(key)})


async def forget(tx: Tx, *keys: str) -> None:
    """Begin these windows anew: whoever has proved who they are does not bear what others asked and guessed."""
    await tx.execute(_FORGET, {"keys": [_hidden(key) for key in keys]})


async def clean(tx: Tx, *, now: datetime, most: int = 1000) -> int:
    """Remove windows that are over, at most `most`; returns how many."""
    return len((await tx.execute(text(_CLEAN.text + " returning key"), {"now": now, "most": most})).all())


def _hidden(key: str) -> str:
    """The key without the address in it: `email:`, `ip:` and the like, and a hash."""
    kind, _, who = key.partition(":")
    return f"{kind}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
