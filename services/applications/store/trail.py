"""The trail that administrative acts leave, read page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.persistence.database import Tx


class Entry(NamedTuple):
    """One administrative act. `actor` and `subject` are ids or names of things, never of people."""

    id: UUID
    at: datetime
    actor: str
    role: str
    act: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which acts; nothing means all. `subject` is an id or a receipt, `actor` an account."""

    role: str = ""
    act: str = ""
    subject: str = ""
    actor: str = ""


_ENTRIES: Final = """
    select id, at, actor, role, act, subject, detail from audit_entry where
        (:role = '' or role = :role) and (:act = '' or act = :act) and (:actor = '' or actor = :actor)
        and (:subject = '' or subject = :subject or subject = (select id::text from application where receipt = upper(:subject)))
"""
_OLDER: Final = text(
    f"{_ENTRIES} and (cast(:mark as uuid) is null or (at, id) < (select at, id from audit_entry where id = :mark)) "  # noqa: S608
    "order by at desc, id desc limit :most"
)
_NEWER: Final = text(f"{_ENTRIES} and (at, id) > (select at, id from audit_entry where id = :mark) order by at, id limit :most")  # noqa: S608
_RECEIPTS: Final = text("select id::text, receipt, programme, country from application where id::text = any(:ids) and receipt is not null")
_NAMES: Final = text("select id::text, name, email from account where id::text = any(:ids) and role <> 'applicant'")
_ACTS: Final = text("select distinct act from audit_entry order by act")


@dataclass(frozen=True, slots=True)
class Trail:
    """A part of the trail, the newest first, and whether there is newer and older."""

    entries: tuple[Entry, ...]
    newer: bool
    older: bool


async def part(tx: Tx, sought: Sought, *, after: UUID | None = None, before: UUID | None = None, limit: int) -> Trail:
    """At most `limit` acts that are older than `after`, or newer than `before`; the newest where neither is given."""
    values = {"role": sought.role, "act": sought.act, "subject": sought.subject, "actor": sought.actor, "most": limit + 1}
    backwards = before is not None and after is None
    rows = [Entry(*row) for row in await tx.execute(_NEWER if backwards else _OLDER, values | {"mark": before if backwards else after})]
    shown, more = rows[:limit], len(rows) > limit
    if backwards:
        return Trail(tuple(reversed(shown)), newer=more, older=True)
    return Trail(tuple(shown), newer=after is not None, older=more)


class About(NamedTuple):
    """An application that an act was about."""

    receipt: str
    programme: str
    country: str


async def about(tx: Tx, subjects: set[str]) -> dict[str, About]:
    """The applications among these subjects, by id."""
    return {key: About(*rest) for key, *rest in await tx.execute(_RECEIPTS, {"ids": sorted(subjects)})}


async def staff_names(tx: Tx, accounts: set[str]) -> dict[str, str]:
    """Account id to the name, or where there is none the address, of members of staff; nobody else's."""
    return {key: name or email for key, name, email in await tx.execute(_NAMES, {"ids": sorted(accounts)})}


async def kinds(tx: Tx) -> list[str]:
    """Every kind of act that there is a row of."""
    return list((await tx.execute(_ACTS)).scalars())
