"""Mails about the end of somebody's data, from the act that they tell of until the mail server took them.

Each is a row that is written with the act, so that none is lost with a server that is away; and each is tried and noted by itself, so that
an address that refuses keeps nobody else's waiting. The row, and the address with it, is gone when the mail was taken or given up. What
was given up leaves a line in the audit, which operators are shown.

Whoever sends one is outside of any transaction, so a person can take a request back while its mail is on its way. The row is then turned
into one that says so: it goes out behind the other, also where its sender died.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.kernel.ids import new_id
from shared.persistence import audit
from shared.persistence.database import Tx
from shared.web.i18n import spoken

ASKED, DONE, DRAFT, KEPT = "asked", "done", "draft", "kept"
PORTION: Final = 20
LEASE: Final = timedelta(minutes=30)
"""Whoever claimed mails has this long to send them; longer than a portion takes with a slow server."""
AWAY_WAIT: Final = timedelta(minutes=1)
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(days=1)
TRIES_MAX: Final = 12
"""Nearly four days in all, in which a full mailbox may be emptied."""
LONGEST: Final[Mapping[str, timedelta]] = {ASKED: timedelta(days=14), DONE: timedelta(days=14), KEPT: timedelta(days=14)}
"""How long a mail waits for a server that takes none at all; with the days to change one's mind, an erasure is done within a month.

A warning that a draft goes has no such end: nobody asked for that, so the draft stays until its owner was told."""
NOT_TOLD: Final = "privacy.not_told"
"""The act in the audit that says that a mail was given up, and why."""


class Waiting(NamedTuple):
    """A mail to be sent: about `application` where it is about one; `day` is the day that it names. It waits since `begun_at`."""

    id: UUID
    kind: str
    person: UUID
    application: UUID | None
    email: str
    language: str
    day: datetime
    begun_at: datetime
    tries: int = 0

    def out_of_time(self, now: datetime) -> bool:
        """Whether it has waited as long as one of its kind does."""
        longest = LONGEST.get(self.kind)
        return longest is not None and now >= self.begun_at + longest


_COLUMNS: Final = "id, kind, person_id, application_id, email, language, day, begun_at, tries"
_ADD: Final = text(
    f"insert into privacy_mail ({_COLUMNS}, try_at, held) "  # noqa: S608 - names of our own
    "values (:id, :kind, :person, :application, :email, :language, :day, :begun_at, :tries, :try_at, :held) "
    "on conflict (application_id) do nothing"
)
_CLAIM: Final = text(
    "update privacy_mail set try_at = :lease, held = true where id in (select id from privacy_mail where try_at <= :now "  # noqa: S608
    f"order by try_at, id limit :most for update skip locked) returning {_COLUMNS}"
)
_PUT_OFF: Final = text("update privacy_mail set tries = :tries, try_at = :try_at, held = false where id = :id and kind = :kind returning 1")
_GONE: Final = text("delete from privacy_mail where id = :id and kind = :kind returning 1")
_CROSSED: Final = text("update privacy_mail set try_at = :now, held = false where id = :id and kind = :kept")
_WARNED: Final = text("insert into draft_warning (application_id, warned_at) values (:application, :now) on conflict do nothing")
_PROMISED: Final = text("update erasure set due_at = greatest(due_at, :day) where person_id = :person and erased_at is null")
_ON_ITS_WAY: Final = text(
    "update privacy_mail set kind = :kept, day = :now, begun_at = :now, tries = 0, held = false "
    "where person_id = :person and kind = :asked and held"
)
_REQUEST: Final = text("select 1 from erasure where person_id = :person for update")
"""Locked before its mail, as by whoever takes it back."""
_TAKE_BACK: Final = text("delete from privacy_mail where person_id = :person and kind = :kind")
_LOST: Final = text(
    "select at, detail->>'kind', detail->>'reason', subject from audit_entry where act = :act and at > :since "
    "order by at desc, id desc limit :most"
)
_LOST_NUMBER: Final = text("select count(*) from audit_entry where act = :act and at > :since")
_WAITING: Final = text("select count(*), min(begun_at) from privacy_mail where begun_at < :before")


async def add(tx: Tx, mails: Sequence[Waiting], *, now: datetime, held: bool = False) -> None:
    """Keep mails until they are taken. Those `held` are sent by whoever adds them; the sweep tries them a lease later, in case they die."""
    if mails:
        await tx.execute(_ADD, [one._asdict() | {"try_at": now + LEASE if held else now, "held": held} for one in mails])


def new(kind: str, person: UUID, email: str, language: str, day: datetime, *, now: datetime, application: UUID | None = None) -> Waiting:
    """A mail that has not been tried yet."""
    return Waiting(new_id(), kind, person, application, email, spoken(language), day, now)


async def claim(tx: Tx, *, now: datetime, most: int = PORTION) -> list[Waiting]:
    """Mails whose time has come, those that wait longest first; nobody else tries them for a lease."""
    return [Waiting(*row) for row in await tx.execute(_CLAIM, {"now": now, "lease": now + LEASE, "most": most})]


async def ended(tx: Tx, one: Waiting, *, day: datetime, now: datetime, lost: str = "") -> None:
    """The mail was taken, naming `day`, or it is given up (`lost` says why): what waited for it goes on, not before that day."""
    await tx.execute(_REQUEST, {"person": one.person})
    if (await tx.execute(_GONE, {"id": one.id, "kind": one.kind})).first() is None:
        await _crossed(tx, one, now=now)
        return
    if lost:
        detail = {"kind": one.kind, "reason": lost}
        await audit.record(tx, at=now, actor="system", role="system", act=NOT_TOLD, subject=str(one.person), detail=detail)
    if one.kind == DRAFT:
        await tx.execute(_WARNED, {"application": one.application, "now": now})
    if one.kind == ASKED:
        await tx.execute(_PROMISED, {"person": one.person, "day": day})


async def put_off(tx: Tx, one: Waiting, *, counted: bool, now: datetime) -> None:
    """Try again later: soon where the server was away, which says nothing about the address."""
    tries = one.tries + counted
    wait = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(tries - 1, 20))) if counted else AWAY_WAIT
    put = await tx.execute(_PUT_OFF, {"id": one.id, "kind": one.kind, "tries": tries, "try_at": now + wait})
    if put.first() is None:
        await _crossed(tx, one, now=now)


async def _crossed(tx: Tx, one: Waiting, *, now: datetime) -> None:
    """The request was taken back while its mail was on its way, or the draft is gone: what says so follows at once."""
    await tx.execute(_CROSSED, {"id": one.id, "kept": KEPT, "now": now})


async def take_back(tx: Tx, person: UUID, *, now: datetime) -> None:
    """The person keeps the account: nothing is told any more of what they had asked for, unless that may be on its way already."""
    await tx.execute(_ON_ITS_WAY, {"person": person, "asked": ASKED, "kept": KEPT, "now": now})
    await tx.execute(_TAKE_BACK, {"person": person, "kind": ASKED})


async def asked_again(tx: Tx, person: UUID) -> None:
    """The person asks anew: that an earlier request was taken back is not told any more."""
    await tx.execute(_TAKE_BACK, {"person": person, "kind": KEPT})


class Lost(NamedTuple):
    """A mail that was given up: when, of which kind, why, and whom it was for (an id)."""

    at: datetime
    kind: str
    reason: str
    person: str


class Late(NamedTuple):
    """Mails that wait for long, and since when the oldest does."""

    number: int
    since: datetime | None


async def lost(tx: Tx, *, since: datetime, most: int) -> list[Lost]:
    """Mails that were given up since then, the last first, at most so many: a mail server that refuses all gives up thousands."""
    return [Lost(*row) for row in await tx.execute(_LOST, {"act": NOT_TOLD, "since": since, "most": most})]


async def lost_number(tx: Tx, *, since: datetime) -> int:
    """How many mails were given up since then."""
    return int((await tx.execute(_LOST_NUMBER, {"act": NOT_TOLD, "since": since})).scalar_one())


async def late(tx: Tx, *, before: datetime) -> Late:
    """Mails that wait since before then."""
    return Late(*(await tx.execute(_WAITING, {"before": before})).one())
