"""Who is to be erased, who was, and the mails about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from services.applications.accounts.tables import MOMENT
from services.applications.tables import Table


class Erasure(Table, table=True):
    """A person who asked for it (`erased_at` absent), or whose data are gone. Only the random id of the account is kept.

    `cause`: asked, unused (an account that nobody came back to), again (after an older backup was put back).
    """

    person_id: UUID = Field(primary_key=True)
    cause: str = Field(sa_type=Text)
    asked_at: datetime = Field(sa_type=MOMENT)
    due_at: datetime = Field(sa_type=MOMENT)
    erased_at: datetime | None = Field(default=None, sa_type=MOMENT)


class DraftWarning(Table, table=True):
    """The person was told that this draft will be removed."""

    application_id: UUID = Field(primary_key=True, foreign_key="application.id", ondelete="CASCADE")
    warned_at: datetime = Field(sa_type=MOMENT)


class PrivacyMail(Table, table=True):
    """A mail that the mail server has not taken yet; see `mailing.py`. `tries` counts those that say something about the address.

    `kind`: asked (an erasure), kept (that was taken back while its mail was on its way), done (it was), draft (one will be removed).
    `held` while somebody sends it.
    """

    id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    person_id: UUID
    application_id: UUID | None = Field(default=None, unique=True, foreign_key="application.id", ondelete="CASCADE")
    email: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)
    day: datetime = Field(sa_type=MOMENT)
    begun_at: datetime = Field(sa_type=MOMENT)
    tries: int
    try_at: datetime = Field(sa_type=MOMENT)
    held: bool
