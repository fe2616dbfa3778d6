"""Handing an application in."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.applications.domain.answers import Answer, given, unanswered
from services.applications.domain.courses import listed
from services.applications.domain.eligibility import check
from services.applications.domain.forms import changed_pages
from services.applications.domain.lifecycle import Act, State
from services.applications.domain.outcomes import (
    CallClosed,
    CorrectionLate,
    CoursesNotPossible,
    Incomplete,
    Ineligible,
    KeyReused,
    NotFound,
    NotTakingPart,
)
from services.applications.domain.parts import chosen, parts_of
from services.applications.domain.referees import lacking
from services.applications.domain.refused import refused_now
from services.applications.domain.viewers import Viewer, may_know
from services.applications.store import applications as store
from services.applications.store import moves, plans
from services.applications.store.idempotency import Keep, Known
from services.applications.store.moves import Move
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.courses import judged
from services.applications.use_cases.steps import Refused, Standing, begin, facts_of, made, standing_of, terms_of
from shared.events.applications import ApplicationSubmitted
from shared.kernel.ids import new_receipt
from shared.persistence.database import Tx
from shared.persistence.together import Alone


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


NotSubmitted = CallClosed | CorrectionLate | NotTakingPart | CoursesNotPossible | Incomplete | Ineligible | Refused


@dataclass(frozen=True, slots=True)
class Submission:
    """One request to hand an application in, once per key: the same key answers the same, and for another application it is refused.

    `now` is when it arrived. `agreed` are the versions of the texts that the person agreed to, as they read them in `language`; they
    stay in the timeline. A `rehearsal` says what handing it in now would be answered, and does nothing.
    """

    viewer: Viewer
    application_id: UUID
    idempotency_key: str
    now: datetime
    expected_version: int | None = None
    agreed: Mapping[str, int] | None = None
    language: str = ""
    rehearsal: bool = False

    @property
    def hash(self) -> str:
        """What tells requests with one key apart."""
        return hashlib.sha256(f"submit:{self.application_id}".encode()).hexdigest()

    @property
    def asked(self) -> store.Asked:
        return store.Asked(self.application_id, self.viewer.account_id, self.idempotency_key)


Answered = Submitted | Ready | KeyReused | NotSubmitted


async def submit(tx: Tx, asked: Submission) -> Answered:
    """Hand the application in, as soon as nobody else holds it."""
    # A plan without this year would be loaded between what is read of it and the commit.
    await plans.hold(tx)
    # Requests for one application take turns on its row, so that the answer to the one before is seen.
    standing = await begin(tx, asked.viewer, asked.application_id, Act.SUBMIT, expected_version=asked.expected_version)
    [filled] = await store.all_filled_in(tx, [asked.asked])
    answer = _judged(asked, standing, filled)
    if isinstance(answer, Move):
        await moves.write(tx, answer)
        return _done(answer.application)
    return answer


async def submit_together(tx: Tx, asked: Sequence[Submission]) -> list[Answered | Alone]:
    """Hand in applications of different people, with as many statements as for one; `Alone` for one that is held by somebody."""
    free = await store.locked_now(tx, [one.application_id for one in asked])
    terms = {code: await terms_of(tx, code) for code in {application.programme for application in free.values()}}
    filled = await store.all_filled_in(tx, [one.asked for one in asked])
    answers: list[Answered | Alone | Move] = []
    for one, found in zip(asked, filled, strict=True):
        application = free.get(one.application_id)
        if application is None:
            answers.append(Alone())
        else:
            standing = _standing(one, application, terms[application.programme])
            answers.append(_judged(one, standing, found))
    written = [answer for answer in answers if isinstance(answer, Move)]
    if written:
        for move in written:
            tx.expunge(move.application)  # it is written whole, so the session need not look through it before, and at the commit
        await moves.write(tx, *written)
    return [_done(answer.application) if isinstance(answer, Move) else answer for answer in answers]


def _standing(asked: Submission, application: Application, terms: InForce) -> Standing | Refused:
    sent = application.receipt is not None
    if not may_know(asked.viewer, person_id=application.person_id, country=application.country, submitted=sent):
        return NotFound()
    return standing_of(asked.viewer, application, terms, Act.SUBMIT, expected_version=asked.expected_version)


def _judged(asked: Submission, standing: Standing | Refused, filled: store.FilledIn) -> Answered | Move:
    """The move that hands it in, or the answer where there is none to be made."""
    if filled.known:
        return _again(filled.known, asked.hash)
    if not isinstance(standing, Standing):
        return standing
    answers = given(standing.programme.pages, filled.answers)
    refusal = _refusal(standing, answers, filled, asked.now)
    if refusal is not None:
        return refusal
    return Ready(asked.application_id) if asked.rehearsal else _handed_in(asked, standing, answers)


def _refusal(standing: Standing, answers: dict[str, Answer], filled: store.FilledIn, now: datetime) -> NotSubmitted | None:
    terms, application = standing.terms, standing.application
    return in_time(terms, application, now) or fit(terms, application, answers, filled, now)


def _again(known: Known, request_hash: str) -> Submitted | KeyReused:
    """The answer that this key got before, or the refusal where it was for something else."""
    if known.request_hash != request_hash:
        return KeyReused()
    body = known.body
    return Submitted(UUID(body["application_id"]), body["receipt"], datetime.fromisoformat(body["submitted_at"]))


def _handed_in(asked: Submission, standing: Standing, answers: dict[str, Answer]) -> Move:
    """Make the application a submitted one. A corrected one keeps its receipt and its place in time."""
    application, pages, corrected = standing.application, standing.programme.pages, standing.application.state == State.RETURNED
    courses = listed(pages, answers)
    moves.change(
        application,
        receipt=application.receipt or new_receipt(),
        submitted_at=application.submitted_at or asked.now,
        correct_by=None,
        reasons=[],
        course=next(iter(courses), None),
        courses=list(courses),
        channel=chosen(pages, answers, "channel"),
        parts=list(parts_of(pages, answers, standing.terms.named_parts(application.country))),
    )
    done = _done(application)
    body = {"application_id": str(done.application_id), "receipt": done.receipt, "submitted_at": done.submitted_at.isoformat()}
    keep = Keep(asked.viewer.account_id, asked.idempotency_key, asked.hash, body, asked.now)
    detail = {"receipt": done.receipt, **({"agreed": dict(asked.agreed), "language": asked.language} if asked.agreed else {})}
    fact = ApplicationSubmitted(**facts_of(application), corrected=corrected)
    role, actor = asked.viewer.role, asked.viewer.account_id
    return made(application, standing.moved, Act.SUBMIT, role=role, actor=actor, now=asked.now, fact=fact, detail=detail, keep=keep)


def _done(application: Application) -> Submitted:
    assert application.receipt is not None and application.submitted_at is not None, "what was handed in has both"
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
) -> Incomplete | NotTakingPart | CoursesNotPossible | Ineligible | None:
    """Whether it is complete, then whether what was chosen can be had, then whether the rules allow it."""
    programme, call = terms.programme, terms.call(application.year)
    questions = tuple(question.key for question in unanswered(programme.pages, answers))
    asked = programme.documents_for("submission", answers)
    documents = tuple(document.key for document in asked if not document.optional and document.key not in filled.papers | filled.checking)
    unready = tuple(document.key for document in asked if document.key in filled.checking)
    referees = lacking(programme.referees, filled.referees, answers, "submission")
    changed = changed_pages(programme.pages, filled.forms)
    wrong = refused_now(programme.pages, answers, changed, today=call.day(now), countries=terms.plan.codes)
    if questions or documents or unready or referees or wrong:
        return Incomplete(questions, documents, unready, referees, tuple(key for faults in wrong.values() for key in faults))
    not_to_be_had = judged(terms, application, answers, now)
    if not_to_be_had is not None:
        return not_to_be_had
    reasons = check(programme.rules, answers, call.context(application.country))
    return Ineligible(tuple(reasons)) if reasons else None
