"""Messages as people read them: an inbox, which holds only what is its owner's, and the list of mails for staff."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, text, tuple_
from sqlmodel import col

from services.notifications.domain.choose import EMAIL, INBOX
from services.notifications.tables import Message
from shared.persistence.database import Tx

_COUNTS = text("select state, count(*) from message where channel = 'email' group by state")


async def inbox(tx: Tx, person: UUID, *, before: UUID | None = None, most: int) -> list[Message]:
    """A person's messages, newest first, up to `most`; those after the message `before` in that order."""
    found = select(Message).where(col(Message.recipient) == person, col(Message.channel) == INBOX)
    found = await _after(tx, found, before)
    return list((await tx.execute(found.order_by(col(Message.created_at).desc(), col(Message.id).desc()).limit(most))).scalars())


async def whole_inbox(tx: Tx, person: UUID) -> list[Message]:
    """All of a person's messages, newest first."""
    found = select(Message).where(col(Message.recipient) == person, col(Message.channel) == INBOX)
    return list((await tx.execute(found.order_by(col(Message.created_at).desc(), col(Message.id).desc()))).scalars())


async def unread(tx: Tx, person: UUID) -> int:
    """How many of a person's messages were not opened."""
    found = select(func.count()).select_from(Message)
    found = found.where(col(Message.recipient) == person, col(Message.channel) == INBOX, col(Message.read_at).is_(None))
    return int((await tx.execute(found)).scalar_one())


async def of_inbox(tx: Tx, person: UUID, message_id: UUID) -> Message | None:
    """One message of this person's inbox; None where it is not theirs or does not exist."""
    found = select(Message).where(col(Message.id) == message_id, col(Message.recipient) == person, col(Message.channel) == INBOX)
    return (await tx.execute(found)).scalar_one_or_none()


async def mark_read(tx: Tx, message_id: UUID, *, now: datetime) -> None:
    """Note the first reading."""
    await tx.execute(text("update message set read_at = :now where id = :id and read_at is null"), {"now": now, "id": message_id})


async def outgoing(tx: Tx, *, state: str = "", application: UUID | None = None, before: UUID | None = None, most: int) -> list[Message]:
    """Mails, newest first, of one state or one application where asked; those after the message `before` in that order."""
    found = select(Message).where(col(Message.channel) == EMAIL)
    if state:
        found = found.where(col(Message.state) == state)
    if application is not None:
        found = found.where(col(Message.application) == application)
    found = await _after(tx, found, before)
    return list((await tx.execute(found.order_by(col(Message.created_at).desc(), col(Message.id).desc()).limit(most))).scalars())


async def mail(tx: Tx, message_id: UUID, *, lock: bool = False) -> Message | None:
    """One mail, for staff."""
    found = select(Message).where(col(Message.id) == message_id, col(Message.channel) == EMAIL)
    return (await tx.execute(found.with_for_update() if lock else found)).scalar_one_or_none()


async def counts(tx: Tx) -> dict[str, int]:
    """How many mails are in each state."""
    return {state: int(count) for state, count in await tx.execute(_COUNTS)}


async def _after(tx: Tx, found: Select[Message], before: UUID | None) -> Select[Message]:
    """`found`, newest first, going on after the message `before` (an id; one that is unknown changes nothing)."""
    edge = None if before is None else (await tx.execute(select(Message).where(col(Message.id) == before))).scalar_one_or_none()
    if edge is None:
        return found
    return found.where(tuple_(col(Message.created_at), col(Message.id)) < tuple_(edge.created_at, edge.id))
