"""Messages on their way out: claiming those that are due, keeping what became of each, reminders that have come due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from services.notifications.tables import Programme, Reminder
from shared.persistence.database import Tx

# A message whose programme is not known yet cannot be put into words: it waits, and is not claimed.
_CLAIM = text(
    "update message m set state = 'sending', attempts = m.attempts + 1, next_try_at = :lease, tried_at = now() from ("
    "select id from message where channel = 'email' and next_try_at <= :now and split_part(cell, ':', 1) in (select code from programme) "
    "order by next_try_at, id limit :most for update skip locked) due where m.id = due.id "
    "returning m.id, m.attempts, m.about, m.application, m.recipient, m.template, m.cell, m.facts, m.created_at"
)
_SETTLE = text(
    "update message m set state = o.state, attempts = m.attempts - o.uncounted, last_reason = o.reason, language = o.language, "
    "sent_at = case o.state when 'sent' then cast(:now as timestamptz) end, next_try_at = o.next "
    "from unnest(cast(:ids as uuid[]), cast(:attempts as int[]), cast(:states as text[]), cast(:uncounted as int[]), "
    "cast(:reasons as text[]), cast(:languages as text[]), cast(:nexts as timestamptz[])) "
    "as o (id, attempts, state, uncounted, reason, language, next) "
    "where m.id = o.id and m.state = 'sending' and m.attempts = o.attempts returning m.id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that this worker may send until its lease ends. `attempts` counts this try."""

    id: UUID
    attempts: int
    about: UUID
    application: UUID
    recipient: UUID
    template: str
    cell: str
    facts: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one try. `state` is sent, failed_temporarily or failed; `uncounted`: it does not count as a try."""

    claimed: Claimed
    state: str
    reason: str | None = None
    language: str | None = None
    next_try_at: datetime | None = None
    uncounted: bool = False


async def claim(tx: Tx, *, now: datetime, lease: datetime, most: int) -> list[Claimed]:
    """Take up to `most` mails that are due, or whose sender's lease has ended; nobody else takes them until `lease`."""
    rows = (await tx.execute(_CLAIM, {"now": now, "lease": lease, "most": most})).mappings()
    return sorted((Claimed(**row) for row in rows), key=lambda one: (one.created_at, one.id))


async def settle(tx: Tx, outcomes: Sequence[Outcome], *, now: datetime) -> set[UUID]:
    """Keep what became of each; returns the ids of those that were still this worker's."""
    if not outcomes:
        return set()
    values = {
        "now": now,
        "ids": [o.claimed.id for o in outcomes],
        "attempts": [o.claimed.attempts for o in outcomes],
        "states": [o.state for o in outcomes],
        "uncounted": [int(o.uncounted) for o in outcomes],
        "reasons": [o.reason for o in outcomes],
        "languages": [o.language for o in outcomes],
        "nexts": [o.next_try_at for o in outcomes],
    }
    return set((await tx.execute(_SETTLE, values)).scalars())


async def programmes(tx: Tx) -> dict[str, Programme]:
    """Every programme that is known, by code."""
    return {row.code: row for row in (await tx.execute(select(Programme))).scalars()}


async def due_reminders(tx: Tx, *, now: datetime, most: int) -> list[Reminder]:
    """Up to `most` reminders that have come due, locked; those that another worker holds are left out."""
    found = (
        select(Reminder).where(col(Reminder.state) == "set", col(Reminder.due_at) <= now).order_by(col(Reminder.due_at), col(Reminder.id))
    )
    return list((await tx.execute(found.limit(most).with_for_update(skip_locked=True))).scalars())
