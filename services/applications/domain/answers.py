"""Pages of answers: raw form fields in, typed answers or faults out; which questions are asked; what is missing. Pure.

A question that was left empty has no answer at all. Texts are one field, in any script, and are never split.
A question whose condition does not hold is not asked: what was answered to it is kept, and does not count.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from services.applications.domain import kinds
from services.applications.domain.dates import DATE_BOXES
from services.applications.domain.faults import FAULTS, Fault
from services.applications.domain.kinds import ANOTHER_COUNTRY, MAX_LENGTH, PLAIN, Found, Setting, keep
from services.applications.domain.questions import (
    CHOICES,
    DECIDING,
    ENTRIES_MAX,
    KINDS,
    LANGUAGES,
    OFFERING,
    Answer,
    Chosen,
    Entries,
    Money,
    Option,
    Page,
    Question,
    Spoken,
    Stored,
    Texts,
    When,
)
from services.applications.domain.writing import count_words, tidy

__all__ = [
    "ANOTHER_COUNTRY",
    "CHOICES",
    "DATE_BOXES",
    "DECIDING",
    "ENTRIES_MAX",
    "FAULTS",
    "KINDS",
    "LANGUAGES",
    "MAX_LENGTH",
    "OFFERING",
    "Answer",
    "Chosen",
    "Entries",
    "Fault",
    "Money",
    "Option",
    "Page",
    "Parsed",
    "Question",
    "Spoken",
    "Stored",
    "Texts",
    "When",
    "as_asked",
    "as_form",
    "asked_pages",
    "asked_questions",
    "count_fault",
    "count_words",
    "counted",
    "entry_form",
    "entry_page",
    "field_names",
    "from_stored",
    "given",
    "in_form",
    "parse",
    "parse_page",
    "tidy",
    "to_stored",
    "unanswered",
]

NONE: Final[Mapping[str, Answer]] = {}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A page read: answers by question key (an empty optional question is absent), and faults by question key.

    What is wrong in an entry of a group stands under `group-2-question`.
    """

    answers: dict[str, Answer]
    faults: dict[str, Fault]


def parse_page(
    page: Page,
    form: Mapping[str, str],
    *,
    today: date,
    countries: Collection[str] = (),
    known: Mapping[str, Answer] = NONE,
    language: str = "",
) -> Parsed:
    """Read the page's fields. `today` is the applicant's day; `countries` are the codes that a `country` question accepts; `language`,
    where there is one, is that of the page, in which an amount is read.

    `known` are the answers of other pages that count, for the conditions. What is wrong with an answer to a question that is not
    asked does not matter; a right one is taken.
    """
    answers: dict[str, Answer] = {}
    counting = dict(known)
    faults: dict[str, Fault] = {}
    for question in page.questions:
        asked = question.when is None or question.when.holds(counting)
        found, wrong = _read(question, form, Setting(today, countries, language))
        begin = counting.get(question.not_before) if question.not_before else None
        if isinstance(begin, int):
            found, wrong = _begun_by(question, begin, found, wrong, today)
        if found is not None:
            answers[question.key] = found
        if asked:
            faults |= wrong
            counting |= {question.key: found} if found is not None else {}
    return Parsed(answers, faults)


def _begun_by(
    question: Question, begin: int, found: Answer | None, wrong: dict[str, Fault], today: date
) -> tuple[Answer | None, dict[str, Fault]]:
    """The year, held against the one of the beginning, which is said beside the other bounds wherever the year is out of them."""
    most = kinds.latest_number(question, today)
    bounds: dict[str, int | date] = {"begin": begin, **({"maximum": most} if most is not None else {})}
    fault = wrong.get(question.key)
    if isinstance(found, int) and found < begin:
        return None, {question.key: Fault("before_beginning", bounds, said="" if most is None else "between_beginning")}
    if fault is not None and fault.code == "number":
        return found, {question.key: replace(fault, parameters={**fault.parameters, "minimum": begin})}
    if fault is not None and (fault.said == "number_between" or fault.code == "year_to_come"):
        return found, {question.key: replace(fault, parameters={**fault.parameters, **bounds}, said="between_beginning")}
    return found, wrong


def _read(question: Question, form: Mapping[str, str], setting: Setting) -> tuple[Answer | None, dict[str, Fault]]:
    today, countries, language = setting
    if question.kind != "group":
        found = kinds.parse(question, form, today=today, countries=countries, language=language)
        return (None, {question.key: found}) if isinstance(found, Fault) else (found, {})
    each, faults = [], dict[str, Fault]()
    for number in range(1, ENTRIES_MAX + 1):
        entry = {name: typed for name, typed in _of_entry(question, number, form).items() if typed.strip()}
        if entry:
            parsed = parse_page(entry_page(question), entry, today=today, countries=countries, language=language)
            faults |= {f"{question.key}-{number}-{key}": fault for key, fault in parsed.faults.items()}
            each.append(parsed.answers)
    bounds = count_fault(question, len(each))
    if faults or bounds is not None:
        return None, faults or {question.key: bounds} if bounds else faults
    return Entries(tuple(each)), {}


def count_fault(group: Question, entries: int) -> Fault | None:
    """What is wrong with the number of a group's entries."""
    if entries < group.least:
        said = "no_entry" if group.least == 1 else ""
        return Fault("too_few_entries", {"minimum": group.least, "entries": entries}, said=said)
    return Fault("too_many_entries", {"maximum": group.most, "entries": entries}) if entries > group.most else None


def _of_entry(group: Question, number: int, form: Mapping[str, str]) -> dict[str, str]:
    """The fields of one entry (counted from 1) under the names that its own questions have."""
    start = f"{group.key}-{number}-"
    names = [name for question in group.questions for name in field_names(question)]
    return {name: form[start + name] for name in names if start + name in form}


def parse(question: Question, form: Mapping[str, str], *, today: date, countries: Collection[str] = ()) -> Found:
    """One question's answer, what is wrong with it (of a group, the first thing), or nothing where it was left empty and may be."""
    found, wrong = _read(question, form, Setting(today, countries))
    return next(iter(wrong.values()), found)


def entry_page(group: Question) -> Page:
    """One entry of a group as a page of its own."""
    return Page(key=group.key, title=group.entry or group.label, questions=group.questions)


def field_names(question: Question) -> tuple[str, ...]:
    """The names of the form fields that carry the question; those of a group's entries as far as there may be any."""
    if question.kind != "group":
        return kinds.field_names(question)
    inner = [name for one in question.questions for name in kinds.field_names(one)]
    return tuple(f"{question.key}-{number}-{name}" for number in range(1, question.most + 1) for name in inner)


def in_form(question: Question, form: Mapping[str, str]) -> bool:
    """Whether any field of the question came with the form."""
    return any(name in form for name in field_names(question))


def as_form(question: Question, answer: Answer | None) -> dict[str, str]:
    """The form fields that show an answer again: the inverse of `parse`."""
    if question.kind != "group":
        return kinds.as_form(question, answer)
    found: dict[str, str] = {}
    for number, entry in enumerate(answer.each if isinstance(answer, Entries) else (), start=1):
        found |= {f"{question.key}-{number}-{name}": typed for name, typed in entry_form(question, entry).items()}
    return found


def entry_form(group: Question, entry: Mapping[str, Answer]) -> dict[str, str]:
    """The form fields that show one entry of a group again, on a page of its own."""
    return {name: typed for one in group.questions for name, typed in kinds.as_form(one, entry.get(one.key)).items()}


# ------------------------------------------------------------------------------------------------------------------ what is asked


def asked_pages(pages: Iterable[Page], answers: Mapping[str, Answer]) -> list[Page]:
    """The pages that somebody with these answers (those that count) is asked."""
    return [page for page in pages if page.when is None or page.when.holds(answers)]


def asked_questions(page: Page, answers: Mapping[str, Answer]) -> list[Question]:
    """The questions of a page that somebody with these answers (those that count) is asked."""
    return [question for question in page.questions if question.when is None or question.when.holds(answers)]


def as_asked(pages: Iterable[Page], answers: Mapping[str, Answer]) -> list[Page]:
    """The pages that somebody with these answers is asked, each with the questions that are asked on it."""
    return [replace(page, questions=tuple(asked_questions(page, answers))) for page in asked_pages(pages, answers)]


def counted(pages: Iterable[Page], answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers that count: those to questions that are asked, each condition judged on answers that count themselves."""
    found: dict[str, Answer] = {}
    for page in pages:
        if page.when is None or page.when.holds(found):
            for question in page.questions:
                if question.key in answers and (question.when is None or question.when.holds(found)):
                    found[question.key] = _counted_within(question, answers[question.key])
    return found


def _counted_within(question: Question, answer: Answer) -> Answer:
    if not isinstance(answer, Entries) or not any(one.when for one in question.questions):
        return answer
    return Entries(tuple(counted([entry_page(question)], entry) for entry in answer.each))


def unanswered(pages: Iterable[Page], answers: Mapping[str, Answer]) -> list[Question]:
    """The questions that are asked, need an answer and have none, in the order of the form; empty means complete.

    `answers` are those that count.
    """
    return [
        question
        for page in asked_pages(pages, answers)
        for question in asked_questions(page, answers)
        if _lacking(question, answers.get(question.key))
    ]


def _lacking(question: Question, answer: Answer | None) -> bool:
    if question.kind != "group":
        return answer is None and not question.optional
    entries: Sequence[Mapping[str, Answer]] = answer.each if isinstance(answer, Entries) else ()
    page = [entry_page(question)]
    return count_fault(question, len(entries)) is not None or any(unanswered(page, entry) for entry in entries)


# -------------------------------------------------------------------------------------------------------------------- as it is kept


def to_stored(answers: Mapping[str, Answer]) -> dict[str, Stored]:
    """The answers as JSON keeps them."""
    return {key: keep(answer) for key, answer in answers.items()}


def from_stored(pages: Iterable[Page], stored: Mapping[str, Stored]) -> dict[str, Answer]:
    """Stored answers with their types, also those that do not count now.

    Those that a later version of the plan no longer asks, or asks otherwise, are left out.
    """
    questions = {q.key: q for page in pages for q in page.questions}
    found = {key: _typed(questions[key], value) for key, value in stored.items() if key in questions}
    return {key: answer for key, answer in found.items() if answer is not None}


def given(pages: Sequence[Page], stored: Mapping[str, Stored]) -> dict[str, Answer]:
    """The stored answers that count."""
    return counted(pages, from_stored(pages, stored))


def name_in(pages: Iterable[Page], answers: Mapping[str, Answer]) -> str:
    """What the person is called in the form; empty where it does not say."""
    asked = (question.key for page in pages for question in page.questions if question.naming)
    return next((str(answers[key]) for key in asked if answers.get(key)), "")


def _typed(question: Question, value: Stored) -> Answer | None:
    if question.kind != "group":
        return PLAIN[question.kind].load(question, value)
    page = [entry_page(question)]
    return Entries(tuple(from_stored(page, entry) for entry in value if isinstance(entry, dict))) if isinstance(value, list) else None
