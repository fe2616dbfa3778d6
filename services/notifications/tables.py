"""The tables of the notifications service; the messaging tables beside them are `shared.messaging`'s.

Times are aware, in UTC. Nothing here is personal but random ids: no address, no name, no text that was sent.
"""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import declared_attr, registry
from sqlalchemy.types import Text
from sqlmodel import Field, SQLModel

STATES = ("created", "sending", "sent", "failed_temporarily", "failed")


def _moment(*, optional: bool = False) -> Any:
    column: Column[datetime] = Column(DateTime(timezone=True), nullable=optional)
    return Field(default=None, sa_column=column) if optional else Field(sa_column=column)


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; a table is named after its class, in snake case."""

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class Programme(Table, table=True):
    """What a programme and its countries and reasons are called, by language, and when each year's round is (ISO 8601, by year)."""

    code: str = Field(primary_key=True)
    version: int
    names: dict[str, str] = _json()
    countries: dict[str, dict[str, str]] = _json()
    reasons: dict[str, dict[str, str]] = _json()
    rounds: dict[str, str] = _json()
    published_at: datetime = _moment()


class ApplicationState(Table, table=True):
    """The last version heard of an application from each producer, and how many events this service published about it."""

    application: UUID = Field(primary_key=True)
    person: UUID
    cell: str
    heard_applications: int = 0
    heard_quotas: int = 0
    last_type: str = ""
    last_at: datetime | None = _moment(optional=True)
    published: int = 0


class SubjectState(Table, table=True):
    """The last version heard of a subject that is not an application itself, such as `referee:<id>`."""

    subject: str = Field(primary_key=True)
    heard: int


class Message(Table, table=True):
    """One thing told to one person through one channel. `event_id` is the event or the reminder that it is for, `about` the event.

    `next_try_at` is when it is due, and while it is being sent when its lease ends; none where it has ended. `created_at` is the
    event's time. A message of the channel `inbox` is `sent` from the start: it is there to be read.
    """

    __table_args__ = (UniqueConstraint("event_id", "recipient", "channel", name="message_once"),)

    id: UUID = Field(primary_key=True)
    event_id: UUID
    about: UUID
    application: UUID
    recipient: UUID
    channel: str
    template: str
    cell: str
    facts: dict[str, Any] = _json()
    created_at: datetime = _moment()
    stored_at: datetime = _moment()
    state: str
    attempts: int = 0
    next_try_at: datetime | None = _moment(optional=True)
    tried_at: datetime | None = _moment(optional=True)
    last_reason: str | None = None
    sent_at: datetime | None = _moment(optional=True)
    language: str | None = None
    read_at: datetime | None = _moment(optional=True)


class Reminder(Table, table=True):
    """A reminder that waits for `due_at`. It belongs to the event that set it, and ends as sent, settled, or too late to be of use."""

    __table_args__ = (UniqueConstraint("event_id", "kind", name="reminder_once"),)

    id: UUID = Field(primary_key=True)
    event_id: UUID
    application: UUID
    kind: str
    recipient: UUID
    channels: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    template: str
    cell: str
    facts: dict[str, Any] = _json()
    due_at: datetime = _moment()
    until_at: datetime = _moment()
    state: str
    changed_at: datetime = _moment()


class ErasedPerson(Table, table=True):
    """Somebody whose data were erased: nothing is written to or about them any more, also where the past is read again."""

    person: UUID = Field(primary_key=True)
    at: datetime = _moment()
