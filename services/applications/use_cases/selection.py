"""Reviewers and the donor's officers: score, approve, do not carry forward, end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.applications.domain import scoring
from services.applications.domain.lifecycle import Act, NotAllowed, State, scored_in
from services.applications.domain.outcomes import (
    Changed,
    CourseNotListed,
    Forbidden,
    NotFound,
    NotScored,
    PointsWrong,
    ReasonsWrong,
)
from services.applications.domain.parts import parts_of
from services.applications.domain.viewers import Viewer
from services.applications.store import applications as store
from services.applications.tables import Application, Review
from services.applications.use_cases.courses import Against, against_approval, answers_of
from services.applications.use_cases.steps import (
    Done,
    Refused,
    Standing,
    advance,
    begin,
    facts_of,
    note,
    on_own_case,
    terms_of,
    wrong_reasons,
)
from shared.events.applications import ApplicationApproved, ApplicationEnded, ApplicationRejected
from shared.persistence.database import Tx


async def score(
    tx: Tx, viewer: Viewer, application_id: UUID, *, points: Mapping[str, int], reason: str, expected_version: int | None, now: datetime
) -> Done | NotFound | Forbidden | Changed | NotAllowed | PointsWrong:
    """Give points to each criterion, or give them anew; the application's score is the mean of its reviewers' weighted sums."""
    application = await store.find(tx, viewer, application_id, lock=True)
    if application is None:
        return NotFound()
    if viewer.role != "reviewer" or on_own_case(viewer, application):
        return Forbidden()
    if expected_version is not None and expected_version != application.version:
        return Changed(State(application.state), application.version)
    terms = await terms_of(tx, application.programme)
    due = scored_in(terms.programme.route)
    if due is None:
        return NotAllowed("not_in_this_route", State(application.state))
    if application.state != due:
        return NotAllowed("not_in_this_state", State(application.state))
    criteria = terms.programme.criteria
    wrong = scoring.wrong_points(criteria, points)
    if wrong:
        return PointsWrong(wrong, dict(points))
    given = {criterion.key: points[criterion.key] for criterion in criteria}
    row = {"points": given, "score": scoring.weighted(criteria, given), "note": reason, "submitted_at": now}
    statement = insert(Review).values(application_id=application.id, reviewer_id=viewer.account_id, **row)
    await tx.execute(statement.on_conflict_do_update(index_elements=["application_id", "reviewer_id"], set_=row))
    application.score = scoring.average(await store.scores(tx, application.id))
    detail = {"score": row["score"], "mean": application.score}
    await note(tx, application, "score", role=viewer.role, actor=viewer.account_id, now=now, detail=detail)
    await tx.flush()
    return Done(application)


async def approve(
    tx: Tx, viewer: Viewer, application_id: UUID, *, expected_version: int | None, now: datetime, course: str | None = None
) -> Done | Refused | NotScored | CourseNotListed | Against:
    """Approve: quotas is asked for a place. Without a review in the route the score is 0, and the earlier submission ranks first.

    It is for `course`, which is one of those that the person listed; the first of them where none is named. Not approved is what quotas
    would refuse for good: see `against_approval`.
    """
    standing = await begin(tx, viewer, application_id, Act.APPROVE, expected_version=expected_version)
    if not isinstance(standing, Standing):
        return standing
    application = standing.application
    if "review" in standing.programme.route and application.score is None:
        return NotScored()
    listed = application.listed
    if course is not None and course not in listed:
        return CourseNotListed(course, tuple(listed))
    # A change since may name parts that nobody named when it was handed in, and another course may be another part.
    filled = await answers_of(tx, [(application, standing.terms)])
    answers = filled.get(application.id, {})
    against = against_approval(standing.terms, application, answers, now, course)
    if against is not None:
        return against
    application.course = course or next(iter(listed), None)
    application.score = application.score or 0
    application.reasons = []
    assert application.submitted_at is not None, "what is approved was submitted"
    if filled:
        named = standing.terms.named_parts(application.country)
        application.parts = list(parts_of(standing.programme.pages, answers, named, application.course))
    fact = ApplicationApproved(
        **facts_of(application),
        score=application.score,
        submitted_at=application.submitted_at,
        course=application.course,
        channel=application.channel,
        parts=list(application.parts),
    )
    return await advance(tx, standing, viewer, now=now, fact=fact, detail={"score": application.score, **_given_for(application)})


def _given_for(application: Application) -> dict[str, Any]:
    """The course that the approval is for, and which of how many choices it was; nothing where it is for none."""
    if application.course is None:
        return {}
    listed = application.listed
    return {"course": application.course, "choice": listed.index(application.course) + 1, "of": len(listed)}


async def reject(
    tx: Tx, viewer: Viewer, application_id: UUID, *, reasons: Sequence[str], expected_version: int | None, now: datetime
) -> Done | Refused | ReasonsWrong:
    """Do not carry the application forward, for reasons (codes of the programme)."""
    standing = await begin(tx, viewer, application_id, Act.REJECT, expected_version=expected_version)
    if not isinstance(standing, Standing):
        return standing
    wrong = wrong_reasons(standing.programme, "rejection", reasons)
    if wrong:
        return wrong
    application = standing.application
    application.reasons = list(reasons)
    application.reason_limit = None
    fact = ApplicationRejected(**facts_of(application), reasons=list(reasons), by_role=viewer.role)
    return await advance(tx, standing, viewer, now=now, fact=fact, detail={"reasons": list(reasons)})


async def end(
    tx: Tx, viewer: Viewer, application_id: UUID, *, reason: str, expected_version: int | None, now: datetime
) -> Done | Refused | ReasonsWrong:
    """A placed person finished or left; the place is no longer held."""
    standing = await begin(tx, viewer, application_id, Act.END, expected_version=expected_version)
    if not isinstance(standing, Standing):
        return standing
    wrong = wrong_reasons(standing.programme, "ending", [reason] if reason else [])
    if wrong:
        return wrong
    application = standing.application
    application.reasons = [reason]
    fact = ApplicationEnded(**facts_of(application), reason=reason)
    return await advance(tx, standing, viewer, now=now, fact=fact, detail={"reasons": [reason]})
