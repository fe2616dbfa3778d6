"""A country leaves a programme, or returns to it: forms close and open by it, and whoever it concerns is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.applications.store import applications as store
from services.applications.store import plans
from services.applications.store.plans import InForce
from services.applications.told import ParticipationChange
from shared.events.applications import ApplicationConcerned
from shared.events.catalogue import event as make_event
from shared.events.envelope import AnyEvent, Event
from shared.events.quotas import ParticipationChanged
from shared.kernel.cells import Cell
from shared.kernel.ids import derived_id
from shared.messaging import outbox
from shared.persistence.database import Tx

PORTION: Final = 1_000
"""So many applications are told of at once."""


async def changed(tx: Tx, event: Event[ParticipationChanged]) -> None:
    """Keep the change; from its days on forms are closed or open by it. A repeat changes nothing and tells nobody.

    Each application that hopes for a place and that the change concerns is told of by an event of its own, so that people hear of
    it in words: quotas does not know who is still writing.
    """
    data = event.data
    row = {
        "programme": data.programme,
        "country": data.country,
        "number": event.subjectversion,
        "takes_part": data.takes_part,
        "first_day": data.start,
        "last_day": data.end,
        "parts": data.parts,
        "at": event.time,
    }
    kept = await tx.execute(insert(ParticipationChange).values(row).on_conflict_do_nothing().returning(col(ParticipationChange.number)))
    terms = await plans.in_force(tx, data.programme)
    if kept.first() is None or terms is None:
        return
    years = _years(terms, data, event.time)
    after: UUID | None = None
    while found := await store.hopeful(tx, data.programme, data.country, years, data.parts, after=after, most=PORTION):
        await outbox.add(tx, *_told(event, found))
        after = found[-1].id


def _years(terms: InForce, data: ParticipationChanged, now: datetime) -> list[int]:
    """The years whose call is not over yet and has a day that the change is about."""
    calls = [call for call in terms.programme.calls if call.list_closes >= now]
    return [
        call.year
        for call in calls
        if data.start <= call.day(call.list_closes) and (data.end is None or data.end >= call.day(max(now, call.opens)))
    ]


def _told(cause: Event[ParticipationChanged], found: Sequence[store.Hopeful]) -> list[AnyEvent]:
    data = cause.data
    change: Literal["left", "left_in_part", "returned"] = "returned" if data.takes_part else "left_in_part" if data.parts else "left"
    return [
        make_event(
            ApplicationConcerned(application=one.id, person=one.person_id, change=change, start=data.start, end=data.end),
            subject=f"participation:{one.id}",
            version=cause.subjectversion,
            key=Cell(data.programme, data.country, one.year).key,
            at=cause.time,
            cause=cause,
            event_id=derived_id("concerned", str(cause.id), str(one.id)),
        )
        for one in found
    ]
