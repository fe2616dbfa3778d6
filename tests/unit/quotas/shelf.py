"""Books in memory: keeps what a database would keep, and shows the core no more of it than the store would load."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as StoredUUID

from services.quotas.domain import reach
from services.quotas.domain.commands import (
    Accept,
    Command,
    Decline,
    End,
    Expire,
    Nominate,
    OfApplication,
    Reorder,
    RequestPlace,
    SetTarget,
    Withdraw,
)
from services.quotas.domain.decide import decide
from services.quotas.domain.limits import PLACE_KINDS, keys_of
from services.quotas.domain.model import (
    GENESIS,
    Books,
    CellState,
    Decision,
    Ignored,
    Limit,
    Listed,
    PlaceState,
    Transfer,
    Verdict,
    rank_of,
)
from services.quotas.domain.terms import Call, Period, Terms

NOW = datetime(2016, 1, 20, 9, 0, tzinfo=UTC)
FIRST = NOW - timedelta(days=30)
CLOSES = datetime(2016, 8, 15, 12, 0, tzinfo=UTC)
DUE = datetime(2016, 6, 30, 12, 0, tzinfo=UTC)
PE, BR = "training:PE:2016", "training:BR:2016"


def terms(programme: str = "training", **other: Any) -> Terms:
    """A rolling programme of 2016 in which Peru and Brazil take part; a list as long as there are places, two at least."""
    grants_from = other.pop("grants_from", None)
    usual: dict[str, Any] = {
        "programme": programme,
        "rule": "example:1",
        "calls": {2016: Call(grants_from, other.pop("answers_due", DUE), other.pop("list_closes", CLOSES), other.pop("zone", UTC))},
        "offer_days": 14,
        "participation": {country: (Period(date(2015, 1, 9), None, frozenset()),) for country in ("PE", "BR")},
        "list_ratio": 1.0,
        "list_at_least": 2,
        "nomination_ratio": None,
        "nomination_in_route": False,
        "holds_per_person": 1,
    }
    return Terms(**{**usual, **other})


@cache
def _unused(key: str) -> Limit:
    return Limit(key, key.partition(":")[0], None, 0, 0)


class Shelf:
    """The books of some programmes, and everything that was ever decided.

    `spare`: how many more of a waiting list are shown with the first look than places may come free.
    """

    def __init__(self, *programmes: Terms, pool: int = 10, spare: int = reach.SPARE) -> None:
        self.terms = {one.programme: one for one in programmes or (terms(),)}
        self.cells: dict[str, CellState] = {}
        self.limits: dict[str, Limit] = {}
        self.places: dict[UUID, PlaceState] = {}
        self.pools = dict.fromkeys(self.terms, pool)
        self.total = dict(self.pools)
        self.lapsed: dict[str, int] = {}
        self.decisions: list[Decision] = []
        self.transfers: list[Transfer] = []
        self.starts, self.spare = 0, spare
        self._balances: defaultdict[str, int] = defaultdict(int)
        self._added_up = 0
        self._drawn: dict[UUID, tuple[PlaceState, Terms, list[str]]] = {}

    def cell(self, key: str, target: int = 0, *, listed: bool = True) -> str:
        """Open a cell with so many places from the pool; its key."""
        self.cells[key] = self._unlisted(key)._replace(listed=listed)
        if target:
            self.run(SetTarget(cell=key, at=NOW, target=target, cause="allotted"))
        return key

    def run(self, *commands: Command) -> Verdict:
        """Decide them as one batch and keep what follows."""
        gaining = self.that_wait_for(reach.limits_that_gain(self.cells, self.terms, self.places, commands))
        cells = {c.cell for c in commands}.union(*gaining.values())
        limits: set[str] = set()
        lists: set[str] = set()
        whole: set[str] = set()
        spare = self.spare
        pools = set(reach.pools_drawn_on(commands))
        for _start in range(50):
            self.starts += 1
            verdict = decide(self._books(commands, cells, limits, (lists, whole, spare), gaining, pools), commands)
            if verdict.needs is None:
                self._keep(verdict)
                return verdict
            cells |= verdict.needs.cells
            limits |= verdict.needs.limits
            lists |= verdict.needs.lists
            whole |= verdict.needs.whole
            spare *= reach.SPARE_GROWS if verdict.needs.further else 1
            gaining |= self.that_wait_for(verdict.needs.gaining)
            pools |= verdict.needs.pools
        raise AssertionError(f"never enough: {verdict.needs}")

    def that_wait_for(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The cells in which somebody waits who draws on each of these limits."""
        if not keys:
            return {}
        waiting = [(place.cell, self.drawn_by(place)) for place in self.places.values() if place.state == "waiting"]
        return {key: tuple(sorted({cell for cell, drawn in waiting if key in drawn})) for key in keys}

    def drawn_by(self, place: PlaceState) -> list[str]:
        """The keys of every limit that a place draws on, the cell's own left out."""
        cell = self.cells[place.cell]
        terms, known = self.terms[cell.programme], self._drawn.get(place.application)
        if known is None or known[0] is not place or known[1] is not terms:
            known = self._drawn[place.application] = place, terms, keys_of(PLACE_KINDS, terms, cell, place)
        return known[2]

    def _books(
        self,
        commands: Sequence[Command],
        cells: set[str],
        limits: set[str],
        wanted: tuple[set[str], set[str], int],
        gaining: dict[str, tuple[str, ...]],
        pools: set[str],
    ) -> Books:
        shown = {key: self.cells.get(key) or self._unlisted(key) for key in cells}
        lists, whole, spare = wanted
        first = reach.lists_to_load(shown, self.terms, commands, besides=lists, whole=whole, spare=spare)
        listed = {key: self._listed(key, most, commands) for key, most in first.items()}
        asked = [command.application for command in commands if isinstance(command, (OfApplication, Reorder))]
        places = {application: self.places[application] for application in asked if application in self.places}
        keys = reach.limits_to_lock(shown, self.terms, places, listed, commands, spare) | limits
        return Books(
            terms=self.terms,
            cells=shown,
            limits={key: self.limits.get(key) or _unused(key) for key in keys},
            places=places,
            lists=listed,
            elsewhere=dict(gaining),
            pools={programme: self.pools[programme] for programme in pools},
        )

    def _listed(self, key: str, most: int, commands: Sequence[Command]) -> Listed:
        waiting = sorted((p for p in self.places.values() if p.cell == key and p.state == "waiting"), key=rank_of)
        first = tuple(reversed(waiting[:most]))
        asking = [one for one in commands if isinstance(one, RequestPlace) and one.cell == key] if most < len(waiting) else []
        if not asking:
            return Listed(first)
        ranks = [rank_of(one) for one in waiting]
        return Listed(first, {one.application: bisect_left(ranks, (-one.score, one.submitted_at, one.application)) for one in asking})

    def _unlisted(self, key: str) -> CellState:
        programme, country, year = key.split(":")
        return CellState(key, programme, country, int(year), False, 0, 0, 0, 0, 0, 0, GENESIS, False, False)

    def _keep(self, verdict: Verdict) -> None:
        for cell in verdict.cells:
            self.cells[cell.key] = cell
        for limit in verdict.limits:
            self.limits[limit.key] = limit
        for place in verdict.places:
            self.places[place.application] = place
        for programme, gained in verdict.pools.items():
            self.pools[programme] += gained
        for account, gained in verdict.lapsed.items():
            self.lapsed[account] = self.lapsed.get(account, 0) + gained
        self.decisions += verdict.decisions
        self.transfers += verdict.transfers

    # ------------------------------------------------------------------ looking

    def state(self, *people: "Person") -> list[str]:
        return [self.places[one.application].state if one.application in self.places else "" for one in people]

    def figures(self, key: str) -> tuple[int, int, int, int, int]:
        """Target, free, offered, taken, waiting."""
        cell = self.cells[key]
        return cell.target, cell.free, cell.offered, cell.taken, cell.waiting

    def last(self, person: "Person") -> Decision:
        """The last decision about somebody."""
        return next(one for one in reversed(self.decisions) if one.application == person.application)

    def balances(self) -> dict[str, int]:
        """What the transfers add up to, by account."""
        for one in self.transfers[self._added_up :]:
            self._balances[one.source] -= one.places
            self._balances[one.target] += one.places
        self._added_up = len(self.transfers)
        return dict(self._balances)


def id_of(number: int) -> UUID:
    """An id as the database's driver gives it back: made, hashed and compared in less time than Python's own."""
    return StoredUUID(number.to_bytes(16))


class Person:
    """Somebody with an application to a cell; numbers stand for ids, so that order is plain: who comes first ranks first."""

    made = 0

    def __init__(
        self,
        cell: str = PE,
        *,
        score: int = 50_000,
        who: "Person | None" = None,
        parts: tuple[str, ...] = (),
        course: str | None = None,
        channel: str | None = None,
    ) -> None:
        Person.made += 1
        self.number = Person.made
        self.cell, self.score, self.parts, self.course, self.channel = cell, score, parts, course, channel
        self.application = id_of(self.number)
        self.person: UUID = who.person if who else id_of(self.number << 64)
        self.version = 0

    def _about(self, at: datetime, version: int | None) -> dict[str, Any]:
        if version is None:
            self.version = version = self.version + 1
        event = id_of(self.number << 32 | version)
        return {
            "cell": self.cell, "at": at, "event": event, "application": self.application, "person": self.person, "version": version,
        }  # fmt: skip

    def nominated(self, at: datetime = NOW, version: int | None = None) -> Nominate:
        return Nominate(**self._about(at, version))

    def asks(self, at: datetime = NOW, version: int | None = None) -> RequestPlace:
        return RequestPlace(
            **self._about(at, version),
            score=self.score,
            submitted_at=FIRST + timedelta(seconds=self.number),
            parts=self.parts,
            course=self.course,
            channel=self.channel,
        )

    def accepts(self, place_version: int = 1, at: datetime = NOW, version: int | None = None) -> Accept:
        return Accept(**self._about(at, version), place_version=place_version)

    def declines(self, place_version: int = 1, at: datetime = NOW, version: int | None = None) -> Decline:
        return Decline(**self._about(at, version), place_version=place_version)

    def withdraws(self, at: datetime = NOW, version: int | None = None) -> Withdraw:
        return Withdraw(**self._about(at, version))

    def ends(self, reason: str = "left", at: datetime = NOW, version: int | None = None) -> End:
        return End(**self._about(at, version), reason=reason)

    def expires(self, place_version: int = 1, at: datetime = NOW) -> Expire:
        return Expire(**self._about(at, 0), place_version=place_version)


def reasons(ignored: Iterable[Ignored]) -> list[str]:
    return [one.reason for one in ignored]
