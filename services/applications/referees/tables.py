"""The tables of referees. A link is stored as its SHA-256 only; the address is here and in no event, log or other service."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Text
from sqlmodel import Field

from services.applications.accounts.tables import MOMENT
from services.applications.domain.referees import OPEN
from services.applications.tables import Table

_LIVE: Final = text("state in ('invited', 'opened', 'received')")


class Referee(Table, table=True):
    """One person who is asked for a letter. `state` is a `domain.referees.Standing`; `version` counts the events about it.

    `next_chase_at` is when the sweep reminds, bound to `due_at`; none where nothing is to be reminded of any more. `asked_again_at` and
    `asked_again` are the applicant's own reminders. `mailed` is the event that the newest mail with a link tells of; `unreached_at` is when
    that one was given up.
    """

    __table_args__ = (
        Index("referee_of_application", "application_id"),
        Index("referee_once", "application_id", text("lower(email)"), unique=True, postgresql_where=_LIVE),
        Index("referee_chase", "next_chase_at", postgresql_where=text("next_chase_at is not null")),
        Index("referee_open", "application_id", postgresql_where=text("state in ('invited', 'opened')")),
    )

    id: UUID = Field(primary_key=True)
    application_id: UUID = Field(foreign_key="application.id", ondelete="CASCADE")
    name: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    relation: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    version: int = Field(default=0)
    due_at: datetime = Field(sa_type=MOMENT)
    invited_at: datetime = Field(sa_type=MOMENT)
    opened_at: datetime | None = Field(default=None, sa_type=MOMENT)
    settled_at: datetime | None = Field(default=None, sa_type=MOMENT)
    late: bool = False
    reason: str | None = Field(default=None, sa_type=Text)
    next_chase_at: datetime | None = Field(default=None, sa_type=MOMENT)
    chased_at: datetime | None = Field(default=None, sa_type=MOMENT)
    asked_again_at: datetime | None = Field(default=None, sa_type=MOMENT)
    asked_again: int = 0
    mailed: UUID | None = None
    unreached_at: datetime | None = Field(default=None, sa_type=MOMENT)

    @property
    def unreached(self) -> bool:
        """Whether the newest mail did not arrive, and nothing shows since that they know of the request."""
        known = self.opened_at is not None and self.unreached_at is not None and self.opened_at > self.unreached_at
        return self.unreached_at is not None and self.state in OPEN and not known


class RefereeLink(Table, table=True):
    """One mail's link. Every mail brings a new one; all of them open the same page until they expire or the request is released."""

    __table_args__ = (Index("referee_link_of", "referee_id"), Index("referee_link_expires", "expires_at"))

    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    referee_id: UUID = Field(foreign_key="referee.id", ondelete="CASCADE")
    made_at: datetime = Field(sa_type=MOMENT)
    expires_at: datetime = Field(sa_type=MOMENT)


class Recommendation(Table, table=True):
    """What a referee has written so far, or the file in its place. It counts once the referee's state is `received`.

    `typed` is as it was typed, good or not; `saved` counts the saves, so that two windows do not overwrite each other unseen.
    """

    referee_id: UUID = Field(primary_key=True, foreign_key="referee.id", ondelete="CASCADE")
    typed: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    saved: int = 0
    saved_at: datetime = Field(sa_type=MOMENT)
    filename: str | None = Field(default=None, sa_type=Text)
    content_type: str | None = Field(default=None, sa_type=Text)
    size_bytes: int | None = None
    sha256: str | None = Field(default=None, sa_type=Text)
    storage_key: str | None = Field(default=None, sa_type=Text)
