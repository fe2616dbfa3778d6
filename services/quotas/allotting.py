"""How a programme's places of a year come to its countries: by a policy, over who takes part in that year."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.quotas.domain.allotment import Policy, allot, split_sides, weights_of
from services.quotas.domain.participation import Change
from services.quotas.store.terms import participation_of
from shared.events.applications import AllotmentPolicy, ProgrammePublished
from shared.kernel.cells import Cell


class Side(NamedTuple):
    """What a nominating side shares in a year: its places, and its countries that take part, with their groups."""

    places: int
    groups: Mapping[str, Sequence[str]]


def policy_of(published: AllotmentPolicy) -> Policy:
    """The policy that a plan publishes, as the allotment computes with it."""
    return Policy(published.base, weights_of(published.weights), published.minimum, published.maximum, published.rounding)


def sides_of(data: ProgrammePublished, year: int, places: int, adopted: Sequence[Change] = ()) -> dict[str, Side]:
    """By nominating side, its part of so many places of the year, and who takes part on any day of it."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    periods = participation_of(data, adopted)
    taking_part = {
        country for country, its in periods.items() if any(one.start <= last and (one.end is None or one.end >= first) for one in its)
    }
    by_side = split_sides(places, data.side_places, data.sides)
    return {
        side: Side(
            by_side[side],
            {one.code: one.groups.get(year, []) for one in data.countries if one.side == side and one.code in taking_part},
        )
        for side in data.sides
    }


def allotted(data: ProgrammePublished, year: int, places: int, policy: Policy, adopted: Sequence[Change] = ()) -> dict[str, int]:
    """The places of every cell of the year by the policy; nothing for who takes no part in that year."""
    found: dict[str, int] = {}
    for side, share in sides_of(data, year, places, adopted).items():
        given = allot(share.places, share.groups, policy)
        found |= {Cell(data.programme, one.code, year).key: given.get(one.code, 0) for one in data.countries if one.side == side}
    return found


def allotments(data: ProgrammePublished, adopted: Sequence[Change] = ()) -> dict[str, int]:
    """The plan's own figure of every cell, by its published policy. `adopted` are the changes of participation since."""
    policy = policy_of(data.policy)
    found: dict[str, int] = {}
    for year, places in sorted(data.places_per_year.items()):
        found |= allotted(data, year, places, policy, adopted)
    return found
