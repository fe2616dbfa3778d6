"""What an application draws on, and what a country that takes part in some things only lets through."""

from dataclasses import dataclass
from datetime import date

import pytest

from services.applications.domain.answers import Option, Page, Question, Texts
from services.applications.domain.participation import shares_on
from services.applications.domain.parts import chosen, parts_of, possible_parts

WORDS = Texts("x", "x", "x", "x", "x", "x")
DAY = date(2016, 1, 20)


@dataclass(frozen=True)
class Period:
    start: date = date(2015, 1, 1)
    end: date | None = None
    parts: tuple[str, ...] = ()


def choice(key: str, *options: str) -> Question:
    return Question(key=key, kind="radio", label=WORDS, options=tuple(Option(option, WORDS) for option in options))


PAGES = (
    Page(
        key="study",
        title=WORDS,
        questions=(
            choice("course", "energy", "ports"),
            choice("level", "master", "doctor"),
            Question(key="channel", kind="text", label=WORDS),
        ),
    ),
)
ANSWERS = {"course": "energy", "level": "master", "degree": "doctor", "channel": "whatever was typed"}


def test_what_was_chosen_counts_and_what_was_typed_does_not() -> None:
    assert chosen(PAGES, ANSWERS, "course") == "energy"
    assert chosen(PAGES, {}, "course") is None
    assert chosen(PAGES, ANSWERS, "channel") is None
    assert chosen(PAGES, {"other": "x"}, "other") is None


@pytest.mark.parametrize(
    ("periods", "parts", "takes"),
    [
        ([Period()], (), True),
        ([Period(parts=("energy",))], ("energy",), True),
        ([Period(parts=("ports",))], ("energy",), False),
        ([Period(parts=("ports", "master"))], ("energy", "master"), False),
        ([Period(parts=("energy", "master", "doctor"))], ("energy", "master"), True),
        ([Period(parts=("ports",)), Period(start=date(2016, 1, 1))], ("energy",), True),
        ([Period(parts=("something that no question offers",))], (), False),
        ([Period(end=date(2016, 1, 19))], (), False),
        ([Period(end=DAY)], (), True),
        ([Period(start=date(2016, 1, 21))], (), False),
        ([], (), False),
    ],
)
def test_a_country_takes_part_in_everything_or_in_what_it_named(periods: list[Period], parts: tuple[str, ...], takes: bool) -> None:
    assert parts_of(PAGES, ANSWERS, {part for period in periods for part in period.parts}) == parts
    assert any(share.covers(parts, "energy") for share in shares_on(DAY, periods, ())) is takes


def test_before_the_approval_a_place_may_come_to_be_in_each_course_that_is_listed_whatever_a_country_names() -> None:
    assert possible_parts(PAGES, ANSWERS, ["energy", "ports"]) == ("energy", "ports", "master")
    assert possible_parts(PAGES, {"degree": "doctor"}, []) == ()
