"""Writing a move: its row on the timeline and its event in the outbox, in one statement."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.applications.store.idempotency import Keep, start_over
from shared.events.envelope import AnyEvent
from shared.messaging.outbox import columns
from shared.persistence.database import Tx

_TELL = (
    "told as (insert into outbox (topic, key, event_id, type, value, created_at) "
    "select * from unnest(cast(:topics as text[]), cast(:keys as text[]), cast(:ids as uuid[]), cast(:types as text[]), "
    "cast(:values as bytea[]), cast(:times as timestamptz[])))"
)
_KEEP = (
    "kept as (insert into idempotency_key (principal, key, request_hash, body, created_at) "
    "values (:principal, :key, :request_hash, cast(:body as jsonb), :at) on conflict do nothing returning key)"
)
_ENTER = (
    "insert into timeline_entry (application_id, number, at, act, actor_role, actor_id, source, target, fact, detail) "
    "values (:application_id, :number, :at, :act, :actor_role, :actor_id, :source, :target, :fact, cast(:detail as jsonb))"
)
_WRITE = text(f"with {_TELL} {_ENTER}")
_WRITE_AND_KEEP = text(f"with {_TELL}, {_KEEP} {_ENTER} returning (select count(*) from kept)")  # noqa: S608 - parts of our own


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the timeline; see `tables.TimelineEntry`."""

    application_id: UUID
    number: int
    at: datetime
    act: str
    actor_role: str
    actor_id: UUID | None
    source: str | None
    target: str
    fact: int | None
    detail: Mapping[str, Any]


async def write(tx: Tx, entry: Entry, events: Sequence[AnyEvent] = (), keep: Keep | None = None) -> None:
    """Write the row and, with it, the events that tell of the move and the answer to keep; under the application's row lock."""
    values = {name: getattr(entry, name) for name in Entry.__slots__} | {"detail": json.dumps(dict(entry.detail), default=str)}
    values |= columns(events)
    if keep is None:
        await tx.execute(_WRITE, values)
    elif (await tx.execute(_WRITE_AND_KEEP, values | keep._asdict())).scalar_one() == 0:
        await start_over(tx)
