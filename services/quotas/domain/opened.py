"""Working copies of what was loaded: a cell, a limit, an application's place. They live for one batch."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.quotas.domain.commands import Command
from services.quotas.domain.limits import CELL
from services.quotas.domain.model import CellState, Needs, PlaceState, Rank
from services.quotas.domain.terms import Call, Terms


class Missing(Exception):
    """Something that the decision touches was not loaded."""

    def __init__(self, needs: Needs) -> None:
        super().__init__("more has to be locked and loaded")
        self.needs = needs


class Cause(NamedTuple):
    """Why something is decided: when, by which event, and the word for it. `offers_from`: when the days of an offer begin to count."""

    at: datetime
    event: UUID | None
    name: str
    offers_from: datetime


def because(command: Command, name: str) -> Cause:
    """The cause of what is decided by this command."""
    return Cause(command.at, command.event, name, command.decided_at or command.at)


class Counter:
    """A limit's working copy: `capacity` is as it is now, `kept` as it was when the limit was last drawn on, which is what is stored."""

    __slots__ = ("capacity", "changed", "fixed", "kept", "key", "kind", "used", "version")

    def __init__(self, key: str, kind: str, capacity: int | None, used: int, version: int, fixed: int | None = None) -> None:
        self.key, self.kind, self.capacity, self.used, self.version, self.fixed = key, kind, capacity, used, version, fixed
        self.kept = capacity
        self.changed = False

    def has_room(self) -> bool:
        return self.capacity is None or self.used < self.capacity


class OpenCell:
    """A cell's working copy. Its own limit is `counter`: capacity is the target, used is what is offered and taken."""

    __slots__ = (
        "bounded",
        "changed",
        "closed",
        "counter",
        "country",
        "key",
        "last_decision",
        "last_hash",
        "listed",
        "offered",
        "programme",
        "served",
        "settled",
        "taken",
        "terms",
        "waiting",
        "year",
    )  # fmt: skip

    def __init__(self, state: CellState, terms: Terms) -> None:
        self.key, self.programme, self.country, self.year = state.key, state.programme, state.country, state.year
        self.terms, self.bounded = terms, terms.bounded
        self.listed, self.served, self.closed, self.settled = state.listed, state.served, state.closed, state.settled
        self.offered, self.taken, self.waiting = state.offered, state.taken, state.waiting
        self.last_decision, self.last_hash = state.last_decision, state.last_hash
        self.counter = Counter(f"cell:{state.key}", CELL.name, state.target, state.offered + state.taken, state.last_decision)
        self.changed = False

    @property
    def target(self) -> int:
        return self.counter.capacity or 0

    @property
    def free(self) -> int:
        return max(0, self.target - self.counter.used)

    @property
    def unused(self) -> str:
        """The account of places that nobody uses once the year was closed: `pool`, or `lapsed`."""
        return "pool" if self.terms.unused == "roll_over" else "lapsed"

    def account(self, name: str) -> str:
        """The whole name of an account: `pool` is the programme's, `lapsed` its year's, the others are the cell's."""
        if name == "pool":
            return f"pool:{self.programme}"
        return f"lapsed:{self.programme}:{self.year}" if name == "lapsed" else f"{name}:{self.key}"

    @property
    def call(self) -> Call | None:
        """The year's call; none where the plan has no such cell, or no longer."""
        return self.terms.calls.get(self.year) if self.listed else None

    def day(self, at: datetime) -> date:
        """The day that a moment falls on here."""
        return self.terms.day(self.year, at)

    def before_round(self) -> bool:
        """Whether everybody waits for the moment at which the list is served."""
        return self.call is not None and self.call.grants_from is not None and not self.served

    def goes_on(self, at: datetime) -> bool:
        """Whether the call is not over (its last second inside), whenever the sweep comes that closes its list."""
        return self.call is not None and at <= self.call.list_closes

    def list_is_open(self, at: datetime) -> bool:
        """Whether somebody may still wait."""
        return self.goes_on(at) and not self.closed

    def serves(self, at: datetime, *, late: bool = False) -> bool:
        """Whether places are given now: a round's list was served, the country takes part, and the call goes on, or it is `late`."""
        in_time = self.call is not None if late else self.goes_on(at)
        return in_time and not self.before_round() and self.terms.takes_part_at_all(self.country, self.day(at))

    def as_state(self) -> CellState:
        return CellState(
            self.key, self.programme, self.country, self.year, self.listed, self.target, self.free, self.offered, self.taken,
            self.waiting, self.last_decision, self.last_hash, self.served, self.closed, self.settled,
        )  # fmt: skip


class OpenPlace:
    """The working copy of what one application has."""

    __slots__ = (
        "answer_by", "application", "application_version", "cell", "changed", "channel", "course", "decided_at", "decision", "drawn",
        "ended", "nominated", "parts", "person", "position", "reason", "reason_limit", "score", "state", "submitted_at", "version",
    )  # fmt: skip

    def __init__(self, state: PlaceState) -> None:
        (
            self.application, self.person, self.cell, self.state, self.application_version, self.version, self.decision, self.score,
            self.submitted_at, self.parts, self.course, self.channel, self.nominated, self.ended, self.position, self.answer_by,
            self.reason, self.reason_limit, self.decided_at,
        ) = state  # fmt: skip
        self.changed = False
        self.drawn: dict[str, Counter | None] = {}
        """The counters that it draws on, by kind, as far as anybody asked."""

    def asks(self, score: int, submitted_at: datetime, parts: tuple[str, ...], course: str | None, channel: str | None) -> None:
        """A place is asked for: what it ranks by, and what it draws on."""
        self.score, self.submitted_at, self.parts, self.course, self.channel = score, submitted_at, parts, course, channel
        self.drawn.clear()

    @property
    def rank(self) -> Rank:
        assert self.submitted_at is not None, "only who asked for a place has a rank"
        return (-self.score, self.submitted_at, self.application)

    def as_state(self) -> PlaceState:
        return PlaceState(
            self.application, self.person, self.cell, self.state, self.application_version, self.version, self.decision, self.score,
            self.submitted_at, self.parts, self.course, self.channel, self.nominated, self.ended, self.position, self.answer_by,
            self.reason, self.reason_limit, self.decided_at,
        )  # fmt: skip
