"""Handing an application in."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.applications.domain.answers import Answer, from_stored, unanswered
from services.applications.domain.eligibility import check
from services.applications.domain.lifecycle import Act, State
from services.applications.domain.outcomes import CallClosed, CorrectionLate, Incomplete, Ineligible, KeyReused, NotTakingPart
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Programme
from services.applications.store import applications as store
from services.applications.store import idempotency
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import Done, Refused, Standing, advance, begin, facts_of
from shared.events.applications import ApplicationSubmitted
from shared.kernel.ids import new_receipt
from shared.persistence.database import Tx


@dataclass(frozen=True, slots=True)
class Submitted:
    """The application was handed in, by this request or by an earlier one with the same key."""

    application_id: UUID
    receipt: str
    submitted_at: datetime


NotSubmitted = CallClosed | CorrectionLate | NotTakingPart | Incomplete | Ineligible | Refused


async def submit(
    tx: Tx, viewer: Viewer, application_id: UUID, *, idempotency_key: str, now: datetime, expected_version: int | None = None
) -> Submitted | KeyReused | NotSubmitted:
    """Hand the application in, once per key: the same key answers the same, and for another application it is refused."""
    request_hash = hashlib.sha256(f"submit:{application_id}".encode()).hexdigest()
    known = await idempotency.claim(tx, viewer.account_id, idempotency_key, request_hash, now)
    if known is not None:
        return _answer(known[1]) if known[0] == request_hash else KeyReused()
    outcome = await _submit(tx, viewer, application_id, expected_version=expected_version, now=now)
    if isinstance(outcome, Submitted):
        body = {"application_id": str(outcome.application_id), "receipt": outcome.receipt, "submitted_at": outcome.submitted_at.isoformat()}
        await idempotency.keep(tx, viewer.account_id, idempotency_key, json.dumps(body))
    else:
        await idempotency.free(tx, viewer.account_id, idempotency_key)
    return outcome


def _answer(body: Any) -> Submitted:
    return Submitted(UUID(body["application_id"]), body["receipt"], datetime.fromisoformat(body["submitted_at"]))


async def _submit(tx: Tx, viewer: Viewer, application_id: UUID, *, expected_version: int | None, now: datetime) -> Submitted | NotSubmitted:
    standing = await begin(tx, viewer, application_id, Act.SUBMIT, expected_version=expected_version)
    if not isinstance(standing, Standing):
        return standing
    application = standing.application
    late = in_time(standing.terms, application, now)
    if late is not None:
        return late
    answers = from_stored(standing.programme.pages, await store.stored_answers(tx, application.id))
    attached = {document.kind for document in await store.documents(tx, application.id)}
    refusal = fit(standing.terms, application, answers, attached)
    if refusal is not None:
        return refusal
    # A corrected application keeps its receipt and its place in time.
    application.receipt = application.receipt or new_receipt()
    application.submitted_at = application.submitted_at or now
    application.correct_by = None
    application.reasons = []
    application.course = chosen(standing.programme, answers, "course")
    application.channel = chosen(standing.programme, answers, "channel")
    done: Done = await advance(
        tx, standing, viewer, now=now, fact=ApplicationSubmitted(**facts_of(application)), detail={"receipt": application.receipt}
    )
    assert done.application.receipt is not None
    assert done.application.submitted_at is not None
    return Submitted(done.application.id, done.application.receipt, done.application.submitted_at)


def in_time(terms: InForce, application: Application, now: datetime) -> CallClosed | CorrectionLate | NotTakingPart | None:
    """Whether it may be handed in at `now`: a draft while the call is open, a returned one until the end of its day too."""
    call = terms.call(application.year)
    today = call.day(now)
    if application.state == State.RETURNED:
        assert application.correct_by is not None, "a returned application has a day to be corrected by"
        return None if today <= application.correct_by else CorrectionLate(application.correct_by)
    if not call.is_open(now):
        return CallClosed(now, call.opens, call.closes)
    return None if terms.plan.takes_part(application.country, application.programme, today) else NotTakingPart(application.country)


def fit(terms: InForce, application: Application, answers: dict[str, Answer], attached: set[str]) -> Incomplete | Ineligible | None:
    """Whether the application is complete, and then whether the rules allow it."""
    programme = terms.programme
    questions = tuple(question.key for question in unanswered(programme.pages, answers))
    asked = programme.documents_for("submission", answers)
    documents = tuple(document.key for document in asked if not document.optional and document.key not in attached)
    if questions or documents:
        return Incomplete(questions, documents)
    reasons = check(programme.rules, answers, terms.call(application.year).context(application.country))
    return Ineligible(tuple(reasons)) if reasons else None


def chosen(programme: Programme, answers: dict[str, Answer], key: str) -> str | None:
    """The option chosen in the programme's question with that key, where it has one: quotas may limit it."""
    question = programme.question(key)
    answer = answers.get(key)
    return str(answer) if question is not None and question.options and answer is not None else None
