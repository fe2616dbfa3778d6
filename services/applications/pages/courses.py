"""The courses of a programme, for whoever wants to know before there is an account: when, how many seats, in which languages."""

from dataclasses import dataclass

from services.applications.domain.courses import COURSE
from services.applications.domain.questions import PREFERENCE
from services.applications.plan.model import Call, Programme
from shared.web.formats import format_date, format_number
from shared.web.i18n import current_language


@dataclass(frozen=True, slots=True)
class CourseLine:
    """One course in words; `languages` are codes. Empty where the plan does not say."""

    name: str
    days: str
    seats: str
    per_country: str
    languages: tuple[str, ...]


def choices(programme: Programme) -> int:
    """How many courses somebody can name in order of preference; 0 where one alone is chosen, or none."""
    question = programme.question(COURSE)
    return question.most if question and question.kind == PREFERENCE else 0


def courses(programme: Programme, call: Call | None) -> list[CourseLine]:
    """Those of the call's year, in the order of the plan; none where there is no call."""
    return [
        CourseLine(
            programme.option_names("course", one.key)[current_language()],
            f"{format_date(one.starts)} – {format_date(one.ends)}",
            "" if one.seats is None else format_number(one.seats),
            "" if one.per_country is None else format_number(one.per_country),
            one.languages,
        )
        for one in (programme.courses_of(call.year) if call else ())
    ]
