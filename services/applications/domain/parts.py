"""What an application draws on besides its cell: the course, the channel, and the named parts in which its country takes part. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Protocol

from services.applications.domain.answers import Answer, Page

PARTED: Final = ("course", "level")
"""Keys of the questions that divide a programme into parts: what is taught, and at which level."""


class Period(Protocol):
    """A country takes part from `start` to `end` (last day inside; open where absent), in everything or in the named parts."""

    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date | None: ...
    @property
    def parts(self) -> tuple[str, ...]: ...


def chosen(pages: Iterable[Page], answers: Mapping[str, Answer], key: str) -> str | None:
    """The option that was chosen in the form's question with that key, where it has such a question."""
    offers = any(question.key == key and question.options for page in pages for question in page.questions)
    return str(answers[key]) if offers and key in answers else None


def parts_of(pages: Iterable[Page], answers: Mapping[str, Answer], periods: Sequence[Period]) -> tuple[str, ...]:
    """What was chosen in those of the questions `PARTED` whose options the country names as its parts.

    So a country that limits itself to some courses makes the course a part, and leaves the level of study out of account.
    """
    named = {part for period in periods for part in period.parts}
    asked = [question for page in pages for question in page.questions if question.key in PARTED]
    return tuple(str(answers[q.key]) for q in asked if q.key in answers and any(option.key in named for option in q.options))


def takes_part(periods: Iterable[Period], parts: Sequence[str], day: date) -> bool:
    """Whether the country takes part on that day in everything, or in all of these parts."""
    return any(
        period.start <= day
        and (period.end is None or day <= period.end)
        and (not period.parts or (bool(parts) and set(parts) <= set(period.parts)))
        for period in periods
    )
