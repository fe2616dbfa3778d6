"""Seats of courses, as far as they show here: who holds one, whose approval quotas has not answered yet, and how many officers have set."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import text

from shared.persistence.database import Tx

_TAKEN: Final = text("""
    select programme, year, course, country,
        count(*) filter (where state <> 'approved')::int as held, count(*) filter (where state = 'approved')::int as asking
    from application where (programme, year) in (select * from unnest(cast(:programmes as text[]), cast(:years as integer[])))
        and course is not null and state in ('approved', 'offered', 'accepted', 'placed', 'ended') and not gave_back
    group by 1, 2, 3, 4
""")
_FIXED: Final = text("""
    select programme, year, course, country, capacity from fixed_limit
    where programme = any(cast(:programmes as text[])) and kind in ('course', 'course_country') and capacity is not null
""")


class Taken(NamedTuple):
    """Seats of one course in one year that people of one country hold, or held until their stay was over, and that are asked for.

    A stay that is over keeps its seat as quotas keeps its place: not where the person left while the waiting list was open.
    """

    programme: str
    year: int
    course: str
    country: str
    held: int
    asking: int


class Course(NamedTuple):
    """A course of one year; with a country, that country's part of it."""

    programme: str
    year: int
    course: str
    country: str | None = None


Fixed = Mapping[Course, int]
"""Courses, and countries' parts of them, of which officers have set how many seats there are, whatever the plan says."""


@dataclass(frozen=True, slots=True)
class Seats:
    """What is known of the seats of courses; those of which nobody took any are absent from `taken`."""

    taken: Sequence[Taken] = ()
    fixed: Fixed = field(default_factory=dict)


async def seats(tx: Tx, calls: Collection[tuple[str, int]]) -> Seats:
    """Those of these calls, each a programme and a year; asks the database only where there is one."""
    if not calls:
        return Seats()
    programmes, years = (list(column) for column in zip(*calls, strict=True))
    taken = [Taken(*row) for row in await tx.execute(_TAKEN, {"programmes": programmes, "years": years})]
    return Seats(taken, await fixed(tx, programmes))


async def fixed(tx: Tx, programmes: Collection[str]) -> Fixed:
    """What officers have set for the courses of these programmes, and not given back to the plan."""
    if not programmes:
        return {}
    rows = await tx.execute(_FIXED, {"programmes": [*programmes]})
    return {Course(programme, year, course, country): capacity for programme, year, course, country, capacity in rows}
