"""The books kept again from transfers alone: every decision moves what it must and nothing else, and no account goes below nothing."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from services.quotas.domain.shapes import Wrong

FUNDING: Final[Mapping[str, tuple[str, str]]] = {"funded": ("plan", "pool"), "withdrawn_from_plan": ("pool", "plan")}
"""What may move without a decision: cause -> the accounts that it moves between."""


UNUSED: Final = "pool or lapsed"
"""Stands for the account of places that nobody may use any more: the programme's pool, or what lapsed in the cell's year."""


class Move(NamedTuple):
    """One transfer. `cell` and `decision` are none where a programme as a whole was funded."""

    programme: str
    cell: str | None
    decision: int | None
    source: str
    target: str
    places: int
    cause: str
    at: str


class Expected(NamedTuple):
    """The transfers that a decision must have, as (source, target, count); an account that is not named may be any."""

    body: Mapping[str, Any]
    moves: Sequence[tuple[str | None, str | None, int]]


def expected_moves(
    body: Mapping[str, Any], state: str | None, target: int, new_target: int, used: int
) -> list[tuple[str | None, str | None, int]]:
    """What a decision moves: `state` is where its application was, `target` and `used` the cell's before it."""
    cell, programme = body["cell"], body["cell"].partition(":")[0]
    match body["outcome"]:
        case "offered":
            return [(f"free:{cell}", f"offered:{cell}", 1)]
        case "taken":
            return [(f"offered:{cell}", f"taken:{cell}", 1)]
        case "released":
            if new_target < target:
                return [(f"{state}:{cell}", UNUSED, 1)]
            return [(f"{state}:{cell}", f"free:{cell}" if used <= target else f"pool:{programme}", 1)]
        case "target_set":
            gained = max(0, new_target - used) - max(0, target - used)
            if gained:
                return [(None, f"free:{cell}", gained)] if gained > 0 else [(f"free:{cell}", None, -gained)]
    return []


@dataclass(slots=True)
class Ledger:
    """Balances by account after the transfers read so far; `plan:<programme>` is outside of the books, and its balance what is funded."""

    balances: Counter[str] = field(default_factory=Counter)
    transfers: int = 0
    scope: str = ""
    """The cell that is looked at alone, where it is only one."""
    _handed: tuple[str, int] | None = None
    """Free places that another cell gave; the decision that takes them comes next."""
    _expected: Expected | None = None
    _open: list[tuple[str | None, str | None, int]] = field(default_factory=list)

    def expect(self, expected: Expected) -> None:
        """A decision was read, and its transfers come next."""
        self._expected, self._open = expected, list(expected.moves)
        if self._handed is not None:
            cell, count = self._handed
            if self._open != [(None, f"free:{cell}", count)]:
                body = expected.body
                raise Wrong("transfer", f"{count} places were handed to {cell}; expected that it takes them", body["cell"], body["number"])
            self._handed, self._open = None, []

    def nothing_is_missing(self) -> None:
        """Whether the decision before has all its transfers."""
        if self._open and self._expected is not None:
            source, target, count = self._open[0]
            body = self._expected.body
            raise Wrong(
                "transfer",
                f"{body['outcome']} moves {count} from {source or 'another account'} to {target or 'another account'}; no transfer says so",
                body["cell"],
                body["number"],
            )

    def nothing_is_on_its_way(self) -> None:
        """Whether everything that was handed over was taken."""
        self.nothing_is_missing()
        if self._handed is not None:
            raise Wrong("transfer", f"{self._handed[1]} places were handed over, and no decision takes them", self._handed[0])

    def book(self, move: Move, *, in_scope: Callable[[str], bool]) -> None:
        """Read the next transfer."""
        at = (move.cell, move.decision)
        if move.places <= 0:
            raise Wrong("transfer", f"{move.places} places cannot be moved", *at)
        if move.decision is None:
            self._funding(move)
        elif self.scope and move.cell != self.scope and move.target == f"free:{self.scope}":
            self.nothing_is_on_its_way()
            self._handed = (self.scope, move.places)
        else:
            self._of_decision(move)
        self.balances[move.source] -= move.places
        self.balances[move.target] += move.places
        self.transfers += 1
        if not move.source.startswith("plan:") and in_scope(move.source) and self.balances[move.source] < 0:
            raise Wrong("negative", f"{move.source} goes to {self.balances[move.source]}", *at)

    def _funding(self, move: Move) -> None:
        self.nothing_is_missing()
        self._expected = None
        accounts = FUNDING.get(move.cause)
        if move.cell is not None or accounts is None or (move.source, move.target) != tuple(f"{one}:{move.programme}" for one in accounts):
            raise Wrong(
                "transfer",
                f"{move.places} from {move.source} to {move.target} ({move.cause}) of {move.programme} belongs to no decision; "
                "without one a programme is only funded from its plan",
                move.cell,
            )

    def _of_decision(self, move: Move) -> None:
        at = (move.cell, move.decision)
        if self._expected is None or (self._expected.body["cell"], self._expected.body["number"]) != at:
            raise Wrong("transfer", f"a transfer of decision {move.decision} of {move.cell} does not follow that decision", *at)
        body = self._expected.body
        if (move.programme, move.cause) != (body["cell"].partition(":")[0], body["cause"]) or not _same_moment(move.at, body["at"]):
            said = f"{move.programme}, {move.cause}, {move.at}"
            raise Wrong("transfer", f"programme, cause and moment are {said}, expected are those of the decision", *at)
        if not self._open:
            raise Wrong("transfer", f"{body['outcome']} moves nothing more; found {move.places} from {move.source} to {move.target}", *at)
        source, target, count = self._open.pop(0)
        if target == UNUSED and move.target in _unused_of(body["cell"]):
            target = move.target
        if move.places != count or source not in (None, move.source) or target not in (None, move.target) or move.source == move.target:
            raise Wrong(
                "transfer",
                f"{body['outcome']} moves {count} from {source or 'another account'} to {target or 'another account'}; "
                f"found {move.places} from {move.source} to {move.target}",
                *at,
            )
        other = move.target if source is not None else move.source
        if None in (source, target) and not other.startswith("free:") and other not in _unused_of(body["cell"]):
            raise Wrong("transfer", f"places that nobody holds do not come from or go to {other}", *at)
        taker = move.target.partition(":")[2]
        if move.target.startswith("free:") and taker != move.cell and not self.scope:
            self._handed = (taker, move.places)

    def balance(self, account: str) -> int:
        return self.balances[account]

    def cell(self, key: str) -> tuple[int, int, int]:
        """Free, offered, taken."""
        return self.balances[f"free:{key}"], self.balances[f"offered:{key}"], self.balances[f"taken:{key}"]

    def funded(self, programme: str) -> int:
        """The places that the plan has put into the programme's books."""
        return -self.balances[f"plan:{programme}"]


def _unused_of(cell: str) -> tuple[str, str]:
    programme, year = cell.partition(":")[0], cell.rpartition(":")[2]
    return f"pool:{programme}", f"lapsed:{programme}:{year}"


def _same_moment(one: str, other: str) -> bool:
    try:
        return one == other or datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except ValueError:
        return False
