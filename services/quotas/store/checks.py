"""The live checks: each counts the rows that break one promise. 0 is the normal value."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg
from sqlalchemy import text

from services.quotas.domain.limits import CELL, PLACE_KINDS
from services.quotas.store.room import lacking
from shared.persistence.database import Tx, driver

_BALANCES: Final = """
    select 'free:' || key as account, free as balance from cell
    union all select 'offered:' || key, offered from cell
    union all select 'taken:' || key, taken from cell
    union all select key, balance from account
"""
_MOVEMENTS: Final = """
    select account, sum(count) as balance from (
        select target as account, count from transfer
        union all select source, -count from transfer
    ) as movement where account not like 'plan:%' group by account
"""
_FIELDS: Final = {
    "programme": "split_part(cell, ':', 1)",
    "country": "split_part(cell, ':', 2)",
    "year": "split_part(cell, ':', 3)",
    "person": "person::text",
    "course": "course",
    "channel": "channel",
}
_KEYS: Final = {kind: " || ':' || ".join((f"'{kind.name}'", *(_FIELDS[field] for field in kind.fields))) for kind in PLACE_KINDS}
_DRAWN: Final = " union all ".join(
    f"select {_KEYS[kind]} as key, count(*) as used from place "  # noqa: S608 - built of constants
    f"where state in ('offered', 'taken'){' and not ended' if kind.freed_by_end else ''} group by 1"
    for kind in PLACE_KINDS
    if kind is not CELL
)
"""Every limit of the places that are held, with how many draw on it."""
_OF_PROGRAMME: Final = "exists (select from terms where code = split_part(l.key, ':', 2) and"
_COUNTED: Final = f"""
    l.kind = 'person'
    or (l.kind = 'holders' and {_OF_PROGRAMME} terms ->> 'holders' is not null))
    or (l.kind in ('course', 'course_country') and {_OF_PROGRAMME} exists (select from jsonb_array_elements(terms -> 'courses') as c
        where l.key like '%:' || (c ->> 'year') || ':' || (c ->> 'key'))))
    or (l.kind = 'channel' and {_OF_PROGRAMME} exists (select from jsonb_array_elements(terms -> 'channels') as c
        where l.key like '%:' || (c ->> 'key'))))
"""  # noqa: S608 - built of the constant above
"""Whether the terms in force count a limit; one that they do not count stands at what it was."""
_PUBLISHED: Final = "'offered', 'waiting', 'refused', 'taken', 'released', 'nomination_refused'"

CHECKS: Final[Mapping[str, str]] = {
    "programmes whose places do not sum to the plan": """
        select count(*) from programme p where funded <>
            coalesce((select sum(free + offered + taken) from cell where programme = p.code), 0)
            + coalesce((select sum(balance) from account where programme = p.code), 0)
    """,
    "accounts that differ from their transfers": f"""
        select count(*) from ({_BALANCES}) as kept full join ({_MOVEMENTS}) as moved using (account)
        where coalesce(kept.balance, 0) <> coalesce(moved.balance, 0)
    """,  # noqa: S608 - built of the constants above
    "cells that differ from their places": """
        select count(*) from cell c left join (
            select cell, count(*) filter (where state = 'offered') as offered, count(*) filter (where state = 'taken') as taken,
                count(*) filter (where state = 'waiting') as waiting
            from place group by cell
        ) as p on p.cell = c.key
        where (c.offered, c.taken, c.waiting) <> (coalesce(p.offered, 0), coalesce(p.taken, 0), coalesce(p.waiting, 0))
    """,
    "cells that gave places over their target": """
        select count(*) from decision d
        cross join lateral jsonb_array_elements(cast(d.record as jsonb) -> 'limits') as used
        where (used ->> 'after')::int > (used ->> 'before')::int and (used ->> 'after')::int > (used ->> 'capacity')::int
            and d.outcome <> 'recounted'
    """,
    "persons who hold too much": "select count(*) from limit_counter where kind = 'person' and used > capacity",
    "persons whose places no limit counts": """
        select count(*) from place p where state in ('offered', 'taken') and not ended
            and not exists (select from limit_counter l where l.key = 'person:' || p.person)
    """,
    "limits that differ from their places": f"""
        with terms as (select code, convert_from(terms, 'UTF8')::jsonb as terms from programme)
        select count(*) from limit_counter l left join ({_DRAWN}) as p using (key)
        where l.used <> coalesce(p.used, 0) and ({_COUNTED})
    """,  # noqa: S608 - built of the constants above
    "nomination limits that differ from their nominations": """
        select count(*) from (select key, used from limit_counter where kind = 'nomination') as l
        full join (select 'nomination:' || cell as key, count(*) as used from place where nominated group by cell) as p using (key)
        where coalesce(l.used, 0) <> coalesce(p.used, 0)
    """,
    "ranges of lists that differ from who waits in them": """
        select count(*) from (
            select cell, minus_score, submitted_at, application, count, row_number() over w as number,
                lead(minus_score) over w as next_score, lead(submitted_at) over w as next_at, lead(application) over w as next_application
            from list_range window w as (partition by cell order by minus_score, submitted_at, application)
        ) as r where count <> (
            select count(*) from place p where p.cell = r.cell and p.state = 'waiting'
                and (r.number = 1 or (-p.score, p.submitted_at, p.application) >= (r.minus_score, r.submitted_at, r.application))
                and (r.next_at is null or (-p.score, p.submitted_at, p.application) < (r.next_score, r.next_at, r.next_application))
        )
    """,
    "places whose version differs from their decisions": f"""
        select count(*) from place p left join (
            select application, max(number) as last, count(*) filter (where outcome in ({_PUBLISHED})) as facts
            from decision where application is not null group by application
        ) as d using (application)
        where coalesce(d.facts, 0) <> p.version or coalesce(d.last, 0) <> p.decision
    """,  # noqa: S608 - built of the constant above
    "free places of a year that was closed": "select count(*) from cell where settled and free > 0",
    "chains whose head is not their last decision": """
        select count(*) from cell c left join (select cell, max(number) as last, count(*) as links from decision group by cell) as n
            on n.cell = c.key left join decision d on d.cell = c.key and d.number = n.last
        where c.last_decision <> coalesce(n.last, 0) or c.last_decision <> coalesce(n.links, 0)
            or c.last_hash <> coalesce(d.hash, repeat('0', 64))
    """,
    "decisions whose hash or link is wrong": """
        select count(*) from (
            select hash, record, lag(hash, 1, repeat('0', 64)) over (partition by cell order by number) as prev from decision
        ) as d
        where hash <> encode(sha256(convert_to(record, 'UTF8')), 'hex') or cast(record as jsonb) ->> 'prev' <> prev
    """,
}
_WAITING: Final = """
    select p.application from place p join cell c on c.key = p.cell
    where p.state = 'waiting' and c.free > 0 and c.listed and not c.closed and c.list_closes >= $1 and (c.grants_from is null or c.served)
"""


async def broken(tx: Tx, now: datetime) -> dict[str, int]:
    """Check -> how many rows break it."""
    # Tables that grew since they were last analysed look small, and a plan for small ones takes the square of their rows.
    await tx.execute(text("set local enable_nestloop = off"))
    found = {name: int((await tx.execute(text(statement))).scalar_one()) for name, statement in CHECKS.items()}
    await tx.execute(text("set local enable_nestloop = on"))
    return found | {"free places with somebody servable waiting": await servable(await driver(tx), now)}


async def servable(connection: "asyncpg.Connection[Any]", now: datetime) -> int:
    """How many wait, their call not being over, for whom there is a free place and room in every limit; 0 at every commit."""
    waiting = [row["application"] for row in await connection.fetch(_WAITING, now)]
    return sum(not lacks for lacks in (await lacking(connection, waiting, now)).values())
