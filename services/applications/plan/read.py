"""A plan's folder into a `Plan`, or everything that is wrong with it. Nothing is half read."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.applications.domain.answers import KINDS, LANGUAGES, Answer, Entries, Question, Texts
from services.applications.domain.kinds import PLAIN
from services.applications.plan.common import Common
from services.applications.plan.countries import read_countries, read_participation, read_period
from services.applications.plan.forms import Forms
from services.applications.plan.model import Case, Country, Participation, Plan, Programme
from services.applications.plan.programmes import read_programme, read_sides
from services.applications.plan.tables import CODE, PlanError, Problems, Table, listing, load, near

PLAN: Final = "plan.toml"
COUNTRIES: Final = "countries.toml"
PARTICIPATION: Final = "participation.toml"
COMMON: Final = "common.toml"
PROGRAMMES: Final = "programmes"
CASES: Final = "cases"
WRITTEN_AS_KEPT: Final = {
    "money": 'such as { amount = "1200.50", currency = "USD" }',
    "language": 'such as { language = "zh", level = "b1" }',
    "several": "a list of the question's options",
    "ranking": "a list of the question's options, the first choice first",
}
"""Kinds of question whose answers a case writes as they are kept, with an example."""
VERSION: Final = re.compile(r"\d+(\.\d+)*")


def read(folder: Path) -> Plan | list[PlanError]:
    """The plan in that folder, or its errors by file and line. Reads files only; changes nothing.

    Files: `plan.toml`, `countries.toml`, `participation.toml`, `programmes/<code>.toml`; optional are `common.toml`
    (what several programmes share) and `programmes/cases/<code>.toml` (example applicants).
    """
    problems = Problems()
    reader = _Reader(folder, problems)
    plan = reader.plan()
    found = problems.all(following=PROGRAMMES if reader.common.lacked else "")
    if found:
        return found
    assert plan is not None, "a plan without errors was read whole"
    return plan


class _Reader:
    def __init__(self, folder: Path, problems: Problems) -> None:
        self.folder = folder
        self.problems = problems
        self.common = Common(None)

    def plan(self) -> Plan | None:
        head = load(self.folder, PLAN, self.problems)
        sides = self._sides(head)
        countries = self._countries(list(sides))
        self.common = common = self._common(countries)
        tables = self._programme_tables()
        sides_of = {code: read_sides(table, list(sides)) for code, table in tables.items()}
        participation = self._participation(countries, sides_of)
        programmes = tuple(read_programme(table, code, common, list(sides), countries, participation) for code, table in tables.items())
        cases = tuple(case for programme in programmes for case in self._cases(programme, countries))
        if common.lacked and not (self.folder / COMMON).exists():
            taken = 'a file of that name: programmes take entries over from it with "use"'
            self.problems.unread(PlanError(file=COMMON, line=1, problem="the file is missing", expected=taken))
        self._no_stray_cases({file.stem for file in (self.folder / PROGRAMMES).glob("*.toml")})
        if head is None:
            return None
        starts, ends = read_period(head)
        clauses = head.texts("clauses")
        for table in tables.values():
            clause = table.values.get("clause")
            if clauses and isinstance(clause, str) and clause.strip() and clause not in clauses:
                table.wrong(
                    "clause", f'"clause" is "{clause}"', f'one of the "clauses" of {PLAN}: {listing(clauses)}', near(clause, clauses)
                )
        plan = Plan(
            code=head.text("code", CODE, f'"{self.folder.name}" or another code of small letters, digits and -'),
            version=head.text("version", VERSION, "a version such as 1 or 1.2"),
            names=head.in_languages("names"),
            description=head.in_languages("description"),
            example_note=head.in_languages("example_note"),
            source=head.text("source"),
            clauses=clauses,
            starts=starts,
            ends=ends or starts,
            languages=head.texts("languages", LANGUAGES),
            sides=sides,
            countries=countries,
            participation=participation,
            programmes=programmes,
            cases=cases,
        )
        head.done()
        return plan

    def _sides(self, head: Table | None) -> dict[str, Texts]:
        table = head.table("sides", "a table of side = names") if head else None
        return {side: table.in_languages(side) for side in table.values} if table else {}

    def _countries(self, sides: list[str]) -> tuple[Country, ...]:
        table = load(self.folder, COUNTRIES, self.problems)
        return read_countries(table, sides) if table else ()

    def _participation(self, countries: Sequence[Country], sides_of: dict[str, tuple[str, ...]]) -> tuple[Participation, ...]:
        table = load(self.folder, PARTICIPATION, self.problems)
        return read_participation(table, countries, sides_of) if table else ()

    def _common(self, countries: Sequence[Country]) -> Common:
        """What programmes share, read once by itself, so that its errors show although nobody uses it."""
        table = load(self.folder, COMMON, self.problems) if (self.folder / COMMON).exists() else None
        common = Common(table)
        forms = Forms(common, [country.code for country in countries])
        for page in common.found["pages"].values():
            if not page.has("when"):
                forms.page(page)
        for question in common.found["questions"].values():
            if not question.has("when"):
                found = forms.question(question)
                forms.questions.setdefault(found.key, found)
        for document in common.found["documents"].values():
            if not document.has("when"):
                forms.document(document)
        for reason in common.found["reasons"].values():
            forms.reason(reason)
        for rule in common.found["rules"].values():
            forms.rule(rule)
        for warning in common.found["warnings"].values():
            forms.rule(warning)
        return common

    def _programme_tables(self) -> dict[str, Table]:
        files = sorted((self.folder / PROGRAMMES).glob("*.toml"))
        if not files:
            missing = PlanError(file=PROGRAMMES, line=1, problem="there is no programme", expected=f"at least one {PROGRAMMES}/<code>.toml")
            self.problems.add(missing)
        tables = {file.stem: load(self.folder, f"{PROGRAMMES}/{file.name}", self.problems) for file in files}
        return {code: table for code, table in tables.items() if table is not None}

    def _cases(self, programme: Programme, countries: Sequence[Country]) -> list[Case]:
        file = f"{PROGRAMMES}/{CASES}/{programme.code}.toml"
        table = load(self.folder, file, self.problems) if (self.folder / file).exists() else None
        if table is None:
            return []
        found = [_case(entry, programme, countries) for entry in table.tables("cases", least=1)]
        table.done()
        return found

    def _no_stray_cases(self, codes: set[str]) -> None:
        for file in sorted((self.folder / PROGRAMMES / CASES).glob("*.toml")):
            if file.stem not in codes:
                name, expected = f"{PROGRAMMES}/{CASES}/{file.name}", f"a file named after one of {', '.join(sorted(codes))}"
                self.problems.add(PlanError(file=name, line=1, problem=f'there is no programme "{file.stem}"', expected=expected))


def _case(entry: Table, programme: Programme, countries: Sequence[Country]) -> Case:
    years = programme.years or (2000,)
    answers = entry.table("answers", "a table of question = answer")
    case = Case(
        programme=programme.code,
        name=entry.text("name"),
        country=entry.choice("country", [country.code for country in countries]),
        year=entry.whole("year", years[0], years[-1]),
        answers=_answers(answers, [q for page in programme.pages for q in page.questions]) if answers else {},
        reasons=entry.texts("reasons", [rule.code for rule in programme.rules], empty=True),
        warnings=_warnings(entry, programme),
        file=entry.source.file,
        line=entry.line(),
    )
    entry.done()
    return case


def _warnings(entry: Table, programme: Programme) -> tuple[str, ...] | None:
    return entry.texts("warnings", [rule.code for rule in programme.warnings], empty=True) if entry.has("warnings") else None


def _answers(table: Table, questions: Sequence[Question]) -> dict[str, Answer]:
    found = {question.key: _answer(table, question) for question in questions if table.has(question.key)}
    table.done()
    return found


def _answer(table: Table, question: Question) -> Answer:
    """The answer as a case writes it; `{ words = 300 }` stands for a text of that many words."""
    key, value = question.key, table.values[question.key]
    if question.kind not in KINDS:
        return ""
    if question.kind == "date":
        return table.day(key)
    if question.kind == "number":
        return table.whole(key)
    if question.kind == "yes_no":
        return bool(table._get(key, bool, "true or false"))
    if question.kind == "group":
        return Entries(tuple(_answers(entry, question.questions) for entry in table.tables(key)))
    if question.kind in WRITTEN_AS_KEPT:
        answer = PLAIN[question.kind].load(question, value)
        if answer is None:
            table.has(key)
            table.wrong(key, f'"{key}" is no answer to a question of kind {question.kind}', WRITTEN_AS_KEPT[question.kind])
        return answer or ""
    if question.options:
        return table.choice(key, [option.key for option in question.options])
    if isinstance(value, dict):
        return _text_of(table.table(key))
    return table.text(key)


def _text_of(table: Table | None) -> str:
    assert table is not None
    count = table.whole("words", 1, 5_000)
    table.done()
    return " ".join(["word"] * count)
