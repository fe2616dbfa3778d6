"""The rules, one named function each. A rule answers with a refusal that names its reason and limit, or with nothing.

`NOMINATION_RULES`, `REQUEST_RULES` and `LIST_RULES` say which are in force, in the order in which they are asked.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from services.quotas.domain.desk import Desk
from services.quotas.domain.limits import NOMINATION_KINDS, PLACE_KINDS, Kind
from services.quotas.domain.model import NOMINATION_REFUSED, Use
from services.quotas.domain.opened import OpenCell, OpenPlace


class Refusal(NamedTuple):
    """Why not: a stable code, the limit's key, and the limit as it was found."""

    reason: str
    limit: str
    uses: tuple[Use, ...] = ()


_REFUSING: Final = tuple(kind for kind in PLACE_KINDS if kind.refuses)

Rule = Callable[[Desk, OpenCell, OpenPlace, datetime], Refusal | None]


def the_plan_has_the_cell(_desk: Desk, cell: OpenCell, _place: OpenPlace, _at: datetime) -> Refusal | None:
    if cell.call is not None:
        return None
    return Refusal("unknown_cell", f"cell:{cell.key}")


def the_country_takes_part(_desk: Desk, cell: OpenCell, place: OpenPlace, at: datetime) -> Refusal | None:
    if cell.terms.takes_part(cell.country, cell.day(at), place.parts, place.course):
        return None
    return Refusal("not_participating", f"cell:{cell.key}")


def the_country_takes_part_in_something(_desk: Desk, cell: OpenCell, _place: OpenPlace, at: datetime) -> Refusal | None:
    if cell.terms.takes_part_at_all(cell.country, cell.day(at)):
        return None
    return Refusal("not_participating", f"cell:{cell.key}")


def the_course_is_given(_desk: Desk, cell: OpenCell, place: OpenPlace, _at: datetime) -> Refusal | None:
    """A programme without courses in that year looks at none."""
    if place.course is None or not cell.terms.has_courses(cell.year) or (cell.year, place.course) in cell.terms.courses:
        return None
    return Refusal("unknown_course", f"course:{cell.programme}:{cell.year}:{place.course}")


def the_channel_is_open(_desk: Desk, cell: OpenCell, place: OpenPlace, _at: datetime) -> Refusal | None:
    """A programme without channels looks at none."""
    if place.channel is None or not cell.terms.channels or place.channel in cell.terms.channels:
        return None
    return Refusal("unknown_channel", f"channel:{cell.key}:{place.channel}")


def the_nomination_was_not_refused(_desk: Desk, cell: OpenCell, place: OpenPlace, _at: datetime) -> Refusal | None:
    if place.state != NOMINATION_REFUSED:
        return None
    return Refusal(place.reason or "nomination_cap", place.reason_limit or f"nomination:{cell.key}")


def the_nomination_has_room(desk: Desk, cell: OpenCell, place: OpenPlace, _at: datetime) -> Refusal | None:
    if place.nominated or not cell.terms.nomination_in_route:
        return None
    return _no_room(desk, cell, place, NOMINATION_KINDS)


def limits_without_a_list_have_room(desk: Desk, cell: OpenCell, place: OpenPlace, _at: datetime) -> Refusal | None:
    return _no_room(desk, cell, place, _REFUSING)


def the_list_is_open(_desk: Desk, cell: OpenCell, _place: OpenPlace, at: datetime) -> Refusal | None:
    if cell.list_is_open(at):
        return None
    return Refusal("list_closed", f"cell:{cell.key}")


def the_list_has_room(_desk: Desk, cell: OpenCell, _place: OpenPlace, _at: datetime) -> Refusal | None:
    """Before its round everybody may wait: only rank decides who stays."""
    if cell.before_round() or cell.waiting < cell.terms.list_size(cell.target):
        return None
    return Refusal("list_full", f"cell:{cell.key}")


NOMINATION_RULES: Final[tuple[Rule, ...]] = (
    the_plan_has_the_cell,
    the_country_takes_part_in_something,
    the_nomination_has_room,
)
REQUEST_RULES: Final[tuple[Rule, ...]] = (
    the_plan_has_the_cell,
    the_country_takes_part,
    the_course_is_given,
    the_channel_is_open,
    the_nomination_was_not_refused,
    the_nomination_has_room,
    limits_without_a_list_have_room,
)
LIST_RULES: Final[tuple[Rule, ...]] = (the_list_is_open, the_list_has_room)


def first_refusal(rules: Iterable[Rule], desk: Desk, cell: OpenCell, place: OpenPlace, at: datetime) -> Refusal | None:
    """What the first rule that objects says."""
    for rule in rules:
        refusal = rule(desk, cell, place, at)
        if refusal is not None:
            return refusal
    return None


def lacking(desk: Desk, cell: OpenCell, place: OpenPlace) -> tuple[str, ...]:
    """The keys of the limits of a place that have no room for this application now."""
    return tuple([counter.key for _kind, counter in desk.counters(PLACE_KINDS, cell, place) if not counter.has_room()])


def _no_room(desk: Desk, cell: OpenCell, place: OpenPlace, kinds: Iterable[Kind]) -> Refusal | None:
    for kind, counter in desk.counters(kinds, cell, place):
        if not counter.has_room():
            return Refusal(kind.refuses, counter.key, (desk.use(counter, 0),))
    return None
