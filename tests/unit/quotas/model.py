"""What the core must come to, said once more in the plainest way: nothing is kept that can be counted, one command at a time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.quotas.domain import commands as c
from services.quotas.domain.terms import Terms

HELD = ("offered", "taken")


@dataclass
class Entry:
    cell: str
    person: UUID
    state: str = ""
    seen: int = 0
    facts: int = 0
    rank: Any = None
    nominated: bool = False
    ended: bool = False
    until: datetime | None = None
    why: str = ""
    course: str | None = None
    channel: str | None = None
    parts: tuple[str, ...] = ()


@dataclass
class Model:
    """Entries by application; targets, rounds and lists by cell; pools by programme."""

    terms: dict[str, Terms]
    pools: dict[str, int]
    targets: dict[str, int] = field(default_factory=dict)
    entries: dict[UUID, Entry] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    lapsed: dict[str, int] = field(default_factory=dict)
    fixed: dict[str, int | None] = field(default_factory=dict)
    late: timedelta = timedelta()
    """By how much the command under way is decided later than it was asked."""

    def of(self, cell: str) -> Terms:
        return self.terms[cell.split(":")[0]]

    def used(self, cell: str) -> int:
        return len([e for e in self.entries.values() if e.cell == cell and e.state in HELD])

    def free(self, cell: str) -> int:
        return max(0, self.targets[cell] - self.used(cell))

    def holds(self, person: UUID) -> bool:
        return any(e.person == person and e.state in HELD and not e.ended for e in self.entries.values())

    def capacities(self, e: Entry) -> dict[str, int | None]:
        """What an entry draws on besides its cell and its person, and how much of each there is."""
        programme, country, year = e.cell.split(":")
        terms = self.terms[programme]
        found: dict[str, int | None] = {}
        if terms.holders:
            found[f"holders:{programme}:{country}"] = terms.holders.countries.get(country, terms.holders.each)
        if (int(year), e.course) in terms.courses:
            course = terms.courses[int(year), e.course]
            found[f"course:{programme}:{year}:{e.course}"] = course.seats
            found[f"course_country:{e.cell}:{e.course}"] = course.per_country
        if e.channel in terms.channels:
            channel = terms.channels[e.channel]
            share = None if channel.share is None else -int(-channel.share * self.targets[e.cell] // 1)
            found[f"channel:{e.cell}:{e.channel}"] = channel.places if share is None else share
        return found | {key: fixed for key, fixed in self.fixed.items() if key in found and fixed is not None}

    def bounds(self, key: str) -> bool:
        """Whether the terms in force have anything that this limit would bound."""
        kind, programme, *rest = key.split(":")
        terms = self.terms[programme]
        if kind in ("course", "course_country"):
            return (int(rest[-2]), rest[-1]) in terms.courses
        return {"holders": terms.holders is not None, "channel": rest[-1] in terms.channels}.get(kind, True)

    def count(self, key: str) -> int:
        """How much of a limit is drawn on; what a person and a country hold counts until the stay is over."""
        kind, rest = key.split(":", 1)
        if kind == "person":
            return sum(e.state in HELD and not e.ended and str(e.person) == rest for e in self.entries.values())
        if kind == "nomination":
            return sum(e.cell == rest and e.nominated for e in self.entries.values())
        held = (e for e in self.entries.values() if e.state in HELD and not (e.ended and kind == "holders"))
        return sum(key in self.capacities(e) for e in held)

    def counts(self) -> Counter[str]:
        """`count` of every limit that is drawn on, in one look at the entries."""
        found: Counter[str] = Counter(f"nomination:{e.cell}" for e in self.entries.values() if e.nominated)
        for e in self.entries.values():
            if e.state in HELD:
                for key in self.capacities(e):
                    found[key] += not (e.ended and key.startswith("holders:"))
                found[f"person:{e.person}"] += not e.ended
        return found

    def room(self, e: Entry) -> bool:
        if self.free(e.cell) == 0 or self.holds(e.person):
            return False
        return all(c is None or self.count(key) < c for key, c in self.capacities(e).items())

    def waiters(self, cell: str | None = None) -> list[Entry]:
        """Everybody who waits, or who waits in one cell, best first."""
        return sorted((e for e in self.entries.values() if e.state == "waiting" and cell in (None, e.cell)), key=lambda e: e.rank)

    def cap(self, cell: str) -> int | None:
        fixed = self.fixed.get(f"nomination:{cell}")
        return self.of(cell).nomination_cap(self.targets[cell]) if fixed is None else fixed

    def goes_on(self, cell: str, at: datetime) -> bool:
        return at <= self.of(cell).calls[2016].list_closes

    def gives(self, cell: str, at: datetime, *, late: bool = False) -> bool:
        return (late or self.goes_on(cell, at)) and (self.of(cell).calls[2016].grants_from is None or cell in self.served)

    def open(self, cell: str, at: datetime) -> bool:
        return cell not in self.closed and self.goes_on(cell, at)

    def tell(self, e: Entry, state: str, why: str = "") -> None:
        e.state, e.why, e.until, e.facts = state, why, None, e.facts + 1

    def offer(self, e: Entry, at: datetime) -> None:
        self.tell(e, "offered")
        e.until = self.of(e.cell).answer_by(2016, at + self.late)

    def day(self, cell: str, at: datetime) -> date:
        """A day of the call is what stands on a calendar where the call is made."""
        return at.astimezone(self.of(cell).calls[2016].zone).date()

    def takes_part(self, cell: str, at: datetime) -> bool:
        return self.of(cell).takes_part_at_all(cell.split(":")[1], self.day(cell, at))

    def wants_in(self, e: Entry, at: datetime) -> bool:
        """Whether the country takes part in what the entry asks for."""
        return self.of(e.cell).takes_part(e.cell.split(":")[1], self.day(e.cell, at), e.parts, e.course)

    def servable(self, e: Entry, at: datetime, *, late: bool = False) -> bool:
        return self.gives(e.cell, at, late=late) and self.room(e) and self.wants_in(e, at)

    def serve(self, at: datetime, cells: Any = None, *, late: bool = False) -> None:
        """Whatever came free, wherever: everybody who waits (in these cells) and has room now, best first."""
        for e in self.waiters():
            if (cells is None or e.cell in cells) and self.servable(e, at, late=late):
                self.offer(e, at)

    def release(self, e: Entry, at: datetime, why: str) -> None:
        if self.used(e.cell) > self.targets[e.cell]:
            self.pools[e.cell.split(":")[0]] += 1
        elif e.cell in self.settled:
            self.take_out(e.cell, 1)
        elif not self.takes_part(e.cell, at):
            self.to_pool(e.cell, 1)
        self.tell(e, "released", why)
        self.serve(at)

    def to_pool(self, cell: str, places: int) -> None:
        self.targets[cell] -= places
        self.pools[cell.split(":")[0]] += places

    def take_out(self, cell: str, places: int) -> None:
        """A closed year's places lapse, or go to the pool."""
        programme, _country, year = cell.split(":")
        if self.terms[programme].unused == "roll_over":
            self.to_pool(cell, places)
        else:
            self.targets[cell] -= places
            self.lapsed[f"lapsed:{programme}:{year}"] = self.lapsed.get(f"lapsed:{programme}:{year}", 0) + places

    def can_take(self, cell: str, at: datetime) -> bool:
        return cell not in self.settled and self.takes_part(cell, at) and self.used(cell) <= self.targets[cell]

    def do(self, x: Any) -> None:
        """One command."""
        self.late = x.decided_at - x.at if x.decided_at else timedelta()
        if not isinstance(x, c.OfApplication):
            return self.of_cell(x)
        if x.application not in self.entries:
            if not isinstance(x, (c.Nominate, c.RequestPlace)):
                return None
            self.entries[x.application] = Entry(x.cell, x.person)
        e = self.entries[x.application]
        if x.version and x.version <= e.seen:
            return None
        e.seen = x.version or e.seen
        getattr(self, type(x).__name__)(e, x)

    def Nominate(self, e: Entry, x: c.Nominate) -> None:
        if e.state in ("", "nomination_refused"):
            cap = self.cap(e.cell)
            if not self.takes_part(e.cell, x.at):
                self.tell(e, "nomination_refused", "not_participating")
            elif cap is not None and sum(o.nominated for o in self.entries.values() if o.cell == e.cell) >= cap:
                self.tell(e, "nomination_refused", "nomination_cap")
            else:
                e.state, e.nominated, e.why = "nominated", True, ""

    def RequestPlace(self, e: Entry, x: c.RequestPlace) -> None:
        if e.state not in ("", "nominated", "nomination_refused"):
            return
        e.rank, terms, cell = (-x.score, x.submitted_at, x.application), self.of(e.cell), e.cell
        e.course, e.channel, e.parts = x.course, x.channel, x.parts
        if not self.wants_in(e, x.at):
            return self.tell(e, "refused", "not_participating")
        if e.course and terms.courses and (2016, e.course) not in terms.courses:
            return self.tell(e, "refused", "unknown_course")
        if e.channel and terms.channels and e.channel not in terms.channels:
            return self.tell(e, "refused", "unknown_channel")
        if e.state == "nomination_refused":
            return self.tell(e, "refused", e.why)
        cap, counted = self.cap(cell), sum(o.nominated for o in self.entries.values() if o.cell == cell)
        if terms.nomination_in_route and not e.nominated and cap is not None and counted >= cap:
            return self.tell(e, "refused", "nomination_cap")
        if self.holds(e.person):
            return self.tell(e, "refused", "person_holds_place")
        e.nominated = e.nominated or terms.nomination_in_route
        if self.gives(cell, x.at) and self.room(e):
            return self.offer(e, x.at)
        if not self.open(cell, x.at):
            return self.tell(e, "refused", "list_closed")
        if self.gives(cell, x.at) and len(self.waiters(cell)) >= terms.list_size(self.targets[cell]):
            return self.tell(e, "refused", "list_full")
        return self.tell(e, "waiting")

    def Accept(self, e: Entry, x: c.Accept) -> None:
        if e.state == "offered" and e.facts == x.place_version:
            assert e.until is not None
            self.tell(e, "taken") if x.at <= e.until else self.release(e, x.at, "expired")

    def Decline(self, e: Entry, x: c.Decline) -> None:
        if e.state == "offered" and e.facts == x.place_version:
            self.release(e, x.at, "declined")

    def Expire(self, e: Entry, x: c.Expire) -> None:
        if e.state == "offered" and e.facts == x.place_version and e.until is not None and x.at > e.until:
            self.release(e, x.at, "expired")

    def Withdraw(self, e: Entry, x: c.Withdraw) -> None:
        if e.state in HELD and not e.ended:
            self.release(e, x.at, "withdrawn")
        elif e.state in ("waiting", "nominated"):
            e.state, e.nominated = "released", False

    def End(self, e: Entry, x: c.End) -> None:
        if e.state == "taken" and not e.ended:
            if x.reason == "left" and self.open(e.cell, x.at):
                return self.release(e, x.at, "ended")
            e.ended = True
            self.serve(x.at)

    def of_cell(self, x: Any) -> None:
        cell, programme = x.cell, x.cell.split(":")[0]
        if isinstance(x, c.SetLimit):
            if self.bounds(x.key):
                self.fixed[x.key] = x.capacity
                self.serve(x.at)
            return None
        if isinstance(x, c.ServeLists):
            self.serve(x.at, x.cells)
        elif isinstance(x, c.Reorder):
            self.reorder(cell, x)
        elif isinstance(x, c.EndParticipation):
            left = self.of(cell).has_left(cell.split(":")[1], self.day(cell, x.at))
            for e in self.waiters(cell):
                if left or not self.wants_in(e, x.at):
                    self.tell(e, "refused", "not_participating")
            if left:
                self.to_pool(cell, self.free(cell))
        elif isinstance(x, c.SetTarget):
            gained = max(0, x.target - self.used(cell)) - self.free(cell)
            if gained <= self.pools[programme] and cell not in self.settled:
                self.pools[programme] -= gained
                self.targets[cell] = x.target
                self.serve(x.at)
        elif isinstance(x, c.MovePlaces):
            has = self.pools[programme] if x.source is None else self.free(x.source)
            if x.places <= has and (x.target is None or self.can_take(x.target, x.at)):
                self.pools[programme] += x.places * ((x.target is None) - (x.source is None))
                for key, by in ((x.source, -x.places), (x.target, x.places)):
                    if key is not None:
                        self.targets[key] += by
                if x.target is not None:
                    self.serve(x.at)
        elif isinstance(x, c.ServeRound) and cell not in self.served:
            self.served.add(cell)
            self.serve(x.at, (cell,), late=True)
            size = self.of(cell).list_size(self.targets[cell]) + (0 if self.takes_part(cell, x.at) else self.free(cell))
            for number, e in enumerate(self.waiters(cell)):
                self.tell(e, "waiting") if number < size else self.tell(e, "refused", "list_full")
        elif (
            isinstance(x, c.CloseYear) and cell in self.closed - self.settled and x.at > x.ends_at == self.of(cell).calls[2016].list_closes
        ):
            self.settled.add(cell)
            if self.free(cell):
                self.take_out(cell, self.free(cell))
        elif isinstance(x, c.CloseList) and cell not in self.closed:
            self.closed.add(cell)
            for e in self.waiters(cell):
                self.tell(e, "refused", "list_closed")

    def reorder(self, cell: str, x: c.Reorder) -> None:
        """The one stands directly ahead of the other, by a rank a hair better than the other's; nothing, where there is none between."""
        e, other, row = self.entries.get(x.application), self.entries.get(x.ahead_of), self.waiters(cell)
        if e is None or other is None or e is other or e not in row or other not in row:
            return
        rank = (other.rank[0], other.rank[1] - timedelta(microseconds=1), x.application)
        at = row.index(other)
        if at == 0 or (row[at - 1] is not e and row[at - 1].rank < rank):
            e.rank = rank
