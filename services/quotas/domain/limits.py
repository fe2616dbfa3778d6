"""The kinds of limit, each one entry of `KINDS`. A decision needs room in every limit that it draws on.

A new kind is one entry here and one test file.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from services.quotas.domain.ids import text_of_id
from services.quotas.domain.terms import Terms

CELL_FIELDS: Final = ("programme", "country", "year")
NO_COUNTRY: Final = "ZZ"
"""Stands for a country in the key of the cell in whose chain a limit of several cells is changed; ISO 3166 gives it to nobody."""


class OfCell(Protocol):
    """What of a cell a limit may look at."""

    @property
    def programme(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def year(self) -> int: ...
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


def _always(_terms: Terms, _cell: OfCell, _place: OfPlace) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of limit: what it counts, who draws on it, and how much there is.

    `fields` of the cell and of the place tell one counter of the kind from another; `key` is its name and those, with colons between.
    Keys are made for everybody who asks or waits, so that each kind writes its own out. `capacity` is read anew at each
    decision, unless officers have fixed it. `draws` says whether an application draws on it at all. `refuses` is the reason code with
    which somebody is refused for want of room; where it is empty they may wait for room. `freed_by_end`: a stay that is
    over makes room again, however it ended. `settable`: officers may fix its capacity.
    """

    name: str
    fields: tuple[str, ...]
    key: Callable[[OfCell, OfPlace], str]
    capacity: Callable[[Terms, OfCell, OfPlace], int | None]
    draws: Callable[[Terms, OfCell, OfPlace], bool] = _always
    refuses: str = ""
    freed_by_end: bool = False
    settable: bool = True
    always: bool = False
    """Whether everybody draws on it, whatever the plan bounds."""
    crosses: bool = field(init=False)
    """Whether applications to several cells draw on one counter, so that what one lets go of may serve another cell's list."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "crosses", not set(CELL_FIELDS).issubset(self.fields))


CELL: Final = Kind(
    name="cell",
    fields=CELL_FIELDS,
    key=lambda cell, _place: f"cell:{cell.programme}:{cell.country}:{cell.year}",
    capacity=lambda _terms, cell, _place: cell.target,
    always=True,
    settable=False,
)
"""The places of programme x country x year; its counter is the cell itself, and its capacity the cell's target."""

PERSON: Final = Kind(
    name="person",
    fields=("person",),
    key=lambda _cell, place: f"person:{text_of_id(place.person)}",
    capacity=lambda terms, _cell, _place: terms.holds_per_person,
    refuses="person_holds_place",
    freed_by_end=True,
    always=True,
    settable=False,
)
"""The places that one person may hold at a time, across programmes."""

HOLDERS: Final = Kind(
    name="holders",
    fields=("programme", "country"),
    key=lambda cell, _place: f"holders:{cell.programme}:{cell.country}",
    capacity=lambda terms, cell, _place: terms.holders_of(cell.country),
    draws=lambda terms, _cell, _place: terms.holders is not None,
    freed_by_end=True,
)
"""The places that people of one country hold at a time, whatever the year: offered, or taken and not ended."""

COURSE: Final = Kind(
    name="course",
    fields=("programme", "year", "course"),
    key=lambda cell, place: f"course:{cell.programme}:{cell.year}:{place.course}",
    capacity=lambda terms, cell, place: terms.courses[cell.year, place.course or ""].seats,
    draws=lambda terms, cell, place: (cell.year, place.course) in terms.courses,
)
"""The seats of one course in one year, for all countries together."""

COURSE_COUNTRY: Final = Kind(
    name="course_country",
    fields=(*CELL_FIELDS, "course"),
    key=lambda cell, place: f"course_country:{cell.programme}:{cell.country}:{cell.year}:{place.course}",
    capacity=lambda terms, cell, place: terms.courses[cell.year, place.course or ""].per_country,
    draws=lambda terms, cell, place: (cell.year, place.course) in terms.courses,
)
"""A country's norm inside one course."""

CHANNEL: Final = Kind(
    name="channel",
    fields=(*CELL_FIELDS, "channel"),
    key=lambda cell, place: f"channel:{cell.programme}:{cell.country}:{cell.year}:{place.channel}",
    capacity=lambda terms, cell, place: terms.channels[place.channel or ""].of(cell.target),
    draws=lambda terms, _cell, place: place.channel in terms.channels,
)
"""The part of a cell's places that is open to one way of applying."""

NOMINATION: Final = Kind(
    name="nomination",
    fields=CELL_FIELDS,
    key=lambda cell, _place: f"nomination:{cell.programme}:{cell.country}:{cell.year}",
    capacity=lambda terms, cell, _place: terms.nomination_cap(cell.target),
    refuses="nomination_cap",
    always=True,
)
"""The candidates that a country may put forward in a call."""

PLACE_KINDS: Final[tuple[Kind, ...]] = (CELL, PERSON, HOLDERS, COURSE, COURSE_COUNTRY, CHANNEL)
"""What a place draws on, from its offer until it is released."""
CROSSING: Final[tuple[Kind, ...]] = tuple(kind for kind in PLACE_KINDS if kind.crosses)
OF_PLAN: Final[tuple[Kind, ...]] = tuple(kind for kind in PLACE_KINDS if kind.settable)
"""What a plan may count or not; a new version of it counts from what is held."""
NOMINATION_KINDS: Final[tuple[Kind, ...]] = (NOMINATION,)
"""What a nomination draws on, from the slate until it is withdrawn before a place was given."""
KINDS: Final[tuple[Kind, ...]] = (*PLACE_KINDS, *NOMINATION_KINDS)
BY_NAME: Final = {kind.name: kind for kind in KINDS}


def keys_of(kinds: Iterable[Kind], terms: Terms, cell: OfCell, place: OfPlace) -> list[str]:
    """The keys of the counters that this application draws on; the cell's own is left out, for it is the cell."""
    bounded = terms.bounded
    return [kind.key(cell, place) for kind in kinds if (kind.always or (bounded and kind.draws(terms, cell, place))) and kind is not CELL]


class Named(NamedTuple):
    """What the key of a limit names; what it does not name is empty. Stands in for a cell and a place where there is none."""

    kind: Kind
    programme: str = ""
    country: str = NO_COUNTRY
    year: int = 0
    course: str | None = None
    channel: str | None = None
    person: UUID = UUID(int=0)
    target: int = 0

    def home(self, year: int) -> str:
        """The key of the cell in whose chain a change of this limit is written down: its own, or one that is of no country."""
        country = NO_COUNTRY if self.kind.crosses else self.country
        return f"{self.programme}:{country}:{self.year or year}"


def named(key: str) -> Named | None:
    """What `key` names, or nothing where it is not a limit's."""
    name, *values = key.split(":")
    kind = BY_NAME.get(name)
    if kind is None or len(values) != len(kind.fields) or not all(values):
        return None
    found = dict(zip(kind.fields, values, strict=True))
    try:
        read = {"year": int, "person": UUID}
        return Named(kind, **{field: read[field](value) if field in read else value for field, value in found.items()})  # type: ignore[arg-type]
    except ValueError:
        return None


def crosses_cells(key: str) -> bool:
    """Whether applications to several cells draw on the limit of that key."""
    kind = BY_NAME.get(key.partition(":")[0])
    return kind is not None and kind.crosses
