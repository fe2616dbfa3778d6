"""What an application draws on besides its cell: the course, the channel, and the named parts in which its country takes part. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from services.applications.domain.answers import Answer, Page
from services.applications.domain.courses import COURSE, listed

PARTED: Final = (COURSE, "level")
"""Keys of the questions that divide a programme into parts: what is taught, and at which level."""


def chosen(pages: Iterable[Page], answers: Mapping[str, Answer], key: str) -> str | None:
    """The option that was chosen in the form's question with that key, where it has such a question."""
    offers = any(question.key == key and question.options for page in pages for question in page.questions)
    return str(answers[key]) if offers and key in answers else None


def parts_of(pages: Sequence[Page], answers: Mapping[str, Answer], named: Collection[str], course: str | None = None) -> tuple[str, ...]:
    """What was chosen in those of the questions `PARTED` whose options the country names as its parts.

    So a country that limits itself to some courses makes the course a part, and leaves the level of study out of account. `course` is the
    one in question, by itself the first that is listed.
    """
    asked = [question for page in pages for question in page.questions if question.key in PARTED]
    wanted = (course,) if course else listed(pages, answers)[:1]
    values = {**answers, **({COURSE: wanted[0]} if wanted else {})}
    return tuple(str(values[q.key]) for q in asked if q.key in values and any(option.key in named for option in q.options))


def possible_parts(pages: Sequence[Page], answers: Mapping[str, Answer], courses: Sequence[str]) -> tuple[str, ...]:
    """Every part in which a place for the application may come to be, whichever a country names: each of the `courses` that are listed, and
    what was chosen in the other questions `PARTED`.
    """
    others = (chosen(pages, answers, key) for key in PARTED if key != COURSE)
    return (*courses, *(one for one in others if one is not None))
