"""Writing moves: the applications' rows, their lines on the timelines and their events in the outbox, in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec
from sqlalchemy import Table, TextClause, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm.attributes import set_attribute, set_committed_value

from services.applications.domain.lifecycle import Act
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
    "select principal, key, request_hash, body, created_at from jsonb_populate_recordset(null::idempotency_key, cast(:kept as jsonb)) "
    "on conflict do nothing returning key)"
)
_ENTER = (
    "insert into timeline_entry (application_id, number, at, act, actor_role, actor_id, source, target, fact, detail) "
    "select application_id, number, at, act, actor_role, actor_id, source, target, fact, detail "
    "from jsonb_populate_recordset(null::timeline_entry, cast(:entries as jsonb))"
)
_KEPT = "returning (select count(*) from kept)"


_table = cast("Table", inspect(Application).local_table)
_dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_TYPES = {column.name: column.type.compile(_dialect) for column in _table.columns}

_LET_GO = "let_go as (delete from page_typed where application_id = any(cast(:sent as uuid[])))"


@cache
def _statement(changed: tuple[str, ...], keeps: bool, sends: bool) -> TextClause:
    """The one statement of moves that change these columns of their applications."""
    sets = ", ".join(f"{name} = n.{name}" for name in changed)
    rows = ", ".join(f"{name} {_TYPES[name]}" for name in ("id", *changed))
    moved = (
        f"moved as (update application a set {sets} "  # noqa: S608 - columns of our own
        f"from jsonb_to_recordset(cast(:rows as jsonb)) n({rows}) where a.id = n.id)"
    )
    parts = ", ".join([*([moved] if changed else []), _TELL, *([_KEEP] if keeps else []), *([_LET_GO] if sends else [])])
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


class Move(NamedTuple):
    """An application, whose row is locked and which is as it shall be; the move's row, its event if it has one, and the answer to keep."""

    application: Application
    entry: Entry
    event: AnyEvent | None = None
    keep: Keep | None = None


async def write(tx: Tx, *written: Move) -> None:
    """Write what the moves changed of their applications and, with it, their rows, their events and the answers to keep. Of what is handed
    in goes what was typed and not saved.

    The session does not write the change, which would be a statement of its own and cost as much again: it is told that this was done.
    """
    changes = [_changed(move.application) for move in written]
    changed = tuple(sorted(set[str]().union(*changes)))
    keeps = [move.keep for move in written if move.keep is not None]
    values: dict[str, object] = {"entries": _json([move.entry for move in written])}
    values |= columns([move.event for move in written if move.event is not None])
    if changed:
        rows = [inspect(move.application).dict for move in written]
        values["rows"] = _json([{name: row[name] for name in ("id", *changed)} for row in rows])
    if keeps:
        values["kept"] = _json([keep._asdict() for keep in keeps])
    sent = [move.application.id for move in written if move.entry.act == Act.SUBMIT]
    if sent:
        values["sent"] = sent
    kept = await tx.execute(_statement(changed, bool(keeps), bool(sent)), values)
    if keeps and kept.scalars().first() != len(keeps):
        await start_over(tx)


def change(application: Application, **now_so: object) -> None:
    """Set columns of an application that a move changes; what stays as it is costs nothing to write.

    By the mapper's own function: the model's would check and set each of them twice.
    """
    before = inspect(application).dict
    for name, value in now_so.items():
        if name not in before or before[name] != value:
            set_attribute(application, name, value)


def _changed(application: Application) -> list[str]:
    """The columns that are not as they were read; the session, where it holds the application, takes them for written from here on."""
    state = inspect(application)
    names = [name for name, before in state.committed_state.items() if before != state.dict[name]]
    if state.session is not None:
        for name in names:
            set_committed_value(application, name, state.dict[name])
    return names


def _json(rows: object) -> str:
    return msgspec.json.encode(rows, enc_hook=str).decode()
