"""Seats of courses, as far as they show in the applications: who holds one, and whose approval quotas has not answered yet."""

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import text

from shared.persistence.database import Tx

_SEATS: Final = text("""
    select programme, year, course, country,
        count(*) filter (where state <> 'approved')::int as held, count(*) filter (where state = 'approved')::int as asking
    from application where (programme, year) in (select * from unnest(cast(:programmes as text[]), cast(:years as integer[])))
        and course is not null and state in ('approved', 'offered', 'accepted', 'placed', 'ended')
    group by 1, 2, 3, 4
""")


class Seats(NamedTuple):
    """Seats of one course in one year that people of one country hold, or held until their stay was over, and that are asked for."""

    programme: str
    year: int
    course: str
    country: str
    held: int
    asking: int


async def seats(tx: Tx, calls: Collection[tuple[str, int]]) -> list[Seats]:
    """Those of these calls, each a programme and a year; courses without any are absent."""
    if not calls:
        return []
    programmes, years = (list(column) for column in zip(*calls, strict=True))
    return [Seats(*row) for row in await tx.execute(_SEATS, {"programmes": programmes, "years": years})]
