"""Which event starts which use case."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.applications.privacy import erasing
from services.applications.referees import reaching
from services.applications.use_cases import copies, participation, places
from shared.events.envelope import AnyEvent
from shared.messaging.service import UseCase, one_by_one
from shared.persistence.database import Tx

HANDLERS: Final[Mapping[str, UseCase]] = {
    "puente.application.submitted.v1": copies.submission_told,
    "puente.nomination.refused.v1": places.nomination_refused,
    "puente.place.offered.v1": places.place_offered,
    "puente.place.waiting.v1": places.place_waiting,
    "puente.place.refused.v1": places.place_refused,
    "puente.place.taken.v1": places.place_taken,
    "puente.place.released.v1": places.place_released,
    "puente.limit.set.v1": places.limit_set,
    "puente.participation.changed.v1": participation.changed,
    "puente.applicant.erased.v1": erasing.erased_before,
    "puente.message.failed.v1": reaching.mail_failed,
}
"""Of the events that are taken one at a time."""
CELL_CHANGED: Final = "puente.cell.changed.v1"
_one_by_one: Final = one_by_one(HANDLERS)


async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
    """One at a time, but for the figures of cells, of which quotas tells many after each batch: those are kept in one statement."""
    await places.cells_changed(tx, [event for event in events if event.type == CELL_CHANGED])
    await _one_by_one(tx, events)
