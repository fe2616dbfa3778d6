"""The tables of the applications service; the messaging tables beside them are `shared.messaging`'s.

Times are aware, in UTC. Scores and ranks are whole numbers: a score is in thousandths of a point.
"""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import declared_attr, registry
from sqlalchemy.types import Text
from sqlmodel import Field, SQLModel

from services.applications.domain.lifecycle import State
from services.applications.domain.papers import FileState


def _moment(*, optional: bool = False) -> Any:
    column: Column[datetime] = Column(DateTime(timezone=True), nullable=optional)
    return Field(default=None, sa_column=column) if optional else Field(sa_column=column)


def _text(*, optional: bool = False, primary: bool = False) -> Any:
    column: Column[str] = Column(Text, nullable=optional, primary_key=primary)
    return Field(default=None, sa_column=column) if optional else Field(sa_column=column)


def _json() -> Any:
    return Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))


def _texts() -> Any:
    return Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; a table is named after its class, in snake case."""

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class Application(Table, table=True):
    """One person's application to one call.

    `version` counts the moves of the row, and a form that acts on it says which one it saw; `facts` counts the events published about
    it (their `subjectversion`); `place_version` is the last version of quotas' facts that was applied.
    """

    __table_args__ = (
        Index("application_uncorrected", "correct_by", "id", postgresql_where=text("state = 'returned'")),
        Index("application_live", "person_id", "programme", "year", unique=True, postgresql_where=text("state <> 'withdrawn'")),
        Index("application_queue", "programme", "year", "country", "state", "submitted_at", "id"),
        Index("application_person", "person_id", "id"),
        CheckConstraint(f"state in ({', '.join(repr(state.value) for state in State)})", name="application_state"),
        CheckConstraint("(receipt is null) = (submitted_at is null)", name="application_receipt"),
    )

    id: UUID = Field(primary_key=True)
    person_id: UUID
    programme: str = _text()
    country: str = _text()
    year: int
    state: str = _text()
    version: int = Field(default=1)
    facts: int = Field(default=0)
    place_version: int = Field(default=0)
    started_at: datetime = _moment()
    changed_at: datetime = _moment()
    receipt: str | None = Field(default=None, sa_column=Column(Text, nullable=True, unique=True))
    submitted_at: datetime | None = _moment(optional=True)
    correct_by: date | None = None
    slate_rank: int | None = None
    score: int | None = None
    course: str | None = _text(optional=True)
    """The first that was listed, until an approval is for another of them."""
    courses: list[str] = _texts()
    channel: str | None = _text(optional=True)
    parts: list[str] = _texts()
    answer_by: datetime | None = _moment(optional=True)
    offer_version: int | None = None
    passed_version: int | None = None
    """The offer whose deadline was told to have passed without an answer; none is taken for it any more."""
    gave_back: bool = False
    """Quotas took the place back when the stay ended, as of whoever left while the waiting list was open: it holds no seat any more."""
    waiting_rank: int | None = None
    list_closes: datetime | None = _moment(optional=True)
    reasons: list[str] = _texts()
    reason_limit: str | None = _text(optional=True)

    @property
    def listed(self) -> list[str]:
        """The courses that were listed, in the person's order; what was sent before there was an order names one, or none."""
        return self.courses or ([self.course] if self.course else [])


class PageAnswers(Table, table=True):
    """The last good answers of one page of the form, as JSON keeps them (a date is its ISO text).

    `version` counts the savings, and a form says which one it saw; `form` is a print of what was asked then.
    """

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    page: str = _text(primary=True)
    answers: dict[str, Any] = _json()
    saved_at: datetime = _moment()
    version: int = Field(default=1)
    form: str = _text()


class PageTyped(Table, table=True):
    """What was typed on a page and not saved, as its form had it, on the version `seen` of the page; gone when the page is saved.

    `refused` is what was sent so, and could not be saved. `typed_in` is the window that it comes from, empty where that is not known.
    """

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    page: str = _text(primary=True)
    fields: dict[str, Any] = _json()
    typed_at: datetime = _moment()
    seen: int | None = None
    refused: bool = Field(default=False)
    typed_in: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))


class Document(Table, table=True):
    """A file that the applicant attached; its bytes are in the documents store under `storage_key`, a name that we made.

    `state` is a `domain.papers.FileState`. The bytes of a refused one are gone. `pages` is absent where nobody counted them.
    """

    __table_args__ = (
        Index("document_kind", "application_id", "kind"),
        Index("document_checking", "uploaded_at", postgresql_where=text("state = 'checking'")),
        CheckConstraint(f"state in ({', '.join(repr(state.value) for state in FileState)})", name="document_state"),
    )

    id: UUID = Field(primary_key=True)
    application_id: UUID = Field(foreign_key="application.id", ondelete="CASCADE")
    kind: str = _text()
    filename: str = _text()
    content_type: str = _text()
    size_bytes: int
    sha256: str = _text()
    storage_key: str = _text()
    uploaded_at: datetime = _moment()
    state: str = Field(default=FileState.READY, sa_column=Column(Text, nullable=False, server_default=FileState.READY))
    pages: int | None = None


class SentCopy(Table, table=True):
    """The PDF of one submission: `number` is that of the event that told of it. `storage_key` is absent until it was made."""

    __table_args__ = (
        Index("sent_copy_due", "try_at", postgresql_where=text("made_at is null")),
        Index("sent_copy_key", "storage_key", postgresql_where=text("storage_key is not null")),
        CheckConstraint("(made_at is null) = (storage_key is null)", name="sent_copy_made"),
    )

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    wanted_at: datetime = _moment()
    tries: int
    try_at: datetime = _moment()
    failure: str | None = _text(optional=True)
    made_at: datetime | None = _moment(optional=True)
    storage_key: str | None = _text(optional=True)
    size_bytes: int | None = None
    sha256: str | None = _text(optional=True)


class SentAnswers(Table, table=True):
    """What was in a submission that was sent back: answers by question, kind, name, size and hash of each paper, and what was marked."""

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    answers: dict[str, Any] = _json()
    papers: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    marks: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]"))
    kept_at: datetime = _moment()


class SentPapers(Table, table=True):
    """Which papers were in a submission, as in `SentAnswers`; there where one came or went before the PDF of it was made."""

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    papers: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))


class Letter(Table, table=True):
    """A question to the focal point, an appeal, or an answer; `number` counts those of its kind. Its text never leaves this service."""

    __table_args__ = (CheckConstraint("kind in ('question', 'appeal')", name="letter_kind"),)

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    kind: str = _text(primary=True)
    number: int = Field(primary_key=True)
    at: datetime = _moment()
    role: str = _text()
    author_id: UUID
    body: str = _text()
    closes: bool


class TimelineEntry(Table, table=True):
    """One move: `number` is the application's version after it. `fact` is the number of the event that told of it, if one did."""

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    at: datetime = _moment()
    act: str = _text()
    actor_role: str = _text()
    actor_id: UUID | None = None
    source: str | None = _text(optional=True)
    target: str = _text()
    fact: int | None = None
    detail: dict[str, Any] = _json()


class Review(Table, table=True):
    """One reviewer's scores: points by criterion, and their weighted sum in thousandths. `note` is for the reviewers and officers."""

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    reviewer_id: UUID = Field(primary_key=True)
    points: dict[str, int] = _json()
    score: int
    note: str = _text()
    submitted_at: datetime = _moment()


class IdempotencyKey(Table, table=True):
    """The answer that was given to `principal` for `key`; kept as long as the settings say, at least a day."""

    __table_args__ = (Index("idempotency_key_created_at", "created_at", postgresql_using="brin"),)

    principal: UUID = Field(primary_key=True)
    key: str = _text(primary=True)
    request_hash: str = _text()
    body: dict[str, Any] = _json()
    created_at: datetime = _moment()


class PlanVersion(Table, table=True):
    """A plan as it was loaded. `content` is the plan as JSON; `content_hash` tells two contents of one version apart."""

    plan: str = _text(primary=True)
    version: str = _text(primary=True)
    content_hash: str = _text()
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    loaded_at: datetime = _moment()
    loaded_by: str = _text()
    confirmed_by: str | None = _text(optional=True)


class ProgrammeVersion(Table, table=True):
    """A programme as it was published: `number` counts its versions from 1; the highest is in force."""

    programme: str = _text(primary=True)
    number: int = Field(primary_key=True)
    plan: str = _text()
    plan_version: str = _text()
    loaded_at: datetime = _moment()


class PlanChange(Table, table=True):
    """A new version that breaks a promise already made, until a second officer confirms it."""

    __table_args__ = (Index("plan_change_open", "plan", unique=True, postgresql_where=text("confirmed_at is null")),)

    id: UUID = Field(primary_key=True)
    plan: str = _text()
    version: str = _text()
    content_hash: str = _text()
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    breaks: list[str] = _texts()
    proposed_by: str = _text()
    proposed_at: datetime = _moment()
    confirmed_by: str | None = _text(optional=True)
    confirmed_at: datetime | None = _moment(optional=True)
