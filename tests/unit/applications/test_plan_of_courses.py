"""The question of the courses in a plan: a choice, or an order of preference of which every option is a course."""

from pathlib import Path

import pytest

from services.applications.plan import Plan, read
from tests.unit.applications.test_plan_errors import errors, folder, spoil

__all__ = ["folder"]
FILE = "programmes/training.toml"
CASES = "programmes/cases/training.toml"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('key = "trade"\nseats', 'key = "health"\nseats', 'the question "course" offers trade, which is no course'),
        (
            'kind = "ranking"\nminimum',
            'kind = "several"\nminimum',
            'the question "course" is of kind several; expected select, radio, ranking',
        ),
    ],
)
def test_an_option_that_is_no_course_and_a_kind_that_is_no_choice_are_refused(folder: Path, old: str, new: str, problem: str) -> None:
    spoil(folder, FILE, old, new)
    assert any(error.startswith(f"{FILE}:") and problem in error for error in errors(folder)), errors(folder)


def test_a_programme_may_ask_for_one_course_alone(folder: Path) -> None:
    """Its cases, which list several, are those of another form then."""
    spoil(folder, FILE, 'kind = "ranking"\nminimum = 1\nmaximum = 3', 'kind = "select"')
    found = errors(folder)
    assert found and all(one.startswith(f"{CASES}:") for one in found), found
    spoil(folder, CASES, '["renewable_energy", "infrastructure"]', '"renewable_energy"')
    spoil(folder, CASES, '["disaster"]', '"disaster"')
    plan = read(folder)
    assert isinstance(plan, Plan), plan
