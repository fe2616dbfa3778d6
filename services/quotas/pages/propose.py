"""Proposing another number of places for a cell, or that free ones move: a form, a look at what it would do, and only then the proposal."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.pages import asking, kit
from services.quotas.pages.cells import caption, open_proposals
from services.quotas.pages.effects import Effect
from services.quotas.proposals.kind import PLACES_MAX, Params
from services.quotas.proposals.kinds import AllotmentChange, Move, Moves
from services.quotas.rows import CellRow
from shared.persistence.database import Tx
from shared.web.formats import bracketed, format_number
from shared.web.i18n import N_, ngettext, translate
from shared.web.identity import require

_ = translate
router = APIRouter(include_in_schema=False)

POOL = "pool"
HEADINGS = {"target": N_("Propose another number of places"), "move": N_("Propose to move free places")}
Open = Sequence[tuple[str, str]]
"""Address and words of each change of these places that is open already."""


@router.get("/quotas/cells/{key}/propose")
async def propose_page(request: Request, key: str) -> Response:
    require(request, *MAY_PROPOSE)
    found, still_open = await desk_of(request).db.run(lambda tx: _found(tx, request, key))
    wrong = asking.told(request, lambda typed: _target_faults(*_target_in(typed), found.cell))
    return _form(request, "target", found, still_open, _target_questions(found, {}, wrong), {}, wrong)


def _target_in(typed: Mapping[str, str]) -> tuple[int | None, bool, str]:
    """How many, whether fewer than are held are wanted, and why, as they were typed."""
    return asking.whole_number(typed.get("target", "")), typed.get("allow_over") == "yes", typed.get("reason", "")


@router.post("/quotas/cells/{key}/propose")
async def propose_sent(request: Request, key: str) -> Response:
    who, typed = require(request, *MAY_PROPOSE), await asking.typed_in(request)
    target, over, reason = _target_in(typed)
    params = AllotmentChange(cell=key, target=target or 0, allow_over=over)

    async def look(tx: Tx) -> tuple[kit.Found, Open, Effect | None]:
        found, still_open = await _found(tx, request, key)
        shown = (
            await asking.look_at(tx, request, who, "allotment_change", params)
            if not _target_faults(target, over, reason, found.cell)
            else None
        )
        return found, still_open, shown

    found, still_open, shown = await desk_of(request).db.run(look)
    errors = _target_faults(target, over, reason, found.cell)
    if shown is None or typed.get("step") == "change":
        errors = errors if typed.get("step") != "change" else {}
        return _form(request, "target", found, still_open, _target_questions(found, typed, errors), typed, errors)
    if typed.get("step") != "send":
        rows = [(_("Places"), f"{format_number(found.cell.target)} → {format_number(params.target)}"), (_("Reason"), reason)]
        return _check(request, found, rows, shown, typed, "propose")
    return await asking.file(request, who, "allotment_change", params, typed)


@router.get("/quotas/cells/{key}/move")
async def move_page(request: Request, key: str) -> Response:
    require(request, *MAY_PROPOSE)
    found, still_open, others = await desk_of(request).db.run(lambda tx: _with_others(tx, request, key))
    wrong = asking.told(request, lambda typed: _move_faults(*_move_in(typed), found.cell, others))
    return _form(request, "move", found, still_open, _move_questions(found, others, {}, wrong), {}, wrong)


def _move_in(typed: Mapping[str, str]) -> tuple[int | None, str, str]:
    """How many, where to, and why, as they were typed."""
    return asking.whole_number(typed.get("places", ""), 1), typed.get("to", ""), typed.get("reason", "")


@router.post("/quotas/cells/{key}/move")
async def move_sent(request: Request, key: str) -> Response:
    """Free places go to another country of the same year, or back to the pool."""
    who, typed = require(request, *MAY_PROPOSE), await asking.typed_in(request)
    places, to, reason = _move_in(typed)
    kind = "return" if to == POOL else "transfer"
    params: Params = Moves(moves=(Move(source=key, target=None if to == POOL else to, places=places or 1),))

    async def look(tx: Tx) -> tuple[kit.Found, Open, Sequence[CellRow], dict[str, str], Effect | None]:
        found, still_open, others = await _with_others(tx, request, key)
        errors = _move_faults(places, to, reason, found.cell, others)
        return found, still_open, others, errors, None if errors else await asking.look_at(tx, request, who, kind, params)

    found, still_open, others, errors, shown = await desk_of(request).db.run(look)
    if shown is None or typed.get("step") == "change":
        errors = errors if typed.get("step") != "change" else {}
        return _form(request, "move", found, still_open, _move_questions(found, others, typed, errors), typed, errors)
    if typed.get("step") != "send":
        where = next((kit.local(one.names) for one in others if one.key == to), _("the programme’s pool"))
        rows = [(_("Places"), format_number(places or 0)), (_("Where they go"), where), (_("Reason"), reason)]
        return _check(request, found, rows, shown, typed, "move")
    return await asking.file(request, who, kind, params, typed)


async def _found(tx: Tx, request: Request, key: str) -> tuple[kit.Found, Open]:
    found = await kit.find(tx, key, kit.now(request))
    return found, await open_proposals(tx, key)


async def _with_others(tx: Tx, request: Request, key: str) -> tuple[kit.Found, Open, Sequence[CellRow]]:
    """Beside the cell, the other countries of its programme and year that take part, by name."""
    found, still_open = await _found(tx, request, key)
    cell = found.cell
    board = await views.board(tx, cell.programme, cell.year, now=kit.now(request))
    others = [one for one in board.cells if one.key != key and one.participates] if board is not None else []
    return found, still_open, sorted(others, key=lambda one: kit.sort_key(one.names))


def _target_faults(target: int | None, over: bool, reason: str, cell: CellRow) -> dict[str, str]:
    """Field -> what is wrong with it, in words."""
    found = {}
    if target is None:
        found["target"] = _("Enter a whole number of places, from 0 to {most}", most=format_number(PLACES_MAX))
    elif target == cell.target:
        found["target"] = ngettext(
            "Enter another number: the country has {places} place already",
            "Enter another number: the country has {places} places already",
            cell.target,
            places=format_number(cell.target),
        )
    elif target < min(cell.held, cell.target) and not over:
        found["allow_over"] = ngettext(
            "{places} place is held. Enter {places} or more, or tick that you want fewer",
            "{places} places are held. Enter {places} or more, or tick that you want fewer",
            cell.held,
            places=format_number(cell.held),
        )
    if fault := asking.reason_fault(reason):
        found["reason"] = fault
    return found


def _move_faults(places: int | None, to: str, reason: str, cell: CellRow, others: Sequence[CellRow]) -> dict[str, str]:
    found = {}
    if places is None:
        found["places"] = _("Enter a whole number of places, from 1 to {most}", most=format_number(max(1, cell.free)))
    elif places > cell.free:
        found["places"] = _("Only {n} are free. What is offered or taken cannot move. Enter a smaller number", n=format_number(cell.free))
    if to != POOL and to not in {one.key for one in others}:
        found["to"] = _("Choose where the places go")
    if fault := asking.reason_fault(reason):
        found["reason"] = fault
    return found


def _target_questions(found: kit.Found, typed: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    places, pool = format_number(found.cell.target), format_number(found.programme.pool)
    return [
        {
            "key": "target",
            "kind": "number",
            "label": _("How many places should there be?"),
            "hint": _("There are {n} now. {pool} more are in the programme’s pool.", n=places, pool=pool),
            "value": typed.get("target", ""),
            "error": errors.get("target", ""),
        },
        {
            "key": "allow_over",
            "kind": "checkboxes",
            "label": _("If fewer are wanted than are held"),
            "options": [
                {
                    "key": "yes",
                    "label": _("Also below what is held"),
                    "hint": _("Nobody loses a place. What frees goes to the pool until the number is met, and no new one is given before."),
                }
            ],
            "value": ["yes"] if typed.get("allow_over") == "yes" else [],
            "error": errors.get("allow_over", ""),
        },
        asking.reason_question(typed, errors),
    ]


def _move_questions(
    found: kit.Found, others: Sequence[CellRow], typed: Mapping[str, str], errors: Mapping[str, str]
) -> list[dict[str, Any]]:
    options = [{"key": POOL, "label": _("Back to the programme’s pool")}, *({"key": one.key, "label": _where(one)} for one in others)]
    return [
        {
            "key": "places",
            "kind": "number",
            "label": _("How many free places should move?"),
            "hint": _("{n} are free now. What is offered or taken stays.", n=format_number(found.cell.free)),
            "value": typed.get("places", ""),
            "error": errors.get("places", ""),
        },
        {
            "key": "to",
            "kind": "select",
            "label": _("Where do they go?"),
            "hint": _("After each country you see how many people wait there."),
            "options": options,
            "value": typed.get("to", ""),
            "error": errors.get("to", ""),
        },
        asking.reason_question(typed, errors),
    ]


def _where(cell: CellRow) -> str:
    return bracketed(kit.local(cell.names), format_number(cell.waiting))


def _check(request: Request, found: kit.Found, rows: list[tuple[str, str]], shown: Effect, typed: Mapping[str, str], form: str) -> Response:
    return asking.check_page(request, caption=caption(found), rows=rows, shown=shown, typed=typed)


def _form(
    request: Request,
    form: str,
    found: kit.Found,
    still_open: Open,
    questions: list[dict[str, Any]],
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Response:
    return asking.form_page(
        request,
        heading=_(HEADINGS[form]),
        caption=caption(found),
        back=kit.cell_path(found.cell.key),
        questions=questions,
        typed=typed,
        errors=errors,
        still_open=still_open,
    )
