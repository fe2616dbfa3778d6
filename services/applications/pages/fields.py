"""A plan's questions as form fields, and answers as people read them. No question is known here, only their kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.applications.domain.answers import ANOTHER_COUNTRY, DATE_BOXES, Answer, Fault, Question, as_form, field_names
from services.applications.pages.words import country_name
from services.applications.plan.model import Plan
from shared.web.formats import format_date, format_number, sort_key
from shared.web.i18n import current_language, translate

_ = translate


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str


Field = dict[str, Any]
"""One question as `macros/form.html` draws it; see there for its keys."""


def field(
    question: Question, plan: Plan, *, answer: Answer | None = None, typed: Mapping[str, str] | None = None, fault: Fault | None = None
) -> Field:
    """The question with what was typed or, where nothing was, the saved answer."""
    language = current_language()
    label = question.label[language]
    shown = {name: typed.get(name, "") for name in field_names(question)} if typed is not None else as_form(question, answer)
    return {
        "key": question.key,
        "kind": question.kind,
        "label": label,
        "hint": question.hint[language] if question.hint else "",
        "optional": question.optional,
        "options": [{"key": choice.value, "label": choice.text} for choice in choices(question, plan)],
        "value": {box: shown[f"{question.key}-{box}"] for box in DATE_BOXES} if question.kind == "date" else shown[question.key],
        "error": _(fault.msgid, question=label, **fault.parameters) if fault else "",
        "boxes": list(fault.boxes) if fault else [],
        "autocomplete": question.autocomplete,
        "inputmode": question.inputmode,
        "max_words": question.max_words,
        "rows": 14,
    }


def country_field(countries: Sequence[tuple[str, str]], chosen: str, error: str) -> Field:
    """The country of nationality, out of those that take part."""
    return {
        "key": "country",
        "kind": "country",
        "label": _("Country of your nationality"),
        "hint": _("Only countries that take part in this programme are listed."),
        "options": [{"key": code, "label": name} for code, name in countries],
        "value": chosen,
        "error": error,
    }


def choices(question: Question, plan: Plan) -> list[Choice]:
    """What may be chosen, in the order of the form; countries by name."""
    language = current_language()
    if question.kind == "yes_no":
        return [Choice("yes", _("Yes")), Choice("no", _("No"))]
    if question.kind == "country":
        named = sorted(
            (Choice(country.code, country.names[language]) for country in plan.countries), key=lambda choice: sort_key(choice.text)
        )
        return [*named, Choice(ANOTHER_COUNTRY, _("Another country"))]
    return [Choice(option.key, option.label[language]) for option in question.options]


def shown(question: Question, answer: Answer | None, plan: Plan) -> str:
    """An answer as people read it; empty where there is none."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return _("Yes") if answer else _("No")
    if isinstance(answer, date):
        return format_date(answer)
    if isinstance(answer, int):
        return format_number(answer)
    if question.kind == "country":
        return _("Another country") if answer == ANOTHER_COUNTRY else country_name(answer, plan)
    option = question.option(answer) if question.options else None
    return option.label[current_language()] if option else answer
