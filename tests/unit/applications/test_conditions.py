"""Questions and pages that only some are asked: what counts, what is missing, and what a plan's file may say."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from services.applications.domain.answers import (
    LANGUAGES,
    Answer,
    Chosen,
    Option,
    Page,
    Question,
    Texts,
    When,
    counted,
    parse_page,
    unanswered,
)
from services.applications.domain.forms import print_of
from services.applications.plan import Plan, read

TODAY = date(2016, 1, 10)
LABEL = Texts(*(f"label {language}" for language in LANGUAGES))
OPTIONS = (Option("master", LABEL), Option("doctoral", LABEL))
FOLDER = Path(__file__).parents[3] / "plans" / "china-celac-2015-2019"


def asked(key: str, kind: str, when: When | None = None) -> Question:
    return Question(key=key, kind=kind, label=LABEL, options=OPTIONS if kind in ("radio", "several") else (), when=when)


def page(key: str, *questions: Question, when: When | None = None) -> Page:
    return Page(key=key, title=LABEL, when=when, questions=questions)


PAGES = [
    page("one", asked("level", "radio"), asked("funded", "yes_no"), asked("funder", "text", When("funded", ("yes",)))),
    page("two", asked("topic", "text"), when=When("level", ("doctoral",))),
    page("three", asked("detail", "text", When("topic", ("nothing",))), asked("last", "text")),
]
ALL: dict[str, Answer] = {"level": "doctoral", "funded": True, "funder": "CNPq", "topic": "soil", "last": "x"}


def test_an_answer_counts_while_its_question_is_asked() -> None:
    assert counted(PAGES, ALL) == ALL
    other = {**ALL, "level": "master", "funded": False}
    assert counted(PAGES, other) == {"level": "master", "funded": False, "last": "x"}, "and nothing that hangs on what does not count"


def test_what_is_not_asked_is_not_missing() -> None:
    given: dict[str, Answer] = {"level": "master", "funded": True}
    assert [q.key for q in unanswered(PAGES, given)] == ["funder", "last"]
    assert [q.key for q in unanswered(PAGES, {**given, "level": "doctoral", "funded": False})] == ["topic", "last"]


@pytest.mark.parametrize(("answer", "holds"), [(True, True), (False, False), ("yes", True), (Chosen(("no", "yes")), True), (3, False)])
def test_a_condition_looks_at_a_yes_a_choice_or_one_of_several(answer: Answer, holds: bool) -> None:
    assert When("q", ("yes",)).holds({"q": answer}) is holds


def test_what_is_wrong_matters_only_where_it_is_asked_and_what_is_right_is_taken() -> None:
    form = {"level": "master", "funded": "no", "funder": "CNPq"}
    assert parse_page(PAGES[0], form, today=TODAY).answers == {"level": "master", "funded": False, "funder": "CNPq"}
    assert parse_page(PAGES[0], {**form, "funder": ""}, today=TODAY).faults == {}
    assert set(parse_page(PAGES[0], {"level": "master", "funded": "yes"}, today=TODAY).faults) == {"funder"}
    assert parse_page(PAGES[2], {"last": "x"}, today=TODAY, known={"topic": "soil"}).faults == {}


def test_a_print_tells_what_a_page_asks_and_not_how_it_is_said_in_other_words() -> None:
    one = page("one", asked("level", "radio"))
    hinted = page("one", Question(key="level", kind="radio", label=LABEL, options=OPTIONS, hint=LABEL))
    other = page("one", Question(key="level", kind="radio", label=LABEL, options=OPTIONS[:1]))
    assert print_of(one) == print_of(hinted)
    assert print_of(one) != print_of(other)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path / "plan")
    return tmp_path / "plan"


SPOILED = [
    ('["yes"] }\nlabel = { en = "How much', '["oui"] }\nlabel = { en = "How much', '"options" holds "oui"', "one of yes, no"),
    ('question = "employer_pays"', 'question = "employer_pay"', '"question" is "employer_pay"', 'did you mean "employer_pays"?'),
    ('question = "employer_pays"', 'question = "accurate"', 'the condition looks at "accurate", which is asked later', "comes earlier"),
    ('question = "employer_pays"', 'question = "contribution"', "in a circle: contribution -> contribution", "comes earlier"),
    (
        'key = "employer_pays"\n',
        'key = "employer_pays"\nwhen = { question = "contribution", options = ["yes"] }\n',
        "in a circle: employer_pays -> contribution -> employer_pays",
        "comes earlier",
    ),
    ('key = "costs"\n', 'key = "costs"\nwhen = { question = "subject", options = ["x"] }\n', '"options" holds "x"', "one of business"),
    ('key = "costs"\n', 'key = "costs"\nwhen = { question = "accurate", options = ["yes"] }\n', '"accurate", which is asked', "earlier"),
    ('currencies = ["USD"', 'currencies = ["usd"', '"currencies" holds "usd"', "ISO 4217"),
    ('kind = "money"', 'kind = "cash"', '"kind" is "cash"', "one of text"),
    ('kind = "money"', 'kind = "money"\nnone = { en = "No" }', '"none" stands with a question', "optional"),
    ("minimum = 1\nmaximum = 200000", "minimum = 3\nmaximum = 2", '"minimum" is 3, more than "maximum", 2', "smaller one first"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem", "expected"), SPOILED)
def test_what_cannot_be_is_named_with_file_and_line(folder: Path, old: str, new: str, problem: str, expected: str) -> None:
    file = folder / "programmes" / "masters.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = read(folder)
    assert not isinstance(found, Plan)
    said = [str(error) for error in found]
    fitting = [line for line in said if problem in line and expected in line]
    assert fitting, said
    line = int(fitting[0].split(":")[1])
    assert fitting[0].startswith("programmes/masters.toml:")
    assert abs(line - text[: text.index(old)].count("\n") - 1) <= 1 or new.strip().splitlines()[-1].split(" =")[0] in text


COMMON_SPOILED = [
    ('key = "institution"\nkind = "text"', 'key = "institution"\nkind = "group"', '"kind" is "group"', "one of text"),
    ("maximum = 5\nlabel", "maximum = 50\nlabel", '"maximum" is 50', "20 at most"),
    ('question = "finished"', 'question = "to_year"', "in a circle: to_year -> to_year", "comes earlier"),
    ('not_before = "from_year"', 'not_before = "subject"', '"not_before" is "subject"', "in the same entry: from_year"),
    ("past = true\nminimum = 1950", "past = true\nminimum = 50", '"past" stands with a number that is no year', "minimum = 1900"),
    (
        'past = true\nnot_before = "from_year"\nminimum = 1950',
        'not_before = "from_year"\nminimum = 1',
        '"not_before" stands with a number that is no year',
        "minimum = 1900",
    ),
    ('question = "finished"', 'question = "level"', '"question" is "level"', "one of finished"),
]


@pytest.mark.parametrize(("old", "new", "problem", "expected"), COMMON_SPOILED)
def test_a_group_asks_only_what_it_can(folder: Path, old: str, new: str, problem: str, expected: str) -> None:
    file = folder / "common.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = read(folder)
    assert not isinstance(found, Plan)
    assert any(problem in line and expected in line and line.startswith("common.toml:") for line in map(str, found)), list(map(str, found))


YEAR = '[[pages.questions]]\nkind = "number"\nminimum = 1950\nlabel = { en = "a", es = "a", pt = "a", fr = "a", zh = "a", nl = "a" }\n'
A_PAGE = '[[pages]]\nkey = "{key}"\ntitle = {{ en = "a", es = "a", pt = "a", fr = "a", zh = "a", nl = "a" }}\n'


def test_a_year_may_follow_one_of_its_own_page_only(folder: Path) -> None:
    """Whoever changes the earlier one on another page would not be told."""
    file = folder / "programmes" / "masters.toml"
    text = file.read_text(encoding="utf-8")
    begun, ended = f'{YEAR}key = "begun"\n', f'{YEAR}key = "ended"\nnot_before = "begun"\n'
    before = '[[pages]]\nkey = "declaration"'

    def problems(pages: str) -> list[str]:
        file.write_text(text.replace(before, f"{pages}\n{before}", 1), encoding="utf-8")
        found = read(folder)
        return [] if isinstance(found, Plan) else [str(error) for error in found]

    one, other = A_PAGE.format(key="one"), A_PAGE.format(key="other")
    assert problems(one + begun + ended) == []
    [said] = problems(one + begun + other + ended)
    assert '"not_before" is "begun"; expected a year that is asked earlier on the same page or in the same entry: there is none' in said


def test_what_a_question_cannot_have_is_not_offered(folder: Path) -> None:
    file = folder / "programmes" / "masters.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('kind = "money"', 'kind = "money"\nnona = 1', 1), encoding="utf-8")
    found = read(folder)
    assert not isinstance(found, Plan)
    [said] = map(str, found)
    assert '"nona" is not known here' in said and "none" not in said.replace('"nona"', "")


def test_a_group_has_a_page_of_its_own(folder: Path) -> None:
    file = folder / "programmes" / "masters.toml"
    text = file.read_text(encoding="utf-8")
    group = (
        '[[pages.questions]]\nkey = "things"\nkind = "group"\nlabel = { en = "a", es = "a", pt = "a", fr = "a", zh = "a", nl = "a" }\n'
        'entry = { en = "a", es = "a", pt = "a", fr = "a", zh = "a", nl = "a" }\n[[pages.questions.questions]]\nkey = "thing"\n'
        'kind = "text"\nlabel = { en = "a", es = "a", pt = "a", fr = "a", zh = "a", nl = "a" }\n\n'
    )
    file.write_text(text.replace('[[pages]]\nkey = "declaration"', group + '[[pages]]\nkey = "declaration"', 1), encoding="utf-8")
    found = read(folder)
    assert not isinstance(found, Plan)
    assert any('the page "costs" asks something beside a group' in str(error) for error in found), list(map(str, found))
