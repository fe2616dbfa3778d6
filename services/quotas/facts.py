"""What others are told of a decision: outcome -> published event."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.quotas.domain.model import CellState, Decision, Verdict
from services.quotas.domain.outcomes import NominationRefused, Offered, Refused, Released, Taken, Waiting
from services.quotas.domain.terms import Terms
from shared.events import quotas as facts
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.events.fact import Fact

Tell = Callable[[Decision, Any, Terms], Fact]


def _nomination_refused(decision: Decision, outcome: NominationRefused, _terms: Terms) -> Fact:
    uses = [facts.LimitUse(key=u.key, kind=u.kind, capacity=u.capacity, before=u.before, after=u.after) for u in decision.uses]
    return facts.NominationRefused(**_who(decision), reason=outcome.reason, limit=outcome.limit, limits=uses)


def _offered(decision: Decision, outcome: Offered, _terms: Terms) -> Fact:
    return facts.PlaceOffered(**_who(decision), answer_by=outcome.answer_by, decision=decision.number, cause=decision.cause)


def _waiting(decision: Decision, outcome: Waiting, terms: Terms) -> Fact:
    return facts.PlaceWaiting(
        **_who(decision),
        rank=outcome.position,
        lacking=list(outcome.lacking),
        list_closes=terms.calls[int(decision.cell.rpartition(":")[2])].list_closes,
        decision=decision.number,
    )


def _refused(decision: Decision, outcome: Refused, _terms: Terms) -> Fact:
    return facts.PlaceRefused(**_who(decision), reason=outcome.reason, limit=outcome.limit, decision=decision.number)


def _taken(decision: Decision, _outcome: Taken, _terms: Terms) -> Fact:
    return facts.PlaceTaken(**_who(decision), decision=decision.number)


def _released(decision: Decision, outcome: Released, _terms: Terms) -> Fact:
    return facts.PlaceReleased(**_who(decision), cause=outcome.cause, decision=decision.number)


TOLD: Final[Mapping[type, Tell]] = {
    NominationRefused: _nomination_refused,
    Offered: _offered,
    Waiting: _waiting,
    Refused: _refused,
    Taken: _taken,
    Released: _released,
}
"""Every outcome that others are told of; the rest only changes a cell's figures."""


def published(verdict: Verdict, terms: Mapping[str, Terms], causes: Mapping[UUID, AnyEvent]) -> list[AnyEvent]:
    """The events of a verdict, in the order of its decisions; then each cell's figures once. `causes` are the events that led to it."""
    told: list[AnyEvent] = []
    last: dict[str, Decision] = {}
    for decision in verdict.decisions:
        last[decision.cell] = decision
        tell = TOLD.get(type(decision.outcome))
        if tell is not None:
            data = tell(decision, decision.outcome, terms[decision.cell.partition(":")[0]])
            told.append(_event(data, str(decision.application), decision.place_version, decision, causes))
    for cell in verdict.cells:
        if cell.key in last:
            told.append(_event(_figures(cell), cell.key, cell.last_decision, last[cell.key], causes))
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


def _who(decision: Decision) -> dict[str, Any]:
    assert decision.application is not None and decision.person is not None, "this outcome is about an application"
    return {"application": decision.application, "person": decision.person}


def _event(data: Fact, subject: str, version: int, decision: Decision, causes: Mapping[UUID, AnyEvent]) -> AnyEvent:
    cause = causes.get(decision.event) if decision.event is not None else None
    return event(data, subject=subject, version=version, key=decision.cell, at=decision.at, cause=cause)


def in_order(events: Sequence[AnyEvent]) -> dict[UUID, AnyEvent]:
    """Events by their id, as the causes of what follows from them."""
    return {one.id: one for one in events}
