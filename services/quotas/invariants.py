"""The live checks: each statement counts the rows that break one promise. 0 is the normal value."""

from collections.abc import Mapping
from typing import Final

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
_PUBLISHED: Final = "'offered', 'waiting', 'refused', 'taken', 'released', 'nomination_refused'"

CHECKS: Final[Mapping[str, str]] = {
    "programmes_whose_places_do_not_sum_to_the_plan": """
        select count(*) from programme p where funded <>
            coalesce((select sum(free + offered + taken) from cell where programme = p.code), 0)
            + coalesce((select sum(balance) from account where programme = p.code), 0)
    """,
    "accounts_that_differ_from_their_transfers": f"""
        select count(*) from ({_BALANCES}) as kept full join ({_MOVEMENTS}) as moved using (account)
        where coalesce(kept.balance, 0) <> coalesce(moved.balance, 0)
    """,  # noqa: S608 - built of the constants above
    "cells_that_differ_from_their_places": """
        select count(*) from cell c left join (
            select cell, count(*) filter (where state = 'offered') as offered, count(*) filter (where state = 'taken') as taken,
                count(*) filter (where state = 'waiting') as waiting
            from place group by cell
        ) as p on p.cell = c.key
        where (c.offered, c.taken, c.waiting) <> (coalesce(p.offered, 0), coalesce(p.taken, 0), coalesce(p.waiting, 0))
    """,
    "cells_that_gave_places_over_their_target": """
        select count(*) from decision d
        cross join lateral jsonb_array_elements(cast(d.record as jsonb) -> 'limits') as used
        where (used ->> 'after')::int > (used ->> 'before')::int and (used ->> 'after')::int > (used ->> 'capacity')::int
    """,
    "persons_who_hold_too_much": "select count(*) from limit_counter where kind = 'person' and used > capacity",
    "person_limits_that_differ_from_their_places": """
        select count(*) from (select key, used from limit_counter where kind = 'person') as l
        full join (
            select 'person:' || person as key, count(*) as used from place
            where state in ('offered', 'taken') and not ended group by person
        ) as p using (key)
        where coalesce(l.used, 0) <> coalesce(p.used, 0)
    """,
    "nomination_limits_that_differ_from_their_nominations": """
        select count(*) from (select key, used from limit_counter where kind = 'nomination') as l
        full join (select 'nomination:' || cell as key, count(*) as used from place where nominated group by cell) as p using (key)
        where coalesce(l.used, 0) <> coalesce(p.used, 0)
    """,
    "places_whose_version_differs_from_their_decisions": f"""
        select count(*) from place p left join (
            select application, max(number) as last, count(*) filter (where outcome in ({_PUBLISHED})) as facts
            from decision where application is not null group by application
        ) as d using (application)
        where coalesce(d.facts, 0) <> p.version or coalesce(d.last, 0) <> p.decision
    """,  # noqa: S608 - built of the constant above
    "free_places_with_somebody_servable_waiting": """
        select count(*) from cell c join programme p on p.code = c.programme
        where c.free > 0 and c.listed and not c.closed and (c.grants_from is null or c.served) and exists (
            select from place w left join limit_counter l on l.key = 'person:' || w.person
            where w.cell = c.key and w.state = 'waiting' and coalesce(l.used < l.capacity, true)
        )
    """,
    "free_places_of_a_year_that_was_closed": "select count(*) from cell where settled and free > 0",
    "chains_whose_head_is_not_their_last_decision": """
        select count(*) from cell c left join (select cell, max(number) as last, count(*) as links from decision group by cell) as n
            on n.cell = c.key left join decision d on d.cell = c.key and d.number = n.last
        where c.last_decision <> coalesce(n.last, 0) or c.last_decision <> coalesce(n.links, 0)
            or c.last_hash <> coalesce(d.hash, repeat('0', 64))
    """,
    "decisions_whose_hash_or_link_is_wrong": """
        select count(*) from (
            select hash, record, lag(hash, 1, repeat('0', 64)) over (partition by cell order by number) as prev from decision
        ) as d
        where hash <> encode(sha256(convert_to(record, 'UTF8')), 'hex') or cast(record as jsonb) ->> 'prev' <> prev
    """,
}
