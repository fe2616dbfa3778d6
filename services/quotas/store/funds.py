"""A programme's places on their way from the plan into its pool, and out of it again."""

from datetime import datetime
from typing import Any, Final

import asyncpg

_FUND: Final = """
    with moved as (
        insert into transfer (programme, source, target, count, cause, at)
        select $1, $3, $4, $5::int, $6, $7 where $5::int > 0
    ), booked as (
        update account set balance = balance + $2::int where key = 'pool:' || $1
    )
    update programme set funded = funded + $2::int where code = $1
"""


async def fund(connection: "asyncpg.Connection[Any]", programme: str, total: int, *, at: datetime, only_more: bool = False) -> int:
    """Book the programme's places into its pool, or out of it as far as the pool has them; returns how many could not be taken out."""
    row = await connection.fetchrow(
        "select p.funded, a.balance from programme p join account a on a.key = 'pool:' || p.code where p.code = $1 for no key update of a",
        programme,
    )
    assert row is not None, "a programme has a pool from its first publication on"
    gained: int = total - row["funded"]
    if gained > 0:
        await connection.execute(_FUND, programme, gained, f"plan:{programme}", f"pool:{programme}", gained, "funded", at)
        return 0
    if only_more or gained == 0:
        return 0
    taken: int = min(-gained, row["balance"])
    await connection.execute(_FUND, programme, -taken, f"pool:{programme}", f"plan:{programme}", taken, "withdrawn_from_plan", at)
    return -gained - taken
