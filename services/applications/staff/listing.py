"""One line of a list of applications, as every role reads it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.applications.pages.giving import before_round, on_the_day
from services.applications.pages.preferences import of_application
from services.applications.pages.words import country_name
from services.applications.staff.kit import known, title_of
from services.applications.staff.words import score_words, standing_said
from services.applications.store.plans import InForce
from services.applications.tables import Application


@dataclass(frozen=True, slots=True)
class Line:
    """An application in a list, in words."""

    application: Application
    name: str
    programme: str
    country: str
    state: str
    colour: str
    score: str
    href: str
    note: str = ""
    course: str = ""


def line_of(row: Application, name: str, terms: Sequence[InForce], href: str, note: str = "") -> Line:
    """The line of an application; its receipt stands for a name that is not known."""
    one = known(terms, row.programme)
    call = one.programme.call(row.year) if one else None
    said = standing_said(row, call)
    if before_round(row, call):
        note = on_the_day(call)
    return Line(
        application=row,
        name=name or row.receipt or "",
        programme=title_of(one.programme) if one else row.programme,
        country=country_name(row.country, one.plan) if one else row.country,
        state=said.name,
        colour=said.colour,
        score=score_words(row.score if one and "review" in one.programme.route else None),
        href=href,
        note=note[:1].upper() + note[1:],
        course=of_application(row, one.programme) if one else "",
    )
