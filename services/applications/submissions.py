"""Where requests to hand an application in wait for company; see `shared.persistence.together`."""

from datetime import datetime
from typing import cast
from uuid import UUID

from starlette.requests import HTTPConnection

from services.applications.domain.outcomes import KeyReused
from services.applications.domain.viewers import Viewer
from services.applications.use_cases import Ready, Submission, Submitted, submit, submit_together
from services.applications.use_cases.submission import Answered, NotSubmitted
from shared.persistence.database import Database
from shared.persistence.together import Together

Submissions = Together[Submission, Answered]


def submissions(db: Database) -> Submissions:
    """Those who press the button in the same moment share a transaction; one person's requests follow each other."""
    return Together(db, submit_together, submit, apart=lambda asked: asked.viewer.account_id)


async def hand_in(request: HTTPConnection, asked: Submission) -> Submitted | KeyReused | NotSubmitted:
    """The answer to this submission, after its commit."""
    answer = await _of(request).do(asked)
    assert not isinstance(answer, Ready), "a submission is no rehearsal"
    return answer


async def rehearse(request: HTTPConnection, viewer: Viewer, application_id: UUID, *, now: datetime) -> Ready | NotSubmitted:
    """What handing it in now would be answered. It takes the same way, and its place among those who do."""
    answer = await _of(request).do(Submission(viewer, application_id, "", now, rehearsal=True))
    assert not isinstance(answer, Submitted | KeyReused), "a rehearsal has no key"
    return answer


def _of(request: HTTPConnection) -> Submissions:
    return cast(Submissions, request.app.state.submissions)
