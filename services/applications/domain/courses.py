"""The courses that an application lists, the one that is wanted most first: which they are, and which cannot be had, and why. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Protocol

from services.applications.domain.answers import Answer, Chosen, Page

COURSE: Final = "course"
"""Key of the question for the course, or for several in order of preference."""
TONGUE: Final = "course_language"
"""Key of the question in which language somebody can follow a course."""
NOT_GIVEN: Final = "not_given"
BEGUN: Final = "begun"
OTHER_LANGUAGE: Final = "other_language"
COUNTRY_AWAY: Final = "country_away"
WHY: Final = (NOT_GIVEN, BEGUN, OTHER_LANGUAGE, COUNTRY_AWAY)
"""Why a course cannot be had; stable codes."""
FINAL: Final = (NOT_GIVEN, COUNTRY_AWAY)
"""For which of them quotas refuses whoever is approved for the course, for good."""


class Given(Protocol):
    """A course of one year; `languages` are codes, none where the plan does not say."""

    @property
    def key(self) -> str: ...
    @property
    def starts(self) -> date: ...
    @property
    def languages(self) -> Sequence[str]: ...


def listed(pages: Iterable[Page], answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """The courses in the person's order: one where the form asks for one, none where it asks for none."""
    if not any(question.key == COURSE and question.options for page in pages for question in page.questions):
        return ()
    answer = answers.get(COURSE)
    return answer.keys if isinstance(answer, Chosen) else (answer,) if isinstance(answer, str) else ()


def impossible(
    courses: Iterable[str], given: Iterable[Given], tongue: Answer | None, day: date, takes_part: Callable[[str], bool]
) -> dict[str, str]:
    """Those of `courses` that cannot be had on that day, each with one of `WHY`: what is `FINAL` before what is not, and last what
    somebody may be let in after all.

    `given` are the courses of the call's year; where there is none, the programme bounds nobody by one. `tongue` is the language that
    the person can follow, as far as it was asked. `takes_part` says of a course whether the country takes part in it.
    """
    offered = {one.key: one for one in given}
    found: dict[str, str] = {}
    for key in courses:
        course = offered.get(key)
        if course is None and offered:
            found[key] = NOT_GIVEN
        elif not takes_part(key):
            found[key] = COUNTRY_AWAY
        elif course is not None and course.languages and isinstance(tongue, str) and tongue not in course.languages:
            found[key] = OTHER_LANGUAGE
        elif course is not None and course.starts <= day:
            found[key] = BEGUN
    return found
