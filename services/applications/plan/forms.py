"""What a programme asks for: pages of questions, documents, rules and reasons.

`common.toml` holds those that several programmes share. A programme takes one over with `use = "key"`, and what it says
beside that replaces what is said there; or it takes over a list of them as they are, in its table `[common]`.
"""

import re
from datetime import date
from typing import Final

from services.applications.domain.answers import KINDS, Question
from services.applications.domain.correction import MARKED
from services.applications.domain.eligibility import MOMENTS, RULES, Parameter, Rule
from services.applications.plan.asking import Asking
from services.applications.plan.common import CODE_EXPECTED
from services.applications.plan.model import REASON_USES, STAGES, Document, PlanReason
from services.applications.plan.tables import CODE, Table, listing, near

MEDIA_TYPES: Final = ("application/pdf", "image/jpeg", "image/png")
MAX_MEGABYTES: Final = 20
MAX_FILES: Final = 10
"""Files of one paper at most, such as the photographs of its pages."""
MONTH_DAY: Final = re.compile(r"\d\d-\d\d")


class Forms(Asking):
    """Reads the form of one programme (or the common tables themselves). `shared` is the programme's table `[common]`."""

    def documents(self, table: Table) -> tuple[Document, ...]:
        return self.each("documents", table, self.document, lambda document: document.key)

    def document(self, entry: Table) -> Document:
        document = Document(
            key=entry.text("key", CODE, CODE_EXPECTED),
            names=entry.in_languages("names"),
            hint=entry.maybe_in_languages("hint"),
            stage=entry.choice("stage", STAGES),
            optional=entry.flag("optional"),
            when=self.when(entry),
            accepted=entry.texts("accepted", MEDIA_TYPES),
            max_bytes=entry.whole("max_megabytes", 1, MAX_MEGABYTES) * 1024 * 1024,
            max_files=entry.whole("max_files", 1, MAX_FILES) if entry.has("max_files") else 1,
        )
        self.close(entry)
        return document

    def reasons(self, table: Table) -> tuple[PlanReason, ...]:
        return self.each("reasons", table, self.reason, lambda reason: reason.code)

    def reason(self, entry: Table) -> PlanReason:
        code = entry.text("code", CODE, CODE_EXPECTED)
        reason = PlanReason(
            code=code, uses=entry.texts("uses", REASON_USES), names=entry.in_languages("names"), marked=entry.flag_or("marked", MARKED)
        )
        self.close(entry)
        return reason

    def rules(self, table: Table) -> tuple[Rule, ...]:
        """The eligibility rules; call it after `pages`."""
        return self.each("rules", table, self.rule, lambda rule: rule.code)

    def warnings(self, table: Table) -> tuple[Rule, ...]:
        """What people are told to look at once more before they send, as rules that refuse nobody; call it after `pages`."""
        return self.each("warnings", table, self.rule, lambda rule: rule.code)

    def rule(self, entry: Table) -> Rule:
        code, kind = entry.text("code", CODE, CODE_EXPECTED), entry.choice("kind", RULES)
        start, end = entry.maybe_day("from"), entry.maybe_day("to")
        about: Question | None = None
        parameters: dict[str, Parameter] = {}
        if kind in RULES:
            about = self._about(entry, RULES[kind].questions)
            if not (about and self._of_no_kind(about.key)):
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
        if kind in RULES and not (about and self._of_no_kind(about.key)):
            self.close(entry)
        return rule

    def _about(self, entry: Table, kinds: tuple[str, ...]) -> Question | None:
        if not kinds:
            return None
        key = entry.choice("question", list(self.questions))
        question = self.questions.get(key)
        if question and question.kind not in kinds and not self._of_no_kind(key):
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
        if form == "year":
            years = [inner.key for inner in about.questions if inner.year or inner.kind not in KINDS] if about else []
            return entry.choice(name, years)
        if form == "date":
            return entry.choice(name, [key for key, question in self.questions.items() if question.kind == "date" or self._of_no_kind(key)])
        if form == "rung":
            rung = entry.choice(name, rungs)
            return tuple(rungs[rungs.index(rung) :]) if rung in rungs else ()
        assert form == "moment", f"{form} is no form of a rule's parameter"
        return _moment(entry, name)


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
