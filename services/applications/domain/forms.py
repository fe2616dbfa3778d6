"""What a page asked when it was answered, so that a later version of the plan is noticed. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

from services.applications.domain.questions import Option, Page, Question


@lru_cache(maxsize=1024)
def print_of(page: Page) -> str:
    """A print of what the page asks: its questions, whom they are for, and what may be answered; translations and hints do not count."""
    said = repr([_said(question) for question in page.questions])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def changed_pages(pages: Iterable[Page], prints: Mapping[str, str]) -> set[str]:
    """The pages that ask otherwise now than when they were answered, by the prints kept then; of one without, nothing is known."""
    return {page.key for page in pages if prints.get(page.key) and prints[page.key] != print_of(page)}


def _said(question: Question) -> tuple[object, ...]:
    return (
        *(question.key, question.kind, question.label.en, question.optional, question.past),
        (question.when.question, question.when.options) if question.when else None,
        _labels(question.options),
        _labels(question.levels),
        *(question.currencies, question.min_words, question.max_words, question.max_length, question.minimum, question.maximum),
        [_said(inner) for inner in question.questions],
        # A print without these is as it was before there were such things.
        *([question.not_before] if question.not_before else []),
        *([(question.earliest, question.latest)] if (question.earliest, question.latest) != (None, None) else []),
    )


def _labels(options: Iterable[Option]) -> list[tuple[str, str]]:
    return [(option.key, option.label.en) for option in options]
