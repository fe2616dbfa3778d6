"""The kinds of questions: for each, its form fields, how they are read, how the answer is kept and shown again. Pure.

A new kind is one entry in `PLAIN`. Whatever is typed comes out as an answer, as a fault, or as nothing; nothing raises.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from services.applications.domain.dates import DATE_BOXES, Span, read_date, years_from
from services.applications.domain.faults import Fault, outside, unread
from services.applications.domain.questions import FIRST_YEAR, Answer, Chosen, Entries, Money, Question, Spoken, Stored
from services.applications.domain.writing import DIGITS_MAX, NUMBER_MAX, amount_text, count_words, lettered, read_amount, tidy, two_ways

ANOTHER_COUNTRY: Final = "ZZ"
"""Answer to a question of kind `country` for a country that the plan does not name."""
MAX_LENGTH: Final = {"text": 200, "long_text": 20_000, "email": 254, "phone": 40}
"""Characters at most, where the question does not say; of a long text that is bounded in words see `longest`."""
LETTERS_A_WORD: Final = 20
"""More than a text in any of the languages has for each of its words, the spaces and signs between them counted."""

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE: Final = re.compile(r"\+?[\d\s().\-/]+")


class Setting(NamedTuple):
    """What answers are read against: the applicant's day, the codes that a `country` question accepts, and the language of the page."""

    today: date
    countries: Collection[str] = ()
    language: str = ""


Form = Mapping[str, str]
Found = Answer | Fault | None


@dataclass(frozen=True, slots=True)
class Kind:
    """`boxes` are the parts of its field names after the question's key (none: the key alone).

    `read` gets what was typed into each box, tidied, and not all of it is empty; `load` gets the answer as JSON keeps it, and
    gives none where the question now asks otherwise; `show` gives what was typed into each box.
    """

    read: Callable[[Question, list[str], Setting], Found]
    load: Callable[[Question, Any], Answer | None]
    show: Callable[[Question, Any], list[str]] = lambda question, answer: [str(answer)]
    boxes: Callable[[Question], tuple[str, ...]] = lambda question: ()
    required: str = "required"
    lines: bool = False


def field_names(question: Question) -> tuple[str, ...]:
    """The names of the form fields that carry the question: its key, or `key-day`, `key-month` and `key-year` for a date."""
    boxes = PLAIN[question.kind].boxes(question)
    return tuple(f"{question.key}-{box}" for box in boxes) if boxes else (question.key,)


def parse(question: Question, form: Form, *, today: date, countries: Collection[str] = (), language: str = "") -> Found:
    """One question's answer, what is wrong with it, or nothing where an optional question was left empty."""
    kind = PLAIN[question.kind]
    typed = [tidy(form.get(name, ""), lines=kind.lines) for name in field_names(question)]
    if not any(typed):
        return None if question.optional else Fault(kind.required, {}, kind.boxes(question) if question.kind != "several" else ())
    return kind.read(question, typed, Setting(today, countries, language))


def as_form(question: Question, answer: Answer | None) -> dict[str, str]:
    """The form fields that show an answer again: the inverse of `parse`."""
    names = field_names(question)
    return dict.fromkeys(names, "") if answer is None else dict(zip(names, PLAIN[question.kind].show(question, answer), strict=True))


# ---------------------------------------------------------------------------------------------------------------- texts, numbers


def longest(question: Question) -> int:
    """How many characters a text may have. Where its words are bounded and its characters are not, the words are what bites."""
    if question.max_length is not None:
        return question.max_length
    if question.max_words is not None:
        return max(MAX_LENGTH[question.kind], question.max_words * LETTERS_A_WORD)
    return MAX_LENGTH[question.kind]


def _written(question: Question, typed: list[str], setting: Setting) -> str | Fault:
    (text,) = typed
    most = longest(question)
    if len(text) > most:
        return Fault("too_long", {"maximum": most, "length": len(text)})
    if question.naming and not lettered(text):
        return Fault("no_letter")
    if question.kind == "email" and not _EMAIL.fullmatch(text):
        return Fault("email")
    if question.kind == "phone" and not (_PHONE.fullmatch(text) and 5 <= sum(c.isdecimal() for c in text) <= 20):
        return Fault("phone")
    if question.min_words is None and question.max_words is None:
        return text
    words = count_words(text)
    if question.min_words is not None and words < question.min_words:
        return outside("too_few_words", "words_between", question.min_words, question.max_words, words=words)
    if question.max_words is not None and words > question.max_words:
        return outside("too_many_words", "words_between", question.min_words, question.max_words, words=words)
    return text


def _number(question: Question, typed: list[str], setting: Setting) -> int | Fault:
    digits = typed[0].removeprefix("-")
    least, most = question.minimum, latest_number(question, setting.today)
    if not digits.isdecimal():
        return unread("number", least, most, year=question.year)
    number = int(digits) if len(digits) <= DIGITS_MAX else NUMBER_MAX + 1
    if number > NUMBER_MAX:
        least, most = (-NUMBER_MAX if least is None else least), (NUMBER_MAX if most is None else most)
    number = number if digits == typed[0] else -number
    if least is not None and number < least:
        return outside("number_low", "number_between", least, most)
    if question.past and number > setting.today.year:
        return Fault("year_to_come", {"minimum": FIRST_YEAR if least is None else least, "maximum": setting.today.year})
    return outside("number_high", "number_between", least, most) if most is not None and number > most else number


def latest_number(question: Question, today: date) -> int | None:
    """The largest number that is taken today; a year that has to be past may be this one."""
    if not question.past:
        return question.maximum
    return today.year if question.maximum is None else min(question.maximum, today.year)


def _money(question: Question, typed: list[str], setting: Setting) -> Money | Fault:
    amount, currency = typed[0], (typed[1] if len(typed) > 1 else question.currencies[0])
    if not amount or not currency:
        return Fault("money_incomplete", {}, ("amount",) if not amount else ("currency",))
    if currency not in question.currencies:
        return Fault("not_an_option", {}, ("currency",))
    hundredths = read_amount(amount)
    if two_ways(amount, setting.language):
        return Fault("amount_two_ways", {}, ("amount",))
    if hundredths is None:
        return unread("amount", question.minimum, question.maximum, "amount")
    most = NUMBER_MAX if question.maximum is None else question.maximum
    if question.minimum is not None and hundredths < question.minimum * 100:
        return outside("number_low", "number_between", question.minimum, question.maximum, "amount")
    if hundredths > most * 100:
        return outside("number_high", "number_between", question.minimum, most, "amount")
    return Money(hundredths, currency)


# ------------------------------------------------------------------------------------------------------------------------- dates


def _date(question: Question, typed: list[str], setting: Setting) -> date | Fault:
    return read_date(typed, past=question.past, today=setting.today, within=span_of(question, setting.today))


def span_of(question: Question, today: date) -> Span:
    """The days that a date may be, by the plan's bounds in years from today."""
    first, last = (None if years is None else years_from(today, years) for years in (question.earliest, question.latest))
    return Span(first, last)


def _stored_date(question: Question, value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


# ----------------------------------------------------------------------------------------------------------------------- choices


def _option(question: Question, typed: list[str], setting: Setting) -> str | Fault:
    return typed[0] if question.option(typed[0]) else Fault("not_an_option")


def _country(question: Question, typed: list[str], setting: Setting) -> str | Fault:
    return typed[0] if typed[0] in setting.countries or typed[0] == ANOTHER_COUNTRY else Fault("not_an_option")


def _yes_no(question: Question, typed: list[str], setting: Setting) -> bool | Fault:
    return typed[0] == "yes" if typed[0] in ("yes", "no") else Fault("not_an_option")


def _several(question: Question, typed: list[str], setting: Setting) -> Chosen | Fault:
    keys = tuple(option.key for option, ticked in zip(question.options, typed, strict=True) if ticked)
    if len(keys) < question.least:
        return Fault("too_few_chosen", {"minimum": question.least})
    return Chosen(keys) if len(keys) <= question.most else Fault("too_many_chosen", {"maximum": question.most})


def _ranking(question: Question, typed: list[str], setting: Setting) -> Chosen | Fault:
    keys = tuple(key for key in typed if key)
    wrong = tuple(str(rank) for rank, key in enumerate(typed, start=1) if key and not question.option(key))
    if wrong:
        return Fault("not_an_option", {}, wrong)
    twice = tuple(str(rank) for rank, key in enumerate(typed, start=1) if key and key in typed[: rank - 1])
    if twice:
        return Fault("ranked_twice", {}, twice)
    if any(typed[len(keys) :]):
        return Fault("rank_left_out", {}, (str(typed.index("") + 1),))
    if len(keys) < question.least:
        return Fault("too_few_ranked", {"minimum": question.least}, (str(len(keys) + 1),))
    return Chosen(keys)


def _keys(question: Question, value: Any) -> Chosen | None:
    """Keys that are options still; those that the plan took away since are left out, and nothing is left where none is."""
    if not isinstance(value, list):
        return None
    keys = [key for key in dict.fromkeys(map(str, value)) if question.option(key)]
    return Chosen(tuple(keys)) if keys or not value else None


def _ranked(question: Question, value: Any) -> Chosen | None:
    """The same; a single choice, as it was kept while the question was one, is the first and only one."""
    return _keys(question, [value] if isinstance(value, str) else value)


def _spoken(question: Question, typed: list[str], setting: Setting) -> Spoken | Fault:
    empty = tuple(box for box, part in zip(("language", "level"), typed, strict=True) if not part)
    if empty:
        return Fault("level_incomplete", {}, empty)
    wrong = (not question.option(typed[0]), not question.level(typed[1]))
    if any(wrong):
        return Fault("not_an_option", {}, tuple(box for box, bad in zip(("language", "level"), wrong, strict=True) if bad))
    return Spoken(typed[0], typed[1])


def _stored_spoken(question: Question, value: Any) -> Spoken | None:
    if not isinstance(value, dict) or not question.option(str(value.get("language"))) or not question.level(str(value.get("level"))):
        return None
    return Spoken(value["language"], value["level"])


def _stored_money(question: Question, value: Any) -> Money | None:
    if not isinstance(value, dict) or value.get("currency") not in question.currencies:
        return None
    hundredths = read_amount(str(value.get("amount")))
    return None if hundredths is None else Money(hundredths, value["currency"])


def keep(answer: Answer) -> Stored:
    """The answer as JSON keeps it; of a group, its entries."""
    match answer:
        case date():
            return answer.isoformat()
        case Money():
            return {"amount": amount_text(answer), "currency": answer.currency}
        case Spoken():
            return {"language": answer.language, "level": answer.level}
        case Chosen():
            return list(answer.keys)
        case Entries():
            return [{key: keep(one) for key, one in entry.items()} for entry in answer.each]
    return answer


def _money_boxes(question: Question) -> tuple[str, ...]:
    return ("amount", "currency") if len(question.currencies) > 1 else ("amount",)


def _text(question: Question, value: Any) -> str | None:
    return value if isinstance(value, str) and (not question.options or question.option(value)) else None


PLAIN: Final[Mapping[str, Kind]] = {
    "text": Kind(_written, _text),
    "long_text": Kind(_written, _text, lines=True),
    "email": Kind(_written, _text),
    "phone": Kind(_written, _text),
    "number": Kind(_number, lambda question, value: value if isinstance(value, int) and not isinstance(value, bool) else None),
    "select": Kind(_option, _text, required="required_choice"),
    "radio": Kind(_option, _text, required="required_choice"),
    "country": Kind(_country, _text, required="required_choice"),
    "yes_no": Kind(
        _yes_no,
        lambda question, value: value if isinstance(value, bool) else None,
        show=lambda question, answer: ["yes" if answer else "no"],
        required="required_choice",
    ),
    "date": Kind(
        _date,
        _stored_date,
        show=lambda question, answer: [str(answer.day), str(answer.month), f"{answer.year:04}"],
        boxes=lambda question: DATE_BOXES,
        required="required_date",
    ),
    "money": Kind(
        _money,
        _stored_money,
        show=lambda question, answer: [amount_text(answer), answer.currency][: len(_money_boxes(question))],
        boxes=_money_boxes,
    ),
    "several": Kind(
        _several,
        _keys,
        show=lambda question, answer: ["yes" if option.key in answer.keys else "" for option in question.options],
        boxes=lambda question: tuple(option.key for option in question.options),
        required="required_several",
    ),
    "ranking": Kind(
        _ranking,
        _ranked,
        show=lambda question, answer: [*answer.keys[: question.most], *[""] * (question.most - len(answer.keys))],
        boxes=lambda question: tuple(str(rank) for rank in range(1, question.most + 1)),
        required="required_choice",
    ),
    "language": Kind(
        _spoken,
        _stored_spoken,
        show=lambda question, answer: [answer.language, answer.level],
        boxes=lambda question: ("language", "level"),
        required="required_choice",
    ),
}
"""Every kind but the repeated group, which is made of them."""
