"""The tables of accounts. A secret (code, link, session) is stored as its SHA-256 only."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Dialect, LargeBinary, Text, TypeDecorator
from sqlmodel import Field

from services.applications.tables import Table
from shared.web.i18n import spoken

MOMENT: Final = DateTime(timezone=True)


class Spoken(TypeDecorator[str]):
    """A language of the pages. Another one in the row, which no page or mail could speak, is read as the one that pages begin with."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else spoken(value)


class Account(Table, table=True):
    """A person. `email` is kept as it was typed and is unique without regard to case; `country` is that of a coordinator.

    Until the person has chosen a zone, `timezone` is UTC or that of their country; `zone_chosen` tells UTC on purpose from none at all.
    """

    id: UUID = Field(primary_key=True)
    email: str
    role: str
    country: str | None = None
    language: str = Field(sa_type=Spoken)
    timezone: str
    zone_chosen: bool = False
    name: str = ""
    created_at: datetime = Field(sa_type=MOMENT)
    disabled_at: datetime | None = Field(default=None, sa_type=MOMENT)


class SignInAttempt(Table, table=True):
    """One mail with a code and a link; whichever is used first uses up both."""

    id: UUID = Field(primary_key=True)
    email: str
    language: str = Field(sa_type=Spoken)
    timezone: str
    return_to: str
    code_hash: bytes = Field(sa_type=LargeBinary)
    link_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime = Field(sa_type=MOMENT)
    expires_at: datetime = Field(sa_type=MOMENT)
    tries: int = 0
    used_at: datetime | None = Field(default=None, sa_type=MOMENT)


class Session(Table, table=True):
    """One browser that is signed in. `expires_at` is its absolute end; idleness is counted from `last_seen_at`.

    `device` is what the browser said it is, in two words (`Firefox, Android`); the network address is not kept.
    """

    id: UUID = Field(primary_key=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    account_id: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(sa_type=MOMENT)
    last_seen_at: datetime = Field(sa_type=MOMENT)
    expires_at: datetime = Field(sa_type=MOMENT)
    ended_at: datetime | None = Field(default=None, sa_type=MOMENT)
    device: str = ""


class KeptForm(Table, table=True):
    """A form that somebody sent without being signed in, kept until they are.

    `sealed` can be read only with the secret in the browser's cookie, of which the hash stands here. `account_id`: whose session had
    ended; None of a stranger.
    """

    id: UUID = Field(primary_key=True)
    secret_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", ondelete="CASCADE")
    sealed: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=MOMENT)
    expires_at: datetime = Field(sa_type=MOMENT)


class Throttle(Table, table=True):
    """How many requests a key (an e-mail's hash, or a network address) made in its present window."""

    key: str = Field(primary_key=True)
    used: int
    ends_at: datetime = Field(sa_type=MOMENT)
