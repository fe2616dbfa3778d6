"""The courses that an application lists: which, in which order, which of them cannot be had, and how many find a seat."""

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from services.applications.domain.answers import Chosen, Option, Page, Question, Texts, as_form, from_stored, parse
from services.applications.domain.courses import BEGUN, COUNTRY_AWAY, NOT_GIVEN, OTHER_LANGUAGE, impossible, listed
from services.applications.domain.eligibility import Context, Reason, Rule, check
from services.applications.domain.outcomes import CourseLost, NotTakingPart
from services.applications.domain.parts import parts_of
from services.applications.staff.courses import Left, left, served
from services.applications.staff.lost import lost_words
from services.applications.store.seats import Course, Seats, Taken

WORDS = Texts("x", "x", "x", "x", "x", "x")
COURSES = ("energy", "ports", "health")
DAY = date(2016, 5, 1)


def page(kind: str) -> tuple[Page, ...]:
    most = 2 if kind == "ranking" else None
    options = tuple(Option(key, WORDS) for key in COURSES)
    return (Page(key="p", title=WORDS, questions=(Question(key="course", kind=kind, label=WORDS, options=options, maximum=most),)),)


@dataclass(frozen=True)
class Given:
    key: str
    starts: date = date(2016, 6, 1)
    languages: tuple[str, ...] = ("es", "en")


@pytest.mark.parametrize(
    ("kind", "answer", "found"),
    [
        ("ranking", Chosen(("ports", "energy")), ("ports", "energy")),
        ("select", "ports", ("ports",)),
        ("ranking", None, ()),
        ("select", None, ()),
    ],
)
def test_a_choice_lists_one_course_and_an_order_of_preference_all_of_its_own(kind: str, answer: Any, found: tuple[str, ...]) -> None:
    answers = {"course": answer} if answer else {}
    assert listed(page(kind), answers) == found
    assert listed((), answers) == (), "the form does not ask"


def test_a_choice_of_before_is_the_first_and_only_one_in_an_order_of_preference() -> None:
    """It shows in the form again, and can be sent as it is; what is no option any more is nothing."""
    pages = page("ranking")
    [question] = pages[0].questions
    found = from_stored(pages, {"course": "ports"})
    assert found == {"course": Chosen(("ports",))}
    assert parse(question, as_form(question, found["course"]), today=DAY) == Chosen(("ports",))
    assert from_stored(pages, {"course": "gone"}) == {}


@pytest.mark.parametrize(
    ("changed", "away", "tongue", "why"),
    [
        ({}, (), "es", {}),
        ({}, (), None, {}),
        ({"ports": None}, (), "es", {"ports": NOT_GIVEN}),
        ({"ports": Given("ports", starts=DAY)}, (), "es", {"ports": BEGUN}),
        ({"ports": Given("ports", languages=("fr",))}, (), "es", {"ports": OTHER_LANGUAGE}),
        ({"ports": Given("ports", starts=DAY, languages=("fr",))}, (), "es", {"ports": OTHER_LANGUAGE}),
        ({"ports": Given("ports", languages=())}, (), "es", {}),
        ({"ports": Given("ports", languages=("fr",))}, (), None, {}),
        ({}, ("energy",), "es", {"energy": COUNTRY_AWAY}),
        ({"ports": None}, ("energy", "ports"), "zh", {"energy": COUNTRY_AWAY, "ports": NOT_GIVEN}),
        ({"ports": Given("ports", starts=DAY)}, ("ports",), "zh", {"energy": OTHER_LANGUAGE, "ports": COUNTRY_AWAY}),
    ],
)
def test_each_course_that_cannot_be_had_is_named_with_why(
    changed: dict[str, Given | None], away: tuple[str, ...], tongue: str | None, why: dict[str, str]
) -> None:
    given = [one for one in ({key: Given(key) for key in COURSES} | changed).values() if one is not None]
    assert impossible(("energy", "ports"), given, tongue, DAY, lambda course: course not in away) == why


def test_a_programme_that_names_no_courses_bounds_nobody_by_one() -> None:
    assert impossible(("energy",), (), "es", DAY, lambda _course: True) == {}


def test_the_part_that_a_country_names_is_the_course_in_question() -> None:
    pages, answers = page("ranking"), {"course": Chosen(("ports", "energy"))}
    assert parts_of(pages, answers, {"energy"}) == ("ports",)
    assert parts_of(pages, answers, {"energy"}, "energy") == ("energy",)
    assert parts_of(pages, answers, {"a level"}, "energy") == ()
    assert parts_of(pages, {}, {"energy"}) == ()


@pytest.mark.parametrize(
    ("kind", "answer", "against"),
    [
        ("one_of", Chosen(("energy", "ports")), ()),
        ("one_of", Chosen(("health", "ports")), ("health",)),
        ("one_of", "health", None),
        ("not_one_of", Chosen(("ports", "energy")), ("ports", "energy")),
        ("not_one_of", Chosen(("health",)), ()),
    ],
)
def test_a_rule_holds_for_each_course_that_is_listed_and_says_for_which_it_does_not(
    kind: str, answer: Any, against: tuple[str, ...] | None
) -> None:
    rule = Rule(code="r", kind=kind, reason=WORDS, question="course", parameters={"options": ("energy", "ports")})
    found = check([rule], {"course": answer}, Context("PE", 2016, {"opens": DAY, "closes": DAY, "returns_on": DAY}))
    assert found == ([] if against == () else [Reason("r", WORDS, against or ())])


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (CourseLost("energy", NOT_GIVEN, ("ports",)), "the first course on its list cannot be had now; open it to approve for another one"),
        (CourseLost("energy", BEGUN, (), ("energy",)), "what is left of its list has begun already; open it to approve all the same"),
        (CourseLost("energy", NOT_GIVEN), "no course on its list can be had now"),
        (NotTakingPart("PE"), "the country does not take part in it now"),
    ],
)
def test_the_page_of_one_is_recommended_only_where_something_can_be_approved_there(outcome: CourseLost | NotTakingPart, said: str) -> None:
    assert lost_words(outcome) == said


@pytest.mark.parametrize(
    ("free", "own", "number"),
    [
        (10, {"PE": 5, "CL": 5}, 4),
        (10, {"PE": 1, "CL": 5}, 2),
        (1, {"PE": 5, "CL": 5}, 1),
        (0, {"PE": 5, "CL": 5}, 0),
        (None, {"PE": None, "CL": 0}, 3),
        (None, {"PE": None, "CL": None}, 4),
    ],
)
def test_of_several_as_many_find_a_seat_as_the_course_and_each_country_s_part_of_it_allow(
    free: int | None, own: dict[str, int | None], number: int
) -> None:
    assert served({"PE": 3, "CL": 1}, {country: Left(None, free, None, rest) for country, rest in own.items()}) == number


WHOLE, OWN = Course("training", 2016, "energy"), Course("training", 2016, "energy", "PE")
ELSEWHERE = {Course("training", 2017, "energy"): 1, Course("masters", 2016, "energy"): 1, Course("training", 2016, "energy", "CL"): 1}


@pytest.mark.parametrize(
    ("planned", "fixed", "rest"),
    [
        ((20, 5), {}, Left(20, 14, 5, 1)),
        ((20, 5), {WHOLE: 10}, Left(10, 4, 5, 1, True)),
        ((20, 5), {OWN: 9}, Left(20, 14, 9, 5, False, True)),
        ((20, 5), {WHOLE: 30, OWN: 4}, Left(30, 24, 4, 0, True, True)),
        ((20, 5), {WHOLE: 0}, Left(0, 0, 5, 1, True)),
        ((20, 5), {WHOLE: 3}, Left(3, 0, 5, 1, True)),
        ((20, 5), {WHOLE: 20}, Left(20, 14, 5, 1, True)),
        ((None, None), {}, Left(None, None, None, None)),
        ((None, None), {WHOLE: 7}, Left(7, 1, None, None, True)),
        ((20, 5), ELSEWHERE, Left(20, 14, 5, 1)),
    ],
)
def test_what_officers_have_set_counts_in_the_place_of_the_plans_seats(
    planned: tuple[int | None, int | None], fixed: dict[Course, int], rest: Left
) -> None:
    """Six are taken, four of them by Peru, of which one is asked for."""
    given = SimpleNamespace(key="energy", seats=planned[0], per_country=planned[1])
    programme: Any = SimpleNamespace(code="training", courses_of=lambda year: [given] if year == 2016 else [])
    other = Taken("training", 2016, "ports", "PE", 9, 9)
    taken = [Taken("training", 2016, "energy", "PE", 3, 1), Taken("training", 2016, "energy", "CL", 2, 0), other]
    assert left(programme, 2016, "energy", "PE", Seats(taken, fixed)) == rest
    assert left(programme, 2017, "energy", "PE", Seats(taken, fixed)) is None, "the plan does not give it"


@pytest.mark.parametrize(
    ("one", "ahead", "said"),
    [
        (Left(20, 14, 5, 1), False, "Free seats: 14 of 20; Peru: 1 of 5 free"),
        (Left(10, 4, 5, 1, True), False, "Free seats: 4 of 10 (set by officers); Peru: 1 of 5 free"),
        (Left(10, 4, 5, 1, True), True, "Seats: 10 (set by officers); Peru: at most 5"),
        (Left(20, 14, 4, 0, False, True), False, "Free seats: 14 of 20; Peru: 0 of 4 free (set by officers)"),
        (Left(None, None, None, None), False, "The plan sets no limit to its seats."),
    ],
)
def test_a_number_that_officers_have_set_is_told_as_theirs(one: Left, ahead: bool, said: str) -> None:
    assert one.words("Peru", ahead=ahead) == said
