"""What every use case on one application does: find and lock it, ask the table, write the move, its timeline row and its event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.applications.domain.answers import given
from services.applications.domain.lifecycle import TABLE, Act, Moved, NotAllowed, State, move
from services.applications.domain.outcomes import Changed, Forbidden, NotFound, ReasonsWrong
from services.applications.domain.referees import lacking
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Programme
from services.applications.store import applications as store
from services.applications.store import moves, plans
from services.applications.store.idempotency import Keep
from services.applications.store.plans import InForce
from services.applications.tables import Application
from shared.events.catalogue import BY_DATA, event
from shared.events.envelope import AnyEvent
from shared.events.fact import Fact
from shared.kernel.cells import Cell
from shared.persistence import audit
from shared.persistence.database import Tx

Refused = NotFound | Forbidden | Changed | NotAllowed


@dataclass(frozen=True, slots=True)
class Done:
    """The act was done; `application` is as it is now."""

    application: Application


@dataclass(frozen=True, slots=True)
class Standing:
    """An application whose row is locked, its programme, and the move that may be made."""

    application: Application
    terms: InForce
    act: Act
    moved: Moved

    @property
    def programme(self) -> Programme:
        return self.terms.programme


ADMINISTRATIVE: Final = frozenset({"coordinator", "reviewer", "officer", "operator"})
"""Roles whose acts leave an audit row."""


def cell_of(application: Application) -> Cell:
    return Cell(application.programme, application.country, application.year)


def facts_of(application: Application) -> dict[str, UUID]:
    """What every event about an application says first."""
    return {"application": application.id, "person": application.person_id}


def role_ever(act: Act, role: str) -> bool:
    """Whether the role does this act in any state at all."""
    return any(row.act is act and role in row.who for row in TABLE)


def on_own_case(viewer: Viewer, application: Application) -> bool:
    """Whether a member of staff would act on the application that they handed in before they became one."""
    return viewer.role != "applicant" and viewer.account_id == application.person_id


async def begin(tx: Tx, viewer: Viewer, application_id: UUID, act: Act, *, expected_version: int | None) -> Standing | Refused:
    """Lock the application for `act`, or say why not. `expected_version` is the version that the viewer's form showed."""
    application = await store.find(tx, viewer, application_id, lock=True)
    if application is None:
        return NotFound()
    terms = await terms_of(tx, application.programme)
    return standing_of(viewer, application, terms, act, expected_version=expected_version)


def standing_of(viewer: Viewer, application: Application, terms: InForce, act: Act, *, expected_version: int | None) -> Standing | Refused:
    """Whether `act` may be done to the application, whose row is locked and of which the viewer may know."""
    if not role_ever(act, viewer.role) or on_own_case(viewer, application):
        return Forbidden()
    if expected_version is not None and expected_version != application.version:
        return Changed(State(application.state), application.version)
    moved = move(State(application.state), act, viewer.role, route=terms.programme.route)
    if isinstance(moved, NotAllowed):
        return Forbidden() if moved.reason == "not_in_this_role" else moved
    return Standing(application, terms, act, moved)


async def terms_of(tx: Tx, programme: str) -> InForce:
    """The programme of an application that exists: programmes are never taken out of force."""
    terms = await plans.in_force(tx, programme)
    assert terms is not None, f"there are applications to {programme}, which was never published"
    return terms


async def advance(
    tx: Tx,
    standing: Standing,
    viewer: Viewer,
    *,
    now: datetime,
    fact: Fact | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Done:
    """Write the move that `begin` found possible; see `finish`."""
    application, role, actor = standing.application, viewer.role, viewer.account_id
    return await finish(tx, application, standing.moved, standing.act, role=role, actor=actor, now=now, fact=fact, detail=detail)


async def finish(
    tx: Tx,
    application: Application,
    moved: Moved,
    act: Act,
    *,
    role: str,
    actor: UUID | None,
    now: datetime,
    fact: Fact | None = None,
    detail: Mapping[str, Any] | None = None,
    cause: AnyEvent | None = None,
) -> Done:
    """Write the move: the row, its timeline, its event into the outbox, and the audit row of an administrative act; see `made`."""
    await moves.write(tx, made(application, moved, act, role=role, actor=actor, now=now, fact=fact, detail=detail, cause=cause))
    if role in ADMINISTRATIVE:
        await note(tx, application, act, role=role, actor=actor, now=now, detail=detail)
    return Done(application)


def made(
    application: Application,
    moved: Moved,
    act: Act,
    *,
    role: str,
    actor: UUID | None,
    now: datetime,
    fact: Fact | None = None,
    detail: Mapping[str, Any] | None = None,
    cause: AnyEvent | None = None,
    keep: Keep | None = None,
) -> moves.Move:
    """The application as it is after the move, with what is to be written.

    `fact` is given exactly where the table names an event; `detail` holds ids, codes and figures, shown in words on the timeline.
    """
    told = BY_DATA[type(fact)].type if fact else None
    assert told == (f"puente.{moved.event}.v1" if moved.event else None), f"{act} publishes {moved.event}, not {told}"
    facts = application.facts + (fact is not None)
    moves.change(application, state=moved.target, version=application.version + 1, changed_at=now, facts=facts)
    tells = None
    if fact is not None:
        key = cell_of(application).key
        tells = event(fact, subject=str(application.id), version=application.facts, key=key, at=now, cause=cause)
    number = application.facts if fact else None
    line = entry(application, moved, act, role=role, actor=actor, now=now, fact=number, detail=detail)
    return moves.Move(application, line, tells, keep)


def entry(
    application: Application,
    moved: Moved,
    act: Act,
    *,
    role: str,
    actor: UUID | None,
    now: datetime,
    fact: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> moves.Entry:
    """The timeline row of the move that made the application's present version."""
    return moves.Entry(application.id, application.version, now, act, role, actor, moved.source, moved.target, fact, detail or {})


async def note(
    tx: Tx, application: Application, act: str, *, role: str, actor: UUID | None, now: datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """The audit row of an administrative act on an application."""
    subject = str(application.id)
    await audit.record(tx, at=now, actor=str(actor), role=role, act=f"application.{act}", subject=subject, detail=dict(detail or {}))


def wrong_reasons(programme: Programme, use: str, reasons: Sequence[str]) -> ReasonsWrong | None:
    """None where there is at least one reason, and each is one that the programme allows for this use."""
    allowed = tuple(reason.code for reason in programme.reasons_for(use))
    return None if reasons and set(reasons) <= set(allowed) else ReasonsWrong(allowed)


def missing_in(programme: Programme, filled: store.FilledIn, stage: str) -> tuple[tuple[str, ...], int]:
    """Keys of the papers that this applicant must have attached by that stage and has not, and how many letters are still to come."""
    answers = given(programme.pages, filled.answers)
    asked = programme.documents_for(stage, answers)
    papers = tuple(paper.key for paper in asked if not paper.optional and paper.key not in filled.papers)
    return papers, lacking(programme.referees, filled.referees, answers, stage)
