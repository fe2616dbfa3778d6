"""Decisions and transfers read again by somebody who has nothing else: what each must be, given those before it.

They come in the order in which they were made. What is remembered grows with counters, cells and those who wait or hold a place,
not with what was read. The first thing at fault is raised as `Wrong`; what comes after it says nothing any more.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from services.quotas.domain.chain import canonical, digest
from services.quotas.domain.ledger import Expected, Ledger, Move, expected_moves
from services.quotas.domain.model import GENESIS, OFFERED, RELEASED, TAKEN, WAITING
from services.quotas.domain.shapes import REORDERED, SAYS, CountedUse, Wrong, body_of, changes_allowed, comes_after

PARTICIPATION: Final = "participation:"
"""Begins what somebody lacked whose country does not take part in what they asked for: no counter, but the plan's terms."""

_Rank = tuple[int, datetime, str]


class Counted(NamedTuple):
    """A limit's counter after its last change that was read."""

    version: int
    used: int


_NEVER: Final = Counted(0, 0)


class Standing(NamedTuple):
    """What an application is after its last decision that was read, and in which cell."""

    state: str
    cell: str


@dataclass(slots=True)
class Chain:
    """A cell after its last decision that was read: the head of its chain, its target, what is used of it, and its list, best first."""

    number: int = 0
    hash: str = GENESIS
    target: int = 0
    used: int = 0
    waiters: list[_Rank] = field(default_factory=list)


@dataclass(slots=True)
class Audit:
    """Everything that is known after what was read.

    `scope` is what the export covers: nothing for everything, a programme's code, or a cell's key. A counter that others may draw on too
    may jump from one use to the next, all others may not.
    """

    scope: str = ""
    chains: dict[str, Chain] = field(default_factory=dict)
    counters: dict[str, Counted] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    ranks: dict[str, _Rank] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    decisions: int = 0

    def decision(self, record: str, kept: str) -> str:
        """Read the next decision, given as its record and hash; the cell that it is of."""
        self.ledger.nothing_is_missing()
        body = body_of(record)
        cell, number = body["cell"], body["number"]
        chain = self.chains.setdefault(cell, Chain())
        at = (cell, number)
        if not self.covers(cell):
            raise Wrong("covers", f"the file says that it covers {self.scope} only", *at)
        if canonical(body) != record:
            raise Wrong("canonical", "the record is not written in the one canonical way (keys sorted, no blanks, ASCII)", *at)
        if digest(record) != kept:
            raise Wrong("hash", f"the record hashes to {digest(record)}, kept is {kept}", *at)
        if number != chain.number + 1:
            raise Wrong("number", f"number {number} of {cell} follows number {chain.number}, expected was {chain.number + 1}", *at)
        if body["prev"] != chain.hash:
            raise Wrong("link", f"the decision before it has the hash {chain.hash}, this one names {body['prev']}", *at)
        self._says_what_it_may(body)
        stood = self.standings.get(body["application"])
        uses = [CountedUse._make(use.values()) for use in body["limits"]]  # a canonical record has them in this order
        self._limits(body, uses)
        self._order(body, uses, chain)
        target, chain.target = chain.target, self._target(body, uses, chain.target)
        self.ledger.expect(Expected(body, expected_moves(body, stood and stood.state, target, chain.target, chain.used)))
        chain.used = next((use.after for use in uses if use.key == f"cell:{cell}"), chain.used)
        chain.number, chain.hash = number, kept
        self._follow(body, chain)
        self.decisions += 1
        return str(cell)

    def transfer(self, move: Move) -> None:
        """Read the next transfer: one of the decision before it, or one that brings a programme's places into its pool or out of it."""
        self.ledger.book(move, in_scope=self._closed)

    def _says_what_it_may(self, body: Mapping[str, Any]) -> None:
        cell, number, outcome, application = body["cell"], body["number"], body["outcome"], body["application"]
        state, where = self.standings.get(application, Standing("", cell))
        if where != cell:
            raise Wrong("state", f"{application} is {state} in {where}: no decision of {cell} can be about it", cell, number)
        if application is not None and state not in comes_after(outcome):
            raise Wrong("state", f"{application} is {state or 'nothing here'}, and cannot become {outcome}", cell, number)
        if (application is None) != (comes_after(outcome) == ()):
            raise Wrong("state", f"{outcome} is {'' if application is None else 'not '}about an application", cell, number)
        says = SAYS[outcome]
        for name in ("lacking", "limit", "position", "reason", "skips", "until"):
            if (value := body[name]) is not None and value != [] and name not in says:
                raise Wrong("field", f"{outcome} says nothing of {name}, found {value!r}", cell, number)
        for name in says:
            if body[name] is None and name in ("position", "reason", "until"):
                raise Wrong("field", f"{outcome} must say {name}", cell, number)

    # ------------------------------------------------------------------ limits

    def covers(self, name: str) -> bool:
        """Whether a programme or a cell is in the export."""
        return not self.scope or name == self.scope or name.startswith(f"{self.scope}:")

    def _closed(self, key: str) -> bool:
        """Whether everything that touches this counter or account is covered by the export."""
        return self.covers(key.partition(":")[2])

    def _limits(self, body: Mapping[str, Any], uses: Sequence[CountedUse]) -> None:
        at = (body["cell"], body["number"])
        seen: set[str] = set()
        for use in uses:
            if use.key in seen or use.key.partition(":")[0] != use.kind:
                raise Wrong("field", f"{use.key} of kind {use.kind} stands there twice, or is not of its kind", *at)
            seen.add(use.key)
            known = self._known(body, use)
            if use.version != known.version or use.before != known.used:
                raise Wrong(
                    "counter",
                    f"{use.key} stood at {known.used} (version {known.version}), the decision says {use.before} (version {use.version})",
                    *at,
                )
            if use.after - use.before not in changes_allowed(body["outcome"], use.kind):
                raise Wrong("counter", f"{use.key} went from {use.before} to {use.after}, which {body['outcome']} does not do", *at)
            if use.after > use.before and use.capacity is not None and use.after > use.capacity and body["outcome"] != "recounted":
                raise Wrong("capacity", f"{use.key} went to {use.after} of {use.capacity}", *at)
            if use.after < 0:
                raise Wrong("counter", f"{use.key} went to {use.after}", *at)
            if use.kind != "cell" and (use.after != use.before or body["outcome"] == "limit_set"):
                self.counters[use.key] = Counted(use.version + 1, use.after)
        needed = f"cell:{body['cell']}"
        if body["outcome"] in (OFFERED, RELEASED, "target_set") and needed not in seen:
            raise Wrong("counter", f"{body['outcome']} must draw on {needed}", *at)
        if body["outcome"] == OFFERED:
            shown = {use.key for use in uses if use.before == use.after}
            passed = {limit for _application, limit in body["skips"] if not limit.startswith(PARTICIPATION)}
            if shown != passed:
                raise Wrong("counter", f"limits looked at are {sorted(shown)}, those that somebody lacked {sorted(passed)}", *at)

    def _known(self, body: Mapping[str, Any], use: CountedUse) -> Counted:
        """Where the counter stands; where others may have drawn on it, as the decision says, as long as it has not gone back."""
        if use.kind == "cell":
            chain = self.chains[body["cell"]]
            if use.key != f"cell:{body['cell']}":
                raise Wrong("counter", f"a decision of {body['cell']} draws on {use.key}", body["cell"], body["number"])
            return Counted(body["number"] - 1, chain.used)
        known = self.counters.get(use.key, _NEVER)
        if not self._closed(use.key) and use.version > known.version:
            return Counted(use.version, use.before)
        return known

    def _target(self, body: Mapping[str, Any], uses: Iterable[CountedUse], target: int) -> int:
        """The cell's target after the decision: another only where it was set, or where a place goes back of a country that has left."""
        own = next((use for use in uses if use.kind == "cell"), None)
        if own is None or own.capacity == target:
            return target
        given_back = body["outcome"] == RELEASED and own.before <= target and own.capacity == target - 1
        if own.capacity is None or not (given_back or body["outcome"] == "target_set"):
            raise Wrong("target", f"the cell had {target} places, the decision says {own.capacity}", body["cell"], body["number"])
        return own.capacity

    # ------------------------------------------------------------------ order

    def _order(self, body: Mapping[str, Any], uses: Sequence[CountedUse], chain: Chain) -> None:
        """Nobody better ranked is left behind, but for a reason that is stored and true."""
        if body["outcome"] == WAITING:
            self._waiting(body, uses)
        if body["outcome"] != OFFERED:
            return
        at, mine = (body["cell"], body["number"]), _rank(body)
        passed = dict(body["skips"])
        for application, limit in body["skips"]:
            rank = self.ranks.get(application)
            if rank is None or chain.waiters[bisect_left(chain.waiters, rank) :][:1] != [rank]:
                raise Wrong("skip", f"{application} was passed over, but does not wait in this cell", *at)
            self._lacked(body, uses, limit)
        left = next((rank for rank in chain.waiters[: bisect_left(chain.waiters, mine)] if rank[2] not in passed), None)
        if left is not None:
            raise Wrong("overtaken", f"{left[2]} waits, ranks before {body['application']}, and no reason is given", *at)

    def _lacked(self, body: Mapping[str, Any], uses: Iterable[CountedUse], limit: str) -> None:
        use = next((one for one in uses if one.key == limit), None)
        if use is not None and use.had_room():
            raise Wrong("skip", f"somebody was passed over for want of room in {limit}, which had room", body["cell"], body["number"])

    def _waiting(self, body: Mapping[str, Any], uses: Iterable[CountedUse]) -> None:
        full = {use.key for use in uses if use.before == use.after and not use.had_room()}
        if body["position"] and full != set(body["lacking"]):
            raise Wrong("lacking", f"the limits without room are {sorted(full)}, named are {body['lacking']}", body["cell"], body["number"])

    def _follow(self, body: Mapping[str, Any], chain: Chain) -> None:
        application, outcome = body["application"], body["outcome"]
        if application is None:
            return
        at = (body["cell"], body["number"])
        rank = self.ranks.get(application)
        if rank is not None and outcome == REORDERED:
            rank = self._by_hand(body, chain, rank)
        if rank is not None and _rank(body) != rank:
            raise Wrong("rank", f"{application} waits with the rank {rank[0]}, {rank[1]}; the decision says {body['rank']}", *at)
        if rank is None and outcome == WAITING:
            rank = self.ranks[application] = _rank(body)
            insort(chain.waiters, rank)
        elif rank is not None and outcome not in (WAITING, REORDERED):
            del chain.waiters[bisect_left(chain.waiters, rank)], self.ranks[application]
        told = (0,) if outcome == WAITING else ()
        if outcome in (WAITING, REORDERED) and rank is not None and body["position"] not in (*told, bisect_left(chain.waiters, rank) + 1):
            raise Wrong("position", f"position {body['position']}, by rank it is {bisect_left(chain.waiters, rank) + 1}", *at)
        if outcome == REORDERED:
            return
        if outcome in (WAITING, OFFERED, TAKEN, "nominated"):
            self.standings[application] = Standing(outcome, body["cell"])
        else:
            self.standings.pop(application, None)

    def _by_hand(self, body: Mapping[str, Any], chain: Chain, rank: _Rank) -> _Rank:
        """Two people gave the application another rank: from here on it is this one that nobody may overtake, or be overtaken by."""
        del chain.waiters[bisect_left(chain.waiters, rank)]
        moved = self.ranks[body["application"]] = _rank(body)
        insort(chain.waiters, moved)
        return moved


def _rank(body: Mapping[str, Any]) -> _Rank:
    if body["rank"] is None:
        raise Wrong("rank", f"{body['outcome']} needs a rank", body["cell"], body["number"])
    score, submitted_at = body["rank"]
    return -score, datetime.fromisoformat(submitted_at), body["application"]
