"""Allotment: base, weights, bounds, rounding with stated ties; never more than there is."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quotas.domain.allotment import ROUNDINGS, Policy, allot, split_sides, weights_of


def policy(base: int = 0, minimum: int = 0, maximum: int | None = None, rounding: str = "largest_remainder", **weights: float) -> Policy:
    return Policy(base, weights_of(weights), minimum, maximum, rounding)


def test_equal_countries_get_equal_shares_and_the_rest_goes_by_code() -> None:
    assert allot(8, {"PE": [], "AR": [], "BR": []}, policy()) == {"AR": 3, "BR": 3, "PE": 2}


def test_everyone_gets_the_base_before_weights_count() -> None:
    assert allot(20, {"AR": [], "HT": ["LDC"]}, policy(base=5, LDC=1.0)) == {"AR": 8, "HT": 12}


def test_a_remainder_goes_to_the_greater_weight_where_remainders_are_equal() -> None:
    assert allot(2, {"AR": [], "HT": ["LDC"], "PE": []}, policy(LDC=1.0)) == {"AR": 1, "HT": 1, "PE": 0}


def test_who_would_get_more_than_the_maximum_gets_the_maximum_and_the_others_share_the_rest() -> None:
    assert allot(30, {"AR": [], "BR": [], "HT": ["LDC"]}, policy(maximum=12, LDC=8.0)) == {"AR": 9, "BR": 9, "HT": 12}


def test_what_nobody_may_take_stays_in_the_pool() -> None:
    assert allot(100, {"AR": [], "BR": []}, policy(maximum=10)) == {"AR": 10, "BR": 10}


def test_where_there_is_not_enough_for_the_base_everyone_gets_the_same_and_weights_decide_the_rest() -> None:
    assert allot(5, {"AR": [], "BR": [], "HT": ["LDC"]}, policy(base=3, minimum=3, LDC=1.0)) == {"AR": 2, "BR": 1, "HT": 2}


def test_a_weight_counts_as_the_decimal_that_was_written() -> None:
    assert weights_of({"SIDS": 0.1}) == {"SIDS": Fraction(1, 10)}


def test_sides_share_by_their_parts_and_the_first_named_gets_the_odd_one() -> None:
    assert split_sides(101, {"CELAC": 0.5, "CN": 0.5}, ["CELAC", "CN"]) == {"CELAC": 51, "CN": 50}
    assert split_sides(1200, {"CELAC": 1.0}, ["CELAC"]) == {"CELAC": 1200}


countries = st.dictionaries(st.text("ABCDE", min_size=2, max_size=2), st.lists(st.sampled_from(["LDC", "SIDS"]), unique=True), max_size=12)


@pytest.mark.parametrize("rounding", sorted(ROUNDINGS))
@given(
    places=st.integers(0, 300),
    groups=countries,
    base=st.integers(0, 20),
    minimum=st.integers(0, 20),
    spread=st.none() | st.integers(0, 40),
    weight=st.sampled_from([0.0, 0.5, 1.0, 2.5]),
)
def test_no_place_is_invented_and_bounds_hold(
    rounding: str, places: int, groups: dict[str, list[str]], base: int, minimum: int, spread: int | None, weight: float
) -> None:
    maximum = None if spread is None else max(base, minimum) + spread
    found = allot(places, groups, policy(base, minimum, maximum, rounding, LDC=weight))
    assert set(found) == set(groups) and sum(found.values()) <= places
    if groups and places >= len(groups) * max(base, minimum):
        assert all(max(base, minimum) <= share for share in found.values())
        assert maximum is None or all(share <= maximum for share in found.values())
        if maximum is None:
            assert sum(found.values()) == places
    for one in groups:
        for other in groups:
            if set(groups[one]) == set(groups[other]):
                assert abs(found[one] - found[other]) <= 1
