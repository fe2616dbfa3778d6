"""The rows that are shown: plain frozen values for pages, the API and exports. Applicants are ids here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.events.applications import Names


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """A programme with its books. `example` marks figures that are an example policy and have to say so where they are shown.

    `unused`: `lapse` or `roll_over`, what becomes of places that are free when a year is closed. `scored`: applications are reviewed, so
    that scores order a list; else it is when they were sent.
    """

    code: str
    plan: str
    plan_version: str
    names: Names
    example: bool
    example_note: Names
    sides: tuple[str, ...]
    years: tuple[int, ...]
    places_per_year: Mapping[int, int]
    places_total: int
    pool: int
    lapsed: int
    unused: str
    scored: bool
    published_at: datetime
    held: Mapping[int, int] = field(default_factory=dict)
    """Places held (offered or taken) by year, where any are."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """A cell with its figures. `names`, `side`, `groups` and `tile` are of its country; empty where the programme does not know it.

    `round`: `rolling`, or `before` or `after` the moment at which the list is served. `participates`: today, by the zone of
    its call, or on the nearest day to it of its year.
    `settled`: its year was closed, and what was free then lapsed or went to the pool.
    """

    key: str
    programme: str
    country: str
    year: int
    names: Names
    side: str
    groups: tuple[str, ...]
    tile: tuple[int, int]
    planned: int
    target: int
    free: int
    offered: int
    taken: int
    waiting: int
    nominated: int
    nomination_cap: int | None
    last_decision: int
    last_hash: str
    grants_from: datetime | None
    list_closes: datetime | None
    round: str
    list_closed: bool
    settled: bool
    participates: bool

    @property
    def held(self) -> int:
        return self.offered + self.taken

    @property
    def over(self) -> int:
        """Places held beyond a target that was cut; what frees goes to the pool until this is 0."""
        return max(0, self.held - self.target)


@dataclass(frozen=True, slots=True)
class Board:
    """One programme's cells of one year, in the order of their countries' codes."""

    programme: ProgrammeRow
    year: int
    cells: tuple[CellRow, ...]

    def total(self, figure: str) -> int:
        """The sum of a figure (`target`, `free`, `offered`, `taken`, `waiting`, ...) over the cells."""
        return sum(getattr(cell, figure) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class WaiterRow:
    """One application on a list; `rank` counts from 1 in the order in which the list is served. `lacking` are the limits without room.

    `score` and `submitted_at` are its own, also where its rank is not by them.
    """

    rank: int
    application: UUID
    score: int
    submitted_at: datetime
    waiting_since: datetime
    lacking: tuple[str, ...]
    by_hand: bool = False
    """Whether two people gave it its rank."""


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit at a decision."""

    key: str
    kind: str
    capacity: int | None
    version: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class SkipRow:
    """A better ranked application that was passed over, and the limit in which it had no room."""

    application: UUID
    limit: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision, explained. `record` is the canonical JSON, as hashed."""

    cell: str
    number: int
    at: datetime
    cause: str
    outcome: str
    application: UUID | None
    reason: str | None
    limit: str | None
    limits: tuple[LimitRow, ...]
    skips: tuple[SkipRow, ...]
    score: int | None
    submitted_at: datetime | None
    position: int | None
    until: datetime | None
    rule: str
    previous: str
    hash: str
    record: str


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal. `seen` are the figures of its cells, by key, when it was proposed, `now` what they are today (none for a programme);
    `pool_seen` and `pool` are the places that no cell held then and holds now. `outcome` is what its adoption did: `cells` (the figures
    before it), `offered` and `refused` (how many, by cell); empty before. `counters` is the adopted one that it would undo.
    """

    id: UUID
    kind: str
    programme: str
    cell: str | None
    cells: tuple[str, ...]
    params: Mapping[str, Any]
    seen: Mapping[str, Mapping[str, int]]
    now: Mapping[str, Mapping[str, int]]
    pool_seen: int | None
    pool: int
    outcome: Mapping[str, Any]
    counters: UUID | None
    reason: str
    proposed_by: str
    proposed_role: str
    proposed_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    note: str

    @property
    def stale(self) -> bool:
        """Whether one of its cells was decided upon since; whoever approves is shown `seen` beside `now`."""
        heads = [{key: one.get("last_decision") for key, one in figures.items()} for figures in (self.seen, self.now)]
        return self.state == "open" and heads[0] != heads[1]


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A country that is asked whether another may return, and its answer: `yes`, `no`, or none yet."""

    country: str
    answer: str | None
    by: str | None
    role: str | None
    at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class ParticipationRow:
    """A country takes part from `start` to `end` (last day inside), in everything, in the named parts, or in all but those `without`."""

    country: str
    start: date
    end: date | None
    parts: tuple[str, ...]
    without: tuple[str, ...] = ()
