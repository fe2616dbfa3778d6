"""Who is to be erased, and who was."""

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
