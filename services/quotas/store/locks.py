"""The one order in which a transaction takes row locks. Whoever needs several takes them in it, so that no two wait in a ring.

1. where the worker stands: the offsets of its batch, then the parked keys of its batch, by key (`shared.messaging`)
2. proposals, by id, and then their consents
3. programmes, by code
4. cells, by key
5. limits (counters), by key
6. accounts, by key
7. limits that are no row yet, by key: a row is made of each (`save.claim`)

A step may be left out, and what is held already may be locked again. Whatever happens to a place happens under its cell's lock, so places
need none of their own. Whoever finds out that more has to be locked lets go of all behind a savepoint and takes the larger set
(`use_cases.judge`); whoever locks cells before that locks all that the commands will ask for (`load.first_wanted`).

Two commands of one transaction take their locks in one go. A publication decides several times in one transaction, so it takes
everything that it may come to in one go before it begins.
"""

from collections.abc import Collection
from typing import Any, Final

import asyncpg

_PROPOSALS: Final = (
    "select id from proposal where programme = any($1::text[]) and state = 'open' and proposed_by = $2 order by id for update"
)
_PROGRAMMES: Final = "select code from programme where code = any($1::text[]) or $2 order by code for update"
_STILL: Final = "select code from programme where code = any($1::text[]) order by code for key share"
_CELLS: Final = "select key from cell where programme = any($1::text[]) or $2 order by key for no key update"
_NAMED: Final = "select key from cell where key = any($1::text[]) order by key for no key update"
_LIMITS: Final = (
    "select key from limit_counter where (kind <> 'person' and split_part(key, ':', 2) = any($1::text[])) or key in "
    "(select 'person:' || p.person from place p join cell c on c.key = p.cell where p.state = 'waiting' and c.programme = any($1::text[])) "
    "order by key for no key update"
)
_ACCOUNTS: Final = "select key from account where programme = any($1::text[]) order by key for no key update"


async def for_publication(connection: "asyncpg.Connection[Any]", programmes: Collection[str], *, system: str, alone: bool) -> None:
    """All that the publication of these programmes' terms may come to, from what `system` proposed down to their accounts.

    Not `alone`: commands of the same batch are decided before it and behind it, so every cell that there is stands still: whoever decides
    anything has one.
    """
    codes = sorted(programmes)
    await connection.execute(_PROPOSALS, codes, system)
    await connection.execute(_PROGRAMMES, codes, not alone)
    await connection.execute(_CELLS, codes, not alone)
    await connection.execute(_LIMITS, codes)
    await connection.execute(_ACCOUNTS, codes)


async def programme(connection: "asyncpg.Connection[Any]", code: str) -> None:
    """The programme's row, to be changed."""
    await connection.execute(_PROGRAMMES, [code], False)


async def still(connection: "asyncpg.Connection[Any]", programmes: Collection[str]) -> None:
    """No new terms come into force, and others may still read these.

    New terms lock the cells that there are, and so wait for whoever reads the old ones; cells that are only made now cannot do that.
    """
    await connection.execute(_STILL, sorted(programmes))


async def cells(connection: "asyncpg.Connection[Any]", keys: Collection[str]) -> None:
    """These cells, as far as they are there."""
    await connection.execute(_NAMED, sorted(keys))
