"""What a decision can come to: a closed union. `kind` is the word for it; `published` says whether others are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NominationHeld:
    """The nomination counts against the cap."""

    kind: ClassVar[str] = "nominated"
    published: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class NominationRefused:
    """The nomination has no room, or no ground."""

    reason: str
    limit: str
    kind: ClassVar[str] = "nomination_refused"
    published: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Offered:
    """A place is held until `answer_by`, its last second inside. `skips`: better ranked ones, and the limit that each lacked."""

    answer_by: datetime
    skips: tuple[tuple[UUID, str], ...] = ()
    kind: ClassVar[str] = "offered"
    published: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """On the list at `position` (from 1; 0 before the round, when ranks still change), for want of room in `lacking`."""

    position: int
    lacking: tuple[str, ...]
    kind: ClassVar[str] = "waiting"
    published: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Refused:
    """No place, and no waiting."""

    reason: str
    limit: str | None
    kind: ClassVar[str] = "refused"
    published: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Taken:
    """The offer became a place."""

    kind: ClassVar[str] = "taken"
    published: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Released:
    """A place that was offered or taken went back."""

    cause: str
    kind: ClassVar[str] = "released"
    published: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Left:
    """Nothing was held yet: the application left the slate or the list."""

    kind: ClassVar[str] = "left"
    published: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The stay is over; the person is free, and the place stays in the books as delivered."""

    kind: ClassVar[str] = "ended"
    published: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Reordered:
    """The application stands at `position` of the list (from 1) by hand, and no longer by its score and moment."""

    position: int
    kind: ClassVar[str] = "reordered"
    published: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class TargetSet:
    """The cell's target changed."""

    before: int
    after: int
    kind: ClassVar[str] = "target_set"
    published: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class LimitSet:
    """Officers fixed the capacity of a limit, or gave it back to the plan: then `fixed` is none. `limit` is its key."""

    limit: str
    before: int | None
    after: int | None
    fixed: int | None
    kind: ClassVar[str] = "limit_set"
    published: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Recounted:
    """New terms count other limits; those that they count now stand at what is held."""

    kind: ClassVar[str] = "recounted"
    published: ClassVar[bool] = False


Outcome = (
    NominationHeld
    | NominationRefused
    | Offered
    | Waiting
    | Refused
    | Taken
    | Released
    | Left
    | Ended
    | TargetSet
    | LimitSet
    | Recounted
    | Reordered
)
