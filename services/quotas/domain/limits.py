"""The kinds of limit, each one entry of `KINDS`. A decision needs room in every limit that it draws on.

A new kind is one entry here and one test file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from services.quotas.domain.terms import Terms


class OfCell(Protocol):
    """What of a cell a limit may look at."""

    @property
    def key(self) -> str: ...
    @property
    def target(self) -> int: ...


class OfPlace(Protocol):
    """What of an application's place a limit may look at."""

    @property
    def person(self) -> UUID: ...
    @property
    def course(self) -> str | None: ...
    @property
    def channel(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of limit.

    `key` names the counter that an application draws on. `capacity` is read anew at each decision. `refuses` is the reason code with
    which somebody is refused for want of room; where it is empty they may wait for room. `freed_by_end`: a stay that
    is over makes room again, however it ended.
    """

    name: str
    key: Callable[[OfCell, OfPlace], str]
    capacity: Callable[[Terms, OfCell], int | None]
    refuses: str = ""
    freed_by_end: bool = True


CELL: Final = Kind(
    name="cell",
    key=lambda cell, _place: f"cell:{cell.key}",
    capacity=lambda _terms, cell: cell.target,
    freed_by_end=False,
)
"""The places of programme x country x year; its counter is the cell itself."""

PERSON: Final = Kind(
    name="person",
    key=lambda _cell, place: f"person:{place.person}",
    capacity=lambda terms, _cell: terms.holds_per_person,
    refuses="person_holds_place",
)
"""The places that one person may hold at a time, across programmes."""

NOMINATION: Final = Kind(
    name="nomination",
    key=lambda cell, _place: f"nomination:{cell.key}",
    capacity=lambda terms, cell: terms.nomination_cap(cell.target),
    refuses="nomination_cap",
)
"""The candidates that a country may put forward in a call."""

PLACE_KINDS: Final[tuple[Kind, ...]] = (CELL, PERSON)
"""What a place draws on, from its offer until it is released."""
NOMINATION_KINDS: Final[tuple[Kind, ...]] = (NOMINATION,)
"""What a nomination draws on, from the slate until it is withdrawn before a place was given."""
KINDS: Final[tuple[Kind, ...]] = (*PLACE_KINDS, *NOMINATION_KINDS)
