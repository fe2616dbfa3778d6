"""Who may apply: the rules of a programme, as data, held against a person's answers. Pure.

A new kind of rule is one function and one entry in `RULES`; plan files may use it from then on.
A rule is judged only on what was answered; what is missing is found by `answers.unanswered`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from services.applications.domain.answers import Answer, Chosen, Entries, Texts, When, count_words
from services.applications.domain.questions import CHOICES, PREFERENCE, keys_of

Parameter = int | str | tuple[str, ...]

MOMENTS: Final = ("opens", "closes", "returns_on")
"""Days of a call that a rule may refer to; beside them a fixed day `MM-DD` of the call's year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One condition. `code` is stable; `reason` tells a person why they may not apply.

    `countries` (empty: all), `start` and `end` (of calls that open in that time) and `when` narrow whom it is for.
    """

    code: str
    kind: str
    reason: Texts
    question: str | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
    when: When | None = None
    countries: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The application's country, its call (the year, and the local days of `MOMENTS`), and what else was answered."""

    country: str
    year: int
    days: dict[str, date]
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def day(self, moment: str) -> date:
        """The day that `moment` names: one of `MOMENTS`, or `MM-DD` in the call's year."""
        if moment in self.days:
            return self.days[moment]
        month, day = moment.split("-")
        return date(self.year, int(month), int(day))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody is not eligible: a stable code, and the words for them. `options`: which ones of an order of preference it is about;
    `entries`: which ones of a group, counted from 1.
    """

    code: str
    text: Texts
    options: tuple[str, ...] = ()
    entries: tuple[int, ...] = ()


def age_on(born: date, day: date) -> int:
    """Whole years lived on `day`; somebody born on 29 February comes of age on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _age_under(rule: Rule, answer: Answer | None, context: Context) -> bool:
    assert isinstance(answer, date)
    return age_on(answer, context.day(_text(rule, "on"))) < _whole(rule, "years")


def _age_at_least(rule: Rule, answer: Answer | None, context: Context) -> bool:
    assert isinstance(answer, date)
    return age_on(answer, context.day(_text(rule, "on"))) >= _whole(rule, "years")


def _date_not_before(rule: Rule, answer: Answer | None, context: Context) -> bool:
    assert isinstance(answer, date)
    return answer >= context.day(_text(rule, "on")) + timedelta(days=_whole(rule, "plus_days"))


def _min_degree(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return isinstance(answer, str) and answer in _texts(rule, "at_least")


def _only_of(rule: Rule, answer: Answer | None, context: Context) -> bool:
    keys = keys_of(answer)
    return bool(keys) and keys.issubset(_texts(rule, "options"))


def _not_one_of(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return keys_of(answer).isdisjoint(_texts(rule, "options"))


def _number_at_least(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return isinstance(answer, int) and answer >= _whole(rule, "number")


def _number_at_most(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return isinstance(answer, int) and answer <= _whole(rule, "number")


def _words_at_least(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return isinstance(answer, str) and count_words(answer) >= _whole(rule, "words")


def _must_be_yes(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return answer is True


def _must_be_no(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return answer is False


def _nationality_not(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return context.country not in _texts(rule, "nationalities")


def _years_after(rule: Rule, answer: Answer | None, context: Context) -> bool:
    return not _too_early(rule, answer, context)


def _too_early(rule: Rule, answer: Answer | None, context: Context) -> tuple[int, ...]:
    """Which entries have a year before the first one that can be, counted from 1."""
    since = context.answers.get(_text(rule, "after"))
    if not isinstance(since, date) or not isinstance(answer, Entries):
        return ()
    first, years = since.year + _whole(rule, "years"), [entry.get(_text(rule, "year")) for entry in answer.each]
    return tuple(number for number, year in enumerate(years, start=1) if isinstance(year, int) and year < first)


Check = Callable[[Rule, Answer | None, Context], bool]


class RuleKind(NamedTuple):
    """How a kind of rule is judged, which kinds of question it can be about (none: about no question), and its parameters.

    Parameter types: `whole` (a whole number), `moment` (a day of the call), `options` (some of the question's options),
    `rung` (one option of a question whose options stand from lowest to highest; kept as that option and all above it),
    `countries` (codes of the plan's countries), `year` (a year that an entry of the group asks for), `date` (another question, for a date).
    """

    check: Check
    questions: tuple[str, ...]
    parameters: dict[str, str]


RULES: Final[dict[str, RuleKind]] = {
    "age_under": RuleKind(_age_under, ("date",), {"years": "whole", "on": "moment"}),
    "age_at_least": RuleKind(_age_at_least, ("date",), {"years": "whole", "on": "moment"}),
    "date_not_before": RuleKind(_date_not_before, ("date",), {"on": "moment", "plus_days": "whole"}),
    "min_degree": RuleKind(_min_degree, CHOICES, {"at_least": "rung"}),
    "one_of": RuleKind(_only_of, (*CHOICES, PREFERENCE), {"options": "options"}),
    "not_one_of": RuleKind(_not_one_of, (*CHOICES, PREFERENCE), {"options": "options"}),
    "number_at_least": RuleKind(_number_at_least, ("number",), {"number": "whole"}),
    "number_at_most": RuleKind(_number_at_most, ("number",), {"number": "whole"}),
    "words_at_least": RuleKind(_words_at_least, ("long_text", "text"), {"words": "whole"}),
    "years_after": RuleKind(_years_after, ("group",), {"year": "year", "after": "date", "years": "whole"}),
    "must_be_yes": RuleKind(_must_be_yes, ("yes_no",), {}),
    "must_be_no": RuleKind(_must_be_no, ("yes_no",), {}),
    "nationality_not": RuleKind(_nationality_not, (), {"nationalities": "countries"}),
}


COMPARING: Final = frozenset({"years_after"})
"""Kinds that hold answers against one another: they are no conditions that anybody could read before answering."""


def check(rules: Iterable[Rule], answers: Mapping[str, Answer], context: Context) -> list[Reason]:
    """The reasons why these answers are not eligible, in the order of the rules; empty means eligible."""
    context = replace(context, answers=answers)
    against = [rule for rule in rules if applies(rule, answers, context) and not _holds(rule, answers, context)]
    return [
        Reason(rule.code, rule.reason, _at_fault(rule, answers, context), _entries_at_fault(rule, answers, context)) for rule in against
    ]


def _at_fault(rule: Rule, answers: Mapping[str, Answer], context: Context) -> tuple[str, ...]:
    """Which options of an order of preference the rule speaks against, each held against it by itself."""
    answer = answers.get(rule.question) if rule.question else None
    keys = answer.keys if isinstance(answer, Chosen) else ()
    return tuple(key for key in keys if not RULES[rule.kind].check(rule, key, context))


def _entries_at_fault(rule: Rule, answers: Mapping[str, Answer], context: Context) -> tuple[int, ...]:
    """Which entries of a group the rule speaks against, where it compares them."""
    return _too_early(rule, answers.get(rule.question or ""), context) if rule.kind in COMPARING else ()


def warned(warnings: Iterable[Rule], rules: Iterable[Rule], answers: Mapping[str, Answer], context: Context) -> list[Reason]:
    """What is to be looked at once more: not where a rule of the same kind refuses the same answer, which says more."""
    refused = {(rule.kind, rule.question) for rule in rules if check((rule,), answers, context)}
    return check([one for one in warnings if (one.kind, one.question) not in refused], answers, context)


def words_wanted(rules: Iterable[Rule], answers: Mapping[str, Answer], context: Context) -> dict[str, int]:
    """Question to the most words that a rule wants of somebody with these answers, whatever is written there so far."""
    found: dict[str, int] = {}
    for rule in rules:
        if rule.kind == "words_at_least" and rule.question and applies(rule, {**answers, rule.question: ""}, context):
            found[rule.question] = max(found.get(rule.question, 0), _whole(rule, "words"))
    return found


def applies(rule: Rule, answers: Mapping[str, Answer], context: Context) -> bool:
    """Whether the rule is meant for this person and call, and can be judged on what was answered."""
    if rule.countries and context.country not in rule.countries:
        return False
    opens = context.days["opens"]
    if (rule.start and opens < rule.start) or (rule.end and opens > rule.end):
        return False
    if rule.when and not rule.when.holds(answers):
        return False
    return rule.question is None or rule.question in answers


def _holds(rule: Rule, answers: Mapping[str, Answer], context: Context) -> bool:
    return RULES[rule.kind].check(rule, answers.get(rule.question) if rule.question else None, context)


def _whole(rule: Rule, name: str) -> int:
    value = rule.parameters[name]
    assert isinstance(value, int), f"{rule.code}.{name} is a whole number by its kind"
    return value


def _text(rule: Rule, name: str) -> str:
    value = rule.parameters[name]
    assert isinstance(value, str), f"{rule.code}.{name} is a text by its kind"
    return value


def _texts(rule: Rule, name: str) -> tuple[str, ...]:
    value = rule.parameters[name]
    assert isinstance(value, tuple), f"{rule.code}.{name} is a list by its kind"
    return value
