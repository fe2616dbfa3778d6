"""Which event starts which use case."""

from collections.abc import Mapping
from typing import Final

from services.applications.privacy import erasing
from services.applications.referees import reaching
from services.applications.use_cases import copies, participation, places
from shared.messaging.service import UseCase, one_by_one

HANDLERS: Final[Mapping[str, UseCase]] = {
    "puente.application.submitted.v1": copies.submission_told,
    "puente.nomination.refused.v1": places.nomination_refused,
    "puente.place.offered.v1": places.place_offered,
    "puente.place.waiting.v1": places.place_waiting,
    "puente.place.refused.v1": places.place_refused,
    "puente.place.taken.v1": places.place_taken,
    "puente.place.released.v1": places.place_released,
    "puente.cell.changed.v1": places.cell_changed,
    "puente.limit.set.v1": places.limit_set,
    "puente.participation.changed.v1": participation.changed,
    "puente.applicant.erased.v1": erasing.erased_before,
    "puente.message.failed.v1": reaching.mail_failed,
}

handle = one_by_one(HANDLERS)
