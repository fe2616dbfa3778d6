"""What goes where a person is erased: their inbox, what a mail was about, and reminders. What stays are ids: who was told of what event."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlmodel import col

from services.notifications.tables import ErasedPerson
from shared.persistence.database import Tx

_ERASED = select(col(ErasedPerson.person)).where(col(ErasedPerson.person).in_(bindparam("people", expanding=True)))
_NOTE = text("insert into erased_person (person, at) values (:person, :at) on conflict do nothing")
_INBOX = text("delete from message where recipient = :person and channel = 'inbox'")
_MAILS = text("update message set facts = '{}' where recipient = :person and state in ('sent', 'failed') and facts <> '{}'")
_REMINDERS = text("update reminder set state = 'settled', changed_at = :at where recipient = :person and state = 'set'")
_TOLD = text("update reminder set facts = '{}' where recipient = :person and facts <> '{}'")


async def erase(tx: Tx, person: UUID, *, at: datetime) -> None:
    """Remove what is about the person; a mail on its way ends by itself, because there is no address any more."""
    await tx.execute(_NOTE, {"person": person, "at": at})
    await tx.execute(_INBOX, {"person": person})
    await tx.execute(_MAILS, {"person": person})
    await tx.execute(_REMINDERS, {"person": person, "at": at})
    await tx.execute(_TOLD, {"person": person})


async def erased(tx: Tx, people: Collection[UUID]) -> frozenset[UUID]:
    """Those of the people who were erased."""
    return frozenset((await tx.execute(_ERASED, {"people": list(people)})).scalars())
