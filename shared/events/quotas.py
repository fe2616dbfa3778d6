"""Events that the quotas service publishes. Their subject is the application; the cell for `cell.changed`, the limit for `limit.set`."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from shared.events.fact import Fact, Moment


class LimitUse(msgspec.Struct, frozen=True, kw_only=True):
    """One limit at the moment of a decision: capacity (none means unlimited), used before and after."""

    key: str
    kind: str
    capacity: int | None
    before: int
    after: int


class NominationRefused(Fact, frozen=True, kw_only=True):
    application: UUID
    person: UUID
    reason: str
    limit: str
    limits: list[LimitUse] = []


class PlaceOffered(Fact, frozen=True, kw_only=True):
    """A place is held for the person until `answer_by`. `decision` is the number of the decision in its cell."""

    application: UUID
    person: UUID
    answer_by: Moment
    decision: int
    cause: str


class PlaceWaiting(Fact, frozen=True, kw_only=True):
    """The person waits: `rank` counts from 1, `lacking` names the limits without room, the list closes at `list_closes`."""

    application: UUID
    person: UUID
    rank: int
    lacking: list[str]
    list_closes: Moment
    decision: int


class PlaceRefused(Fact, frozen=True, kw_only=True):
    application: UUID
    person: UUID
    reason: str
    limit: str | None = None
    decision: int


class PlaceTaken(Fact, frozen=True, kw_only=True):
    application: UUID
    person: UUID
    decision: int


class PlaceReleased(Fact, frozen=True, kw_only=True):
    """The place went back. `cause`: withdrawn, declined, expired, ended."""

    application: UUID
    person: UUID
    cause: str
    decision: int


class CellChanged(Fact, frozen=True, kw_only=True):
    """The cell's figures after a batch; at most one a cell and batch."""

    cell: str
    capacity: int
    free: int
    offered: int
    taken: int
    waiting: int
    last_decision: int
    last_hash: str


class ParticipationChanged(Fact, frozen=True, kw_only=True):
    """From `start` to `end` (last day inside; open where absent) the country takes part, or does not; in the named parts, or in all."""

    programme: str
    country: str
    start: date
    end: date | None = None
    parts: list[str] = []
    takes_part: bool = True


class LimitSet(Fact, frozen=True, kw_only=True):
    """Two officers fixed how much there is of a limit, or gave it back to the plan: then `capacity` is none.

    `limit` is its key; `kind`, `programme` and what follows are what the key names, and absent where it does not. The subject is the limit,
    its version the counter's after the change: it grows with every use, so that versions may be left out. `decision` is the number of the
    decision in the chain of `cell`.
    """

    limit: str
    kind: str
    programme: str
    year: int | None = None
    country: str | None = None
    course: str | None = None
    channel: str | None = None
    capacity: int | None = None
    cell: str
    decision: int


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was asked of the books: `name` says which, `given` with what. Ids and codes only."""

    name: str
    given: dict[str, Any]


class BatchDecided(Fact, frozen=True, kw_only=True):
    """What quotas did in one transaction. The subject is the service, its version the batch's number.

    The numbers grow in an order in which the same acts, done one batch after the other, come to the same books; a number may be left
    out. A large batch is told in `parts`, this one being `part`, counted from 1. `decisions` is how many decisions the whole
    batch came to, `digest` the SHA-256 (hexadecimal) of their hashes, one behind the other.
    """

    acts: list[Act]
    part: int = 1
    parts: int = 1
    decisions: int
    digest: str
