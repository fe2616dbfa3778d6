"""What nobody can use goes to countries with waiting lists, in proportion to who waits and to the weights of their groups."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.quotas.domain.redistribution import redistribute

NONE: dict[str, Fraction] = {}


def test_the_takers_share_by_who_waits_and_the_givers_by_what_is_free() -> None:
    assert redistribute({"a": 6, "b": 3}, {"x": 2, "y": 4}, NONE) == [("a", "x", 2), ("a", "y", 2), ("b", "y", 2)]


def test_a_weight_makes_a_claim_larger_but_never_larger_than_who_waits() -> None:
    assert redistribute({"a": 3}, {"x": 3, "y": 3}, {"y": Fraction(1)}) == [("a", "x", 1), ("a", "y", 2)]
    assert redistribute({"a": 6}, {"x": 3, "y": 3}, {"y": Fraction(9)}) == [("a", "x", 3), ("a", "y", 3)]


def test_nothing_moves_where_nothing_is_free_or_nobody_waits() -> None:
    assert redistribute({"a": 0}, {"x": 3}, NONE) == [] == redistribute({"a": 2}, {}, NONE) == redistribute({"a": 2}, {"x": 0}, NONE)


counts = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9))


@given(counts, counts, st.dictionaries(st.sampled_from("uvwxyz"), st.fractions(0, 5)))
def test_as_many_as_can_go_and_nobody_gives_or_gets_too_many(
    free: dict[str, int], waiting: dict[str, int], weights: dict[str, Fraction]
) -> None:
    waiting = {chr(ord(cell) + 20): number for cell, number in waiting.items()}
    moves = redistribute(free, waiting, weights)
    assert sum(places for _giver, _taker, places in moves) == min(sum(free.values()), sum(waiting.values()))
    assert all(places > 0 for _giver, _taker, places in moves)
    for cell, number in free.items():
        assert sum(places for giver, _taker, places in moves if giver == cell) <= number
    for cell, number in waiting.items():
        assert sum(places for _giver, taker, places in moves if taker == cell) <= number
