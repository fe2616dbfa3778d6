"""What quotas answered, applied to the application that it is about. Repeats and late answers change nothing.

Each takes the whole event: `subjectversion` is the version of the place, and what is not newer than the last one applied
is skipped. The moment of a move is the event's own, so that a replay gives the same tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.applications.domain.lifecycle import FINISHED, QUOTAS, WITH_QUOTAS, Act, Moved, State, move
from services.applications.store import applications as store
from services.applications.tables import Application
from services.applications.told import FixedLimit
from services.applications.use_cases.steps import finish
from shared.events.envelope import Event
from shared.events.quotas import (
    CellChanged,
    LimitSet,
    NominationRefused,
    PlaceOffered,
    PlaceRefused,
    PlaceReleased,
    PlaceTaken,
    PlaceWaiting,
)
from shared.persistence.database import Tx

PlaceFact = NominationRefused | PlaceOffered | PlaceWaiting | PlaceRefused | PlaceTaken | PlaceReleased

OVERTAKEN: Final = {
    # The officer approved while the cap was being checked: quotas refuses the place itself, for the same reason.
    Act.REFUSE_NOMINATION: FINISHED | WITH_QUOTAS | {State.PLACED},
    # The list moved on and tells a new rank.
    Act.WAIT: FINISHED | {State.WAITING},
}
"""States in which an answer only shows that something else came first; elsewhere those in which everything is over."""

_KEEP_FIGURES: Final = text(
    "insert into cell_figures as f (cell, version, capacity, free, offered, taken, waiting, last_decision, at) "
    "select * from unnest(cast(:cells as text[]), cast(:versions as int[]), cast(:capacities as int[]), cast(:free as int[]), "
    "cast(:offered as int[]), cast(:taken as int[]), cast(:waiting as int[]), cast(:decisions as bigint[]), cast(:times as timestamptz[])) "
    "on conflict (cell) do update set "
    "version = excluded.version, capacity = excluded.capacity, free = excluded.free, offered = excluded.offered, taken = excluded.taken, "
    "waiting = excluded.waiting, last_decision = excluded.last_decision, at = excluded.at where f.version < excluded.version"
)


async def nomination_refused(tx: Tx, event: Event[NominationRefused]) -> None:
    """The country's cap had no room: back to submitted, with the limit named."""
    data = event.data
    changes = {"slate_rank": None, "reasons": [data.reason], "reason_limit": data.limit}
    await _apply(tx, Act.REFUSE_NOMINATION, event, changes, {"reason": data.reason, "limit": data.limit})


async def place_offered(tx: Tx, event: Event[PlaceOffered]) -> None:
    """A place is held until the deadline; the answer will name this version of it."""
    changes = {"answer_by": event.data.answer_by, "offer_version": event.subjectversion, "waiting_rank": None}
    await _apply(tx, Act.OFFER, event, changes, {"answer_by": event.data.answer_by.isoformat()})


async def place_waiting(tx: Tx, event: Event[PlaceWaiting]) -> None:
    """No room now: on the list, at a rank. A new rank of somebody who waits already is kept, and is no move."""
    data = event.data
    changes = {"waiting_rank": data.rank, "list_closes": data.list_closes}
    application = await _apply(tx, Act.WAIT, event, changes, {"rank": data.rank, "lacking": data.lacking})
    if application is not None and application.state == State.WAITING:
        application.waiting_rank = data.rank
        application.list_closes = data.list_closes


async def place_refused(tx: Tx, event: Event[PlaceRefused]) -> None:
    """No place and no waiting; the reason and the limit are kept for the applicant."""
    data = event.data
    changes = {"waiting_rank": None, "reasons": [data.reason], "reason_limit": data.limit}
    await _apply(tx, Act.REFUSE, event, changes, {"reason": data.reason, "limit": data.limit})


async def place_taken(tx: Tx, event: Event[PlaceTaken]) -> None:
    """The accepted offer became a place."""
    await _apply(tx, Act.TAKE, event)


async def place_released(tx: Tx, event: Event[PlaceReleased]) -> None:
    """A place went back. An expiry is a move; whether an end gave the place back, quotas alone knows. The other causes began here."""
    application = await _apply(tx, Act.LAPSE if event.data.cause == "expired" else None, event)
    if application is not None and event.data.cause == "ended":
        application.gave_back = True


async def cells_changed(tx: Tx, events: Sequence[Event[CellChanged]]) -> None:
    """Keep the newest figures of cells, locking their rows in one fixed order."""
    newest = {event.data.cell: event for event in sorted(events, key=lambda one: one.subjectversion)}
    if not newest:
        return
    told = [newest[cell] for cell in sorted(newest)]
    figures = {
        "cells": [one.data.cell for one in told],
        "versions": [one.subjectversion for one in told],
        "capacities": [one.data.capacity for one in told],
        "free": [one.data.free for one in told],
        "offered": [one.data.offered for one in told],
        "taken": [one.data.taken for one in told],
        "waiting": [one.data.waiting for one in told],
        "decisions": [one.data.last_decision for one in told],
        "times": [one.time for one in told],
    }
    await tx.execute(_KEEP_FIGURES, figures)


async def limit_set(tx: Tx, event: Event[LimitSet]) -> None:
    """Keep what officers set for a limit last; that they gave it back to the plan is kept too, so that what comes late is known as such."""
    data = event.data
    newest: dict[str, Any] = {"version": event.subjectversion, "capacity": data.capacity, "at": event.time}
    named = {"kind": data.kind, "programme": data.programme, "year": data.year, "country": data.country, "course": data.course}
    statement = insert(FixedLimit).values(key=data.limit, **named, **newest)
    newer = col(FixedLimit.version) < statement.excluded.version
    await tx.execute(statement.on_conflict_do_update(index_elements=["key"], set_=newest, where=newer))


async def _apply(
    tx: Tx, act: Act | None, event: Event[Any], changes: Mapping[str, Any] | None = None, detail: Mapping[str, Any] | None = None
) -> Application | None:
    """Note the event on its application and, where it is a move, make that move with its `changes` of columns.

    Answers with the locked application, or none where the event was applied before. A move that was overtaken is not made; one that
    makes no sense is a `ValueError`, so that the cell stops and is looked at.
    """
    application = await store.locked(tx, event.data.application)
    if application is None:
        raise ValueError(f"{event.type} is about application {event.data.application}, which is not in this service")
    if event.subjectversion <= application.place_version:
        return None
    application.place_version = event.subjectversion
    if act is None:
        return application
    moved = move(State(application.state), act, QUOTAS)
    if isinstance(moved, Moved):
        for column, value in (changes or {}).items():
            setattr(application, column, value)
        await finish(tx, application, moved, act, role=QUOTAS, actor=None, now=event.time, detail=detail, cause=event)
    elif application.state not in OVERTAKEN.get(act, FINISHED):
        raise ValueError(f"{event.type} came for application {application.id}, which is {application.state}: the table has no such move")
    return application
