"""The tabs of the officers' work list: each is a set of slices, and every application that they may see is in one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.applications.domain.lifecycle import State
from services.applications.staff.kit import Asked
from services.applications.store.plans import InForce
from services.applications.store.work import Count, Slice
from shared.web.formats import format_number
from shared.web.i18n import N_, translate

_ = translate

NAMES: Final[Mapping[str, str]] = {
    "decide": N_("To decide"),
    "review": N_("With reviewers"),
    "country": N_("With countries"),
    "asking": N_("Looking for a place"),
    "waiting": N_("Approved, or on a waiting list"),
    "offered": N_("Place offered"),
    "placed": N_("Place taken"),
    "closed": N_("Closed"),
}
FIRST: Final = "decide"
SCORE_FIRST: Final = frozenset({"decide"})
"""Tabs that begin with the best scored; the others begin with the earliest sent."""


def slices(terms: Iterable[InForce]) -> dict[str, tuple[Slice, ...]]:
    """Tab to what is in it; which state an officer decides in follows from each programme's route."""
    decide, review, country = [], [], []
    for one in terms:
        code, route = frozenset({one.programme.code}), one.programme.route
        due = frozenset({State.NOMINATED if "nomination" in route else State.SUBMITTED})
        decide.append(Slice(due, code, scored=True if "review" in route else None))
        if "review" in route:
            review.append(Slice(due, code, scored=False))
        country.append(Slice(frozenset({State.SUBMITTED, State.RETURNED, State.NOMINATED}) - due, code))
    return {
        "decide": tuple(decide),
        "review": tuple(review),
        "country": tuple(country),
        "asking": (Slice(frozenset({State.APPROVED})),),
        "waiting": (Slice(frozenset({State.WAITING})),),
        "offered": (Slice(frozenset({State.OFFERED, State.ACCEPTED})),),
        "placed": (Slice(frozenset({State.PLACED})),),
        "closed": (Slice(frozenset({State.REJECTED, State.REFUSED, State.DECLINED, State.LAPSED, State.WITHDRAWN, State.ENDED})),),
    }


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab as it is shown."""

    key: str
    name: str
    number: str
    href: str
    current: bool


def tabs(found: Mapping[str, Sequence[Slice]], counts: Sequence[Count], asked: Asked, current: str) -> list[Tab]:
    """The tabs with how many applications each holds under the present filters."""
    return [
        Tab(
            key,
            _(name),
            format_number(sum(one.number for one in counts if any(part.holds(one) for part in found[key]))),
            f"/officer{asked.query(tab='' if key == FIRST else key, sort='')}",
            key == current,
        )
        for key, name in NAMES.items()
    ]
