"""Which of the courses that somebody lists cannot be had now."""

from collections.abc import Mapping
from datetime import datetime

from services.applications.domain.answers import Answer
from services.applications.domain.courses import COUNTRY_AWAY, TONGUE, impossible, listed
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import CoursesNotPossible, NotTakingPart
from services.applications.domain.parts import parts_of
from services.applications.store.plans import InForce
from services.applications.tables import Application


def not_possible(
    terms: InForce, application: Application, answers: Mapping[str, Answer], now: datetime, *, sent: bool = False
) -> dict[str, str]:
    """Course to why, a code of `domain.courses.WHY`: of the courses in the answers, or of those that were `sent`.

    What is to be sent again is not asked whether the country takes part, as the programme as a whole is not.
    """
    programme, call = terms.programme, terms.call(application.year)
    courses = application.listed if sent else listed(programme.pages, answers)
    if not courses:
        return {}
    asks = sent or application.state == State.DRAFT
    day, named = call.day(now), terms.named_parts(application.country)
    shares = terms.shares(application.country, day)

    def takes_part(course: str) -> bool:
        parts = parts_of(programme.pages, answers, named, course)
        return not asks or any(share.covers(parts, course) for share in shares)

    return impossible(courses, programme.courses_of(application.year), answers.get(TONGUE), day, takes_part)


def judged(
    terms: InForce, application: Application, answers: Mapping[str, Answer], now: datetime
) -> NotTakingPart | CoursesNotPossible | None:
    """Whether what was chosen can be had: the level, and every course that is listed."""
    courses = listed(terms.programme.pages, answers)
    found = not_possible(terms, application, answers, now)
    if courses and all(found.get(course) == COUNTRY_AWAY for course in courses):
        return NotTakingPart(application.country, in_part=True)
    if found:
        return CoursesNotPossible(found)
    if courses or application.state != State.DRAFT:
        return None
    parts = parts_of(terms.programme.pages, answers, terms.named_parts(application.country))
    shares = terms.shares(application.country, terms.call(application.year).day(now))
    return None if any(share.covers(parts, None) for share in shares) else NotTakingPart(application.country, in_part=True)
