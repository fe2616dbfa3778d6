"""What is asked. A command names its cell and its moment; one about an application names that and its person too."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something that is asked of a cell at a moment. `event` is the event that asks, where one does.

    `at` is what counts for everything that may be missed. `decided_at` is when it is decided, where that is later than is usual: whoever
    is offered a place by it has the days for the answer from then on.
    """

    cell: str
    at: datetime
    event: UUID | None = None
    decided_at: datetime | None = None
    releases: ClassVar[bool] = False
    """Whether it may let go of what a person holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfApplication(Command):
    """Asked about one application. `version` is the version of the application's fact, or 0 where no fact asks but the clock."""

    application: UUID
    person: UUID
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominate(OfApplication):
    """The country puts the application on its slate. `parts`: those in which its place may come to be."""

    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPlace(OfApplication):
    """The donor approved: a place is asked for."""

    score: int
    submitted_at: datetime
    parts: tuple[str, ...] = ()
    course: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(OfApplication):
    """The applicant accepts the offer that the place was at `place_version`."""

    place_version: int
    releases: ClassVar[bool] = True  # an answer after the deadline lets go of the place


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline(OfApplication):
    """The applicant declines the offer that the place was at `place_version`."""

    place_version: int
    releases: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(OfApplication):
    """The application is withdrawn, wherever it stands."""

    releases: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class End(OfApplication):
    """The stay is over: `left` before its time, or for any other reason finished."""

    reason: str
    releases: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(OfApplication):
    """The deadline of the offer that the place was at `place_version` has passed."""

    place_version: int
    releases: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRound(Command):
    """The moment of the ranked round has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseList(Command):
    """The waiting list closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseYear(Command):
    """The call that ends at `ends_at` is over: what is free by now lapses, or goes to the pool for later years, as the plan says."""

    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndParticipation(Command):
    """The country's participation has ended: free places go back to the pool, and those who wait are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTarget(Command):
    """The cell shall have `target` places. `cause` names who asks: `allotted` by a plan, or `adopted` by two officers."""

    target: int
    cause: str = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorder(Command):
    """`application`, who waits, shall stand directly ahead of `ahead_of`, who waits in the same cell. Two people decided it."""

    application: UUID
    ahead_of: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlaces(Command):
    """`places` free places go from cell `source` to cell `target`; none of the two is the programme's pool, or one of them.

    `cell` is the source, or the target where the source is the pool. `cause` names what they go for.
    """

    source: str | None
    target: str | None
    places: int
    cause: str = "transferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimit(Command):
    """The limit `key` shall have this capacity, whatever the plan says (none: what the plan says). `cell` is `limits.Named.home`'s."""

    key: str
    capacity: int | None
    cause: str = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount(Command):
    """The terms count other limits now: `uses` says for each limit of several places how many of them draw on it."""

    uses: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeLists(Command):
    """Whoever waits in `cells` (`cell` among them) and has room is served. `cause` names why: the programme's `terms_changed`, or their
    country `takes_part_again`.
    """

    cells: tuple[str, ...]
    cause: str = "terms_changed"
