"""Questions, and what people answer: raw form fields in, typed answers or faults out. Pure.

An answer is a text, a whole number, yes or no, or a date. A question that was left empty has no answer at all.
Texts are one field, in any script, and are never split.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Final

Answer = str | int | bool | date
Stored = str | int | bool
"""An answer as JSON keeps it: a date is its ISO text."""

KINDS: Final = ("text", "long_text", "date", "email", "phone", "select", "radio", "yes_no", "country", "number")
CHOICES: Final = ("select", "radio")
DATE_BOXES: Final = ("day", "month", "year")
ANOTHER_COUNTRY: Final = "ZZ"
"""Answer to a question of kind `country` for a country that the plan does not name."""
MAX_LENGTH: Final = {"text": 200, "long_text": 20_000, "email": 254, "phone": 40}
"""Characters at most, where the question does not say."""

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE: Final = re.compile(r"\+?[\d\s().\-/]+")
_EACH_COUNTS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD: Final = re.compile(rf"[{_EACH_COUNTS}]|(?:(?![{_EACH_COUNTS}])\w)+(?:['\u2019\-](?:(?![{_EACH_COUNTS}])\w)+)*")


def N_(msgid: str) -> str:
    """Mark a text for the catalogues; the page layer translates it, and fills in the question's label as `question`."""
    return msgid


FAULTS: Final = {
    "required": N_("Enter an answer to “{question}”"),
    "required_choice": N_("Choose an answer to “{question}”"),
    "required_date": N_("Enter the day, month and year of “{question}”"),
    "date_incomplete": N_("“{question}” must have a day, a month and a year"),
    "date_year": N_("The year of “{question}” must have four digits"),
    "date_unreal": N_("“{question}” must be a real date: check the day and the month"),
    "date_not_past": N_("“{question}” must be in the past"),
    "email": N_("“{question}” must be an email address, such as name@example.org"),
    "phone": N_("“{question}” must be a telephone number, such as +51 1 234 5678"),
    "number": N_("“{question}” must be a whole number, such as 3"),
    "number_low": N_("“{question}” must be {minimum} or more"),
    "number_high": N_("“{question}” must be {maximum} or less"),
    "too_long": N_("“{question}” must have {maximum} characters or fewer; it has {length}"),
    "too_few_words": N_("“{question}” must have at least {minimum} words; it has {words}"),
    "too_many_words": N_("“{question}” must have {maximum} words or fewer; it has {words}"),
    "not_an_option": N_("Choose one of the answers shown for “{question}”"),
}
"""Fault code to the English text with its parameters. Codes are stable."""


@dataclass(frozen=True, slots=True)
class Texts:
    """One text in the six languages; `texts["fr"]` is the French one, and the English one stands in for any other language."""

    en: str
    es: str
    pt: str
    fr: str
    zh: str
    nl: str

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language)) if language in LANGUAGES else self.en


LANGUAGES: Final = tuple(field.name for field in fields(Texts))


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen."""

    key: str
    label: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; `kind` is one of `KINDS`. Word bounds are for long texts, `minimum` and `maximum` for numbers, `past` for dates."""

    key: str
    kind: str
    label: Texts
    hint: Texts | None = None
    optional: bool = False
    options: tuple[Option, ...] = ()
    min_words: int | None = None
    max_words: int | None = None
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    past: bool = False
    autocomplete: str | None = None
    inputmode: str | None = None

    def option(self, key: str) -> Option | None:
        """The option with that key, or none."""
        return next((option for option in self.options if option.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Questions that are asked and saved together."""

    key: str
    title: Texts
    intro: Texts | None = None
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one answer. `boxes` names the parts of a date that are at fault (day, month, year)."""

    code: str
    parameters: dict[str, int] = field(default_factory=dict)
    boxes: tuple[str, ...] = ()

    @property
    def msgid(self) -> str:
        """The English text, to be translated and filled with `parameters` and `question` (the label)."""
        return FAULTS[self.code]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A page read: answers by question key (an empty optional question is absent), and faults by question key."""

    answers: dict[str, Answer]
    faults: dict[str, Fault]


def tidy(raw: str, *, lines: bool = False) -> str:
    """Unicode NFC without control characters or needless white space; line breaks stay where `lines` is set."""
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(c for c in text if c == "\n" or c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    if not lines:
        return " ".join(text.split())
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


def count_words(text: str) -> int:
    """Words in the text. Each Chinese or Japanese character counts as one word, as word processors count them."""
    return len(_WORD.findall(unicodedata.normalize("NFC", text)))


def field_names(question: Question) -> tuple[str, ...]:
    """The names of the form fields that carry the question: `key`, or `key-day`, `key-month` and `key-year` for a date."""
    return tuple(f"{question.key}-{box}" for box in DATE_BOXES) if question.kind == "date" else (question.key,)


def parse_page(page: Page, form: Mapping[str, str], *, today: date, countries: Collection[str] = ()) -> Parsed:
    """Read the page's fields. `today` is the applicant's day; `countries` are the codes that a `country` question accepts."""
    answers: dict[str, Answer] = {}
    faults: dict[str, Fault] = {}
    for question in page.questions:
        found = parse(question, form, today=today, countries=countries)
        if isinstance(found, Fault):
            faults[question.key] = found
        elif found is not None:
            answers[question.key] = found
    return Parsed(answers, faults)


def parse(question: Question, form: Mapping[str, str], *, today: date, countries: Collection[str] = ()) -> Answer | Fault | None:
    """One question's answer, what is wrong with it, or nothing where an optional question was left empty."""
    if question.kind == "date":
        return _date(question, [tidy(form.get(name, "")) for name in field_names(question)], today)
    text = tidy(form.get(question.key, ""), lines=question.kind == "long_text")
    if not text:
        if question.optional:
            return None
        return Fault("required_choice" if question.kind in (*CHOICES, "yes_no", "country") else "required")
    if question.kind == "number":
        return _number(question, text)
    if question.kind == "yes_no":
        return text == "yes" if text in ("yes", "no") else Fault("not_an_option")
    if question.kind in CHOICES:
        return text if question.option(text) else Fault("not_an_option")
    if question.kind == "country":
        return text if text in countries or text == ANOTHER_COUNTRY else Fault("not_an_option")
    return _written(question, text)


def _date(question: Question, parts: list[str], today: date) -> date | Fault | None:
    empty = tuple(box for box, part in zip(DATE_BOXES, parts, strict=True) if not part)
    if len(empty) == len(DATE_BOXES):
        return None if question.optional else Fault("required_date", {}, DATE_BOXES)
    if empty:
        return Fault("date_incomplete", {}, empty)
    not_numbers = tuple(box for box, part in zip(DATE_BOXES, parts, strict=True) if not part.isdecimal())
    if not_numbers:
        return Fault("date_unreal", {}, not_numbers)
    if len(parts[2]) != 4:
        return Fault("date_year", {}, ("year",))
    day, month, year = (int(part) for part in parts)
    try:
        found = date(year, month, day)
    except ValueError:
        return Fault("date_unreal", {}, DATE_BOXES if year == 0 else ("month",) if not 1 <= month <= 12 else ("day",))
    if question.past and found >= today:
        return Fault("date_not_past", {}, DATE_BOXES)
    return found


def _number(question: Question, text: str) -> int | Fault:
    digits = text.removeprefix("-")
    if not digits.isdecimal() or len(digits) > 12:
        return Fault("number")
    number = int(digits) if digits == text else -int(digits)
    if question.minimum is not None and number < question.minimum:
        return Fault("number_low", {"minimum": question.minimum})
    if question.maximum is not None and number > question.maximum:
        return Fault("number_high", {"maximum": question.maximum})
    return number


def _written(question: Question, text: str) -> str | Fault:
    longest = question.max_length or MAX_LENGTH[question.kind]
    if len(text) > longest:
        return Fault("too_long", {"maximum": longest, "length": len(text)})
    if question.kind == "email" and not _EMAIL.fullmatch(text):
        return Fault("email")
    if question.kind == "phone" and not (_PHONE.fullmatch(text) and 5 <= sum(c.isdecimal() for c in text) <= 20):
        return Fault("phone")
    if question.min_words is None and question.max_words is None:
        return text
    words = count_words(text)
    if question.min_words is not None and words < question.min_words:
        return Fault("too_few_words", {"minimum": question.min_words, "words": words})
    if question.max_words is not None and words > question.max_words:
        return Fault("too_many_words", {"maximum": question.max_words, "words": words})
    return text


def unanswered(pages: Iterable[Page], answers: Mapping[str, Answer]) -> list[Question]:
    """The questions that need an answer and have none, in the order of the form; empty means complete."""
    return [q for page in pages for q in page.questions if not q.optional and q.key not in answers]


def to_stored(answers: Mapping[str, Answer]) -> dict[str, Stored]:
    """The answers as JSON keeps them."""
    return {key: answer.isoformat() if isinstance(answer, date) else answer for key, answer in answers.items()}


def from_stored(pages: Iterable[Page], stored: Mapping[str, Stored]) -> dict[str, Answer]:
    """Stored answers with their types. Those that a later version of the plan no longer asks, or asks otherwise, are left out."""
    questions = {q.key: q for page in pages for q in page.questions}
    found = {key: _typed(questions[key], value) for key, value in stored.items() if key in questions}
    return {key: answer for key, answer in found.items() if answer is not None}


def _typed(question: Question, value: Stored) -> Answer | None:
    if question.kind == "yes_no":
        return value if isinstance(value, bool) else None
    if question.kind == "number":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if question.kind == "date":
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None if question.options and not question.option(value) else value


def as_form(question: Question, answer: Answer | None) -> dict[str, str]:
    """The form fields that show an answer again: the inverse of `parse`."""
    if answer is None:
        return dict.fromkeys(field_names(question), "")
    if isinstance(answer, date):
        return dict(zip(field_names(question), (str(answer.day), str(answer.month), f"{answer.year:04}"), strict=True))
    if isinstance(answer, bool):
        return {question.key: "yes" if answer else "no"}
    return {question.key: str(answer)}
