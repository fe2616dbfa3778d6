"""Live checks: each a number of rows that break a promise; the normal value is 0."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text

from services.applications.store.copies import TRIES_MAX
from shared.persistence.database import Tx

CHECKS: Final[Mapping[str, str]] = {
    "every submitted application has a receipt and a moment": (
        "select count(*) from application where state not in ('draft', 'withdrawn') and (receipt is null or submitted_at is null)"
    ),
    "the timeline ends where the application is": (
        "select count(*) from application a left join lateral (select number, target from timeline_entry t "
        "where t.application_id = a.id order by number desc limit 1) last on true "
        "where last.number is distinct from a.version or last.target is distinct from a.state"
    ),
    "every move continues where the one before it led": (
        "select count(*) from timeline_entry t left join timeline_entry b "
        "on b.application_id = t.application_id and b.number = t.number - 1 where t.number > 1 and t.source is distinct from b.target"
    ),
    "facts are counted without a gap": (
        "select count(*) from (select a.id from application a left join timeline_entry t on t.application_id = a.id and t.fact is not null "
        "group by a.id, a.facts having count(t.fact) <> a.facts or coalesce(max(t.fact), 0) <> a.facts) broken"
    ),
    "an offer has its deadline and its version": (
        "select count(*) from application where state in ('offered', 'accepted') and (answer_by is null or offer_version is null)"
    ),
    "one slate rank is given once": (
        "select count(*) from (select 1 from application where state = 'nominated' "
        "group by programme, country, year, slate_rank having count(*) > 1) broken"
    ),
    "no copy of a submission was given up": (
        f"select count(*) from sent_copy where made_at is null and tries >= {TRIES_MAX}"  # noqa: S608 - a number of our own
    ),
    "a letter that has arrived is there": (
        "select count(*) from referee r where r.state = 'received' and not exists (select from recommendation w where w.referee_id = r.id)"
    ),
    "every programme in force has its plan": (
        "select count(*) from programme_version p where not exists "
        "(select 1 from plan_version v where v.plan = p.plan and v.version = p.plan_version)"
    ),
}


async def broken(tx: Tx) -> dict[str, int]:
    """Name of each check to the number of rows that break it."""
    return {name: int((await tx.execute(text(statement))).scalar_one()) for name, statement in CHECKS.items()}


async def awaiting(tx: Tx) -> int:
    """Approved applications that quotas has not answered yet; not wrong, and 0 when everything has been handled."""
    return int((await tx.execute(text("select count(*) from application where state = 'approved'"))).scalar_one())


async def unreferenced(tx: Tx, keys: list[str]) -> set[str]:
    """Those of the storage keys that no document, no copy and no letter refers to."""
    statement = text(
        "select k from unnest(cast(:keys as text[])) k "
        "where not exists (select 1 from document d where d.storage_key = k) "
        "and not exists (select 1 from sent_copy c where c.storage_key = k) "
        "and not exists (select 1 from recommendation l where l.storage_key = k)"
    )
    return set((await tx.execute(statement, {"keys": keys})).scalars())
