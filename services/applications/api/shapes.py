"""What the API takes and gives; nothing of the tables goes out by itself."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.applications.domain.answers import Question, When, field_names, to_stored
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.views import Dossier
from shared.kernel.writing import unsteered_value

BOUNDS: Final = ("min_words", "max_words", "max_length", "minimum", "maximum", "earliest", "latest")
Code = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Year = Annotated[int, Field(ge=1, le=9999)]
Key = Annotated[str, StringConstraints(min_length=8, max_length=200, pattern=r"^[!-~]+$")]


class Body(BaseModel):
    """What comes in: no fields beyond those that are named."""

    model_config = ConfigDict(extra="forbid")


class StartBody(Body):
    programme: Code
    year: Year
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]


class SubmitBody(Body):
    """What the person agrees to as they send it: of each text (`/api/v1/agreements`) the version that they read, and in which language."""

    agreed: dict[Code, int] = Field(max_length=10)
    language: Literal["es", "pt", "en", "fr", "zh", "nl"]


class VersionBody(Body):
    """`expected_version` is the version that the caller saw; when it is not the present one, nothing is done."""

    expected_version: int


class ApproveBody(VersionBody):
    """`course` is one of those that the person listed; without it the approval is for the first of them."""

    course: Code | None = None


class MarkBody(Body):
    """A page, a question or a document that has to be corrected, by its key, and what is wrong there."""

    kind: Literal["page", "question", "document"]
    key: Code
    remark: Annotated[str, StringConstraints(max_length=500)] = ""


class ReturnBody(VersionBody):
    reasons: list[Code] = Field(min_length=1, max_length=20)
    correct_by: date
    marks: list[MarkBody] = Field(default=[], max_length=100)


class ExtendBody(VersionBody):
    correct_by: date


class ReasonsBody(VersionBody):
    reasons: list[Code] = Field(min_length=1, max_length=20)


class ScoreBody(VersionBody):
    points: dict[Code, int] = Field(max_length=50)
    reason: Annotated[str, StringConstraints(max_length=4_000), BeforeValidator(unsteered_value)] = ""


class EndBody(VersionBody):
    reason: Code


class WithdrawBody(VersionBody):
    reason: Code | None = None


class OfferBody(Body):
    answer: Literal["accept", "decline"]
    place_version: int


class SlateBody(Body):
    programme: Code
    year: Year
    order: list[UUID] = Field(max_length=2_000)


class ApplicationOut(BaseModel):
    id: UUID
    programme: str
    country: str
    year: int
    state: str
    version: int
    receipt: str | None
    submitted_at: datetime | None
    score: int | None
    slate_rank: int | None = Field(
        description="Which one in its country's order it is now, counting from 1, as the pages number the slate; for staff, while it is "
        "nominated, and null otherwise."
    )
    answer_by: datetime | None
    place_version: int | None
    waiting_rank: int | None
    correct_by: date | None
    reasons: list[str]
    limit: str | None
    course: str | None = Field(description="The course that was approved; before that the first of `courses`.")
    courses: list[str] = Field(description="The courses that the person listed, in their order.")


class DossierOut(ApplicationOut):
    answers: dict[str, Any]
    pages: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    timeline: list[dict[str, Any]]
    acts: list[str]


class SubmittedOut(BaseModel):
    application: UUID
    receipt: str
    submitted_at: datetime


class ContactOut(BaseModel):
    """What a mail about an application names, empty where there is nothing, in the person's language: `papers` are asked for now; `marked`
    are the places of the form that are to be corrected now; `course` is the one that it is for, which is the `choice`th of `listed`.
    """

    receipt: str
    focal_point: str
    focal_phone: str
    papers: list[str]
    marked: list[str] = []
    course: str = ""
    choice: int = 0
    listed: int = 0


class AddressOut(BaseModel):
    email: str
    language: str
    name: str
    timezone: str
    applications: dict[str, ContactOut]


def application_out(application: Application, *, for_staff: bool, slate_rank: int | None = None) -> ApplicationOut:
    """An application as its viewer may see it: scores and numbers on the slate are the staff's."""
    return ApplicationOut(
        id=application.id,
        programme=application.programme,
        country=application.country,
        year=application.year,
        state=application.state,
        version=application.version,
        receipt=application.receipt,
        submitted_at=application.submitted_at,
        score=application.score if for_staff else None,
        slate_rank=slate_rank if for_staff else None,
        answer_by=application.answer_by,
        place_version=application.offer_version,
        waiting_rank=application.waiting_rank,
        correct_by=application.correct_by,
        reasons=application.reasons,
        limit=application.reason_limit,
        course=application.course,
        courses=application.listed,
    )


_FILE: Final = ("id", "kind", "filename", "content_type", "size_bytes", "pages", "state")


def dossier_out(found: Dossier, *, for_staff: bool, slate_rank: int | None = None) -> DossierOut:
    """One application whole."""
    files = [file for one in found.papers for file in one.files]
    return DossierOut(
        **application_out(found.application, for_staff=for_staff, slate_rank=slate_rank).model_dump(),
        answers=to_stored(found.answers),
        pages=[
            {"key": page.key, "saved_at": page.saved_at, "version": page.version, "missing": page.missing, "changed": page.changed}
            for page in found.pages
        ],
        documents=[{name: getattr(one, name) for name in _FILE} for one in files],
        timeline=[
            {
                "number": one.number,
                "at": one.at,
                "act": one.act,
                "role": one.actor_role,
                "from": one.source,
                "to": one.target,
                **_open(one.detail),
            }
            for one in found.timeline
        ],
        acts=[str(act) for act in found.acts],
    )


def _when(when: When | None) -> dict[str, Any] | None:
    return {"question": when.question, "options": when.options} if when else None


def _question(question: Question) -> dict[str, Any]:
    """What a program needs to answer a question; the names of a group's fields are those of its questions, after `group-1-`."""
    found = {
        "key": question.key,
        "kind": question.kind,
        "optional": question.optional,
        "when": _when(question.when),
        "fields": field_names(question) if question.kind != "group" else [],
        "options": [option.key for option in question.options],
        "levels": [level.key for level in question.levels],
        "currencies": question.currencies,
        "bounds": {name: bound for name in BOUNDS if (bound := getattr(question, name)) is not None},
        "past": question.past,
        "not_before": question.not_before,
        "asks": [_question(inner) for inner in question.questions],
    }
    return {name: value for name, value in found.items() if value or name in ("key", "kind", "optional")}


def _open(detail: dict[str, Any]) -> dict[str, Any]:
    return {"detail": {key: value for key, value in detail.items() if key not in ("score", "slate_rank")}}


def programme_out(terms: InForce) -> dict[str, Any]:
    """A programme for everybody: what it is, its calls, and what its form asks."""
    programme = terms.programme
    return {
        "code": programme.code,
        "plan": terms.plan.code,
        "plan_version": terms.plan.version,
        "names": asdict(programme.names),
        "description": asdict(programme.description),
        "route": programme.route,
        "years": programme.years,
        "calls": [
            {"year": call.year, "opens": call.opens, "closes": call.closes, "grants_from": call.grants_from, "timezone": call.timezone}
            for call in programme.calls
        ],
        "countries": [country.code for country in terms.plan.countries_of(programme)],
        "pages": [
            {
                "key": page.key,
                "questions": [question.key for question in page.questions],
                "when": _when(page.when),
                "asks": [_question(question) for question in page.questions],
            }
            for page in programme.pages
        ],
        "documents": [
            {"key": one.key, "stage": one.stage, "accepted": one.accepted, "max_bytes": one.max_bytes, "max_files": one.max_files}
            for one in programme.documents
        ],
    }
