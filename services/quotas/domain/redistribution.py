"""Free places that nobody can use any more go to countries in which people wait. Pure, and exact.

Each country's claim is the number of those who wait, times the weight that the plan's policy gives to its groups; nobody gets more than
wait. The givers share what goes in proportion to what they have free. Rounded by largest remainder on both sides.
"""

from collections.abc import Mapping
from fractions import Fraction

from services.quotas.domain.allotment import Share, largest_remainder


def redistribute(free: Mapping[str, int], waiting: Mapping[str, int], weights: Mapping[str, Fraction]) -> list[tuple[str, str, int]]:
    """Moves as (giver, taker, places), in the order of their cells. `free`: what may go; `waiting`: who waits and could be served.

    `weights` add to the 1 that every taker has; who is absent has none.
    """
    total = min(sum(free.values()), sum(waiting.values()))
    if total <= 0:
        return []
    takes = [Share(cell, 0, number * (1 + weights.get(cell, Fraction(0))), number) for cell, number in sorted(waiting.items()) if number]
    gives = [Share(cell, 0, Fraction(number), number) for cell, number in sorted(free.items()) if number]
    return _paired(largest_remainder(total, gives), largest_remainder(total, takes))


def _paired(gives: Mapping[str, int], takes: Mapping[str, int]) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    left = dict(gives)
    for taker, wanted in takes.items():
        for giver in gives:
            places = min(wanted, left[giver])
            if places:
                found.append((giver, taker, places))
                left[giver] -= places
                wanted -= places
    return found
