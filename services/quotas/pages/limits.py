"""Proposing another number for a limit of a cell: which one, how many, and why; with the effect in view before it is filed."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.pages import asking, kit
from services.quotas.pages.cells import caption, open_proposals
from services.quotas.pages.words import limit_name
from services.quotas.proposals.kind import PLACES_MAX
from services.quotas.proposals.limits import LimitChange
from services.quotas.store.room import CellLimit, limits_of
from shared.persistence.database import Tx, driver
from shared.web.formats import bracketed, format_number
from shared.web.i18n import translate
from shared.web.identity import require

_ = translate
router = APIRouter(include_in_schema=False)


@router.get("/quotas/cells/{key}/limits")
async def limits_page(request: Request, key: str) -> Response:
    require(request, *MAY_PROPOSE)
    _cell, limits = await desk_of(request).db.run(lambda tx: _found(tx, request, key))
    return await _form(request, key, {}, asking.told(request, lambda typed: _faults(typed, limits, _wanted(key, typed))))


def _wanted(key: str, typed: Mapping[str, str]) -> LimitChange:
    capacity = asking.whole_number(typed.get("capacity", ""))
    return LimitChange(cell=key, limit=typed.get("limit", ""), capacity=capacity, allow_over=typed.get("allow_over") == "yes")


@router.post("/quotas/cells/{key}/limits")
async def limits_sent(request: Request, key: str) -> Response:
    who, typed = require(request, *MAY_PROPOSE), await asking.typed_in(request)
    params = _wanted(key, typed)
    found, limits = await desk_of(request).db.run(lambda tx: _found(tx, request, key))
    errors = {} if typed.get("step") == "change" else _faults(typed, limits, params)
    if errors or typed.get("step") == "change":
        return await _form(request, key, typed, errors)
    if typed.get("step") == "send":
        return await asking.file(request, who, "limit_change", params, typed)
    shown = await desk_of(request).db.run(lambda tx: asking.look_at(tx, request, who, "limit_change", params))
    limit = next(one for one in limits if one.key == params.limit)
    after = _("the plan’s own number") if params.capacity is None else format_number(params.capacity)
    rows = [(_name(limit, found), f"{_count(limit.capacity)} → {after}"), (_("Reason"), typed.get("reason", ""))]
    return asking.check_page(request, caption=caption(found), rows=rows, shown=shown, typed=typed)


async def _found(tx: Tx, request: Request, key: str) -> tuple[kit.Found, Sequence[CellLimit]]:
    return await kit.find(tx, key, kit.now(request)), await limits_of(await driver(tx), key)


def _faults(typed: Mapping[str, str], limits: Sequence[CellLimit], params: LimitChange) -> dict[str, str]:
    """Field -> what is wrong with it, in words."""
    found = {}
    limit = next((one for one in limits if one.key == params.limit), None)
    wanted = typed.get("capacity", "")
    if limit is None:
        found["limit"] = _("Choose a limit")
    if wanted and params.capacity is None:
        found["capacity"] = _("Enter a whole number from 0 to {most}, or nothing for the plan’s own", most=format_number(PLACES_MAX))
    elif limit is not None and params.capacity == limit.fixed:
        found["capacity"] = _("Enter another number: that is the limit already")
    elif limit is not None and not params.allow_over:
        after = limit.planned if params.capacity is None else params.capacity
        if after is not None and after < limit.used:
            found["allow_over"] = _("{n} draw on it. Enter {n} or more, or tick that you want fewer", n=format_number(limit.used))
    if fault := asking.reason_fault(typed.get("reason", "")):
        found["reason"] = fault
    return found


def _questions(limits: Sequence[CellLimit], found: kit.Found, typed: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "key": "limit",
            "kind": "select",
            "label": _("Which limit?"),
            "hint": _("After each you see how much is used, and how much there is."),
            "options": [{"key": one.key, "label": bracketed(_name(one, found), _used(one))} for one in limits],
            "value": typed.get("limit", ""),
            "error": errors.get("limit", ""),
        },
        {
            "key": "capacity",
            "kind": "number",
            "label": _("How many should there be?"),
            "hint": _("Leave it empty to go back to the plan’s own number."),
            "optional": True,
            "value": typed.get("capacity", ""),
            "error": errors.get("capacity", ""),
        },
        {
            "key": "allow_over",
            "kind": "checkboxes",
            "label": _("If fewer are wanted than are held"),
            "options": [
                {
                    "key": "yes",
                    "label": _("Also below what is held"),
                    "hint": _("Nobody loses a place. No new one is given before there is room."),
                }
            ],
            "value": ["yes"] if typed.get("allow_over") == "yes" else [],
            "error": errors.get("allow_over", ""),
        },
        asking.reason_question(typed, errors),
    ]


def _name(limit: CellLimit, found: kit.Found) -> str:
    return limit_name(limit.key, found.cell.names, found.part(limit.key))


def _count(capacity: int | None) -> str:
    return _("no end") if capacity is None else format_number(capacity)


def _used(limit: CellLimit) -> str:
    return _("{used} of {capacity}", used=format_number(limit.used), capacity=_count(limit.capacity))


async def _form(request: Request, key: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    async def read(tx: Tx) -> tuple[kit.Found, Sequence[CellLimit], Sequence[tuple[str, str]]]:
        return *await _found(tx, request, key), await open_proposals(tx, key)

    found, limits, still_open = await desk_of(request).db.run(read)
    return asking.form_page(
        request,
        heading=_("Propose another limit"),
        caption=caption(found),
        back=kit.cell_path(key),
        questions=_questions(limits, found, typed, errors),
        typed=typed,
        errors=errors,
        still_open=still_open,
    )
