"""What a batch of events leaves behind: what was heard, messages, reminders, and what programmes are called."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlmodel import col

from services.notifications.domain.choose import Alarm, Facts
from services.notifications.tables import ApplicationState, Programme, SubjectState
from shared.kernel.ids import derived_id
from shared.persistence.database import Tx

_MEET = text(
    "insert into application_state (application, person, cell) "
    "select * from unnest(cast(:applications as uuid[]), cast(:persons as uuid[]), cast(:cells as text[])) "
    "on conflict (application) do nothing"
)
_LOCK = (
    select(ApplicationState)
    .where(col(ApplicationState.application).in_(bindparam("ids", expanding=True)))
    .order_by(col(ApplicationState.application))
    .with_for_update()
)
_HEARD = text(
    "update application_state s set heard_applications = h.a, heard_quotas = h.q, last_type = h.kind, last_at = h.at "
    "from unnest(cast(:ids as uuid[]), cast(:a as int[]), cast(:q as int[]), cast(:kinds as text[]), cast(:times as timestamptz[])) "
    "as h (id, a, q, kind, at) where s.application = h.id"
)
_APART = text(
    "insert into subject_state (subject, heard) select * from unnest(cast(:subjects as text[]), cast(:versions as int[])) "
    "on conflict (subject) do update set heard = excluded.heard"
)
_WRITE = text(
    "insert into message (id, event_id, about, application, recipient, channel, template, cell, facts, created_at, state, next_try_at, "
    "sent_at) select m.*, case m.channel when 'inbox' then 'sent' else 'created' end, "
    "case m.channel when 'inbox' then null else m.created_at end, case m.channel when 'inbox' then m.created_at end "
    "from unnest(cast(:id as uuid[]), cast(:event_id as uuid[]), cast(:about as uuid[]), cast(:application as uuid[]), "
    "cast(:recipient as uuid[]), cast(:channel as text[]), cast(:template as text[]), cast(:cell as text[]), cast(:facts as jsonb[]), "
    "cast(:created_at as timestamptz[])) "
    "as m (id, event_id, about, application, recipient, channel, template, cell, facts, created_at) "
    "on conflict (event_id, recipient, channel) do nothing"
)
_SETTLE = text(
    "update reminder r set state = 'settled', changed_at = s.at "
    "from unnest(cast(:ids as uuid[]), cast(:kinds as text[]), cast(:times as timestamptz[])) as s (id, kind, at) "
    "where r.application = s.id and r.kind = s.kind and r.state = 'set'"
)
_SET = text(
    "insert into reminder "
    "(id, event_id, application, kind, recipient, channels, template, cell, facts, due_at, until_at, state, changed_at) "
    "select r.id, r.event_id, r.application, r.kind, r.recipient, string_to_array(r.channels, ' '), r.template, r.cell, r.facts, r.due_at, "
    "r.until_at, 'set', r.at "
    "from unnest(cast(:id as uuid[]), cast(:event_id as uuid[]), cast(:application as uuid[]), cast(:kind as text[]), "
    "cast(:recipient as uuid[]), cast(:channels as text[]), cast(:template as text[]), cast(:cell as text[]), cast(:facts as jsonb[]), "
    "cast(:due_at as timestamptz[]), cast(:until_at as timestamptz[]), cast(:at as timestamptz[])) "
    "as r (id, event_id, application, kind, recipient, channels, template, cell, facts, due_at, until_at, at) "
    "on conflict (event_id, kind) do nothing"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to be written. `cause` is the event or reminder that it is for, `about` the event that it tells of."""

    cause: UUID
    about: UUID
    application: UUID
    recipient: UUID
    channel: str
    template: str
    cell: str
    facts: Facts
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReminder:
    """A reminder to be set, for the event `about` of `application`."""

    about: UUID
    application: UUID
    cell: str
    alarm: Alarm
    at: datetime


async def meet(tx: Tx, applications: Mapping[UUID, tuple[UUID, str]]) -> dict[UUID, ApplicationState]:
    """What was heard of each application (id -> person and cell), noted where it is new, and locked in one fixed order."""
    ids = sorted(applications)
    await tx.execute(_MEET, {"applications": ids, "persons": [applications[i][0] for i in ids], "cells": [applications[i][1] for i in ids]})
    return await locked(tx, ids)


async def locked(tx: Tx, ids: Collection[UUID]) -> dict[UUID, ApplicationState]:
    """The rows of these applications, locked in one fixed order."""
    return {row.application: row for row in (await tx.execute(_LOCK, {"ids": sorted(ids)})).scalars()}


async def heard(tx: Tx, states: Mapping[UUID, tuple[int, int, str, datetime]]) -> None:
    """Keep the last versions of each application (from applications, from quotas), and the last event's type and time."""
    if states:
        a, q, kinds, times = zip(*states.values(), strict=True)
        await tx.execute(_HEARD, {"ids": list(states), "a": list(a), "q": list(q), "kinds": list(kinds), "times": list(times)})


async def heard_apart(tx: Tx, subjects: Collection[str]) -> dict[str, int]:
    """The last version heard of subjects that are not applications; read under the lock of their applications' rows."""
    if not subjects:
        return {}
    found = select(SubjectState).where(col(SubjectState.subject).in_(sorted(subjects)))
    return {row.subject: row.heard for row in (await tx.execute(found.execution_options(populate_existing=True))).scalars()}


async def keep_apart(tx: Tx, versions: Mapping[str, int]) -> None:
    """Keep the last version of each such subject."""
    if versions:
        await tx.execute(_APART, {"subjects": list(versions), "versions": list(versions.values())})


async def write(tx: Tx, messages: Sequence[NewMessage]) -> None:
    """Store messages; one that the same person was told through the same channel for the same event stays as it is."""
    if messages:
        await tx.execute(
            _WRITE,
            {
                "id": [derived_id("message", str(m.cause), str(m.recipient), m.channel) for m in messages],
                "event_id": [m.cause for m in messages],
                "about": [m.about for m in messages],
                "application": [m.application for m in messages],
                "recipient": [m.recipient for m in messages],
                "channel": [m.channel for m in messages],
                "template": [m.template for m in messages],
                "cell": [m.cell for m in messages],
                "facts": [json.dumps(dict(m.facts)) for m in messages],
                "created_at": [m.at for m in messages],
            },
        )


async def settle(tx: Tx, settled: Mapping[tuple[UUID, str], datetime]) -> None:
    """End the reminders that are set: (application, kind) -> when."""
    if settled:
        ids, kinds = zip(*settled, strict=True)
        await tx.execute(_SETTLE, {"ids": list(ids), "kinds": list(kinds), "times": list(settled.values())})


async def remind(tx: Tx, reminders: Sequence[NewReminder]) -> None:
    """Set reminders; at most one of a kind for each application, whose earlier one is settled."""
    if reminders:
        await tx.execute(
            _SET,
            {
                "id": [derived_id("reminder", str(r.about), r.alarm.kind) for r in reminders],
                "event_id": [r.about for r in reminders],
                "application": [r.application for r in reminders],
                "kind": [r.alarm.kind for r in reminders],
                "recipient": [r.alarm.recipient for r in reminders],
                "channels": [" ".join(r.alarm.channels) for r in reminders],
                "template": [r.alarm.template for r in reminders],
                "cell": [r.cell for r in reminders],
                "facts": [json.dumps(dict(r.alarm.facts)) for r in reminders],
                "due_at": [r.alarm.due for r in reminders],
                "until_at": [r.alarm.until for r in reminders],
                "at": [r.at for r in reminders],
            },
        )


async def keep_programme(tx: Tx, programme: Programme) -> bool:
    """Store what a programme is called; False where this version or a newer one was known."""
    known = (
        await tx.execute(
            select(Programme).where(col(Programme.code) == programme.code).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if known is not None and known.version >= programme.version:
        return False
    await tx.merge(programme)
    await tx.flush()
    return True
