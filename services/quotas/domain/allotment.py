"""How a year's places are split over the countries that take part: everyone's base, then weights, then bounds. Pure, and exact.

Shares are computed in fractions, so that the same policy gives the same figures on every machine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class Policy:
    """`weights` add to the 1 that every country has, by group. `minimum` and `maximum` (none: no end) bound what a country gets.

    `rounding` is a name in `ROUNDINGS`.
    """

    base: int
    weights: Mapping[str, Fraction]
    minimum: int
    maximum: int | None
    rounding: str


@dataclass(frozen=True, slots=True)
class Share:
    """A country's claim: what it gets before weights, its weight, and the most that it may get."""

    country: str
    floor: int
    weight: Fraction
    ceiling: int


def weights_of(decimals: Mapping[str, float]) -> dict[str, Fraction]:
    """Weights as the decimals that were written in the plan: 0.1 counts as one tenth."""
    return {group: Fraction(str(weight)) for group, weight in decimals.items()}


def split_sides(places: int, shares: Mapping[str, float], sides: Sequence[str]) -> dict[str, int]:
    """A year's places by nominating side, by largest remainder; a tie goes to the side that is named first."""
    exact = {side: places * Fraction(str(shares.get(side, 0.0))) for side in sides}
    given = {side: int(claim) for side, claim in exact.items()}
    order = sorted(sides, key=lambda side: (given[side] - exact[side], sides.index(side)))
    whole = min(places, round(sum(exact.values())))
    for side in order[: whole - sum(given.values())]:
        given[side] += 1
    return given


def allot(places: int, groups: Mapping[str, Iterable[str]], policy: Policy) -> dict[str, int]:
    """The places of each country in `groups` (country -> the groups that it is in). Never more than `places` in all.

    Everyone first gets the base, or the minimum where that is more; where there is not enough for that, everyone gets the same
    whole number and the rest is split by weight. What is left is split by weight up to the maximum, rounded by the policy's
    method. What nobody may take any more stays in the pool. Ties go to the greater weight, then to the first code.
    """
    if not groups or places <= 0:
        return dict.fromkeys(groups, 0)
    floor = min(max(policy.base, policy.minimum), places // len(groups))
    ceiling = places if policy.maximum is None else max(policy.maximum, floor)
    claims = [
        Share(country, floor, Fraction(1) + sum((policy.weights.get(group, Fraction(0)) for group in named), Fraction(0)), ceiling)
        for country, named in sorted(groups.items())
    ]
    return ROUNDINGS[policy.rounding](places - floor * len(claims), claims)


def largest_remainder(rest: int, claims: Sequence[Share]) -> dict[str, int]:
    """Everyone's exact share is cut to a whole number; the places left over go to the largest remainders.

    Who would get more than the maximum gets the maximum, and the others share what that leaves.
    """
    exact, free, left = {}, list(claims), Fraction(rest)
    while True:
        weight = sum((claim.weight for claim in free), Fraction(0))
        full = [claim for claim in free if claim.floor + left * claim.weight / weight >= claim.ceiling]
        for claim in full:
            exact[claim.country] = Fraction(claim.ceiling)
            left -= claim.ceiling - claim.floor
        free = [claim for claim in free if claim.country not in exact]
        if not full or not free:
            break
    weight = sum((claim.weight for claim in free), Fraction(0))
    exact |= {claim.country: claim.floor + left * claim.weight / weight for claim in free}
    given = {country: int(share) for country, share in exact.items()}
    spare = rest + sum(claim.floor for claim in claims) - sum(given.values())
    order = sorted(free, key=lambda claim: (given[claim.country] - exact[claim.country], -claim.weight, claim.country))
    for claim in order[: max(0, spare)]:
        given[claim.country] += 1
    return {country: given[country] for country in sorted(given)}


def sainte_lague(rest: int, claims: Sequence[Share]) -> dict[str, int]:
    """Places go one by one to the greatest weight / (2 x places got beyond the base + 1) that is below its maximum."""
    given = {claim.country: claim.floor for claim in claims}
    for _ in range(rest):
        open_claims = [claim for claim in claims if given[claim.country] < claim.ceiling]
        if not open_claims:
            break
        best = min(
            open_claims, key=lambda claim: (-claim.weight / (2 * (given[claim.country] - claim.floor) + 1), -claim.weight, claim.country)
        )
        given[best.country] += 1
    return given


ROUNDINGS: Final[Mapping[str, Callable[[int, Sequence[Share]], dict[str, int]]]] = {
    "largest_remainder": largest_remainder,
    "sainte_lague": sainte_lague,
}
