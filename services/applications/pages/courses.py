"""The courses of a programme, for whoever wants to know before there is an account: when, how many seats, in which languages."""

from dataclasses import dataclass

from services.applications.domain.courses import COURSE
from services.applications.domain.questions import PREFERENCE
from services.applications.pages.words import country_name
from services.applications.plan.model import Call, Programme
from services.applications.store.plans import InForce
from services.applications.store.seats import Course, Fixed
from shared.web.formats import format_date, format_number, language_name, listed
from shared.web.i18n import current_language, translate

_ = translate


@dataclass(frozen=True, slots=True)
class CourseLine:
    """One course in words; `own` is what officers have set for the reader's country. Empty where nobody says."""

    name: str
    days: str
    seats: str
    per_country: str
    own: str
    languages: str


def choices(programme: Programme) -> int:
    """How many courses somebody can name in order of preference; 0 where one alone is chosen, or none."""
    question = programme.question(COURSE)
    return question.most if question and question.kind == PREFERENCE else 0


def courses(terms: InForce, call: Call | None, fixed: Fixed, country: str) -> list[CourseLine]:
    """Those of the call's year, in the order of the plan; none where there is no call. Seats are those that officers have `fixed`, or else
    the plan's; a part that they have set is one country's, and told to whoever chose that `country`.
    """
    programme, here, lines = terms.programme, country_name(country, terms.plan), []
    for one in programme.courses_of(call.year) if call else ():
        whole = Course(programme.code, one.year, one.key)
        seats, part = fixed.get(whole, one.seats), fixed.get(whole._replace(country=country))
        lines.append(
            CourseLine(
                programme.option_names("course", one.key)[current_language()],
                f"{format_date(one.starts)} – {format_date(one.ends)}",
                "" if seats is None else format_number(seats),
                "" if one.per_country is None else format_number(one.per_country),
                "" if part is None else _("{country}: at most {seats}", country=here, seats=format_number(part)),
                listed(map(language_name, one.languages)),
            )
        )
    return lines
