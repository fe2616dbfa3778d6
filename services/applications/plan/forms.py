"""What a programme asks for: pages of questions, documents, rules and reasons.

`common.toml` holds those that several programmes share. A programme takes one over with `use = "key"`, and what it says
beside that replaces what is said there; or it takes over a list of them as they are, in its table `[common]`.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, TypeVar

from services.applications.domain.answers import CHOICES, KINDS, Option, Page, Question
from services.applications.domain.eligibility import MOMENTS, RULES, Parameter, Rule, When
from services.applications.plan.model import REASON_USES, STAGES, Document, PlanReason
from services.applications.plan.tables import ALL, CODE, Table, listing, near

MEDIA_TYPES: Final = ("application/pdf", "image/jpeg", "image/png")
INPUT_MODES: Final = ("text", "numeric", "decimal", "tel", "email", "url")
MAX_QUESTIONS: Final = 6
"""Questions on one page at most, so that a page is quick on a slow line and a fault is easy to find."""
MAX_MEGABYTES: Final = 20
MAX_FILES: Final = 10
"""Files of one paper at most, such as the photographs of its pages."""
MONTH_DAY: Final = re.compile(r"\d\d-\d\d")
_CODE_EXPECTED: Final = "small letters, digits, - and _, starting with a letter"

T = TypeVar("T")


class Common:
    """The tables of `common.toml` by kind and key, ready to be taken over."""

    KINDS: Final = ("pages", "questions", "documents", "rules", "reasons")

    def __init__(self, table: Table | None) -> None:
        self.found: dict[str, dict[str, Table]] = {kind: {} for kind in self.KINDS}
        if table is None:
            return
        for kind in self.KINDS:
            name = "code" if kind in ("rules", "reasons") else "key"
            for entry in table.tables(kind):
                key = entry.text(name, CODE, _CODE_EXPECTED)
                if key in self.found[kind]:
                    entry.wrong(name, f'"{key}" stands twice in "{kind}"', "each one once")
                self.found[kind][key] = entry
        table.done()

    def resolve(self, kind: str, entry: Table) -> Table:
        """The entry, over the common one that it names with `use`, if it does."""
        if not entry.has("use"):
            return entry
        key = entry.choice("use", list(self.found[kind])) if self.found[kind] else entry.text("use")
        base = self.found[kind].get(key)
        if base is None:
            return entry
        over = Table(entry.source, entry.path, entry.values, entry.problems, base)
        over.has("use")
        return over


class Forms:
    """Reads the form of one programme (or the common tables themselves). `shared` is the programme's table `[common]`."""

    def __init__(self, common: Common, countries: Sequence[str], shared: Table | None = None) -> None:
        self.common = common
        self.shared = shared
        self.countries = countries
        self.questions: dict[str, Question] = {}

    def pages(self, table: Table) -> tuple[Page, ...]:
        """The pages in order; remembers their questions for the rules and documents."""
        return self._each("pages", table, self.page, lambda page: page.key, least=1)

    def page(self, entry: Table) -> Page:
        key = entry.text("key", CODE, _CODE_EXPECTED)
        title, intro = entry.in_languages("title"), entry.maybe_in_languages("intro")
        asked = entry.tables("questions", least=1)
        if len(asked) > MAX_QUESTIONS:
            entry.wrong("questions", f'the page "{key}" has {len(asked)} questions', f"{MAX_QUESTIONS} at most")
        questions = []
        for raw in asked:
            table = self.common.resolve("questions", raw)
            question = self.question(table)
            if question.key in self.questions:
                table.wrong("key", f'the question "{question.key}" stands twice', "each question once in a programme")
            self.questions[question.key] = question
            questions.append(question)
        self._close(entry)
        return Page(key=key, title=title, intro=intro, questions=tuple(questions))

    def question(self, entry: Table) -> Question:
        key, kind = entry.text("key", CODE, _CODE_EXPECTED), entry.choice("kind", KINDS)
        numbers = {name: entry.maybe_whole(name) for name in _BOUNDS.get(kind, ())}
        question = Question(
            key=key,
            kind=kind,
            label=entry.in_languages("label"),
            hint=entry.maybe_in_languages("hint"),
            optional=entry.flag("optional"),
            options=self._options(entry) if kind in CHOICES else (),
            past=entry.flag("past") if kind == "date" else False,
            autocomplete=entry.maybe_text("autocomplete"),
            inputmode=entry.choice("inputmode", INPUT_MODES) if entry.has("inputmode") else None,
            **numbers,
        )
        for low, high in (("min_words", "max_words"), ("minimum", "maximum")):
            least, most = numbers.get(low), numbers.get(high)
            if least is not None and most is not None and least > most:
                entry.wrong(low, f'"{low}" is {least}, more than "{high}", {most}', "the smaller one first")
        self._close(entry)
        return question

    def _options(self, entry: Table) -> tuple[Option, ...]:
        options: list[Option] = []
        for raw in entry.tables("options", least=2):
            key = raw.text("key", CODE, _CODE_EXPECTED)
            if any(option.key == key for option in options):
                raw.wrong("key", f'the option "{key}" stands twice', "each option once")
            options.append(Option(key, raw.in_languages("label")))
            raw.done()
        return tuple(options)

    def documents(self, table: Table) -> tuple[Document, ...]:
        return self._each("documents", table, self.document, lambda document: document.key)

    def document(self, entry: Table) -> Document:
        document = Document(
            key=entry.text("key", CODE, _CODE_EXPECTED),
            names=entry.in_languages("names"),
            hint=entry.maybe_in_languages("hint"),
            stage=entry.choice("stage", STAGES),
            optional=entry.flag("optional"),
            when=self.when(entry),
            accepted=entry.texts("accepted", MEDIA_TYPES),
            max_bytes=entry.whole("max_megabytes", 1, MAX_MEGABYTES) * 1024 * 1024,
            max_files=entry.whole("max_files", 1, MAX_FILES) if entry.has("max_files") else 1,
        )
        self._close(entry)
        return document

    def reasons(self, table: Table) -> tuple[PlanReason, ...]:
        return self._each("reasons", table, self.reason, lambda reason: reason.code)

    def reason(self, entry: Table) -> PlanReason:
        code = entry.text("code", CODE, _CODE_EXPECTED)
        reason = PlanReason(code=code, uses=entry.texts("uses", REASON_USES), names=entry.in_languages("names"))
        self._close(entry)
        return reason

    def rules(self, table: Table) -> tuple[Rule, ...]:
        """The eligibility rules; call it after `pages`."""
        return self._each("rules", table, self.rule, lambda rule: rule.code)

    def rule(self, entry: Table) -> Rule:
        code, kind = entry.text("code", CODE, _CODE_EXPECTED), entry.choice("kind", RULES)
        start, end = entry.maybe_day("from"), entry.maybe_day("to")
        about: Question | None = None
        parameters: dict[str, Parameter] = {}
        if kind in RULES:
            about = self._about(entry, RULES[kind].questions)
            parameters = {name: self._parameter(entry, name, form, about) for name, form in RULES[kind].parameters.items()}
        rule = Rule(
            code=code,
            kind=kind,
            reason=entry.in_languages("reason"),
            question=about.key if about else None,
            parameters=parameters,
            when=self.when(entry),
            countries=entry.maybe_texts("countries", self.countries),
            start=start,
            end=end,
        )
        self._close(entry)
        return rule

    def when(self, entry: Table) -> When | None:
        """`when = { question = "...", options = [...] }`."""
        table = entry.maybe_table("when")
        if table is None:
            return None
        question = self.questions.get(table.choice("question", [q.key for q in self.questions.values() if q.kind in CHOICES]))
        options = table.texts("options", [option.key for option in question.options] if question else None)
        table.done()
        return When(question.key if question else "", options)

    def _about(self, entry: Table, kinds: tuple[str, ...]) -> Question | None:
        if not kinds:
            return None
        key = entry.choice("question", list(self.questions))
        question = self.questions.get(key)
        if question and question.kind not in kinds:
            fitting = [q.key for q in self.questions.values() if q.kind in kinds]
            expected = f"a question of kind {' or '.join(kinds)}" + (f": {listing(fitting)}" if fitting else "")
            entry.wrong("question", f'the question "{key}" is of kind {question.kind}', expected)
        return question

    def _parameter(self, entry: Table, name: str, form: str, about: Question | None) -> Parameter:
        rungs = [option.key for option in about.options] if about else []
        if form == "whole":
            return entry.whole(name)
        if form == "countries":
            return entry.texts(name, self.countries)
        if form == "options":
            return entry.texts(name, rungs)
        if form == "rung":
            rung = entry.choice(name, rungs)
            return tuple(rungs[rungs.index(rung) :]) if rung in rungs else ()
        assert form == "moment", f"{form} is no form of a rule's parameter"
        return _moment(entry, name)

    def _each(self, kind: str, table: Table, read: Callable[[Table], T], key_of: Callable[[T], str], least: int = 0) -> tuple[T, ...]:
        found: dict[str, T] = {}
        taken_over = self._taken_over(kind, table)
        own = [self.common.resolve(kind, raw) for raw in table.tables(kind, least=0 if taken_over else least)]
        for entry in [*taken_over, *own]:
            item = read(entry)
            if key_of(item) in found:
                entry.wrong(None, f'"{key_of(item)}" stands twice in "{kind}"', "each one once")
            found[key_of(item)] = item
        return tuple(found.values())

    def _taken_over(self, kind: str, table: Table) -> list[Table]:
        """The common entries that the programme's `[common]` table names, or all of them where it says `all`."""
        if self.shared is None or not self.shared.has(kind):
            return []
        common = self.common.found[kind]
        if self.shared.values[kind] == ALL:
            return list(common.values())
        return [common[key] for key in self.shared.texts(kind, list(common)) if key in common]

    def _close(self, entry: Table) -> None:
        entry.done()
        if entry.base is not None:
            entry.base.done()


_BOUNDS: Final[dict[str, tuple[str, ...]]] = {
    "text": ("max_length",),
    "long_text": ("min_words", "max_words", "max_length"),
    "number": ("minimum", "maximum"),
}


def _moment(entry: Table, name: str) -> str:
    value = entry.text(name)
    if value in MOMENTS:
        return value
    expected = f"one of {listing(MOMENTS)}, or a day of the call's year such as 09-01"
    if MONTH_DAY.fullmatch(value):
        try:
            date(2015, int(value[:2]), int(value[3:]))
        except ValueError:
            entry.wrong(name, f'"{name}" is "{value}", which is not a day of every year', expected)
    elif value:
        entry.wrong(name, f'"{name}" is "{value}"', expected, near(value, MOMENTS))
    return value
