"""Redistributing free places of a year that nobody can use any more: who would get how many is computed, shown, then proposed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import lookups, views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.domain.allotment import weights_of
from services.quotas.domain.redistribution import redistribute
from services.quotas.foresight import foresee
from services.quotas.pages import asking, kit
from services.quotas.pages.effects import Effect
from services.quotas.proposals.kinds import Move, Moves
from services.quotas.rows import Board, ProgrammeRow
from shared.kernel.ids import new_id
from shared.persistence.database import Tx
from shared.web.formats import format_number
from shared.web.i18n import N_, translate
from shared.web.identity import require
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

PATH: Final = "/quotas/redistribute"
KIND: Final = "redistribution"
UNUSED: Final[Mapping[str, str]] = {
    "lapse": N_("In this programme, places that are free when the year is closed lapse."),
    "roll_over": N_("In this programme, places that are free when the year is closed go to the pool, for later years."),
}


@router.get(PATH)
async def redistribute_page(request: Request) -> Response:
    """Reads only: whoever opens the form waits for nobody who decides meanwhile."""
    require(request, *MAY_PROPOSE)
    programmes, board, shares = await desk_of(request).db.run(lambda tx: _found(tx, request))
    return _form(request, programmes, board, shares.moves(), {}, asking.told(request, asking.reason_faults))


@router.post(PATH)
async def redistribute_sent(request: Request) -> Response:
    """The moves that were shown are those that are filed; whether they still can be is judged again."""
    who, typed = require(request, *MAY_PROPOSE), await asking.typed_in(request)
    changes = typed.get("step") == "change"
    shown_before = _read(typed.get("moves", "")) if typed.get("step") == "send" else None
    errors = {} if changes else asking.reason_faults(typed)

    async def look(tx: Tx) -> tuple[Sequence[ProgrammeRow], Board, Moves, Effect | None]:
        programmes, board, shares = await _found(tx, request)
        if changes or errors:
            return programmes, board, shares.moves(), None
        asked = await what_would_move(tx, shares, kit.now(request)) if shown_before is None else shown_before
        return programmes, board, asked, await asking.look_at(tx, request, who, KIND, asked) if asked.moves else None

    programmes, board, moves, shown = await desk_of(request).db.run(look)
    if shown is None:
        return _form(request, programmes, board, moves, typed, errors)
    if typed.get("step") != "send":
        rows = [(_("Places"), format_number(sum(move.places for move in moves.moves))), (_("Reason"), typed["reason"])]
        kept = {**typed, "moves": msgspec.json.encode(moves.moves).decode()}
        return asking.check_page(request, caption=_caption(board), rows=rows, shown=shown, typed=kept)
    return await asking.file(request, who, KIND, moves, typed)


@dataclass(frozen=True, slots=True)
class Shares:
    """By the keys of cells: what is free where nobody can use it, how many places each other one may claim, and its weight."""

    free: Mapping[str, int]
    claims: Mapping[str, int]
    weights: Mapping[str, Fraction]

    def moves(self, claims: Mapping[str, int] | None = None) -> Moves:
        """What would move by these claims; by the cells' own, which who lacks room elsewhere makes too high, it is an estimate."""
        found = redistribute(self.free, self.claims if claims is None else claims, self.weights)
        return Moves(moves=tuple(Move(source=giver, target=taker, places=places) for giver, taker, places in found))


async def _found(tx: Tx, request: Request) -> tuple[Sequence[ProgrammeRow], Board, Shares]:
    """The programmes, the year that the address asks for, and what may move in it."""
    now = kit.now(request)
    programmes = await views.programmes(tx)
    code = request.query_params.get("programme", "")
    programme = next((one for one in programmes if one.code == code), None)
    if programme is None and (code or not programmes):
        raise Problem(404, code="unknown_board")
    programme = programme or max(programmes, key=lambda one: one.places_total)
    asked = kit.number_from(request.query_params.get("year")) or now.year
    year = min(programme.years, key=lambda one: (abs(one - asked), one))
    board = await views.board(tx, programme.code, year, now=now)
    assert board is not None, "a programme has the cells of its years"
    return programmes, board, shares_of(board, weights_of((await lookups.policy(tx, programme.code)).weights))


def shares_of(board: Board, weights: Mapping[str, Fraction]) -> Shares:
    """From cells whose list was served and has nobody left who could use a place, to those in which people wait and none is free."""
    served = [cell for cell in board.cells if cell.round != "before"]
    free = {cell.key: cell.free for cell in served if cell.free}
    takers = [cell for cell in served if cell.waiting and not cell.free and not cell.over and cell.participates and not cell.list_closed]
    by_cell = {cell.key: sum((weights.get(group, Fraction()) for group in cell.groups), Fraction()) for cell in takers}
    return Shares(free, {cell.key: cell.waiting for cell in takers}, by_cell)


async def what_would_move(tx: Tx, shares: Shares, now: datetime) -> Moves:
    """Exactly what would move, found by making the decisions; locks what they would touch.

    Who waits may lack room in other limits too. So what was found is looked at, and who was not served claims nothing; again, until
    every place that moves is offered to somebody.
    """
    claims = dict(shares.claims)
    while True:
        moves = shares.moves(claims)
        idle = await _idle(tx, moves, now) if moves.moves else {}
        if not idle:
            return moves
        claims |= idle


async def _idle(tx: Tx, moves: Moves, now: datetime) -> dict[str, int]:
    """The cells in which some of the places that moved there would stay free, with how many would be offered."""
    foreseen = await foresee(tx, KIND, moves, by="", now=now)
    offered = {cell.key: len(cell.offered) for cell in foreseen.cells}
    gained = Counter[str]()
    for move in moves.moves:
        gained[move.target or ""] += move.places
    return {key: offered[key] for key, places in gained.items() if key in offered and offered[key] < places}


def _read(raw: str) -> Moves | None:
    try:
        return Moves(moves=msgspec.json.decode(raw, type=tuple[Move, ...]))
    except msgspec.DecodeError:
        return None


def _caption(board: Board) -> str:
    return f"{kit.local(board.programme.names)} {board.year}"


def _address(board: Board) -> str:
    return f"{PATH}?programme={board.programme.code}&year={board.year}"


def _form(
    request: Request, programmes: Sequence[ProgrammeRow], board: Board, moves: Moves, typed: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    return render(
        request,
        "redistribute.html",
        status=422 if errors else 200,
        caption=_caption(board),
        selectors=kit.year_selectors(programmes, board.programme, board.year),
        unused=_(UNUSED[board.programme.unused]) if board.programme.unused in UNUSED else "",
        places=sum(move.places for move in moves.moves),
        questions=[asking.reason_question(typed, errors)] if moves.moves else [],
        form_key=typed.get("key", "") or str(new_id()),
    )
