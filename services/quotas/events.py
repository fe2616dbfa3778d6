"""Which event asks for what: event type -> the function that makes the command, and the batch of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from services.quotas.domain.commands import Accept, Command, Decline, End, Expire, Nominate, RequestPlace, Withdraw
from services.quotas.facts import in_order
from services.quotas.plans import Publication, publish, stand_still
from services.quotas.use_cases import apply
from shared.events import applications
from shared.events.envelope import AnyEvent, Event
from shared.kernel.clock import Clock
from shared.persistence.database import Tx, quick


def _of(event: AnyEvent) -> dict[str, Any]:
    """What every command about an application says: where, when, by which event, about whom, at which version."""
    return {
        "cell": event.partitionkey,
        "at": event.time,
        "event": quick(event.id),
        "application": quick(event.data.application),
        "person": quick(event.data.person),
        "version": event.subjectversion,
    }


def _published(event: Event[applications.ProgrammePublished]) -> Publication:
    return Publication(event)


def _nominated(event: Event[applications.ApplicationNominated]) -> Command:
    return Nominate(**_of(event), parts=tuple(event.data.parts))


def _approved(event: Event[applications.ApplicationApproved]) -> Command:
    data = event.data
    return RequestPlace(
        **_of(event),
        score=data.score,
        submitted_at=data.submitted_at,
        parts=tuple(data.parts),
        course=data.course,
        channel=data.channel,
    )


def _withdrawn(event: Event[applications.ApplicationWithdrawn]) -> Command:
    return Withdraw(**_of(event))


def _ended(event: Event[applications.ApplicationEnded]) -> Command:
    return End(**_of(event), reason=event.data.reason)


def _accepted(event: Event[applications.OfferAccepted]) -> Command:
    return Accept(**_of(event), place_version=event.data.place_version)


def _declined(event: Event[applications.OfferDeclined]) -> Command:
    return Decline(**_of(event), place_version=event.data.place_version)


def _unanswered(event: Event[applications.OfferUnanswered]) -> Command:
    """The fact is about the offer, and the version is the offer's: the application's own facts are not counted by it."""
    return Expire(**{**_of(event), "version": 0}, place_version=event.data.place_version)


LATE: Final = timedelta(minutes=1)
"""Less takes nothing from anybody who has days to answer, and is not worth a word in the journal."""

HANDLERS: Final[Mapping[str, Callable[[AnyEvent], Command | Publication]]] = {
    "puente.programme.published.v1": _published,
    "puente.application.nominated.v1": _nominated,
    "puente.application.approved.v1": _approved,
    "puente.application.withdrawn.v1": _withdrawn,
    "puente.application.ended.v1": _ended,
    "puente.offer.accepted.v1": _accepted,
    "puente.offer.declined.v1": _declined,
    "puente.offer.unanswered.v1": _unanswered,
}


async def handle(tx: Tx, events: Sequence[AnyEvent], *, clock: Clock | None = None) -> None:
    """Apply a batch of events, in order; those of one programme's terms stand between the batches of commands.

    An event that was on its way, or stopped, for longer than `LATE` by the clock is decided now: what it asks counts from its own time,
    and the days of the offers that it leads to from now on. Events of other types pass by.
    """
    events = [event for event in events if event.type in HANDLERS]
    if not events:
        return
    causes = in_order(events)
    now = clock.now() if clock is not None else None
    all_asked = [_decided(HANDLERS[event.type](event), event.time, now) for event in events]
    publications = [asked for asked in all_asked if isinstance(asked, Publication)]
    if publications:
        await stand_still(tx, publications, alone=len(publications) == len(events))
    commands: list[Command] = []
    for asked in all_asked:
        if isinstance(asked, Publication):
            await apply(tx, commands, causes)
            commands = []
            await publish(tx, asked)
        else:
            commands.append(asked)
    await apply(tx, commands, causes)


def _decided(asked: Command | Publication, at: datetime, now: datetime | None) -> Command | Publication:
    """What is asked, with the moment of the decision where that is late."""
    return asked if now is None or now - at <= LATE else replace(asked, decided_at=now)
