"""Each kind of rule, and what narrows whom a rule is for."""

from dataclasses import replace
from datetime import date

import pytest

from services.applications.domain.answers import LANGUAGES, Answer, Entries, Texts, When
from services.applications.domain.eligibility import RULES, Context, Parameter, Reason, Rule, age_on, check, words_wanted

TEXT = Texts(*(f"reason {language}" for language in LANGUAGES))
CONTEXT = Context("PE", 2016, {"opens": date(2015, 11, 15), "closes": date(2016, 2, 28), "returns_on": date(2016, 9, 1)})


def rule(kind: str, **more: object) -> Rule:
    question = "q" if RULES[kind].questions else None
    return Rule(code="no", kind=kind, reason=TEXT, **{"question": question, **more})  # type: ignore[arg-type]


def refused(one: Rule, answers: dict[str, Answer], context: Context = CONTEXT) -> bool:
    found = check([one], answers, context)
    assert [replace(reason, entries=()) for reason in found] in ([], [Reason("no", TEXT)])
    return bool(found)


AGE: dict[str, Parameter] = {"year": "began", "after": "born", "years": 8}
CASES: list[tuple[str, dict[str, Parameter], Answer, Answer]] = [
    ("age_under", {"years": 25, "on": "closes"}, date(1991, 2, 28), date(1991, 3, 1)),
    ("age_under", {"years": 45, "on": "09-01"}, date(1971, 9, 1), date(1971, 9, 2)),
    ("age_at_least", {"years": 18, "on": "opens"}, date(1997, 11, 16), date(1997, 11, 15)),
    ("date_not_before", {"on": "returns_on", "plus_days": 30}, date(2016, 9, 30), date(2016, 10, 1)),
    ("min_degree", {"at_least": ("master", "doctorate")}, "bachelor", "doctorate"),
    ("one_of", {"options": ("a", "b")}, "c", "b"),
    ("not_one_of", {"options": ("a", "b")}, "b", "c"),
    ("number_at_least", {"number": 3}, 2, 3),
    ("number_at_most", {"number": 3}, 4, 3),
    ("words_at_least", {"words": 3}, "two words", "我很好"),
    ("years_after", AGE, Entries(({"began": 2010}, {"began": 1997})), Entries(({"began": 1998}, {}))),
    ("must_be_yes", {}, False, True),
    ("must_be_no", {}, True, False),
]


@pytest.mark.parametrize(("kind", "parameters", "bad", "good"), CASES)
def test_a_rule_refuses_on_one_side_of_its_bound(kind: str, parameters: dict[str, Parameter], bad: Answer, good: Answer) -> None:
    born: dict[str, Answer] = {"born": date(1990, 3, 31)}
    assert refused(rule(kind, parameters=parameters), {"q": bad, **born})
    assert not refused(rule(kind, parameters=parameters), {"q": good, **born})


def test_a_nationality_may_be_excluded() -> None:
    assert refused(rule("nationality_not", parameters={"nationalities": ("CN", "PE")}), {})
    assert not refused(rule("nationality_not", parameters={"nationalities": ("CN",)}), {})


def test_every_kind_of_rule_is_tried_here() -> None:
    assert {kind for kind, *_ in CASES} | {"nationality_not"} == set(RULES)


def test_what_was_not_answered_is_not_judged() -> None:
    assert not refused(rule("must_be_yes"), {})
    [reason] = check(
        [rule("years_after", parameters=AGE)], {"q": Entries(({"began": 1997}, {}, {"began": 1990})), "born": date(1990, 3, 31)}, CONTEXT
    )
    assert reason.entries == (1, 3), "which of them is to be looked at"
    assert not refused(rule("years_after", parameters=AGE), {"q": Entries(({"began": 1900},))}), "nobody said when they were born"


def test_how_many_words_are_wanted_is_known_before_any_is_written() -> None:
    """The most of the rules that are for this person."""
    least = [rule("words_at_least", parameters={"words": words}, when=When("level", (level,))) for words, level in ((5, "a"), (8, "b"))]
    both = [*least, rule("words_at_least", parameters={"words": 3})]
    assert [words_wanted(both, {"level": level}, CONTEXT) for level in ("a", "b", "c")] == [{"q": 5}, {"q": 8}, {"q": 3}]
    assert words_wanted(least, {}, CONTEXT) == {}


def test_a_rule_can_be_for_some_answers_countries_and_years_only() -> None:
    bad: dict[str, Answer] = {"q": False, "level": "master"}
    assert refused(rule("must_be_yes", when=When("level", ("master",))), bad)
    assert not refused(rule("must_be_yes", when=When("level", ("doctoral",))), bad)
    assert not refused(rule("must_be_yes", when=When("other", ("x",))), bad)
    assert refused(rule("must_be_yes", countries=("PE", "BO")), bad)
    assert not refused(rule("must_be_yes", countries=("BO",)), bad)
    assert refused(rule("must_be_yes", start=date(2015, 11, 15), end=date(2015, 11, 15)), bad)
    assert not refused(rule("must_be_yes", start=date(2015, 11, 16)), bad)
    assert not refused(rule("must_be_yes", end=date(2015, 11, 14)), bad)


def test_all_reasons_are_given_in_the_order_of_the_rules() -> None:
    first, second = (
        Rule(code="a", kind="must_be_yes", reason=TEXT, question="q"),
        Rule(code="b", kind="must_be_yes", reason=TEXT, question="q"),
    )
    assert [reason.code for reason in check([second, first], {"q": False}, CONTEXT)] == ["b", "a"]


def test_somebody_born_on_29_february_comes_of_age_on_1_march() -> None:
    assert age_on(date(1992, 2, 29), date(2010, 2, 28)) == 17
    assert age_on(date(1992, 2, 29), date(2010, 3, 1)) == 18
    assert age_on(date(1992, 2, 29), date(2012, 2, 29)) == 20
