"""Scores in thousandths, slates in the country's order, promises of a plan, and who may know of what."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain.answers import Page, Question, Texts
from services.applications.domain.lifecycle import State
from services.applications.domain.papers import PAPERS, may_attach
from services.applications.domain.promises import Held, broken_promises, stranded
from services.applications.domain.scoring import average, weighted, wrong_points
from services.applications.domain.slate import next_rank, reordered
from services.applications.domain.viewers import Viewer, may_know
from services.applications.plan.model import STAGES, Channel, Course
from services.applications.staff.slate import ordered
from shared.kernel.ids import new_id

ANA, BEN = UUID(int=1), UUID(int=2)
WORDS = Texts("x", "x", "x", "x", "x", "x")


@dataclass(frozen=True)
class Criterion:
    key: str
    weight: int
    maximum: int


CRITERIA = (Criterion("study", 50, 10), Criterion("plan", 30, 10), Criterion("letters", 20, 3))


def test_full_points_are_a_hundred_and_no_points_are_nought() -> None:
    assert weighted(CRITERIA, {"study": 10, "plan": 10, "letters": 3}) == 100_000
    assert weighted(CRITERIA, {"study": 0, "plan": 0, "letters": 0}) == 0


def test_thirds_are_rounded_once_at_the_end() -> None:
    assert weighted(CRITERIA, {"study": 0, "plan": 0, "letters": 1}) == 6_667
    assert weighted(CRITERIA, {"study": 0, "plan": 0, "letters": 2}) == 13_333


def test_points_outside_their_criterion_are_named() -> None:
    assert wrong_points(CRITERIA, {"study": 11, "plan": -1}) == {"study": 10, "plan": 10, "letters": 3}
    assert wrong_points(CRITERIA, {"study": 0, "plan": 10, "letters": 3, "more": 99}) == {}


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=9))
def test_the_mean_lies_between_its_scores_and_does_not_depend_on_their_order(scores: list[int]) -> None:
    mean = average(scores)
    assert mean is not None
    assert min(scores) <= mean <= max(scores)
    assert mean == average(reversed(scores))


def test_nobody_scored_is_no_score() -> None:
    assert average([]) is None


def test_a_newcomer_stands_last_on_the_slate_and_no_rank_is_given_twice() -> None:
    assert next_rank([]) == 1
    assert next_rank([1, None, 4]) == 5


@given(st.permutations(list("abcdef")))
def test_any_order_of_the_same_people_becomes_ranks_from_one(order: list[str]) -> None:
    slate = {one: rank for rank, one in enumerate("abcdef", start=1)}
    changed = reordered(slate, order)
    assert changed is not None
    assert sorted({**slate, **changed}.items(), key=lambda item: item[1]) == [(one, rank) for rank, one in enumerate(order, start=1)]


@pytest.mark.parametrize("order", [[], ["a"], ["a", "a"], ["a", "c"], ["a", "b", "c"]])
def test_an_order_of_other_people_is_refused(order: list[str]) -> None:
    assert reordered({"a": 1, "b": 2}, order) is None


@dataclass(frozen=True)
class Terms:
    pages: tuple[Page, ...]
    places_per_year: dict[int, int]
    places_total: int
    courses: tuple[Course, ...] = ()
    channels: tuple[Channel, ...] = ()


def _terms(
    *questions: str, year: int = 2016, places: int = 10, courses: tuple[Course, ...] = (), channels: tuple[Channel, ...] = ()
) -> Any:
    asked = tuple(Question(key=key, kind="text", label=WORDS) for key in questions)
    return Terms((Page(key="p", title=WORDS, questions=asked),), {year: places}, places, courses, channels)


def test_a_new_version_that_keeps_its_promises_breaks_none() -> None:
    assert broken_promises("x", _terms("a", "b"), Held(frozenset({"a"}), {2016: 10}, frozenset({2016}))) == []


def test_each_broken_promise_is_named() -> None:
    held = Held(frozenset({"a", "b"}), {2016: 11}, frozenset({2016, 2017}))
    assert broken_promises("x", _terms("a"), held) == [
        'x: question "b" has answers and would no longer be asked',
        "x: 11 places of 2016 are held and 10 would remain",
        "x: 11 places are held and 10 would remain",
        "x: there are applications to 2017, which would have no call",
    ]


def test_seats_that_are_held_stay() -> None:
    starts, ends = date(2016, 5, 9), date(2016, 5, 20)
    given = (Course(key="solar", year=2016, seats=3, starts=starts, ends=ends), Course(key="wind", year=2016, starts=starts, ends=ends))
    held = Held(frozenset(), {}, frozenset(), seats={(2016, "solar"): 4, (2016, "wind"): 9, (2016, "water"): 1})
    assert broken_promises("x", _terms(courses=given), held) == [
        'x: seats of the course "solar" of 2016 are held (4), and 3 would remain',
        'x: seats of the course "water" of 2016 are held (1), and it would no longer be given',
    ]
    assert broken_promises("x", _terms(), held) == []
    fixed = replace(held, fixed={(2016, "solar"), (2017, "water")})
    water = 'x: seats of the course "water" of 2016 are held (1), and it would no longer be given'
    assert broken_promises("x", _terms(courses=given), fixed) == [water], "what officers have set counts whatever the plan says"


def test_a_channel_that_is_named_by_those_who_wait_for_a_decision_stays() -> None:
    held = Held(frozenset(), {}, frozenset({2016}), channels={"province": 3, "university": 1})
    assert broken_promises("x", _terms(channels=(Channel(key="university"),)), held) == [
        'x: applications that wait for a decision name the channel "province" (3), and nobody could be approved by it'
    ]
    assert broken_promises("x", _terms(), held) == [], "a programme without channels looks at none"
    assert broken_promises("x", _terms(channels=(Channel(key="university"), Channel(key="province", places=0))), held) == []


def test_a_programme_may_go_while_nobody_has_applied() -> None:
    assert broken_promises("x", None, Held(frozenset(), {}, frozenset())) == []
    assert broken_promises("x", None, Held(frozenset(), {}, frozenset({2016})))


def test_a_year_with_applications_under_way_strands_them_and_a_whole_programme_goes_on_as_it_was() -> None:
    held = Held(frozenset(), {}, frozenset({2016, 2017}), under_way={2016: 2, 2017: 3})
    assert stranded("x", _terms(year=2016), held) == ["x: 2017 would have no call, and applications to it have not ended: 3"]
    assert stranded("x", _terms(year=2017), Held(frozenset(), {}, frozenset({2016, 2017}), under_way={2017: 3})) == []
    assert stranded("x", None, held) == []
    asked = Held(frozenset(), {}, frozenset({2017}), under_way={2017: 1}, answerable={2016: 4, 2017: 2})
    assert stranded("x", _terms(year=2016), asked) == [
        "x: 2017 would have no call, and an answer is owed, or an appeal still open, on applications to it: 2",
        "x: 2017 would have no call, and applications to it have not ended: 1",
    ]


def test_papers_are_attached_at_their_stage() -> None:
    assert set(PAPERS) == set(STAGES)
    assert may_attach("submission", "applicant", State.DRAFT)
    assert not may_attach("submission", "applicant", State.SUBMITTED)
    assert may_attach("nomination", "coordinator", State.SUBMITTED)
    assert not may_attach("nomination", "officer", State.SUBMITTED)
    assert may_attach("after_offer", "applicant", State.PLACED)


@pytest.mark.parametrize(
    ("viewer", "knows_draft", "knows_submitted"),
    [
        (Viewer(ANA, "applicant"), True, True),
        (Viewer(BEN, "applicant"), False, False),
        (Viewer(BEN, "coordinator", "PE"), False, True),
        (Viewer(BEN, "coordinator", "CL"), False, False),
        (Viewer(BEN, "coordinator", ""), False, False),
        (Viewer(BEN, "reviewer"), False, True),
        (Viewer(BEN, "officer"), False, True),
        (Viewer(BEN, "auditor"), False, True),
        (Viewer(BEN, "operator"), False, False),
        (Viewer(ANA, "operator"), False, False),
        (Viewer(ANA, "officer"), False, True),
    ],
)
def test_who_may_know_of_an_application(viewer: Viewer, knows_draft: bool, knows_submitted: bool) -> None:
    assert may_know(viewer, person_id=ANA, country="PE", submitted=False) is knows_draft
    assert may_know(viewer, person_id=ANA, country="PE", submitted=True) is knows_submitted


def test_typed_numbers_and_buttons_give_one_order() -> None:
    a, b, c, d = (new_id() for _ in range(4))
    shown: list[UUID] = [a, b, c, d]
    assert ordered(shown, {}, "") == shown
    assert ordered(shown, {d: 1}, "") == [d, a, b, c], "a smaller number goes before the one that had it"
    assert ordered(shown, {a: 3}, "") == [b, c, a, d], "a larger number goes behind the one that had it"
    assert ordered(shown, {a: None, b: 2}, "") == shown, "what is not a number stays where it is"
    assert ordered(shown, {a: 99}, "") == [b, c, d, a]
    assert ordered(shown, {}, f"up:{a}") == shown, "the first one cannot go up"
    assert ordered(shown, {}, f"down:{b}") == [a, c, b, d]
    assert ordered(shown, {}, "sideways:x") == shown
