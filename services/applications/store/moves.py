"""Writing a move: the application's row, its line on the timeline and its event in the outbox, in one statement."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm.attributes import set_committed_value

from services.applications.store.idempotency import Keep, start_over
from services.applications.tables import Application
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
_KEPT = "returning (select count(*) from kept)"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@cache
def _statement(changed: tuple[str, ...], keeps: bool) -> TextClause:
    """The one statement of a move that changes these columns of the application."""
    columns = Application.__table__.columns  # type: ignore[attr-defined]
    sets = ", ".join(f"{name} = cast(:new_{name} as {columns[name].type.compile(_DIALECT)})" for name in changed)
    moved = f"moved as (update application set {sets} where id = :application_id)"  # noqa: S608 - columns of our own
    parts = ", ".join([*([moved] if changed else []), _TELL, *([_KEEP] if keeps else [])])
    return text(f"with {parts} {_ENTER} {_KEPT if keeps else ''}")


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


async def write(tx: Tx, application: Application, entry: Entry, events: Sequence[AnyEvent] = (), keep: Keep | None = None) -> None:
    """Write the row and, with it, what the move changed of the application (whose row is locked), the events, and the answer to keep.

    The session does not write the change, which would be a statement of its own and cost as much again: it is told that this was done.
    """
    state = inspect(application)
    touched = [state.attrs[name] for name in state.committed_state]
    changed = {one.key: one.value for one in touched if one.history.has_changes()}
    for name, value in changed.items():
        set_committed_value(application, name, value)
    values = {name: getattr(entry, name) for name in Entry.__slots__} | {"detail": json.dumps(dict(entry.detail), default=str)}
    values |= {f"new_{name}": value for name, value in changed.items()} | columns(events)
    if keep is not None:
        values |= keep._asdict()
    kept = await tx.execute(_statement(tuple(sorted(changed)), keep is not None), values)
    if keep is not None and kept.scalar_one() == 0:
        await start_over(tx)
