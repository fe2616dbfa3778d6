"""What a proposal would come to: the very decision is made, looked at, and taken back before anybody sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.quotas.domain.commands import Command
from services.quotas.domain.limits import NO_COUNTRY
from services.quotas.domain.model import OFFERED, REFUSED, CellState, Verdict
from services.quotas.domain.outcomes import LimitSet
from services.quotas.proposals import KINDS, looked, opened, short_of
from services.quotas.proposals.kind import Filed, Params, ProposalRefused
from services.quotas.proposals.order import MoveAhead
from services.quotas.store import ranks
from services.quotas.store.room import limits_that_follow
from shared.kernel.cells import Cell
from shared.persistence.database import Tx, driver

Figures = Mapping[str, int]
PASSED: Final = 20
"""So many of those whom somebody passes on a list are named."""

_BOTH: Final = text(
    "select application, cell, score, submitted_at from place where application in (:application, :ahead_of) "
    "order by application = :ahead_of"
)


@dataclass(frozen=True, slots=True)
class CellEffect:
    """One cell's figures (`target`, `free`, `offered`, `taken`, `waiting`) now and afterwards; who would be offered a place, best ranked
    first, and who would be refused. `day`: on which it would happen; none where it would at once."""

    key: str
    before: Figures
    after: Figures
    offered: tuple[UUID, ...] = ()
    refused: tuple[UUID, ...] = ()
    day: date | None = None


@dataclass(frozen=True, slots=True)
class LimitEffect:
    """A limit of which there would be more or less: how much there is now and afterwards (none: no end), and how much of it is used."""

    key: str
    before: int | None
    after: int | None
    used: int

    @property
    def against(self) -> bool:
        """Whether more of it is used than there would be, so that nobody new would have room in it."""
        return self.after is not None and self.used > self.after and self.after < (self.used if self.before is None else self.before)


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody on a list whose rank would be another; ranks count from 1."""

    application: UUID
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What adopting it now would do. `state` names the state of the books that this was computed on.

    `pool_gains` is what the programme's pool gains (or loses, below 0). Where it could not be adopted now, `refused` says why and
    nothing changes.
    """

    state: str
    cells: tuple[CellEffect, ...]
    pool_gains: int
    refused: ProposalRefused | None = None
    limits: tuple[LimitEffect, ...] = ()
    """The limit that is set, or those that follow from the cells' numbers of places."""
    order: tuple[Turn, ...] = ()
    """Of a list that is put in another order: who is moved, then whom they pass, best ranked first, `PASSED` of them at the utmost."""

    @property
    def told(self) -> int:
        """How many applicants would be told something."""
        return sum(len(cell.offered) + len(cell.refused) for cell in self.cells)


async def foresee(tx: Tx, kind: str, params: Params, *, by: str, now: datetime) -> Foreseen:
    """What adopting this proposal now would do."""
    known, filed = KINDS[kind], await opened(tx, kind, params, by=by, now=now)
    refused = await known.objection(tx, filed)
    verdict = await looked(tx, known, filed) if refused is None else Verdict()
    refused = refused or short_of(verdict)
    if refused is not None:
        return Foreseen(filed.state, (), 0, refused)
    cells = _effects(filed, verdict, _days(filed, known.commands(filed)))
    return Foreseen(
        filed.state,
        cells,
        verdict.pools.get(filed.programme, 0),
        limits=await _limits(tx, filed.programme, verdict, cells),
        order=await _order(tx, params) if isinstance(params, MoveAhead) else (),
    )


def _days(filed: Filed[Params], asked: Sequence[Command]) -> dict[str, date]:
    """The day of each cell's call on which something will happen that does not at once."""
    if filed.terms is None:
        return {}
    return {one.cell: filed.terms.day(Cell.parse(one.cell).year, one.at) for one in asked if one.at > filed.now}


async def _order(tx: Tx, params: MoveAhead) -> tuple[Turn, ...]:
    """Who would stand elsewhere on the list. Whoever moves up takes the rank of the other one; down, the one ahead of it."""
    connection, asked = await driver(tx), {"application": params.application, "ahead_of": params.ahead_of}
    moves, other = (await tx.execute(_BOTH, asked)).all()
    ahead = await ranks.ahead_of(connection, [moves, other])
    before, there = ahead[params.application] + 1, ahead[params.ahead_of] + 1
    if before > there:
        passed = await ranks.between(connection, other, moves, PASSED)
        return (Turn(moves.application, before, there), *(Turn(one, rank, rank + 1) for rank, one in enumerate(passed, there)))
    _own, *behind = await ranks.between(connection, moves, other, PASSED + 1)
    return (Turn(moves.application, before, there - 1), *(Turn(one, rank, rank - 1) for rank, one in enumerate(behind, before + 1)))


async def _limits(tx: Tx, programme: str, verdict: Verdict, cells: tuple[CellEffect, ...]) -> tuple[LimitEffect, ...]:
    connection = await driver(tx)
    limits = [(one.outcome, one.uses[0].before) for one in verdict.decisions if isinstance(one.outcome, LimitSet)]
    if limits:
        return tuple(LimitEffect(one.limit, one.before, one.after, used) for one, used in limits if one.before != one.after)
    targets = {cell.key: (cell.before["target"], cell.after["target"]) for cell in cells if cell.before.get("target") is not None}
    moved = {key: places for key, places in targets.items() if places[0] != places[1]}
    return tuple(LimitEffect(*one) for one in await limits_that_follow(connection, programme, moved)) if moved else ()


def _effects(filed: Filed[Params], verdict: Verdict, days: Mapping[str, date]) -> tuple[CellEffect, ...]:
    after = {cell.key: cell for cell in verdict.cells}
    # What is no country's holds the decisions about limits of several countries, and no places that anybody could look at.
    keys = sorted(key for key in {*filed.figures, *after} if Cell.parse(key).country != NO_COUNTRY)
    return tuple(
        CellEffect(
            key,
            filed.figures.get(key, {}),
            _figures(after[key]) if key in after else filed.figures.get(key, {}),
            _told(verdict, key, OFFERED),
            _told(verdict, key, REFUSED),
            days.get(key) if key in after else None,
        )
        for key in keys
    )


def _figures(cell: CellState) -> Figures:
    return {"target": cell.target, "free": cell.free, "offered": cell.offered, "taken": cell.taken, "waiting": cell.waiting}


def _told(verdict: Verdict, cell: str, outcome: str) -> tuple[UUID, ...]:
    return tuple(d.application for d in verdict.decisions if d.cell == cell and d.outcome.kind == outcome and d.application is not None)
