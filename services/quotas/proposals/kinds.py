"""The kinds of proposal, each one entry of `KINDS`: what it asks for, what stands against it, what it does, and what undoes it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import text

from services.quotas.domain.commands import Command, MovePlaces, SetTarget
from services.quotas.domain.model import Short, Verdict
from services.quotas.proposals.kind import PLACES_MAX, Filed, Kind, Params, ProposalRefused
from services.quotas.proposals.limits import ChangeLimit
from services.quotas.proposals.order import ReorderList
from services.quotas.proposals.participation import LeaveProgramme, ReturnToProgramme
from services.quotas.proposals.policy import AdoptPolicy, ChangeAllotments
from services.quotas.store.programmes import fund
from shared.kernel.cells import Cell
from shared.persistence.database import Tx

_BOOKS: Final = text("select p.funded, a.balance from programme p join account a on a.key = 'pool:' || p.code where p.code = :programme")
_PLANNED: Final = text("select places_total from programme where code = :programme")


class AllotmentChange(Params, frozen=True, kw_only=True):
    """Another target for a cell. `allow_over`: also one below what is held, so that what frees goes to the pool until it is met."""

    cell: str
    target: int
    allow_over: bool = False


class ChangeAllotment(Kind[AllotmentChange]):
    name, params, act = "allotment_change", AllotmentChange, "allotment"

    def programme(self, params: AllotmentChange) -> str:
        return params.cell.partition(":")[0]

    async def cells(self, _tx: Tx, params: AllotmentChange) -> tuple[str, ...]:
        return (params.cell,)

    async def objection(self, _tx: Tx, filed: Filed[AllotmentChange]) -> ProposalRefused | None:
        target = filed.params.target
        if not 0 <= target <= PLACES_MAX:
            return ProposalRefused("bad_target", {"target": target})
        figures = filed.figures.get(filed.params.cell)
        if figures is None:
            return ProposalRefused("unknown_cell")
        if figures["target"] == target:
            return ProposalRefused("unchanged", {"target": target})
        held = figures["offered"] + figures["taken"]
        if target < held and target < figures["target"] and not filed.params.allow_over:
            return ProposalRefused("below_held", {"target": target, "held": held})
        return None

    def commands(self, filed: Filed[AllotmentChange]) -> Sequence[Command]:
        return (SetTarget(cell=filed.params.cell, at=filed.now, target=filed.params.target),)

    def counter(self, params: AllotmentChange, outcome: Mapping[str, Any]) -> tuple[str, Params] | None:
        before = outcome["cells"].get(params.cell, {}).get("target")
        return (self.name, AllotmentChange(cell=params.cell, target=before, allow_over=True)) if before is not None else None


class TotalChange(Params, frozen=True, kw_only=True):
    """Another number of places of a programme in all, as a new version of its plan says."""

    programme: str
    places: int


class ChangeTotal(Kind[TotalChange]):
    """Take out of the pool what the plan has no more; all of it, or nothing. Only the plan that is in force says how many there are."""

    name, params, act = "total_change", TotalChange, "allotment"
    of_programme = True

    def programme(self, params: TotalChange) -> str:
        return params.programme

    async def cells(self, _tx: Tx, _params: TotalChange) -> tuple[str, ...]:
        return ()

    async def objection(self, tx: Tx, filed: Filed[TotalChange]) -> ProposalRefused | None:
        planned = (await tx.execute(_PLANNED, {"programme": filed.programme})).scalar_one_or_none()
        if planned is None:
            return ProposalRefused("unknown_programme")
        if planned != filed.params.places:
            return ProposalRefused("not_the_plans", {"places": filed.params.places, "planned": planned})
        return None

    async def look(self, tx: Tx, filed: Filed[TotalChange]) -> Verdict:
        return await self._short(tx, filed) or Verdict(pools={filed.programme: filed.params.places - await self._funded(tx, filed)})

    async def carry_out(self, tx: Tx, filed: Filed[TotalChange]) -> Verdict:
        short = await self._short(tx, filed)
        # The pool may be drawn on until `fund` holds it: what is missing then undoes all of it.
        if short is None and await fund(tx, filed.programme, filed.params.places, at=filed.now):
            short = await self._short(tx, filed)
            assert short is not None, "the pool is held, and has less than is wanted"
        return short or Verdict()

    async def _funded(self, tx: Tx, filed: Filed[TotalChange]) -> int:
        return int((await tx.execute(_BOOKS, {"programme": filed.programme})).one().funded)

    async def _short(self, tx: Tx, filed: Filed[TotalChange]) -> Verdict | None:
        books = (await tx.execute(_BOOKS, {"programme": filed.programme})).one()
        wanted = books.funded - filed.params.places
        if wanted <= books.balance:
            return None
        return Verdict(short=(Short(Command(cell=filed.programme, at=filed.now), books.balance, wanted),))


class Move(Params, frozen=True, kw_only=True):
    """`places` free places from a cell to another; none is the programme's pool."""

    source: str | None = None
    target: str | None = None
    places: int


class Moves(Params, frozen=True, kw_only=True):
    """Free places that move, all of them or none, in this order."""

    moves: tuple[Move, ...]


class MoveFree(Kind[Moves]):
    """Transfers between countries, returns to the pool, and the redistribution of what would lapse: the same moves for other causes."""

    params, act, strict = Moves, "places", True

    def __init__(self, name: str, cause: str) -> None:
        self.name, self.cause = name, cause

    def programme(self, params: Moves) -> str:
        return next((key.partition(":")[0] for move in params.moves for key in (move.source, move.target) if key), "")

    async def cells(self, _tx: Tx, params: Moves) -> tuple[str, ...]:
        return tuple(sorted({key for move in params.moves for key in (move.source, move.target) if key}))

    async def objection(self, _tx: Tx, filed: Filed[Moves]) -> ProposalRefused | None:
        if not filed.params.moves:
            return ProposalRefused("no_moves")
        for move in filed.params.moves:
            if not 1 <= move.places <= PLACES_MAX:
                return ProposalRefused("bad_places", {"places": move.places})
            if move.source == move.target:
                return ProposalRefused("same_ends")
            if any(key is not None and key not in filed.figures for key in (move.source, move.target)):
                return ProposalRefused("unknown_cell")
            if any(key is not None and Cell.parse(key).programme != filed.programme for key in (move.source, move.target)):
                return ProposalRefused("other_programme")
        return None

    def commands(self, filed: Filed[Moves]) -> Sequence[Command]:
        return tuple(
            MovePlaces(
                cell=move.source or move.target or "", at=filed.now, source=move.source, target=move.target, places=move.places,
                cause=self.cause,
            )
            for move in filed.params.moves
        )  # fmt: skip

    def counter(self, params: Moves, _outcome: Mapping[str, Any]) -> tuple[str, Params] | None:
        back = tuple(Move(source=move.target, target=move.source, places=move.places) for move in reversed(params.moves))
        if len(back) > 1:
            return "redistribution", Moves(moves=back)
        return "return" if back[0].target is None else "transfer", Moves(moves=back)


_ENTRIES: Final[tuple[Kind[Any], ...]] = (
    ChangeAllotment(),
    ChangeTotal(),
    MoveFree("transfer", "transferred"),
    MoveFree("return", "returned"),
    MoveFree("redistribution", "redistributed"),
    ChangeLimit(),
    LeaveProgramme(),
    ReturnToProgramme(),
    AdoptPolicy(),
    ChangeAllotments(),
    ReorderList(),
)
KINDS: Final[Mapping[str, Kind[Any]]] = {kind.name: kind for kind in _ENTRIES}
