"""Mails about the end of somebody's data, from the act that they tell of until the mail server took them.

Each is a row that is written with the act, so that none is lost with a server that is away; and each is tried and noted by itself, so that
an address that refuses keeps nobody else's waiting. The row, and the address with it, is gone when the mail was taken or given up.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.kernel.ids import new_id
from shared.persistence.database import Tx

ASKED, DONE, DRAFT = "asked", "done", "draft"
PORTION: Final = 20
LEASE: Final = timedelta(minutes=30)
"""Whoever claimed mails has this long to send them; longer than a portion takes with a slow server."""
AWAY_WAIT: Final = timedelta(minutes=1)
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(days=1)
TRIES_MAX: Final = 12
"""Nearly four days in all, in which a full mailbox may be emptied."""


class Waiting(NamedTuple):
    """A mail to be sent: about `application` where it is about one; `day` is the day that it names."""

    id: UUID
    kind: str
    person: UUID
    application: UUID | None
    email: str
    language: str
    day: datetime
    tries: int = 0


_COLUMNS: Final = "id, kind, person_id, application_id, email, language, day, tries"
_ADD: Final = text(
    f"insert into privacy_mail ({_COLUMNS}, try_at) "  # noqa: S608 - names of our own
    "values (:id, :kind, :person, :application, :email, :language, :day, :tries, :try_at) on conflict (application_id) do nothing"
)
_CLAIM: Final = text(
    "update privacy_mail set try_at = :lease where id in (select id from privacy_mail where try_at <= :now "  # noqa: S608
    f"order by try_at, id limit :most for update skip locked) returning {_COLUMNS}"
)
_PUT_OFF: Final = text("update privacy_mail set tries = :tries, try_at = :try_at where id = :id")
_GONE: Final = text("delete from privacy_mail where id = :id returning 1")
_WARNED: Final = text("insert into draft_warning (application_id, warned_at) values (:application, :now) on conflict do nothing")
_PROMISED: Final = text("update erasure set due_at = greatest(due_at, :day) where person_id = :person and erased_at is null")
_TAKE_BACK: Final = text("delete from privacy_mail where person_id = :person and kind = :kind")


async def add(tx: Tx, mails: Sequence[Waiting], *, try_at: datetime) -> None:
    """Keep mails until they are taken. Whoever sends one at once has it tried by the sweep a lease later, in case they do not live to."""
    if mails:
        await tx.execute(_ADD, [one._asdict() | {"try_at": try_at} for one in mails])


def new(kind: str, person: UUID, email: str, language: str, day: datetime, application: UUID | None = None) -> Waiting:
    """A mail that has not been tried yet."""
    return Waiting(new_id(), kind, person, application, email, language, day)


async def claim(tx: Tx, *, now: datetime, most: int = PORTION) -> list[Waiting]:
    """Mails whose time has come, those that wait longest first; nobody else tries them for a lease."""
    return [Waiting(*row) for row in await tx.execute(_CLAIM, {"now": now, "lease": now + LEASE, "most": most})]


async def ended(tx: Tx, one: Waiting, *, day: datetime, now: datetime) -> None:
    """The mail was taken, naming `day`, or there is no more that could be done: what waited for it goes on, not before that day."""
    if (await tx.execute(_GONE, {"id": one.id})).first() is None:
        return  # taken back, or the draft is gone
    if one.kind == DRAFT:
        await tx.execute(_WARNED, {"application": one.application, "now": now})
    if one.kind == ASKED:
        await tx.execute(_PROMISED, {"person": one.person, "day": day})


async def put_off(tx: Tx, one: Waiting, *, counted: bool, now: datetime) -> None:
    """Try again later: soon where the server was away, which says nothing about the address."""
    tries = one.tries + counted
    wait = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(tries - 1, 20))) if counted else AWAY_WAIT
    await tx.execute(_PUT_OFF, {"id": one.id, "tries": tries, "try_at": now + wait})


async def put_off_all(tx: Tx, mails: Sequence[Waiting], *, now: datetime) -> None:
    """As where the server was away, for those that were not tried because of it."""
    for one in mails:
        await put_off(tx, one, counted=False, now=now)


async def take_back(tx: Tx, person: UUID) -> None:
    """The person keeps the account: nothing is told any more of what they had asked for."""
    await tx.execute(_TAKE_BACK, {"person": person, "kind": ASKED})
