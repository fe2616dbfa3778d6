"""Dates in three boxes as people write them: digits of any script, and months by their number or their name. Pure."""

import unicodedata
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.applications.domain.faults import Fault
from services.applications.domain.writing import DIGITS_MAX

DATE_BOXES: Final = ("day", "month", "year")
YEARS_MAX: Final = 120
"""Nobody alive is older: a day that has to be past and is longer ago was mistyped."""
SIGNS: Final = {"day": ("日", "号", "號"), "month": ("月",), "year": ("年",)}
"""What stands behind the number in Chinese."""
SHORTEST: Final = 3
"""Letters that a name may be cut to, where no other month begins with them."""
MONTHS: Final = (
    ("january", "enero", "janeiro", "janvier", "januari", "一月"),
    ("february", "febrero", "fevereiro", "février", "februari", "二月"),
    ("march", "marzo", "março", "mars", "maart", "mrt", "三月"),
    ("april", "abril", "avril", "四月"),
    ("may", "mayo", "maio", "mai", "mei", "五月"),
    ("june", "junio", "junho", "juin", "juni", "六月"),
    ("july", "julio", "julho", "juillet", "juli", "七月"),
    ("august", "agosto", "août", "augustus", "八月"),
    ("september", "septiembre", "setiembre", "setembro", "septembre", "九月"),
    ("october", "octubre", "outubro", "octobre", "oktober", "十月"),
    ("november", "noviembre", "novembro", "novembre", "十一月"),
    ("december", "diciembre", "dezembro", "décembre", "十二月"),
)
"""In all languages of the pages, whichever the page speaks: no name means one month here and another there."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are taken, both inside; open on a side where there is none."""

    first: date | None = None
    last: date | None = None

    def fault(self, found: date) -> Fault | None:
        """What is wrong with a day outside, with both sides in one sentence."""
        if (self.first is None or self.first <= found) and (self.last is None or found <= self.last):
            return None
        sides = {name: day for name, day in (("first", self.first), ("last", self.last)) if day is not None}
        return Fault("date_outside", dict(sides), DATE_BOXES, said="_".join(("date_outside", *sides)))


ANY_DAY: Final = Span()


def years_from(day: date, years: int) -> date:
    """The same day so many years later (negative: before); the 28th for a 29 February that is none there."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def read_date(typed: Sequence[str], *, past: bool, today: date, within: Span = ANY_DAY) -> date | Fault:
    """The day in three boxes, none of which need be filled in; one clear fault where it is none. `past`: before `today`, within a life."""
    empty = tuple(box for box, part in zip(DATE_BOXES, typed, strict=True) if not part)
    if empty:
        return Fault("date_incomplete", {}, empty, said=f"date_without_{'_'.join(empty)}")
    numbers = [_number(part, box) for box, part in zip(DATE_BOXES, typed, strict=True)]
    if numbers[1] is None:
        numbers[1] = month_named(typed[1])
    strange = tuple(box for box, number in zip(DATE_BOXES, numbers, strict=True) if number is None)
    if strange:
        return Fault("date_unreal", {}, strange, said="date_year" if strange[0] == "year" else f"date_{strange[0]}_unread")
    day, month, year = (int(number) for number in numbers if number is not None)
    if len(_digits(typed[2], "year")) != 4:
        return Fault("date_year", {}, ("year",))
    if year == 0:
        return Fault("date_unreal", {}, DATE_BOXES)
    if not 1 <= month <= len(MONTHS):
        return Fault("date_unreal", {}, ("month",), said="date_month_unread")
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        return Fault("date_unreal", {"days": days}, ("day",), said="date_no_such_day")
    found = date(year, month, day)
    return _within_a_life(found, today) if past else within.fault(found) or found


def _within_a_life(found: date, today: date) -> date | Fault:
    if found >= today:
        return Fault("date_not_past", {}, DATE_BOXES)
    if found.year < today.year - YEARS_MAX:
        return Fault("date_long_past", {"first": today.year - YEARS_MAX}, ("year",))
    return found


def month_named(text: str) -> int | None:
    """The month whose name in any of the languages this is, or begins with it: `marzo`, `Mar.`, `三月`; none where no or several do."""
    name = _folded(text)
    found = {month for month, names in enumerate(MONTHS, start=1) for one in names if _is_named(name, _folded(one))}
    return found.pop() if len(found) == 1 else None


def _is_named(typed: str, name: str) -> bool:
    return typed == name or (len(typed) >= SHORTEST and name.startswith(typed))


def _folded(text: str) -> str:
    """Without case, accents, points and white space."""
    letters = unicodedata.normalize("NFKD", _seen(text).casefold())
    return "".join(one for one in letters if not (unicodedata.combining(one) or one.isspace() or one == "."))


def _seen(text: str) -> str:
    """Without the marks of direction that are pasted along and that nobody sees."""
    return "".join(one for one in text if unicodedata.category(one) != "Cf")


def _number(part: str, box: str) -> int | None:
    digits = _digits(part, box)
    return int(digits) if digits.isdecimal() and len(digits) <= DIGITS_MAX else None


def _digits(part: str, box: str) -> str:
    """What stands before a sign such as 日."""
    part = _seen(part).strip()
    sign = next((sign for sign in SIGNS[box] if part.endswith(sign)), "")
    return part.removesuffix(sign).strip()
