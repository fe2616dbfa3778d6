"""The courses that an application lists, in words: their order, the one that it was approved for, and those that cannot be had."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.applications.domain.courses import BEGUN, COUNTRY_AWAY, COURSE, NOT_GIVEN, OTHER_LANGUAGE, listed
from services.applications.domain.lifecycle import State
from services.applications.folder import Folder
from services.applications.pages.fields import target
from services.applications.plan.model import Programme
from services.applications.tables import Application
from services.applications.use_cases.courses import not_possible
from shared.web.formats import bracketed, format_number
from shared.web.formats import listed as in_a_row
from shared.web.i18n import N_, current_language, translate

_ = translate

UNDECIDED: Final = (State.DRAFT, State.SUBMITTED, State.RETURNED, State.NOMINATED, State.REJECTED, State.WITHDRAWN)
"""Nobody approved it for a course, or it does not matter any more for which."""
LEVEL: Final = "level"
TO_COME: Final = (State.APPROVED, State.WAITING, State.OFFERED)
WHY: Final = {
    NOT_GIVEN: N_("it is not offered in {year}"),
    BEGUN: N_("it has begun already"),
    OTHER_LANGUAGE: N_("it is not taught in the language that you can follow"),
    COUNTRY_AWAY: N_("your country does not take part in it now"),
}


def course_title(programme: Programme, key: str) -> str:
    """What the course is called; its key where the plan does not have it any more."""
    question = programme.question(COURSE)
    option = question.option(key) if question else None
    return option.label[current_language()] if option else key


def choice_words(programme: Programme, course: str, among: Sequence[str]) -> str:
    """`Public health (choice 2 of 3)`; where one course alone is listed, its name."""
    title = course_title(programme, course)
    return _numbered(title, among.index(course) + 1, len(among)) if course in among else title


def _numbered(said: str, number: int, most: int) -> str:
    """What is said of a course, with which choice it was in brackets, where there were more."""
    return bracketed(said, _("choice {n} of {most}", n=format_number(number), most=format_number(most))) if most > 1 else said


def of_application(application: Application, programme: Programme) -> str:
    """The course of an application, with which choice it is; nothing where it has none."""
    return choice_words(programme, application.course, application.listed) if application.course else ""


def facts_of(application: Application, programme: Programme) -> tuple[str, list[str]] | None:
    """What stands beside an application: the courses in the person's order, and once it is approved the one that it is for."""
    courses = application.listed
    if len(courses) > 1 and application.state in UNDECIDED:
        return _("Courses, in order of preference"), [f"{n}. {course_title(programme, key)}" for n, key in enumerate(courses, start=1)]
    return (_("Course"), [of_application(application, programme)]) if application.course else None


def listed_words(application: Application, programme: Programme) -> str:
    """The courses in the person's order, in one line: `1. Public health, 2. Irrigation`; the name alone of a single one."""
    titles = [course_title(programme, key) for key in application.listed]
    return in_a_row(f"{n}. {title}" for n, title in enumerate(titles, start=1)) if len(titles) > 1 else "".join(titles)


def approved_words(application: Application, programme: Programme) -> str:
    """To the applicant: for which of the listed courses it was approved; nothing where only one was listed, or nothing is to come."""
    among, course = application.listed, application.course
    if application.state not in TO_COME or course is None or len(among) < 2 or course not in among:
        return ""
    number, most = format_number(among.index(course) + 1), format_number(len(among))
    title = course_title(programme, course)
    return _("It is approved for the course “{course}”, choice {n} of the {most} that you listed.", course=title, n=number, most=most)


def notes(detail: Mapping[str, Any], programme: Programme) -> list[str]:
    """What a move says of the course that it is for."""
    course, number, most = detail.get("course"), detail.get("choice"), detail.get("of")
    if not isinstance(course, str):
        return []
    said = _("For the course “{course}”", course=course_title(programme, course))
    return [_numbered(said, number, most) if isinstance(number, int) and isinstance(most, int) else said]


def faults(folder: Folder) -> list[str]:
    """To the applicant: each listed course that cannot be had, and why."""
    programme, year = folder.dossier.programme, folder.application.year
    found = not_possible(folder.dossier.terms, folder.application, folder.dossier.answers, folder.now)
    every = len(found) == len(listed(programme.pages, folder.dossier.answers))
    if programme.question(LEVEL) and every and set(found.values()) == {COUNTRY_AWAY}:
        return []  # it may be the level that the country does not take part in, which the refusal says
    return [_("“{course}”: {why}", course=course_title(programme, key), why=_(WHY[why], year=year)) for key, why in found.items()]


def where(folder: Folder) -> tuple[str, str]:
    """The page on which courses are asked for, and the id of the box there."""
    for page in folder.dossier.programme.pages:
        for question in page.questions:
            if question.key == COURSE:
                return page.key, target(question)
    return "", ""
