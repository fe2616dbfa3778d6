"""Every kind of question: whatever is typed becomes an answer or a fault, and what was taken is kept and shown as it was typed."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.applications.domain.answers import (
    FAULTS,
    KINDS,
    LANGUAGES,
    Answer,
    Chosen,
    Entries,
    Fault,
    Money,
    Option,
    Page,
    Question,
    Spoken,
    Texts,
    When,
    as_form,
    field_names,
    from_stored,
    parse,
    parse_page,
    to_stored,
    unanswered,
)
from services.applications.domain.writing import NUMBER_MAX, THOUSANDS, read_amount, two_ways
from shared.web.formats import format_number
from shared.web.i18n import LANGUAGES as PAGE_LANGUAGES
from shared.web.i18n import Texts as Spoke
from shared.web.i18n import speaking

TODAY = date(2016, 1, 10)
COUNTRIES = {"PE", "CN"}
LABEL = Texts(*(f"label {language}" for language in LANGUAGES))
OPTIONS = tuple(Option(key, LABEL) for key in ("first", "second", "third"))
OF_KIND: dict[str, dict[str, Any]] = {
    "select": {"options": OPTIONS},
    "radio": {"options": OPTIONS},
    "several": {"options": OPTIONS, "maximum": 2},
    "ranking": {"options": OPTIONS, "maximum": 3},
    "language": {"options": OPTIONS, "levels": OPTIONS},
    "money": {"currencies": ("USD", "CNY"), "minimum": 1, "maximum": 1_000_000},
    "number": {"minimum": -5, "maximum": 1_000_000},
    "long_text": {"max_length": 400},
}


def question(kind: str, key: str = "q", **more: Any) -> Question:
    if kind == "group":
        inner = tuple(question(one, f"in_{one}", optional=one != "text") for one in KINDS if one != "group")
        more = {"questions": inner, "entry": LABEL, "minimum": 1, "maximum": 3, **more}
    return Question(key=key, kind=kind, label=LABEL, **{**OF_KIND.get(kind, {}), **more})


HARSH = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", " ", "\u00a0", "\x00", "a\x00b", "\u202eabc\u202c", "\u200f\u05e9\u05dc\u200e", "\U0001f469\u200d\U0001f467"]),
    st.sampled_from(["O’Connor", "D'Andre", "Ñ", "王", "欧阳思远", "Nin\u0303o", "\ud800", "9" * 5000, "-" + "9" * 5000, "1e9"]),
    st.sampled_from(["\u0663", "\u00b2", "\u00bd", "0", "31", "2", "29", "x" * 5_000, "word " * 2_000, "<script>alert(1)</script>"]),
    st.sampled_from(["first", "second", "third", "fourth", "yes", "no", "PE", "XX", "ZZ", "USD", "EUR", "1.5", "1,234.50", "1.234,50"]),
    st.sampled_from(["ana@example.org", "+51 1 234 5678", "{question}", "%s", "\u202e"]),
)


@given(st.sampled_from(KINDS), st.booleans(), st.data())
@settings(max_examples=400)
def test_whatever_is_typed_is_an_answer_a_fault_or_nothing(kind: str, optional: bool, data: st.DataObject) -> None:
    asked = question(kind, optional=optional)
    names = [*field_names(asked), "q-forged", "q-99-in_text", "other"]
    form = data.draw(st.dictionaries(st.sampled_from(names), HARSH, max_size=12))
    page = Page(key="page", title=LABEL, questions=(asked,))
    parsed = parse_page(page, form, today=TODAY, countries=COUNTRIES)
    for fault in parsed.faults.values():
        text = fault.msgid.format(question="label", **fault.parameters)
        assert "{" not in text
        assert (fault.said or fault.code) in FAULTS
    if parsed.faults:
        assert asked.key not in parsed.answers
    else:
        assert unanswered([page], parsed.answers) == []
    if asked.key in parsed.answers:
        holds_what_it_took(asked, parsed.answers[asked.key])


def holds_what_it_took(asked: Question, answer: Answer) -> None:
    """Typed, kept as JSON, read back, shown and typed again: the same answer each time."""
    page = Page(key="page", title=LABEL, questions=(asked,))
    kept = to_stored({asked.key: answer})
    assert from_stored([page], kept) == {asked.key: answer}
    assert parse(asked, as_form(asked, answer), today=TODAY, countries=COUNTRIES) == answer


def answers_to(asked: Question) -> st.SearchStrategy[Answer]:
    """Right answers to a question."""
    keys = [option.key for option in asked.options]
    one_key = st.sampled_from(keys or [""])
    plain: dict[str, st.SearchStrategy[Answer]] = {
        "text": st.sampled_from(["Ñ", "O’Connor-D'Arcy", "王晓明", "José  Ñahui".replace("  ", " "), "😀", "a" * 200]),
        "long_text": st.sampled_from(["one\n\ntwo", "我想学习。", "a" * 400]),
        "email": st.sampled_from(["ana@example.org", "josé@exämple.pe"]),
        "phone": st.sampled_from(["+51 1 234 5678", "(01) 234-5678"]),
        "country": st.sampled_from(["PE", "CN", "ZZ"]),
        "number": st.integers(-5, 1_000_000),
        "yes_no": st.booleans(),
        "date": st.dates(date(1, 1, 1), date(9999, 12, 31)),
        "money": st.builds(Money, st.integers(100, 100_000_000), st.sampled_from(["USD", "CNY"])),
        "several": st.sets(one_key, min_size=1, max_size=2).map(lambda found: Chosen(tuple(key for key in keys if key in found))),
        "ranking": st.lists(one_key, min_size=1, max_size=3, unique=True).map(lambda found: Chosen(tuple(found))),
        "language": st.builds(Spoken, one_key, one_key),
    }
    if asked.kind == "group":
        entry = st.fixed_dictionaries({one.key: answers_to(one) for one in asked.questions})
        return st.lists(entry, min_size=1, max_size=3).map(lambda found: Entries(tuple(found)))
    return plain.get(asked.kind, one_key)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=40)
def test_a_right_answer_is_kept_and_shown_as_it_was_typed(kind: str, data: st.DataObject) -> None:
    asked = question(kind)
    holds_what_it_took(asked, data.draw(answers_to(asked)))


@pytest.mark.parametrize(
    ("kind", "bounds", "said"),
    [
        ("number", {}, "a whole number, such as 3"),
        ("number", {"minimum": 0}, "a whole number in digits, 0 or more"),
        ("number", {"maximum": 60}, "a whole number in digits, 60 or less"),
        ("number", {"minimum": 0, "maximum": 60}, "a whole number in digits, from 0 to 60"),
        ("number", {"minimum": 1950, "maximum": 2035, "past": True}, "a year from 1950 to 2016, in four digits without any sign"),
        ("money", {}, "an amount, such as 1500 or 1500.50"),
        ("money", {"minimum": 1, "maximum": 200}, "an amount in digits, from 1 to 200"),
        ("money", {"minimum": 1}, "an amount in digits, 1 or more"),
        ("money", {"maximum": 200}, "an amount in digits, 200 or less"),
    ],
)
def test_what_is_no_number_is_told_the_bounds_and_no_example_outside_of_them(kind: str, bounds: dict[str, Any], said: str) -> None:
    asked = question(kind, **{"minimum": None, "maximum": None, "currencies": ("USD",), **bounds})
    for typed in ("2,0,13", "two"):
        found = parse(asked, {"q": typed, "q-amount": typed}, today=TODAY)
        assert isinstance(found, Fault)
        assert found.msgid.format(question="label", **found.parameters) == f"“label” must be {said}"


def test_an_amount_beyond_every_bound_is_told_the_bound() -> None:
    both: dict[str, Any] = {"minimum": 1, "maximum": 200}
    for bounds, told in (({}, {"maximum": NUMBER_MAX}), (both, both)):
        asked = question("money", **{"minimum": None, "maximum": None, **bounds})
        found = parse(asked, {"q-currency": "USD", "q-amount": "9" * 13}, today=TODAY)
        assert isinstance(found, Fault)
        assert (found.code, found.parameters, found.boxes) == ("number_high", told, ("amount",))


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        *((name, True) for name in ("Ñ", "O’Connor", "D'Arcy", "王小明", "Jean-Luc St. Clair", "Nguyễn Văn", "نور", "X Æ A-12", "José 3º")),
        *((name, False) for name in ("12345", "😀", "\U0001f469\u200d\U0001f467", "...", "-", "٣٤", "½", "①②", "3.14")),
    ],
)
def test_a_name_has_a_letter_of_any_script(typed: str, taken: bool) -> None:
    named = question("text", autocomplete="name")
    assert parse(named, {"q": typed}, today=TODAY) == (typed if taken else Fault("no_letter"))
    assert parse(question("text"), {"q": typed}, today=TODAY) == typed, "what is no name may be a number"


@given(HARSH)
@settings(max_examples=300, deadline=None)
def test_nothing_else_is_wanted_of_a_name(typed: str) -> None:
    named, plain = (parse(question("text", autocomplete=one), {"q": typed}, today=TODAY) for one in ("name", None))
    assert named == (Fault("no_letter") if isinstance(plain, str) and not any(map(str.isalpha, plain)) else plain)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda one: st.lists(one) | st.dictionaries(st.text(max_size=8), one),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", KINDS)
@given(junk=JUNK)
@settings(max_examples=40)
def test_what_was_kept_of_another_question_is_left_out_and_breaks_nothing(kind: str, junk: Any) -> None:
    asked = question(kind)
    found = from_stored([Page(key="page", title=LABEL, questions=(asked,))], {"q": junk})
    if "q" in found:
        assert as_form(asked, found["q"]) is not None


@pytest.mark.parametrize(
    ("typed", "hundredths"),
    [
        ("1500", 150_000),
        ("1500.5", 150_050),
        ("1500,50", 150_050),
        ("1.500,50", 150_050),
        ("1,500.50", 150_050),
        ("1 500,50", 150_050),
        ("1\u202f500,50", 150_050),
        ("1’500.50", 150_050),
        ("1.500", 150_000),
        ("1,234,567", 123_456_700),
        ("0", 0),
        ("1.500.50", None),
        ("1,5,0", None),
        ("12,34,567", None),
        ("-5", None),
        ("1e3", None),
        (".5", None),
        ("9" * 13, (NUMBER_MAX + 1) * 100),
    ],
)
def test_an_amount_is_read_as_people_of_any_country_write_it(typed: str, hundredths: int | None) -> None:
    assert read_amount(typed) == hundredths


@pytest.mark.parametrize(
    ("typed", "asked"), [("12.345", "en es zh fr"), ("12,345", "pt nl fr"), ("12 345", ""), ("1.234.567", ""), ("12.345,50", "")]
)
def test_an_amount_that_can_be_read_in_two_ways_is_asked_for_again(typed: str, asked: str) -> None:
    assert [language for language in THOUSANDS if two_ways(typed, language)] == [one for one in THOUSANDS if one in asked.split()]
    assert not two_ways(typed, ""), "a program's"


@pytest.mark.parametrize("language", PAGE_LANGUAGES)
def test_amounts_are_read_with_the_sign_that_pages_write(language: str) -> None:
    with speaking(Spoke(), language):
        assert not two_ways(format_number(12345), language)


@pytest.mark.parametrize(
    ("kind", "form", "code", "boxes"),
    [
        ("money", {"q-amount": "5"}, "money_incomplete", ("currency",)),
        ("money", {"q-currency": "USD"}, "money_incomplete", ("amount",)),
        ("money", {"q-amount": "five", "q-currency": "USD"}, "amount", ("amount",)),
        ("money", {"q-amount": "5", "q-currency": "XXX"}, "not_an_option", ("currency",)),
        ("money", {"q-amount": "0,5", "q-currency": "USD"}, "number_low", ("amount",)),
        ("several", {"q-first": "yes", "q-second": "yes", "q-third": "yes"}, "too_many_chosen", ()),
        ("several", {"q-forged": "yes"}, "required_several", ()),
        ("ranking", {"q-1": "first", "q-2": "first"}, "ranked_twice", ("2",)),
        ("ranking", {"q-1": "first", "q-3": "second"}, "rank_left_out", ("2",)),
        ("ranking", {"q-1": "forged"}, "not_an_option", ("1",)),
        ("language", {"q-language": "first"}, "level_incomplete", ("level",)),
        ("language", {"q-language": "first", "q-level": "forged"}, "not_an_option", ("level",)),
        ("date", {"q-day": "9" * 5000, "q-month": "1", "q-year": "2000"}, "date_unreal", ("day",)),
        ("group", {}, "too_few_entries", ()),
    ],
)
def test_what_is_wrong_with_a_question_in_parts_names_the_part(kind: str, form: dict[str, str], code: str, boxes: tuple[str, ...]) -> None:
    found = parse(question(kind), form, today=TODAY, countries=COUNTRIES)
    assert isinstance(found, Fault)
    assert (found.code, found.boxes) == (code, boxes)


def test_a_group_has_as_many_entries_as_it_says_and_each_is_judged_by_itself() -> None:
    inner = (question("text", "name"), question("yes_no", "still"), question("number", "until", when=When("still", ("no",))))
    group = Question(key="jobs", kind="group", label=LABEL, entry=LABEL, questions=inner, minimum=1, maximum=2)
    page = Page(key="page", title=LABEL, questions=(group,))
    form = {"jobs-1-name": "A", "jobs-1-still": "yes", "jobs-3-name": "B", "jobs-3-still": "no"}
    assert parse_page(page, form, today=TODAY).faults == {"jobs-3-until": Fault("required")}
    read = parse_page(page, {**form, "jobs-3-until": "3"}, today=TODAY)
    assert read.answers == {"jobs": Entries(({"name": "A", "still": True}, {"name": "B", "still": False, "until": 3}))}
    many = {**form, "jobs-2-name": "C", "jobs-2-still": "yes", "jobs-3-until": "3"}
    assert parse_page(page, many, today=TODAY).faults == {"jobs": Fault("too_many_entries", {"maximum": 2, "entries": 3})}
