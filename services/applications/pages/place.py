"""A place as the person reads it who is offered it or has taken it: what it is for, when it begins, what comes next, whom to ask."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.applications.domain.lifecycle import Act, State
from services.applications.folder import Folder
from services.applications.pages.fields import own, shown
from services.applications.pages.preferences import of_application
from services.applications.pages.words import country_name
from services.applications.plan.model import Course, Programme
from services.applications.tables import Application
from shared.web.formats import format_date, listed
from shared.web.i18n import current_language, translate

_ = translate

TAKEN: Final = (State.ACCEPTED, State.PLACED)


@dataclass(frozen=True, slots=True)
class Wish:
    """What was answered to a question that says what a place is for: question, lines of the answer, and what the plan says of it."""

    label: str
    lines: list[str]
    help: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was accepted: facts and wishes in words, what it gives, and what comes next."""

    facts: list[tuple[str, str]]
    wishes: list[Wish]
    gives: list[str]
    steps: list[str]


def course_of(application: Application, programme: Programme) -> Course | None:
    """The course with its days in the application's year; none where the plan gives none."""
    return next((one for one in programme.courses_of(application.year) if one.key == application.course), None)


def facts(folder: Folder) -> list[tuple[str, str]]:
    """Programme, year, country, and the course with its days where there is one."""
    application, programme, language = folder.application, folder.dossier.programme, current_language()
    found = [
        (_("Programme"), programme.names[language]),
        (_("Year"), str(application.year)),
        (_("Country"), country_name(application.country, folder.plan)),
    ]
    if application.course:
        found.append((_("Course"), of_application(application, programme)))
    if course := course_of(application, programme):
        found.append((_("When"), f"{format_date(course.starts)} – {format_date(course.ends)}"))
    return found


def wishes(folder: Folder) -> list[Wish]:
    """What the person answered to the questions that say what a place of the programme is for, in the plan's order."""
    found = []
    for key in folder.dossier.programme.place:
        question, answer = folder.dossier.programme.question(key), folder.dossier.answers.get(key)
        if question is not None and answer is not None:
            found.append(Wish(own(question.label), shown(question, answer, folder.plan).split("\n"), own(question.help)))
    return found


def accepted(folder: Folder) -> Place | None:
    """The place that the person has accepted; none where there is no such place."""
    if folder.application.state not in TAKEN:
        return None
    programme, language = folder.dossier.programme, current_language()
    course = course_of(folder.application, programme)
    return Place(facts(folder), wishes(folder), [one[language] for one in programme.gives], steps(folder, course))


def steps(folder: Folder, course: Course | None) -> list[str]:
    """What comes next, in its order."""
    found, today = [], folder.dossier.call.day(folder.now)
    if folder.application.state == State.ACCEPTED:
        found.append(_("We confirm your place, and write to you when that is done."))
    owed = [one.paper.names[current_language()] for one in folder.dossier.papers if one.editable and one.lacking]
    if owed:
        found.append(_("Add what you are asked for now: {documents}.", documents=listed(owed, apart=True)))
    found.append(_begins(course, today))
    if Act.WITHDRAW in folder.dossier.acts:
        found.append(_("If you cannot take it up after all, withdraw, so that it goes to somebody else."))
    return found


def _begins(course: Course | None, today: date) -> str:
    if course is None:
        return _(
            "The plan names no day on which it begins. Your country’s focal point can tell you when and where to be, and how you travel."
        )
    if today < course.starts:
        return _(
            "The course begins on {day}. Before that, ask your country’s focal point where to be and how you travel.",
            day=format_date(course.starts),
        )
    if today <= course.ends:
        return _("The course has begun. It lasts until {day}.", day=format_date(course.ends))
    return _("The course ended on {day}.", day=format_date(course.ends))
