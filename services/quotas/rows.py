"""The rows that are shown: plain frozen values for pages, the API and exports. Applicants are ids here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.events.applications import Names


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """A programme with its books. `example` marks figures that are an example policy and have to say so where they are shown."""

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
    published_at: datetime


@dataclass(frozen=True, slots=True)
class CellRow:
    """A cell with its figures. `names`, `side`, `groups` and `tile` are of its country; empty where the programme does not know it.

    `round`: `rolling`, or `before` or `after` the moment at which the list is served. `participates`: on the date asked about.
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
    """One application on a list; `rank` counts from 1 in the order in which the list is served. `free` is false while the
    person already holds as many places as one may, so that the list passes over them."""

    rank: int
    application: UUID
    score: int
    submitted_at: datetime
    waiting_since: datetime
    free: bool


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
    """A change of a target. `seen` are the cell's figures when it was proposed, `now` what they are today (none for a programme)."""

    id: UUID
    kind: str
    programme: str
    cell: str | None
    target: int
    seen: Mapping[str, int]
    now: Mapping[str, int]
    reason: str
    proposed_by: str
    proposed_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    note: str

    @property
    def stale(self) -> bool:
        """Whether the cell was decided upon since; whoever approves is shown `seen` beside `now`."""
        return self.state == "open" and self.seen.get("last_decision") != self.now.get("last_decision")


@dataclass(frozen=True, slots=True)
class ParticipationRow:
    """A country takes part from `start` to `end` (last day inside), in everything or in the named parts."""

    country: str
    start: date
    end: date | None
    parts: tuple[str, ...]
