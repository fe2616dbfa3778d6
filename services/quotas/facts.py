"""What others are told of a decision: outcome -> published event."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.quotas.domain.limits import named
from services.quotas.domain.model import CellState, Decision, Verdict
from services.quotas.domain.outcomes import LimitSet, NominationRefused, Offered, Refused, Released, Taken, Waiting
from services.quotas.domain.terms import Terms
from shared.events import quotas as facts
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.events.fact import Fact
from shared.persistence.database import new_ids, quick

Tell = Callable[[Decision, UUID, UUID, Any, Terms], Fact]
"""A decision, the application and the person that it is about, what it came to, and the terms -> what others are told."""
TellLimit = Callable[[Decision, Any], Fact]
"""A decision about a limit, and what it came to -> what others are told."""


def _nomination_refused(decision: Decision, application: UUID, person: UUID, outcome: NominationRefused, _terms: Terms) -> Fact:
    uses = [facts.LimitUse(key=u.key, kind=u.kind, capacity=u.capacity, before=u.before, after=u.after) for u in decision.uses]
    return facts.NominationRefused(application=application, person=person, reason=outcome.reason, limit=outcome.limit, limits=uses)


def _offered(decision: Decision, application: UUID, person: UUID, outcome: Offered, _terms: Terms) -> Fact:
    return facts.PlaceOffered(
        application=application, person=person, answer_by=outcome.answer_by, decision=decision.number, cause=decision.cause
    )


def _waiting(decision: Decision, application: UUID, person: UUID, outcome: Waiting, terms: Terms) -> Fact:
    return facts.PlaceWaiting(
        application=application,
        person=person,
        rank=outcome.position,
        lacking=list(outcome.lacking),
        list_closes=terms.calls[int(decision.cell.rpartition(":")[2])].list_closes,
        decision=decision.number,
    )


def _refused(decision: Decision, application: UUID, person: UUID, outcome: Refused, _terms: Terms) -> Fact:
    return facts.PlaceRefused(application=application, person=person, reason=outcome.reason, limit=outcome.limit, decision=decision.number)


def _taken(decision: Decision, application: UUID, person: UUID, _outcome: Taken, _terms: Terms) -> Fact:
    return facts.PlaceTaken(application=application, person=person, decision=decision.number)


def _released(decision: Decision, application: UUID, person: UUID, outcome: Released, _terms: Terms) -> Fact:
    return facts.PlaceReleased(application=application, person=person, cause=outcome.cause, decision=decision.number)


def _limit_set(decision: Decision, outcome: LimitSet) -> Fact:
    limit = named(outcome.limit)
    assert limit is not None, "what is no limit is not set"
    names: dict[str, Any] = {field: getattr(limit, field) for field in limit.kind.fields}
    return facts.LimitSet(
        limit=outcome.limit, kind=limit.kind.name, **names, capacity=outcome.fixed, cell=decision.cell, decision=decision.number
    )


TOLD: Final[Mapping[type, Tell]] = {
    NominationRefused: _nomination_refused,
    Offered: _offered,
    Waiting: _waiting,
    Refused: _refused,
    Taken: _taken,
    Released: _released,
}
"""Every outcome about an application that others are told of."""
OF_LIMITS: Final[Mapping[type, TellLimit]] = {LimitSet: _limit_set}
"""Every outcome about a limit that others are told of; what is in neither only changes a cell's figures."""


def published(verdict: Verdict, terms: Mapping[str, Terms], causes: Mapping[UUID, AnyEvent]) -> list[AnyEvent]:
    """The events of a verdict, in the order of its decisions; then each cell's figures once. `causes` are the events that led to it.

    A place's events are counted by the place, those of a limit by its counter, those of a cell by its decisions.
    """
    told: list[AnyEvent] = []
    last = {decision.cell: decision for decision in verdict.decisions}
    ids = iter(new_ids(len(verdict.decisions) + len(last)))
    for decision in verdict.decisions:
        outcome = type(decision.outcome)
        tell = TOLD.get(outcome)
        if tell is not None:
            application, person = decision.application, decision.person
            assert application is not None and person is not None, "this outcome is about an application"
            data = tell(decision, application, person, decision.outcome, terms[decision.cell.partition(":")[0]])
            told.append(_event(next(ids), data, str(application), decision.place_version, decision.cell, decision, causes))
        elif outcome in OF_LIMITS:
            (limit,) = decision.uses
            data = OF_LIMITS[outcome](decision, decision.outcome)
            told.append(_event(next(ids), data, limit.key, limit.version + 1, limit.key, decision, causes))
    for cell in verdict.cells:
        if cell.key in last:
            told.append(_event(next(ids), _figures(cell), cell.key, cell.last_decision, cell.key, last[cell.key], causes))
    return told


def _figures(cell: CellState) -> Fact:
    return facts.CellChanged(
        cell=cell.key,
        capacity=cell.target,
        free=cell.free,
        offered=cell.offered,
        taken=cell.taken,
        waiting=cell.waiting,
        last_decision=cell.last_decision,
        last_hash=cell.last_hash,
    )


def _event(made: UUID, data: Fact, subject: str, version: int, key: str, decision: Decision, causes: Mapping[UUID, AnyEvent]) -> AnyEvent:
    cause = causes.get(decision.event) if decision.event is not None else None
    return event(data, subject=subject, version=version, key=key, at=decision.at, cause=cause, event_id=made)


def in_order(events: Sequence[AnyEvent]) -> dict[UUID, AnyEvent]:
    """Events by their id, as the causes of what follows from them."""
    return {quick(one.id): one for one in events}
