"""What goes by itself with time: drafts that were never sent, papers of applications that came to nothing, accounts that hold nothing.

Each portion is one transaction that leaves an audit row with its count. Nobody loses a draft without having been told a month before.
Of an application that came to nothing its answers as they were last sent stay, and what was decided and said to its applicant; the
privacy notice says so, and why.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.applications.store.plans import all_in_force, dropped
from shared.persistence import audit
from shared.persistence.database import Tx

PORTION: Final = 200
WARNED_BEFORE: Final = timedelta(days=30)
NOTHING_CAME: Final = ("rejected", "refused", "declined", "lapsed", "withdrawn")
PAPERS: Final = ("document", "sent_copy", "sent_answers", "sent_papers", "page_typed", "referee")
"""Tables whose rows go when an application came to nothing, found by `application_id`. With a referee go their letter and links."""


@dataclass(frozen=True, slots=True)
class Periods:
    """How long each is kept: drafts after their call closed, papers after the application ended, accounts after they were made."""

    drafts: timedelta
    papers: timedelta
    accounts: timedelta


class Warned(NamedTuple):
    """Whoever is to be told that a draft goes: which, to whom, in which language, and on which day at the earliest."""

    application: UUID
    person: UUID
    email: str
    language: str
    goes_at: datetime

    @property
    def named(self) -> tuple[UUID, str, str, datetime]:
        """To whom, and the day."""
        return self.person, self.email, self.language, self.goes_at


Counts = Mapping[str, int]
"""Table to how many of its rows went."""

_CLOSED: Final = (
    "(select * from unnest(cast(:programmes as text[]), cast(:years as int[]), cast(:closed as timestamptz[])) "
    "as c (programme, year, closes)) as call on (call.programme, call.year) = (a.programme, a.year)"
)
_APPLIED: Final = text(
    "with recursive called as ((select programme, year from application order by programme, year limit 1) union all "
    "select n.programme, n.year from called c cross join lateral (select a.programme, a.year from application a "
    "where (a.programme, a.year) > (c.programme, c.year) order by a.programme, a.year limit 1) n) "
    "select c.programme, c.year from called c"
)
"""Every call that somebody has applied to, read from one entry of the index to the next."""
_AGO: Final = "cast(:now as timestamptz) - cast(:kept as interval)"
_MONTH: Final = "cast(:before as interval)"
_WORDED: Final = "exists (select 1 from draft_warning w where w.application_id = a.id"
_TO_WARN: Final = text(
    "select a.id, a.person_id, k.email, k.language, "  # noqa: S608 - parts of our own
    f"greatest(call.closes + cast(:kept as interval), cast(:now as timestamptz) + {_MONTH}) "
    f"from application a join account k on k.id = a.person_id join {_CLOSED} "
    f"where a.state = 'draft' and a.receipt is null and call.closes < {_AGO} + {_MONTH} and not {_WORDED}) "
    "and not exists (select 1 from privacy_mail m where m.application_id = a.id) order by a.id limit :most"
)
_OLD_DRAFTS: Final = text(
    f"select a.id from application a join {_CLOSED} where a.state = 'draft' and a.receipt is null "  # noqa: S608 - parts of our own
    f"and call.closes <= {_AGO} and {_WORDED} and w.warned_at <= cast(:now as timestamptz) - {_MONTH}) "
    "order by a.id limit :most for update of a skip locked"
)
_HAS: Final = " or ".join(f"exists (select 1 from {table} p where p.application_id = a.id)" for table in PAPERS)  # noqa: S608
_OLD_PAPERS: Final = text(
    f"select a.id from application a where a.state = any(:states) and a.changed_at < {_AGO} and (a.receipt is null or {_HAS}) "  # noqa: S608
    "order by a.id limit :most for update of a skip locked"
)
_OLD_ACCOUNTS: Final = text(
    f"select k.id from account k where k.role = 'applicant' and k.created_at < {_AGO} "  # noqa: S608
    "and not exists (select 1 from application a where a.person_id = k.id) "
    "and not exists (select 1 from session s where s.account_id = k.id) "
    "and not exists (select 1 from erasure e where e.person_id = k.id) order by k.id limit :most for update of k skip locked"
)
_DROP_DRAFTS: Final = text("delete from application where id = any(:ids)")
_DROP_UNSENT: Final = text("delete from application where id = any(:ids) and receipt is null returning 1")
_ERASE: Final = text(
    "insert into erasure (person_id, cause, asked_at, due_at) "
    "select unnest(cast(:ids as uuid[])), 'unused', :now, :now on conflict do nothing"
)


async def to_warn(tx: Tx, periods: Periods, *, now: datetime, most: int = PORTION) -> list[Warned]:
    """Drafts whose owner must be told now, so that they can go a month later."""
    values = await _calls(tx) | {"kept": periods.drafts, "before": WARNED_BEFORE, "now": now, "most": most}
    return [Warned(*row) for row in await tx.execute(_TO_WARN, values)]


async def old_drafts(tx: Tx, periods: Periods, now: datetime, most: int) -> list[UUID]:
    """Drafts never sent whose call closed long ago and whose owner was told long enough ago."""
    values = await _calls(tx) | {"kept": periods.drafts, "before": WARNED_BEFORE, "now": now, "most": most}
    return list((await tx.execute(_OLD_DRAFTS, values)).scalars())


async def old_papers(tx: Tx, periods: Periods, now: datetime, most: int) -> list[UUID]:
    """Applications that came to nothing long ago and still have papers."""
    values = {"states": list(NOTHING_CAME), "kept": periods.papers, "now": now, "most": most}
    return list((await tx.execute(_OLD_PAPERS, values)).scalars())


async def old_accounts(tx: Tx, periods: Periods, now: datetime, most: int) -> list[UUID]:
    """Accounts of applicants that hold no application and that nobody is signed in with."""
    return list((await tx.execute(_OLD_ACCOUNTS, {"kept": periods.accounts, "now": now, "most": most})).scalars())


async def _drop_drafts(tx: Tx, ids: list[UUID], _now: datetime) -> Counts:
    await tx.execute(_DROP_DRAFTS, {"ids": ids})
    return {}


async def _drop_papers(tx: Tx, ids: list[UUID], _now: datetime) -> Counts:
    """Their bytes go with the sweep of those that nothing refers to. Of what was withdrawn before it was sent nothing stays."""
    counts = {}
    for table in PAPERS:
        gone = text(f"delete from {table} where application_id = any(:ids) returning 1")  # noqa: S608 - names from the table above
        counts[table] = len((await tx.execute(gone, {"ids": ids})).all())
    counts["application"] = len((await tx.execute(_DROP_UNSENT, {"ids": ids})).all())
    return {table: count for table, count in counts.items() if count}


async def _erase_accounts(tx: Tx, ids: list[UUID], now: datetime) -> Counts:
    await tx.execute(_ERASE, {"ids": ids, "now": now})
    return {}


Find = Callable[[Tx, Periods, datetime, int], Awaitable[list[UUID]]]
Drop = Callable[[Tx, list[UUID], datetime], Awaitable[Counts]]
KINDS: Final[Mapping[str, tuple[Find, Drop]]] = {
    "drafts": (old_drafts, _drop_drafts),
    "papers": (old_papers, _drop_papers),
    "accounts": (old_accounts, _erase_accounts),
}
"""What goes -> of which drafts, applications or accounts, and how."""


async def sweep(tx: Tx, kind: str, periods: Periods, *, now: datetime, most: int = PORTION) -> int:
    """Remove one portion of a kind; of how many drafts, applications or accounts. Its audit row has the counts, never what was in it."""
    find, drop = KINDS[kind]
    ids = await find(tx, periods, now, most)
    if ids:
        detail = {"rows": len(ids), **await drop(tx, ids, now)}
        await audit.record(tx, at=now, actor="system", role="system", act=f"retention.{kind}", subject=kind, detail=detail)
    return len(ids)


async def preview(tx: Tx, periods: Periods, *, now: datetime) -> dict[str, int]:
    """Kind -> how many would go now; and of drafts, how many owners would be told. Nothing is changed."""
    every = 1_000_000
    found = {kind: len(await find(tx, periods, now, every)) for kind, (find, _drop) in KINDS.items()}
    return {"warnings of drafts": len(await to_warn(tx, periods, now=now, most=every)), **found}


async def _calls(tx: Tx) -> dict[str, Any]:
    """When each call closes; one that the plan has no longer closed on its day, or when a version dropped it before that day."""
    calls = {(terms.programme.code, call.year): call.closes for terms in await all_in_force(tx) for call in terms.programme.calls}
    for programme, year in (await tx.execute(_APPLIED)).all():
        if (programme, year) not in calls and (over := await dropped(tx, programme, year)):
            calls[programme, year] = over
    return {"programmes": [one for one, _year in calls], "years": [year for _one, year in calls], "closed": list(calls.values())}
