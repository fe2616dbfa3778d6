"""How a board filled: week by week of a call, and over the years of a programme."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.quotas.pages.charts import Chart, Column, draw
from services.quotas.summaries import Figures
from services.quotas.tally import DayRow
from shared.web.formats import format_date, format_day, format_number
from shared.web.i18n import translate

_ = translate

WEEKS_MAX: Final = 53
"""The most weeks that are shown; what came before counts as held at the beginning."""
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """What happened in the week from `start` (a Monday, UTC), and how many places were held (offered or taken) at its end."""

    start: date
    offered: int
    taken: int
    returned: int
    held: int


def weeks(days: Sequence[DayRow]) -> list[Week]:
    """The weeks from the first movement to the last, the quiet ones between them too; at most so many, the last ones."""
    moved: dict[date, Counter[str]] = {}
    for row in days:
        moved.setdefault(monday(row.day), Counter())[row.outcome] += row.number
    if not moved:
        return []
    found, held, start = [], 0, min(moved)
    while start <= max(moved):
        of_week = moved.get(start, Counter())
        held += of_week["offered"] - of_week["released"]
        found.append(Week(start, of_week["offered"], of_week["taken"], of_week["released"], held))
        start += WEEK
    return found[-WEEKS_MAX:]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks_chart(found: Sequence[Week], places: int) -> Chart:
    """Offered in each week as bars, held as a line, the places of the year as a line across."""
    columns = [
        Column(
            format_day(week.start),
            [
                (
                    1,
                    week.offered,
                    _("{n} offered in the week from {date}", n=format_number(week.offered), date=format_date(week.start, "medium")),
                )
            ],
            point=week.held,
        )
        for week in found
    ]
    return draw(columns, goal=places)


def offered_in(week: Week) -> str:
    return _("{n} offered in the week from {date}", n=format_number(week.offered), date=format_date(week.start, "medium"))


def years_chart(years: Sequence[tuple[int, int, Figures]]) -> Chart:
    """For each year (year, pledged, figures) what is taken, offered and free on top of each other, against what was pledged."""
    columns = [
        Column(
            str(year),
            [
                (1, of_year.taken, _("{year}: {n} taken", year=year, n=format_number(of_year.taken))),
                (2, of_year.offered, _("{year}: {n} offered", year=year, n=format_number(of_year.offered))),
                (0, of_year.free, _("{year}: {n} free", year=year, n=format_number(of_year.free))),
            ],
            goal=pledged,
        )
        for year, pledged, of_year in years
    ]
    return draw(columns)
