"""Scores in thousandths of a point, as whole numbers, so that ranks compare exactly. Pure."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Protocol


class Criterion(Protocol):
    """One thing that is scored from 0 to `maximum` points and counts `weight` hundredths of the whole."""

    @property
    def key(self) -> str: ...
    @property
    def weight(self) -> int: ...
    @property
    def maximum(self) -> int: ...


def wrong_points(criteria: Iterable[Criterion], points: Mapping[str, int]) -> dict[str, int]:
    """Criterion key to its maximum, for each criterion whose points are missing or outside 0 to the maximum."""
    return {c.key: c.maximum for c in criteria if not 0 <= points.get(c.key, -1) <= c.maximum}


def weighted(criteria: Iterable[Criterion], points: Mapping[str, int]) -> int:
    """The weighted sum, 0 to 100,000 thousandths where the weights sum to 100; half a thousandth is rounded up."""
    return _rounded(sum((Fraction(c.weight * points[c.key] * 1000, c.maximum) for c in criteria), Fraction(0)))


def average(scores: Iterable[int]) -> int | None:
    """The mean of the reviewers' scores, in thousandths; none where nobody has scored."""
    found = list(scores)
    return _rounded(Fraction(sum(found), len(found))) if found else None


def _rounded(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
