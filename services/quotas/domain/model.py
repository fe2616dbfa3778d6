"""The values that a decision is made of: what is known, and what the verdict says. Frozen; no clock, no ids made here.

A moment is an aware datetime in UTC. A score is in thousandths of a point. A cell's key is `programme:country:year`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from services.quotas.domain.commands import Command
from services.quotas.domain.outcomes import Outcome
from services.quotas.domain.terms import Terms

GENESIS: Final = "0" * 64
"""The hash before a cell's first decision."""

NEW, NOMINATED, NOMINATION_REFUSED, WAITING = "", "nominated", "nomination_refused", "waiting"
OFFERED, TAKEN, RELEASED, REFUSED = "offered", "taken", "released", "refused"

Rank = tuple[int, datetime, UUID]
"""What a list is sorted by: minus the score, the moment of submission, the application. Two are never equal."""


class Limit(NamedTuple):
    """One counter: `used` of `capacity` (none: without end). `version` counts its changes.

    `fixed` is a capacity that officers set; none where the plan's own counts.
    """

    key: str
    kind: str
    capacity: int | None
    used: int
    version: int
    fixed: int | None = None


class CellState(NamedTuple):
    """A cell as stored: its places by account, its list, the head of its chain, whether its round was served and its list closed."""

    key: str
    programme: str
    country: str
    year: int
    listed: bool
    target: int
    free: int
    offered: int
    taken: int
    waiting: int
    last_decision: int
    last_hash: str
    served: bool
    closed: bool
    settled: bool = False
    """Whether its year was closed: nothing is free any more, and what comes back goes where the free places went."""


class PlaceState(NamedTuple):
    """What one application has of a cell, as stored. `version` counts published facts, `application_version` those applied."""

    application: UUID
    person: UUID
    cell: str
    state: str
    application_version: int
    version: int
    decision: int
    score: int
    submitted_at: datetime | None
    parts: tuple[str, ...]
    course: str | None
    channel: str | None
    nominated: bool
    ended: bool
    position: int | None
    answer_by: datetime | None
    reason: str | None
    reason_limit: str | None
    decided_at: datetime


def rank_of(state: PlaceState) -> Rank:
    """What somebody who waits is sorted by."""
    assert state.submitted_at is not None, "whoever waits has a rank"
    return -state.score, state.submitted_at, state.application


class Moved(NamedTuple):
    """Somebody of that rank came to the cell's waiting list (`by` 1), or went from it (-1)."""

    cell: str
    minus_score: int
    submitted_at: datetime
    application: UUID
    by: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What was loaded of a waiting list: those who come `first`, in any order, be it all of them or a few.

    `ahead` says for newcomers how many of the whole list stand before the rank that they ask with, where `first` is not all of it.
    """

    first: tuple[PlaceState, ...]
    ahead: Mapping[UUID, int] = field(default_factory=dict)


_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


class Books(NamedTuple):
    """Everything that was locked and loaded for a batch.

    `lists` holds the beginning of a cell's waiting list; that of a cell that is absent was not loaded. `elsewhere` says
    for a limit of several cells that may gain room in which cells somebody waits who draws on it.
    `pools` are the balances of `pool:<programme>`, where one may be drawn on.
    """

    terms: Mapping[str, Terms]
    cells: Mapping[str, CellState]
    limits: Mapping[str, Limit]
    places: Mapping[UUID, PlaceState]
    lists: Mapping[str, Listed] = _NOTHING
    elsewhere: Mapping[str, tuple[str, ...]] = _NOTHING
    pools: Mapping[str, int] = _NOTHING


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be locked or loaded besides before the batch can be decided; all of it joins what was wanted before."""

    cells: frozenset[str] = frozenset()
    limits: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    """Cells of whose waiting list the beginning is looked at."""
    whole: frozenset[str] = frozenset()
    """Cells whose whole waiting list is looked at."""
    further: bool = False
    """More of every list is looked at than was loaded, or more limits of those who stand there."""
    gaining: frozenset[str] = frozenset()
    """Limits of several cells that may gain room: it has to be known in which cells somebody waits who draws on them."""
    pools: frozenset[str] = frozenset()
    programmes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return any((self.cells, self.limits, self.lists, self.whole, self.further, self.gaining, self.pools, self.programmes))


class Use(NamedTuple):
    """One limit at a decision: `version` before it, `used` before and after."""

    key: str
    kind: str
    capacity: int | None
    version: int
    before: int
    after: int


class Decision(NamedTuple):
    """One link of a cell's chain. `place_version` is the place's version after it (0: about no application)."""

    cell: str
    number: int
    at: datetime
    cause: str
    event: UUID | None
    application: UUID | None
    person: UUID | None
    place_version: int
    outcome: Outcome
    uses: tuple[Use, ...]
    record: str
    hash: str


class Transfer(NamedTuple):
    """`places` places from account `source` to account `target`, by a decision of the cell's chain."""

    programme: str
    cell: str
    decision: int
    source: str
    target: str
    places: int
    cause: str
    at: datetime


class Ignored(NamedTuple):
    """A command that changed nothing: it was applied before, or what it is about has moved on."""

    command: Command
    reason: str


class Short(NamedTuple):
    """What was not done: `reason` is a stable code, there are `has` places where `wanted` would be needed."""

    command: Command
    has: int
    wanted: int
    reason: str = "pool_short"


class Verdict(NamedTuple):
    """What a batch came to. With `needs`, nothing else counts: load more and decide again."""

    decisions: tuple[Decision, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    cells: tuple[CellState, ...] = ()
    limits: tuple[Limit, ...] = ()
    looked_at: tuple[Limit, ...] = ()
    """Limits on which nobody ever drew, of which it mattered that nobody did."""
    places: tuple[PlaceState, ...] = ()
    moved: tuple[Moved, ...] = ()
    """Who came to waiting lists, and who went from them."""
    pools: Mapping[str, int] = _NOTHING
    """By programme, how many places its pool gained (or lost, below 0)."""
    lapsed: Mapping[str, int] = _NOTHING
    """By account `lapsed:<programme>:<year>`, how many places came into it."""
    ignored: tuple[Ignored, ...] = ()
    short: tuple[Short, ...] = ()
    needs: Needs | None = None
