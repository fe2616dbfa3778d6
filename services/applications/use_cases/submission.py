"""Handing an application in."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.applications.domain.answers import Answer, given, unanswered
from services.applications.domain.eligibility import check
from services.applications.domain.lifecycle import Act, State
from services.applications.domain.outcomes import CallClosed, CorrectionLate, Incomplete, Ineligible, KeyReused, NotTakingPart
from services.applications.domain.parts import chosen, parts_of
from services.applications.domain.referees import lacking
from services.applications.domain.viewers import Viewer
from services.applications.store import applications as store
from services.applications.store import idempotency
from services.applications.store.idempotency import Keep, Known
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import Refused, Standing, advance, begin, facts_of
from shared.events.applications import ApplicationSubmitted
from shared.kernel.ids import new_receipt
from shared.persistence.database import Tx


@dataclass(frozen=True, slots=True)
class Submitted:
    """The application was handed in, by this request or by an earlier one with the same key."""

    application_id: UUID
    receipt: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Ready:
    """It could be handed in now."""

    application_id: UUID


NotSubmitted = CallClosed | CorrectionLate | NotTakingPart | Incomplete | Ineligible | Refused


async def submit(
    tx: Tx,
    viewer: Viewer,
    application_id: UUID,
    *,
    idempotency_key: str,
    now: datetime,
    expected_version: int | None = None,
    agreed: Mapping[str, int] | None = None,
    language: str = "",
) -> Submitted | KeyReused | NotSubmitted:
    """Hand the application in, once per key: the same key answers the same, and for another application it is refused.

    `agreed` are the versions of the texts that the person agreed to, as they read them in `language`; they stay in the timeline.
    """
    request_hash = hashlib.sha256(f"submit:{application_id}".encode()).hexdigest()
    # Requests for one application take turns on its row, so that the answer to the one before is seen.
    standing = await begin(tx, viewer, application_id, Act.SUBMIT, expected_version=expected_version)
    if not isinstance(standing, Standing):
        known = await idempotency.known(tx, viewer.account_id, idempotency_key)
        return _again(known, request_hash) if known else standing
    filled = await store.filled_in(tx, application_id, principal=viewer.account_id, key=idempotency_key)
    if filled.known:
        return _again(filled.known, request_hash)
    answers = given(standing.programme.pages, filled.answers)
    refusal = _refusal(standing, answers, filled, now)
    if refusal is not None:
        return refusal
    done = _submitted(standing, answers, now)
    body = {"application_id": str(done.application_id), "receipt": done.receipt, "submitted_at": done.submitted_at.isoformat()}
    keep = Keep(viewer.account_id, idempotency_key, request_hash, json.dumps(body))
    detail = {"receipt": done.receipt, **({"agreed": dict(agreed), "language": language} if agreed else {})}
    fact = ApplicationSubmitted(**facts_of(standing.application))
    await advance(tx, standing, viewer, now=now, fact=fact, detail=detail, keep=keep)
    return done


async def rehearse(tx: Tx, viewer: Viewer, application_id: UUID, *, now: datetime) -> Ready | NotSubmitted:
    """Say what handing it in now would be answered, and do nothing."""
    standing = await begin(tx, viewer, application_id, Act.SUBMIT, expected_version=None)
    if not isinstance(standing, Standing):
        return standing
    filled = await store.filled_in(tx, application_id, principal=viewer.account_id, key="")
    return _refusal(standing, given(standing.programme.pages, filled.answers), filled, now) or Ready(application_id)


def _refusal(standing: Standing, answers: dict[str, Answer], filled: store.FilledIn, now: datetime) -> NotSubmitted | None:
    terms, application = standing.terms, standing.application
    return in_time(terms, application, now) or fit(terms, application, answers, filled, now)


def _again(known: Known, request_hash: str) -> Submitted | KeyReused:
    """The answer that this key got before, or the refusal where it was for something else."""
    if known.request_hash != request_hash:
        return KeyReused()
    body = known.body
    return Submitted(UUID(body["application_id"]), body["receipt"], datetime.fromisoformat(body["submitted_at"]))


def _submitted(standing: Standing, answers: dict[str, Answer], now: datetime) -> Submitted:
    """Make the application a submitted one. A corrected one keeps its receipt and its place in time."""
    application = standing.application
    application.receipt = application.receipt or new_receipt()
    application.submitted_at = application.submitted_at or now
    application.correct_by = None
    application.reasons = []
    pages = standing.programme.pages
    application.course = chosen(pages, answers, "course")
    application.channel = chosen(pages, answers, "channel")
    application.parts = list(parts_of(pages, answers, standing.terms.named_parts(application.country)))
    return Submitted(application.id, application.receipt, application.submitted_at)


def in_time(terms: InForce, application: Application, now: datetime) -> CallClosed | CorrectionLate | NotTakingPart | None:
    """Whether it may be handed in at `now`: a draft while the call is open, a returned one until the end of its day."""
    call = terms.call(application.year)
    today = call.day(now)
    if application.state == State.RETURNED:
        assert application.correct_by is not None, "a returned application has a day to be corrected by"
        return None if today <= application.correct_by else CorrectionLate(application.correct_by)
    if not call.is_open(now):
        return CallClosed(now, call.opens, call.closes)
    return None if terms.shares(application.country, today) else NotTakingPart(application.country)


def fit(
    terms: InForce, application: Application, answers: dict[str, Answer], filled: store.FilledIn, now: datetime
) -> Incomplete | NotTakingPart | Ineligible | None:
    """Whether it is complete, then whether the country takes part in what was chosen, then whether the rules allow it."""
    programme, call = terms.programme, terms.call(application.year)
    questions = tuple(question.key for question in unanswered(programme.pages, answers))
    asked = programme.documents_for("submission", answers)
    documents = tuple(document.key for document in asked if not document.optional and document.key not in filled.papers | filled.checking)
    unready = tuple(document.key for document in asked if document.key in filled.checking)
    referees = lacking(programme.referees, filled.referees, answers, "submission")
    if questions or documents or unready or referees:
        return Incomplete(questions, documents, unready, referees)
    if application.state == State.DRAFT:
        course = chosen(programme.pages, answers, "course")
        parts = parts_of(programme.pages, answers, terms.named_parts(application.country))
        if not any(share.covers(parts, course) for share in terms.shares(application.country, call.day(now))):
            return NotTakingPart(application.country, in_part=True)
    reasons = check(programme.rules, answers, call.context(application.country))
    return Ineligible(tuple(reasons)) if reasons else None
