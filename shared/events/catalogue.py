"""Every event, in one literal table: who publishes it, on which topic, under which key, who listens, and what it means.

The AsyncAPI document, the JSON schemas and the event map in `docs/` are drawn from this table, and tests hold the
services' handlers to it. A producer makes events with `event(...)`; a consumer reads them with `decode(...)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from shared.events import applications, notifications, quotas
from shared.events.envelope import AnyEvent, Event, Refusal, decode_envelope
from shared.events.fact import Fact
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Topic:
    """A stream: its name, the number of partitions (fixed for its life: a new number is a new topic) and days kept (none: for good).

    What is kept for good stays in its producer's outbox too. Where a topic `leads`, its events are stored by the broker before any
    event that was put into the outbox behind them leaves for another topic.
    """

    name: str
    partitions: int
    retention_days: int | None = 28
    leads: bool = False


PROGRAMMES: Final = Topic("puente.programmes.v1", 1, retention_days=None)
APPLICATIONS: Final = Topic("puente.applications.v1", 8)
APPLICANTS: Final = Topic("puente.applicants.v1", 1, retention_days=None)
PLACES: Final = Topic("puente.places.v1", 8)
LIMITS: Final = Topic("puente.limits.v1", 1, retention_days=None)
JOURNAL: Final = Topic("puente.journal.v1", 1, retention_days=None, leads=True)
MESSAGES: Final = Topic("puente.messages.v1", 8)
TOPICS: Final = (PROGRAMMES, APPLICATIONS, APPLICANTS, PLACES, LIMITS, JOURNAL, MESSAGES)
KEPT: Final = frozenset(topic.name for topic in TOPICS if topic.retention_days is None)
LEADING: Final = frozenset(topic.name for topic in TOPICS if topic.leads)


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of event. `key` names what the partition key is: `cell`, `programme`, `applicant`, `limit` or `service`."""

    data: type[Fact]
    type: str
    topic: Topic
    key: str
    producer: str
    consumers: tuple[str, ...]
    meaning: str


A, Q, N = "applications", "quotas", "notifications"
# fmt: off
ENTRIES: Final = (
    Entry(applications.ProgrammePublished, "puente.programme.published.v1", PROGRAMMES, "programme", A, (Q, N), "A programme's terms were published or replaced by a newer version."),
    Entry(applications.ApplicationSubmitted, "puente.application.submitted.v1", APPLICATIONS, "cell", A, (A, N), "An applicant handed in a complete application."),
    Entry(applications.ApplicationReturned, "puente.application.returned.v1", APPLICATIONS, "cell", A, (N,), "A coordinator sent the application back for correction, or named a later day for it."),
    Entry(applications.ApplicationNominated, "puente.application.nominated.v1", APPLICATIONS, "cell", A, (Q, N), "A coordinator put the application on the country's slate; quotas checks the cap."),
    Entry(applications.ApplicationRejected, "puente.application.rejected.v1", APPLICATIONS, "cell", A, (N,), "A coordinator or an officer did not carry the application forward, or nobody decided on it by the end of the call."),
    Entry(applications.ApplicationApproved, "puente.application.approved.v1", APPLICATIONS, "cell", A, (Q, N), "An officer approved the application; quotas is asked for a place."),
    Entry(applications.ApplicationWithdrawn, "puente.application.withdrawn.v1", APPLICATIONS, "cell", A, (Q, N), "The application was withdrawn; whatever it held goes back."),
    Entry(applications.ApplicationEnded, "puente.application.ended.v1", APPLICATIONS, "cell", A, (Q, N), "A placed person finished or left."),
    Entry(applications.OfferAccepted, "puente.offer.accepted.v1", APPLICATIONS, "cell", A, (Q,), "The applicant accepted the offered place."),
    Entry(applications.OfferDeclined, "puente.offer.declined.v1", APPLICATIONS, "cell", A, (Q, N), "The applicant declined the offered place."),
    Entry(applications.OfferUnanswered, "puente.offer.unanswered.v1", APPLICATIONS, "cell", A, (Q,), "The deadline of an offer passed without an answer: quotas lets it expire."),
    Entry(applications.LetterWritten, "puente.letter.written.v1", APPLICATIONS, "cell", A, (N,), "Somebody wrote a question, an appeal, or an answer to one; the text is not in it."),
    Entry(applications.ApplicationConcerned, "puente.application.concerned.v1", APPLICATIONS, "cell", A, (N,), "A change of who takes part concerns somebody who applies from that country."),
    Entry(applications.ApplicantErased, "puente.applicant.erased.v1", APPLICANTS, "applicant", A, (A, N), "A person's data were erased: whoever holds more than ids removes it. Applications hears it too, after an older backup was put back."),
    Entry(applications.RefereeInvited, "puente.referee.invited.v1", APPLICATIONS, "cell", A, (N,), "An applicant asked a referee for a letter."),
    Entry(applications.RefereeReminded, "puente.referee.reminded.v1", APPLICATIONS, "cell", A, (N,), "A referee who has not answered is to be reminded."),
    Entry(applications.RefereeReceived, "puente.referee.received.v1", APPLICATIONS, "cell", A, (N,), "A referee's letter arrived."),
    Entry(applications.RefereeDeclined, "puente.referee.declined.v1", APPLICATIONS, "cell", A, (N,), "A referee will not write a letter."),
    Entry(applications.RefereeUnreached, "puente.referee.unreached.v1", APPLICATIONS, "cell", A, (N,), "A mail to a referee could not be delivered."),
    Entry(applications.RefereeReleased, "puente.referee.released.v1", APPLICATIONS, "cell", A, (N,), "No letter is needed from a referee any more."),
    Entry(quotas.NominationRefused, "puente.nomination.refused.v1", PLACES, "cell", Q, (A, N), "The country's nomination cap had no room."),
    Entry(quotas.PlaceOffered, "puente.place.offered.v1", PLACES, "cell", Q, (A, N), "A place is held for the application until a deadline."),
    Entry(quotas.PlaceWaiting, "puente.place.waiting.v1", PLACES, "cell", Q, (A, N), "No room now: the application is on the waiting list."),
    Entry(quotas.PlaceRefused, "puente.place.refused.v1", PLACES, "cell", Q, (A, N), "No place, and no waiting: the reason and the limit are named."),
    Entry(quotas.PlaceTaken, "puente.place.taken.v1", PLACES, "cell", Q, (A, N), "The accepted offer became a place."),
    Entry(quotas.PlaceReleased, "puente.place.released.v1", PLACES, "cell", Q, (A, N), "A place went back; where its offer expired, the application lapses."),
    Entry(quotas.CellChanged, "puente.cell.changed.v1", PLACES, "cell", Q, (A,), "A cell's figures after a batch of decisions."),
    Entry(quotas.ParticipationChanged, "puente.participation.changed.v1", PLACES, "cell", Q, (A,), "A country's participation in a programme changed."),
    Entry(quotas.LimitSet, "puente.limit.set.v1", LIMITS, "limit", Q, (A,), "Officers set how much there is of a limit, or gave it back to the plan."),
    Entry(quotas.BatchDecided, "puente.batch.decided.v1", JOURNAL, "service", Q, (), "What quotas did in one transaction, in its order: enough to make the books again from nothing."),
    Entry(notifications.MessageSent, "puente.message.sent.v1", MESSAGES, "cell", N, (), "A person was told."),
    Entry(notifications.MessageFailed, "puente.message.failed.v1", MESSAGES, "cell", N, (A,), "A person could not be told within the allowed tries."),
)
# fmt: on

BY_TYPE: Final[Mapping[str, Entry]] = {entry.type: entry for entry in ENTRIES}
BY_DATA: Final[Mapping[type[Fact], Entry]] = {entry.data: entry for entry in ENTRIES}
_decoders: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {entry.type: msgspec.json.Decoder(entry.data) for entry in ENTRIES}


def topics_of(consumer: str) -> tuple[Topic, ...]:
    """The topics that carry at least one event for this service, in the catalogue's order."""
    return tuple(topic for topic in TOPICS if any(entry.topic is topic and consumer in entry.consumers for entry in ENTRIES))


def types_for(consumer: str) -> frozenset[str]:
    """The event types that this service listens to."""
    return frozenset(entry.type for entry in ENTRIES if consumer in entry.consumers)


def event(
    data: Fact,
    *,
    subject: str,
    version: int,
    key: str,
    at: datetime,
    cause: AnyEvent | None = None,
    correlation: UUID | None = None,
    event_id: UUID | None = None,
) -> AnyEvent:
    """The event that tells of `data`: type and source come from the catalogue, correlation and causation from its cause."""
    entry = BY_DATA[type(data)]
    made = event_id or new_id()
    return Event(
        id=made,
        source=f"/{entry.producer}",
        type=entry.type,
        subject=subject,
        subjectversion=version,
        time=at,
        partitionkey=key,
        correlationid=cause.correlationid if cause else correlation or made,
        causationid=cause.id if cause else None,
        data=data,
    )


def decode(raw: bytes, *, topic: str | None = None) -> AnyEvent:
    """The event in `raw`, its data checked; `Refusal` with code `oversize`, `malformed`, `unknown_type`, `wrong_producer` or `malformed_data`."""
    envelope = decode_envelope(raw)
    entry = BY_TYPE.get(envelope.type)
    if entry is None:
        raise Refusal("unknown_type", f"no event of type {envelope.type!r} is in the catalogue (an unknown version counts as unknown)")
    if topic is not None and topic != entry.topic.name:
        raise Refusal("wrong_producer", f"{envelope.type} belongs on {entry.topic.name}, it came on {topic}")
    if envelope.source != f"/{entry.producer}":
        raise Refusal("wrong_producer", f"{envelope.type} is published by /{entry.producer}, this one says {envelope.source}")
    try:
        data: Any = _decoders[envelope.type].decode(envelope.data)
    except msgspec.MsgspecError as error:
        raise Refusal("malformed_data", f"the data of {envelope.type} do not fit its schema: {error}") from error
    return Event(
        id=envelope.id, source=envelope.source, type=envelope.type, subject=envelope.subject, subjectversion=envelope.subjectversion,
        time=envelope.time, partitionkey=envelope.partitionkey, correlationid=envelope.correlationid, causationid=envelope.causationid,
        data=data,
    )  # fmt: skip
