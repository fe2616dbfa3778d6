"""What people type becomes typed answers, or says what is wrong with it."""

from datetime import date, timedelta
from typing import Any

import pytest
from babel.dates import get_month_names
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain.answers import (
    DATE_BOXES,
    LANGUAGES,
    Answer,
    Entries,
    Fault,
    Option,
    Page,
    Question,
    Texts,
    When,
    as_form,
    count_words,
    counted,
    from_stored,
    parse,
    parse_page,
    tidy,
    to_stored,
    unanswered,
)
from services.applications.domain.dates import month_named, years_from
from services.applications.domain.refused import refused_now
from services.applications.domain.writing import NUMBER_MAX

TODAY = date(2016, 1, 10)
LABEL = Texts(*(f"label {language}" for language in LANGUAGES))
OPTIONS = (Option("master", LABEL), Option("doctoral", LABEL))


def question(kind: str, key: str = "q", **more: object) -> Question:
    return Question(key=key, kind=kind, label=LABEL, options=OPTIONS if kind in ("select", "radio") else (), **more)  # type: ignore[arg-type]


def answer(asked: Question, *typed: str) -> Answer | Fault | None:
    names = ("q-day", "q-month", "q-year") if asked.kind == "date" else ("q",)
    return parse(asked, dict(zip(names, typed, strict=True)), today=TODAY, countries={"PE", "CN"})


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        ("text", ["  José   Ñahui\u00a0Quispe "], "José Ñahui Quispe"),
        ("text", ["王晓明"], "王晓明"),
        ("text", ["Nin\u0303o"], "Niño"),
        ("text", ["a\x00b"], "ab"),
        ("text", ["\u202eana\u202c \u2067b\u2069"], "ana b"),
        ("text", ["\u200fשל\u200e می\u200cخواهم 👩\u200d👧"], "\u200fשל\u200e می\u200cخواهم 👩\u200d👧"),
        ("long_text", ["one\r\n \u202e\r\ntwo"], "one\n\ntwo"),
        ("phone", ["\u202d+51 1 234 5678\u202c"], "+51 1 234 5678"),
        ("long_text", ["one\r\n\r\ntwo   three "], "one\n\ntwo three"),
        ("date", ["31", "3", "1990"], date(1990, 3, 31)),
        ("date", ["2", "0３", "２０１５"], date(2015, 3, 2)),
        ("date", ["2日", "3 月", "2015年"], date(2015, 3, 2)),
        *[("date", ["2", name, "2015"], date(2015, 3, 2)) for name in ("marzo", "MAR.", "Mar", "março", "marco", "mrt", "三月")],
        *[("date", ["2", name, "2015"], date(2015, 8, 2)) for name in ("Août", "aout", "agosto", "Aug", "ago.", "八月")],
        ("date", ["2", "十二月", "2015"], date(2015, 12, 2)),
        ("date", ["\u200e2\u200f", "\u200emarzo", "\u200f2015\u200e"], date(2015, 3, 2)),
        ("email", ["ana@example.org"], "ana@example.org"),
        ("phone", ["+51 (1) 234-5678"], "+51 (1) 234-5678"),
        ("select", ["master"], "master"),
        ("radio", ["doctoral"], "doctoral"),
        ("yes_no", ["yes"], True),
        ("yes_no", ["no"], False),
        ("country", ["PE"], "PE"),
        ("country", ["ZZ"], "ZZ"),
        ("number", [" 12 "], 12),
        ("number", ["-3"], -3),
    ],
)
def test_what_is_typed_becomes_an_answer(kind: str, typed: list[str], expected: Answer) -> None:
    assert answer(question(kind), *typed) == expected


@pytest.mark.parametrize(
    ("kind", "typed", "code", "boxes"),
    [
        ("text", ["  "], "required", ()),
        ("radio", [""], "required_choice", ()),
        ("yes_no", [""], "required_choice", ()),
        ("country", [""], "required_choice", ()),
        ("date", ["", " ", ""], "required_date", ("day", "month", "year")),
        ("date", ["3", "", "1990"], "date_incomplete", ("month",)),
        ("date", ["x", "3", "1990"], "date_unreal", ("day",)),
        ("date", ["30", "2", "1990"], "date_unreal", ("day",)),
        ("date", ["3", "13", "1990"], "date_unreal", ("month",)),
        ("date", ["3", "1", "0000"], "date_unreal", ("day", "month", "year")),
        ("date", ["3", "1", "90"], "date_year", ("year",)),
        ("email", ["ana@example"], "email", ()),
        ("email", ["ana example.org"], "email", ()),
        ("phone", ["call me"], "phone", ()),
        ("phone", ["12"], "phone", ()),
        ("number", ["three"], "number", ()),
        ("number", ["1.5"], "number", ()),
        ("number", ["1" * 13], "number_high", ()),
        ("number", ["-" + "1" * 5000], "number_low", ()),
        ("select", ["bachelor"], "not_an_option", ()),
        ("yes_no", ["maybe"], "not_an_option", ()),
        ("country", ["XX"], "not_an_option", ()),
        ("text", ["a" * 201], "too_long", ()),
    ],
)
def test_what_is_wrong_is_named_with_the_boxes_at_fault(kind: str, typed: list[str], code: str, boxes: tuple[str, ...]) -> None:
    found = answer(question(kind), *typed)
    assert isinstance(found, Fault)
    assert (found.code, found.boxes) == (code, boxes)
    assert "label" in found.msgid.format(question="label", **found.parameters)


def test_an_optional_question_may_stay_empty_but_not_be_wrong() -> None:
    assert answer(question("phone", optional=True), "") is None
    assert answer(question("date", optional=True), "", "", "") is None
    assert answer(question("phone", optional=True), "no") == Fault("phone")


def test_bounds_of_numbers_and_words_are_inside() -> None:
    number, text = question("number", minimum=1, maximum=3), question("long_text", min_words=2, max_words=3)
    assert [answer(number, typed) for typed in ("1", "3")] == [1, 3]
    assert answer(number, "0") == Fault("number_low", {"minimum": 1, "maximum": 3}, said="number_between")
    assert answer(number, "4") == Fault("number_high", {"minimum": 1, "maximum": 3}, said="number_between")
    assert answer(question("number", minimum=1), "0") == Fault("number_low", {"minimum": 1})
    assert answer(question("number", maximum=3), "4") == Fault("number_high", {"maximum": 3})
    assert answer(question("number"), "9" * 13) == Fault(
        "number_high", {"minimum": -NUMBER_MAX, "maximum": NUMBER_MAX}, said="number_between"
    )
    assert answer(question("number"), "9" * 12) == NUMBER_MAX
    assert answer(text, "two words") == "two words"
    bounds = {"minimum": 2, "maximum": 3}
    assert answer(text, "one") == Fault("too_few_words", {**bounds, "words": 1}, said="words_between")
    assert answer(text, "now there are four") == Fault("too_many_words", {**bounds, "words": 4}, said="words_between")
    assert answer(question("long_text", min_words=2), "one") == Fault("too_few_words", {"minimum": 2, "words": 1})


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["", "3", "1990"], "“label” must have a day"),
        (["3", "", "1990"], "“label” must have a month"),
        (["3", "3", ""], "“label” must have a year"),
        (["", "", "1990"], "“label” must have a day and a month"),
        (["", "3", ""], "“label” must have a day and a year"),
        (["3", "", ""], "“label” must have a month and a year"),
        (["3", "1", "90"], "The year of “label” must have four digits"),
        (["3", "1", "x90"], "The year of “label” must have four digits"),
        (["x", "1", "1990"], "The day of “label” must be a number, such as 31"),
        (["3", "13", "1990"], "The month of “label” must be a number from 1 to 12, or the name of a month"),
        (["3", "jui", "1990"], "The month of “label” must be a number from 1 to 12, or the name of a month"),
        (["3", "ma", "1990"], "The month of “label” must be a number from 1 to 12, or the name of a month"),
        (["31", "6", "1990"], "“label” must be a real date: that month has 30 days"),
        (["29", "feb", "1990"], "“label” must be a real date: that month has 28 days"),
        (["0", "6", "1990"], "“label” must be a real date: that month has 30 days"),
        (["3", "6", "0000"], "“label” must be a real date: check the year"),
        (["3", "6", "1895"], "The year of “label” must be 1896 or later"),
    ],
)
def test_each_fault_of_a_date_has_a_sentence_of_its_own(typed: list[str], said: str) -> None:
    found = answer(question("date", past=True), *typed)
    assert isinstance(found, Fault)
    assert found.msgid.format(question="label", **found.parameters) == said


def test_no_month_is_called_as_another_one_is_in_another_language() -> None:
    """Whatever the language of the page, its months and those of the other five are understood, cut to three letters where that is one."""
    for number in range(1, 13):
        for language in LANGUAGES:
            for width in ("wide", "abbreviated"):
                for context in ("format", "stand-alone"):
                    name = get_month_names(width, context, language)[number]
                    assert month_named(name) == number or name[:-1] == str(number), (language, name)


def test_characters_do_not_bite_before_the_words_that_are_announced() -> None:
    plain, worded = question("long_text"), question("long_text", max_words=2000)
    assert answer(plain, "x" * 20_001) == Fault("too_long", {"maximum": 20_000, "length": 20_001})
    assert answer(worded, "x" * 20_001) == "x" * 20_001
    long_words = " ".join(["internationalisering"] * 1904)
    assert answer(worded, long_words) == long_words, "longer words than any text is made of"
    assert answer(worded, "a " * 2001) == Fault("too_many_words", {"maximum": 2000, "words": 2001})
    assert answer(question("long_text", max_words=2000, max_length=30), "x" * 31) == Fault("too_long", {"maximum": 30, "length": 31})


def test_what_ends_does_so_after_it_began_and_not_in_years_to_come() -> None:
    years: dict[str, Any] = {"minimum": 1950, "maximum": 2035, "past": True}
    first = question("number", "from", **years)
    asked = Page(key="page", title=LABEL, questions=(first, question("number", "to", **years, not_before="from", optional=True)))

    def faults(began: str, ended: str) -> dict[str, Fault]:
        return parse_page(asked, {"from": began, "to": ended}, today=TODAY).faults

    assert faults("2010", "2010") == faults("2010", "2016") == faults("2016", "") == {}
    begun: dict[str, int | date] = {"begin": 2010, "maximum": 2016}
    assert faults("2010", "2009") == {"to": Fault("before_beginning", begun, said="between_beginning")}
    bounds: dict[str, int | date] = {"minimum": 1950, "maximum": 2016}
    for year in ("2017", "2035", "2036"):
        assert faults("2010", year) == {"to": Fault("year_to_come", {**bounds, **begun}, said="between_beginning")}, "all bounds at once"
        assert faults(year, "2009") == {"from": Fault("year_to_come", bounds)}, "one thing at a time"
    assert faults("1949", "") == {"from": Fault("number_low", bounds, said="number_between")}
    assert faults("2010", "2,012") == {"to": Fault("number", {"minimum": 2010, "maximum": 2016}, said="year_unread")}
    assert parse_page(asked, {"from": "2010", "to": "2009"}, today=TODAY).answers == {"from": 2010}


def test_a_date_is_within_the_years_that_the_plan_says_both_days_inside() -> None:
    valid = question("date", earliest=0, latest=15)
    first, last = TODAY, TODAY.replace(year=TODAY.year + 15)
    for day in (first, last):
        assert answer(valid, str(day.day), str(day.month), str(day.year)) == day
    for day in (first - timedelta(days=1), last + timedelta(days=1), date(2010, 1, 1), date(2999, 1, 1)):
        found = answer(valid, str(day.day), str(day.month), str(day.year))
        assert found == Fault("date_outside", {"first": first, "last": last}, DATE_BOXES, said="date_outside_first_last"), day
    since, until = answer(question("date", earliest=0), "1", "1", "2010"), answer(question("date", latest=-1), "1", "1", "2999")
    assert isinstance(since, Fault) and since.msgid == "“{question}” must be {first} or later"
    assert isinstance(until, Fault) and until.msgid == "“{question}” must be {last} or earlier"
    assert years_from(date(2016, 2, 29), 1) == date(2017, 2, 28)


def test_days_that_have_passed_are_found_in_the_entries_of_a_list_too() -> None:
    """Under the entry's own number; what was taken under the same page and is no day is not read again."""
    until = question("date", "until", earliest=0, when=When("certified", ("yes",)))
    inner = (question("yes_no", "certified"), until, question("text", "name"), question("number", "mark", maximum=5))
    page = Page(key="page", title=LABEL, questions=(question("group", "papers", questions=inner),))

    def entry(day: date, certified: bool = True) -> dict[str, Answer]:
        return {"certified": certified, "until": day, "name": "x", "mark": 9}

    def wrong(*entries: dict[str, Answer], on: date = TODAY) -> dict[str, dict[str, Fault]]:
        return refused_now([page], counted([page], {"papers": Entries(entries)}), (), today=on)

    good, passed = entry(TODAY), entry(TODAY - timedelta(days=1))
    assert wrong(good, good) == wrong(entry(TODAY - timedelta(days=1), certified=False)) == {}
    fault = Fault("date_outside", {"first": TODAY}, DATE_BOXES, said="date_outside_first")
    assert wrong(good, passed) == {"page": {"papers-2-until": fault}}
    assert [*wrong(good, good, on=TODAY + timedelta(days=1))["page"]] == ["papers-1-until", "papers-2-until"]
    assert [*refused_now([page], {"papers": Entries((good, passed))}, ("page",), today=TODAY)["page"]] == [
        "papers-1-mark",
        "papers-2-until",
        "papers-2-mark",
    ], "and all of it where the page has changed"


def test_a_date_of_birth_is_before_today() -> None:
    born = question("date", past=True)
    assert answer(born, "9", "1", "2016") == date(2016, 1, 9)
    assert answer(born, "10", "1", "2016") == Fault("date_not_past", {}, ("day", "month", "year"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("  \n ", 0),
        ("one two", 2),
        ("l’avenir d'aujourd'hui, peut-être", 3),
        ("我想学习中文", 6),
        ("我想学习 Python 3。", 6),
        ("ensino — é bom!", 3),
        ("e\u0301tude", 1),
    ],
)
def test_words_are_counted_in_any_script(text: str, words: int) -> None:
    assert count_words(text) == words


def test_a_page_keeps_good_answers_beside_faults() -> None:
    page = Page(
        key="p", title=LABEL, questions=(question("text", "name"), question("number", "years"), question("phone", "phone", optional=True))
    )
    parsed = parse_page(page, {"name": "Ana", "years": "many", "unknown": "x"}, today=TODAY)
    assert parsed.answers == {"name": "Ana"}
    assert parsed.faults == {"years": Fault("number")}
    assert [q.key for q in unanswered([page], parsed.answers)] == ["years"]


def test_stored_answers_come_back_with_their_types() -> None:
    page = Page(key="p", title=LABEL, questions=(question("date", "born"), question("yes_no", "ok"), question("text", "name")))
    answers: dict[str, Answer] = {"born": date(1990, 3, 31), "ok": True, "name": "1990-03-31"}
    stored = to_stored(answers)
    assert stored == {"born": "1990-03-31", "ok": True, "name": "1990-03-31"}
    assert from_stored([page], {**stored, "no_longer_asked": 3}) == answers


@given(
    st.sampled_from(["date", "number", "yes_no", "text", "long_text"]),
    st.dates(date(1000, 1, 1)),
    st.integers(-999, 999),
    st.booleans(),
    st.text(),
)
def test_showing_an_answer_again_gives_the_same_answer(kind: str, day: date, number: int, yes: bool, text: str) -> None:
    asked = question(kind)
    given_answer: dict[str, Answer] = {"date": day, "number": number, "yes_no": yes}
    value = given_answer.get(kind) if kind in given_answer else tidy(text, lines=kind == "long_text")[:200].strip()
    if value in (None, ""):
        return
    assert parse(asked, as_form(asked, value), today=TODAY) == value


def test_another_language_falls_back_to_english() -> None:
    assert (LABEL["fr"], LABEL["de"]) == ("label fr", "label en")
