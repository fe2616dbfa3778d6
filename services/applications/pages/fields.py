"""A plan's questions as form fields, and answers as people read them. No question is known here, only their kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.applications.domain.answers import (
    ANOTHER_COUNTRY,
    DATE_BOXES,
    ENTRIES_MAX,
    Answer,
    Chosen,
    Entries,
    Fault,
    Money,
    Page,
    Question,
    Spoken,
    Texts,
    as_form,
    counted,
    entry_page,
    field_names,
)
from services.applications.domain.kinds import longest
from services.applications.domain.questions import ROUND
from services.applications.pages.words import country_name
from services.applications.plan.model import Plan
from shared.web.formats import bracketed, format_date, format_money, format_number, gap, in_boxes, labelled, listed, sort_key
from shared.web.i18n import current_language, translate

_ = translate

IN_PARTS = ("money", "language", "ranking")
"""Kinds that are several boxes under one question, each with a label of its own."""


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str


Field = dict[str, Any]
"""One question as `macros/form.html` draws it; see there for its keys."""


def field(
    question: Question,
    plan: Plan,
    *,
    answer: Answer | None = None,
    typed: Mapping[str, str] | None = None,
    fault: Fault | None = None,
    saved: bool = False,
) -> Field:
    """The question with what was typed or, where nothing was, the answer; where it was `saved` without one, that is the choice."""
    language = current_language()
    label = question.label[language]
    names = field_names(question)
    shown = {name: typed.get(name, "") for name in names} if typed is not None else as_form(question, answer)
    found = {
        "key": question.key,
        "kind": question.kind,
        "label": label,
        "hint": question.hint[language] if question.hint else "",
        "help": question.help[language] if question.help else "",
        "optional": question.optional,
        "options": [{"key": choice.value, "label": choice.text} for choice in choices(question, plan)],
        "error": fault_words(fault, question) if fault else "",
        "boxes": list(fault.boxes) if fault else [],
        "target": target(question, fault),
        "autocomplete": question.autocomplete,
        "inputmode": question.inputmode,
        "max_words": question.max_words,
        "max_length": longest(question) if question.kind == "long_text" and (question.max_length or not question.max_words) else None,
        "rows": 14,
    }
    if question.kind == "date":
        return {**found, "value": {box: shown[f"{question.key}-{box}"] for box in DATE_BOXES}}
    if question.kind == "several":
        options = [{"key": o.key, "label": o.label[language], "name": name} for o, name in zip(question.options, names, strict=True)]
        return {**found, "kind": "checkboxes", "options": options, "value": [one["key"] for one in options if shown[one["name"]]]}
    if question.kind in IN_PARTS:
        if question.kind == "money" and typed is None:
            shown[names[0]] = in_boxes(shown[names[0]])
        return {**found, "kind": "parts", "parts": [_part(question, name, shown[name], fault) for name in names]}
    if question.kind in ROUND and question.optional:
        left = question.key in typed and not shown[question.key] if typed is not None else saved and answer is None
        return {**found, "value": shown[question.key], "none": left_open(question), "left": left}
    return {**found, "value": shown[question.key]}


def fault_words(fault: Fault, question: Question) -> str:
    """What is wrong with an answer to the question, in words; a year has no mark for thousands."""
    return fault_of(fault, own(question.label), plain=question.year or question.kind == "date")


def fault_of(fault: Fault, label: str, *, plain: bool = False) -> str:
    """The same of whatever has this label: days and, unless they stay `plain`, numbers as the language writes them."""

    def said(one: int | date) -> str:
        return format_date(one) if isinstance(one, date) else str(one) if plain else format_number(one)

    return _(fault.msgid, question=label, **{name: said(one) for name, one in fault.parameters.items()})


def target(question: Question, fault: Fault | None = None) -> str:
    """The id of the box that a link to the question leads to."""
    if question.kind == "group":
        return "entries"
    if question.kind not in (*IN_PARTS, "date"):
        return question.key
    return f"{question.key}-{fault.boxes[0]}" if fault and fault.boxes else field_names(question)[0]


def _part(question: Question, name: str, value: str, fault: Fault | None) -> Field:
    """One box of a question in parts."""
    box, language = name.removeprefix(f"{question.key}-"), current_language()
    labels = {"amount": _("Amount"), "currency": _("Currency"), "language": _("Language"), "level": _("Level")}
    options: Sequence[tuple[str, str]] = ()
    if question.kind == "ranking" or box == "language":
        options = [(option.key, option.label[language]) for option in question.options]
    elif box == "level":
        options = [(level.key, level.label[language]) for level in question.levels]
    elif box == "currency":
        options = [(code, code) for code in question.currencies]
    only = question.currencies[0] if box == "amount" and len(question.currencies) == 1 else ""
    return {
        "key": name,
        "label": labels.get(box) or _("Choice {n}", n=box),
        "options": [{"key": key, "label": text} for key, text in options],
        "value": value,
        "wrong": fault is not None and (box in fault.boxes or not fault.boxes),
        "suffix": only,
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


def condition(question: Question, page: Page, plan: Plan) -> Field | None:
    """When the question is asked, where that hangs on another question of the same page; in words for whoever has no script."""
    if question.when is None:
        return None
    deciding = next((one for one in page.questions if one.key == question.when.question), None)
    if deciding is None:
        return None
    answers = listed(choice.text for choice in choices(deciding, plan) if choice.value in question.when.options)
    note = _("Only if you answered “{answer}” to “{question}”", answer=answers, question=deciding.label[current_language()])
    return {"question": deciding.key, "options": " ".join(question.when.options), "note": note}


def shown(question: Question, answer: Answer | None, plan: Plan) -> str:
    """An answer as people read it, in one line or several; empty where there is none."""
    match answer:
        case None:
            return ""
        case bool():
            return _("Yes") if answer else _("No")
        case date():
            return format_date(answer)
        case int():
            return str(answer) if question.year else format_number(answer)
        case Money():
            return format_money(answer.hundredths, answer.currency)
        case Spoken():
            return " · ".join((_label(question, answer.language), _level(question, answer.level)))
        case Chosen():
            labels = [_label(question, key) for key in answer.keys]
            ranked = question.kind == "ranking"
            return "\n".join(f"{rank}. {label}" for rank, label in enumerate(labels, start=1)) if ranked else "\n".join(labels)
        case Entries():
            return "\n\n".join(entry_words(question, entry, plan) for entry in answer.each)
    if question.kind == "country":
        return _("Another country") if answer == ANOTHER_COUNTRY else country_name(answer, plan)
    return _label(question, answer) if question.options else answer


def entry_words(group: Question, entry: Mapping[str, Answer], plan: Plan) -> str:
    """An entry of a group, one answer a line: those that count."""
    said = [(label, "\n".join(lines)) for label, lines in entry_rows(group, entry, plan)]
    return "\n".join(said_of(label, listed(words.split("\n"))) for label, words in said)


def said_of(label: str, answer: str) -> str:
    """A question with its answer, or an entry with what is wrong in it; what asks has its mark already."""
    if label.endswith("？"):
        return f"{label}{answer}"
    return f"{label} {answer}" if label.endswith("?") else labelled(label, answer)


def errors_in(group: Question, faults: Mapping[str, Fault], shown: int) -> list[dict[str, str]]:
    """What is wrong with the list, in words, and where it can be mended: in an entry, of which so many are shown, or in the whole."""
    found = [(fault_words(faults[group.key], group), "entries")] if group.key in faults else []
    for number in range(1, ENTRIES_MAX + 1):
        for one in group.questions:
            if fault := faults.get(f"{group.key}-{number}-{one.key}"):
                words = said_of(entry_name(group, number), fault_words(fault, one))
                found.append((words, f"entry-{number}" if number <= shown else "entries"))
    return [{"error": words, "target": target} for words, target in found]


def faults_said(page: Page, faults: Mapping[str, Fault]) -> list[tuple[str, str]]:
    """What is wrong with the answers of a page, in words, each with the id that a link to it leads to."""
    if page.group is not None:
        return [(one["error"], "entries") for one in errors_in(page.group, faults, 0)]
    asked = {question.key: question for question in page.questions}
    return [(fault_words(fault, asked[key]), target(asked[key], fault)) for key, fault in faults.items()]


def _label(question: Question, key: str) -> str:
    option = question.option(key)
    return option.label[current_language()] if option else key


def _level(question: Question, key: str) -> str:
    level = question.level(key)
    return level.label[current_language()] if level else key


def own(texts: Texts | None) -> str:
    """A text of the plan in the reader's language; empty where there is none."""
    return texts[current_language()] if texts else ""


def entry_name(group: Question, number: int) -> str:
    """What an entry is called, as it is counted: `Course of study 2`."""
    return f"{own(group.entry)}{gap()}{number}"


def entry_titles(group: Question, answer: Answer | None, numbers: Sequence[int], plan: Plan) -> list[str]:
    """The same of several, each with the first answer in it, by which people know it again: `Course of study 2 (Colegio San José)`."""
    each = answer.each if isinstance(answer, Entries) else ()
    found: list[str] = []
    for number in numbers:
        rows = entry_rows(group, each[number - 1], plan) if number <= len(each) else []
        name = entry_name(group, number)
        found.append(bracketed(name, listed(rows[0][1])) if rows else name)
    return found


def entry_rows(group: Question, entry: Mapping[str, Answer], plan: Plan) -> list[tuple[str, list[str]]]:
    """The questions of an entry that are asked of who answers so and that were answered, with the lines of each answer."""
    counting = counted([entry_page(group)], entry)
    return [(own(one.label), shown(one, counting[one.key], plan).split("\n")) for one in group.questions if one.key in counting]


def left_open(question: Question) -> str:
    """What leaving a choice open is called, where it may be left open; empty for any other question."""
    return (own(question.none) or _("No answer")) if question.kind in ROUND and question.optional else ""
