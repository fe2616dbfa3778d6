"""The questions of a programme's form, out of its files: pages, their questions, and the conditions under which they are asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from services.applications.domain.answers import DECIDING, ENTRIES_MAX, KINDS, OFFERING, Option, Page, Question, Texts, When, field_names
from services.applications.domain.questions import FIRST_YEAR, GIVES, RANKS_MAX, ROUND, YES_NO
from services.applications.plan.common import CODE_EXPECTED, Common
from services.applications.plan.tables import ALL, CODE, CURRENCY, Table, listing, near

INPUT_MODES: Final = ("text", "numeric", "decimal", "tel", "email", "url")
MAX_QUESTIONS: Final = 6
"""Questions on one page at most, so that a page is quick on a slow line and a fault is easy to find."""
BOUNDS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("earliest", "latest"),
    "text": ("max_length",),
    "long_text": ("min_words", "max_words", "max_length"),
    "number": ("minimum", "maximum"),
    "money": ("minimum", "maximum"),
    "several": ("minimum", "maximum"),
    "ranking": ("minimum", "maximum"),
    "group": ("minimum", "maximum"),
}
YEARS_MOST: Final = 120
"""Years from the applicant's day that a date may be bounded by, to either side."""
LENGTHS: Final = ("max_length", "max_words")
"""Bounds below 1 of which nothing could be answered."""
MOST: Final = {"ranking": RANKS_MAX, "group": ENTRIES_MAX}
PLAIN_KINDS: Final = tuple(kind for kind in KINDS if kind != "group")
"""What an entry of a group may ask."""

T = TypeVar("T")


class Asking:
    """Reads pages and questions. `shared` is the programme's table `[common]`; `questions` fills up as they are read, in order."""

    def __init__(self, common: Common, countries: Sequence[str], shared: Table | None = None) -> None:
        self.common = common
        self.shared = shared
        self.countries = countries
        self.questions: dict[str, Question] = {}
        self.page_from = 0
        """How many questions were read before the page that is being read."""
        self.names: dict[str, str] = {}
        self.chart: dict[str, str] = {}
        """Every question of the form, read or not: key to the one that its condition looks at, empty where it has none."""

    def pages(self, table: Table) -> tuple[Page, ...]:
        """The pages in order; remembers their questions for the rules and documents."""
        entries = self.entries("pages", table, least=1)
        for entry in entries:
            self._draw_chart(entry)
        return self.each_of("pages", entries, self.page, lambda page: page.key)

    def page(self, entry: Table) -> Page:
        key = entry.text("key", CODE, CODE_EXPECTED)
        title, intro, when = entry.in_languages("title"), entry.maybe_in_languages("intro"), self.when(entry)
        self.page_from = len(self.questions)
        asked = entry.tables("questions", least=1)
        if len(asked) > MAX_QUESTIONS:
            entry.wrong("questions", f'the page "{key}" has {len(asked)} questions', f"{MAX_QUESTIONS} at most")
        questions = tuple(self._asked(self.common.resolve("questions", raw)) for raw in asked)
        if len(questions) > 1 and any(question.kind == "group" for question in questions):
            entry.wrong("questions", f'the page "{key}" asks something beside a group', "a page of its own for each group")
        self.close(entry)
        return Page(key=key, title=title, intro=intro, when=when, questions=questions)

    def _asked(self, table: Table) -> Question:
        question = self.question(table)
        if question.key in self.questions:
            table.wrong("key", f'the question "{question.key}" stands twice', "each question once in a programme")
        kinds = GIVES.get(question.key, KINDS)
        if question.options and question.kind in KINDS and question.kind not in kinds:
            table.wrong(
                "kind", f'the question "{question.key}" is of kind {question.kind}', f"{listing(kinds)}: places are given by its answer"
            )
        known = question.kind in KINDS and all(inner.kind in PLAIN_KINDS for inner in question.questions)
        for name in field_names(question) if known else ():
            other = self.names.setdefault(name, question.key)
            if other != question.key:
                table.wrong("key", f'the questions "{other}" and "{question.key}" share the field "{name}"', "another key for one of them")
        self.questions[question.key] = question
        return question

    def question(self, entry: Table, kinds: Sequence[str] = KINDS) -> Question:
        """One question; `kinds` are those that it may be of here."""
        key, kind = entry.text("key", CODE, CODE_EXPECTED), entry.choice("kind", kinds)
        numbers: dict[str, Any] = {name: self._bound(entry, name) for name in BOUNDS.get(kind, ())}
        question = Question(
            key=key,
            kind=kind,
            label=entry.in_languages("label"),
            hint=entry.maybe_in_languages("hint"),
            help=entry.maybe_in_languages("help"),
            optional=entry.flag("optional"),
            none=self._none(entry, kind),
            when=self.when(entry),
            options=self._options(entry, "options") if kind in OFFERING or (kind not in KINDS and entry.holds("options")) else (),
            past=entry.flag("past") if kind in ("date", "number") else False,
            not_before=self._begun(entry) if kind == "number" else None,
            autocomplete=entry.maybe_text("autocomplete"),
            inputmode=entry.choice("inputmode", INPUT_MODES) if entry.has("inputmode") else None,
            **numbers,
            **self._of_kind(entry, kind),
        )
        self._bounds_fit(entry, question)
        if kind in kinds:  # else nobody knows which keys belong there
            self.close(entry)
        return question

    def _of_no_kind(self, key: str) -> bool:
        """Whether it is a question whose kind there is not: what is said about it may well be right."""
        return key in self.questions and self.questions[key].kind not in KINDS

    def _bound(self, entry: Table, name: str) -> int | None:
        if name in ("earliest", "latest"):
            return entry.maybe_whole(name, -YEARS_MOST, YEARS_MOST)
        return entry.maybe_whole(name, 1 if name in LENGTHS else 0)

    def _begun(self, entry: Table) -> str | None:
        """The year that this one may not come before: asked earlier on the page or in the entry, so that whoever changes it has both."""
        if not entry.has("not_before"):
            return None
        key = entry.text("not_before")
        years = [key for key in list(self.questions)[self.page_from :] if self.questions[key].year or self._of_no_kind(key)]
        if key and key not in years:
            expected = f"a year that is asked earlier on the same page or in the same entry: {listing(years) or 'there is none'}"
            entry.wrong("not_before", f'"not_before" is "{key}"', expected, near(key, years))
        return key

    def _none(self, entry: Table, kind: str) -> Texts | None:
        """What leaving it open is called, among the choices of a question that may be left open."""
        if not (kind in ROUND and entry.flag("optional")):
            if not entry.holds("none"):
                return None
            if kind in KINDS:
                entry.wrong(
                    "none", f'"none" stands with a question that is no optional {" or ".join(ROUND)}', 'optional = true, or no "none"'
                )
        return entry.maybe_in_languages("none")

    def _of_kind(self, entry: Table, kind: str) -> dict[str, Any]:
        """What only one kind of question says."""
        match kind:
            case "money":
                found = entry.texts("currencies")
                for index, code in enumerate(found):
                    if not CURRENCY.fullmatch(code):
                        entry.wrong("currencies", f'"currencies" holds "{code}"', "ISO 4217 codes such as USD", index=index)
                return {"currencies": found}
            case "language":
                return {"levels": self._options(entry, "levels")}
            case "group":
                return {"entry": entry.in_languages("entry"), "questions": self._within(entry)}
        return {}

    def _within(self, entry: Table) -> tuple[Question, ...]:
        """The questions of a group; their conditions look at one another only."""
        inner = Asking(self.common, self.countries)
        tables = [self.common.resolve("questions", raw) for raw in entry.tables("questions", least=1)]
        if len(tables) > MAX_QUESTIONS:
            entry.wrong("questions", f"the group has {len(tables)} questions", f"{MAX_QUESTIONS} at most")
        for table in tables:
            inner.chart[_raw_text(table, "key")] = _looked_at(table)
        for table in tables:
            question = inner.question(table, PLAIN_KINDS)
            if question.key in inner.questions:
                table.wrong("key", f'the question "{question.key}" stands twice', "each question once in a group")
            inner.questions[question.key] = question
        return tuple(inner.questions.values())

    def _bounds_fit(self, entry: Table, question: Question) -> None:
        for low, high in (("min_words", "max_words"), ("minimum", "maximum"), ("earliest", "latest")):
            least, most = getattr(question, low), getattr(question, high)
            if least is not None and most is not None and least > most:
                entry.wrong(low, f'"{low}" is {least}, more than "{high}", {most}', "the smaller one first")
        for name in ("earliest", "latest") if question.past else ():
            if getattr(question, name) is not None:
                entry.wrong(name, f'"{name}" stands with a date that has to be past', 'either "past", or these bounds')
        if question.kind in ("several", "ranking", "group") and question.maximum == 0:
            entry.wrong("maximum", '"maximum" is 0', "1 or more: nothing could be answered")
        for name in ("past", "not_before") if question.kind == "number" and not question.year else ():
            if getattr(question, name):
                entry.wrong(name, f'"{name}" stands with a number that is no year', f"a year: minimum = {FIRST_YEAR}, or a later one")
        if question.kind in ("several", "ranking"):
            most = min(MOST.get(question.kind, len(question.options)), len(question.options))
            if question.most > most:
                entry.wrong("maximum" if question.maximum else None, f'"maximum" is {question.most}', f"{most} at most")
        if question.kind == "group" and question.most > ENTRIES_MAX:
            entry.wrong("maximum", f'"maximum" is {question.most}', f"{ENTRIES_MAX} at most")

    def _options(self, entry: Table, name: str) -> tuple[Option, ...]:
        options: list[Option] = []
        for raw in entry.tables(name, least=2):
            key = raw.text("key", CODE, CODE_EXPECTED)
            if any(option.key == key for option in options):
                raw.wrong("key", f'the option "{key}" stands twice', "each option once")
            options.append(Option(key, raw.in_languages("label")))
            raw.done()
        return tuple(options)

    # ---------------------------------------------------------------------------------------------------------- conditions

    def when(self, entry: Table) -> When | None:
        """`when = { question = "...", options = [...] }`, about a question that comes earlier."""
        table = entry.maybe_table("when")
        if table is None:
            return None
        earlier = [question.key for question in self.questions.values() if question.kind in DECIDING]
        key = _raw_text(table, "question")
        if key in self.chart and key not in self.questions:
            self._not_yet(table, key, _raw_text(entry, "key"), earlier)
            table.done()
            return None
        if self._of_no_kind(key):
            return None
        question = self.questions.get(table.choice("question", earlier))
        keys = (YES_NO if question.kind == "yes_no" else [option.key for option in question.options]) if question else None
        options = table.texts("options", keys)
        table.done()
        return When(question.key if question else "", options)

    def _not_yet(self, table: Table, key: str, asking: str, earlier: Iterable[str]) -> None:
        """The condition looks at a question that has not been asked by then."""
        table.has("question"), table.has("options")
        expected = f"a question that comes earlier: {listing(earlier)}"
        seen, at = [asking], key
        while at and at not in seen:
            seen.append(at)
            at = self.chart.get(at, "")
        if at == asking:
            table.wrong("question", f"the conditions go in a circle: {' -> '.join([*seen, at])}", expected)
        else:
            table.wrong("question", f'the condition looks at "{key}", which is asked later', expected)

    def _draw_chart(self, page: Table) -> None:
        """Note which questions a page will ask, and what their conditions, or the page's, look at."""
        raws = page._owner("questions").values.get("questions") if page.has("questions") else None
        for table in page.tables("questions") if isinstance(raws, list) else ():
            resolved = self.common.resolve("questions", table)
            self.chart[_raw_text(resolved, "key")] = _looked_at(resolved) or _looked_at(page)

    # ------------------------------------------------------------------------------------------------------------- entries

    def each(self, kind: str, table: Table, read: Callable[[Table], T], key_of: Callable[[T], str]) -> tuple[T, ...]:
        """Everything of that kind, taken over and the programme's own, each once."""
        return self.each_of(kind, self.entries(kind, table), read, key_of)

    def each_of(self, kind: str, entries: Iterable[Table], read: Callable[[Table], T], key_of: Callable[[T], str]) -> tuple[T, ...]:
        found: dict[str, T] = {}
        for entry in entries:
            item = read(entry)
            if key_of(item) in found:
                entry.wrong(None, f'"{key_of(item)}" stands twice in "{kind}"', "each one once")
            found[key_of(item)] = item
        return tuple(found.values())

    def entries(self, kind: str, table: Table, least: int = 0) -> list[Table]:
        """The tables of that kind in order, those that are taken over first."""
        taken_over = self._taken_over(kind)
        return [*taken_over, *(self.common.resolve(kind, raw) for raw in table.tables(kind, least=0 if taken_over else least))]

    def _taken_over(self, kind: str) -> list[Table]:
        """The common entries that the programme's `[common]` table names, or all of them where it says `all`."""
        if self.shared is None or not self.shared.has(kind):
            return []
        common = self.common.found[kind]
        if self.shared.values[kind] == ALL:
            return list(common.values())
        return [common[key] for key in self.shared.texts(kind, list(common)) if key in common]

    def close(self, entry: Table) -> None:
        entry.done()
        if entry.base is not None:
            entry.base.done()


def _raw_text(table: Table, key: str) -> str:
    """What stands there, whatever it is, before it is checked."""
    value = table._owner(key).values.get(key) if table.has(key) else None
    return value if isinstance(value, str) else ""


def _looked_at(table: Table) -> str:
    """The question that the table's condition looks at."""
    value = table._owner("when").values.get("when") if table.has("when") else None
    return str(value.get("question", "")) if isinstance(value, dict) else ""
