"""What a coordinator marks when an application is sent back, and what was changed after it. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.applications.domain.answers import Page

PAGE, QUESTION, DOCUMENT = "page", "question", "document"
REMARK_MAX: Final = 500
MARKS_MAX: Final = 100
MARKED: Final[Mapping[str, frozenset[str]]] = {"document": frozenset({DOCUMENT}), "answer": frozenset({PAGE, QUESTION})}
"""Kinds of marks by what a reason for sending back is about."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One place that has to be corrected: a page, a question or a document of the form, by its key, and what is wrong there."""

    kind: str
    key: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """A submission that was sent back: what was in it, and what was marked. Papers by kind, name, size and hash."""

    number: int
    at: datetime
    answers: Mapping[str, Any]
    papers: Sequence[Mapping[str, Any]]
    marks: tuple[Mark, ...]

    def of_page(self, page: Page) -> tuple[Mark, ...]:
        """The marks on a page and on its questions."""
        keys = {question.key for question in page.questions}
        return tuple(one for one in self.marks if (one.kind == PAGE and one.key == page.key) or (one.kind == QUESTION and one.key in keys))

    def of_document(self, key: str) -> Mark | None:
        return next((one for one in self.marks if one.kind == DOCUMENT and one.key == key), None)

    def hashes(self, kind: str) -> list[str]:
        """The hashes of the files that a paper had."""
        return sorted(str(one["sha256"]) for one in self.papers if one["kind"] == kind)


def wrong_marks(marks: Collection[Mark], pages: Iterable[Page], documents: Collection[str]) -> tuple[str, ...]:
    """`kind:key` of the marks that name nothing correctable, name it twice, or say too much; all of them where there are too many."""
    known = {f"{DOCUMENT}:{key}" for key in documents}
    for page in pages:
        known |= {f"{PAGE}:{page.key}", *(f"{QUESTION}:{question.key}" for question in page.questions)}
    names = [f"{one.kind}:{one.key}" for one in marks]
    if len(names) > MARKS_MAX:
        return tuple(names)
    return tuple(
        name for name, one in zip(names, marks, strict=True) if name not in known or names.count(name) > 1 or len(one.remark) > REMARK_MAX
    )


def unmarked(about: Mapping[str, bool | str], marks: Collection[Mark]) -> tuple[str, ...]:
    """Codes of the reasons for which no fitting place is marked; `about` says by code what each is about (`PlanReason.marked`)."""
    kinds = {one.kind for one in marks}
    return tuple(code for code, what in about.items() if what and not kinds & (MARKED[what] if isinstance(what, str) else kinds))


def changed(before: Mapping[str, Any], after: Mapping[str, Any], pages: Iterable[Page]) -> tuple[str, ...]:
    """Keys of the questions whose stored answer is another one, in the order of the form."""
    keys = [question.key for page in pages for question in page.questions]
    return tuple(key for key in keys if before.get(key) != after.get(key))
