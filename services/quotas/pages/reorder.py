"""Another order of a waiting list by hand: whose rank, ahead of whose, and why; shown, then proposed for a second person."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.pages import asking, kit
from services.quotas.pages.cells import caption
from services.quotas.pages.effects import Effect
from services.quotas.proposals.order import MoveAhead
from services.quotas.rows import WaiterRow
from shared.persistence.database import Tx
from shared.web.formats import format_number
from shared.web.i18n import N_, translate
from shared.web.identity import require

_ = translate
# fmt: off
SCORED = N_("The list is in the order of scores. Whoever is put elsewhere by hand is marked so, and the reason stays in the records.")
UNSCORED = N_("The list is in the order of sending. Whoever is put elsewhere by hand is marked so, and the reason stays in the records.")
# fmt: on
router = APIRouter(include_in_schema=False)

KIND = "reorder"
FIELDS = ("move", "ahead")


@router.get("/quotas/cells/{key}/reorder")
async def reorder_page(request: Request, key: str) -> Response:
    require(request, *MAY_PROPOSE)
    found = await desk_of(request).db.run(lambda tx: kit.find(tx, key, kit.now(request)))
    wrong = asking.told(request, lambda typed: _faults(_ranks(typed), typed.get("reason", ""), found.cell.waiting))
    return _form(request, found, {}, wrong)


def _ranks(typed: Mapping[str, str]) -> list[int | None]:
    return [asking.whole_number(typed.get(name, ""), 1) for name in FIELDS]


@router.post("/quotas/cells/{key}/reorder")
async def reorder_sent(request: Request, key: str) -> Response:
    """Ranks are turned into applications when they are looked at; what is filed are the applications that were shown."""
    who, typed = require(request, *MAY_PROPOSE), await asking.typed_in(request)
    ranks = _ranks(typed)

    async def look(tx: Tx) -> tuple[kit.Found, dict[str, str], MoveAhead | None, Effect | None]:
        found = await kit.find(tx, key, kit.now(request))
        errors = _faults(ranks, typed.get("reason", ""), found.cell.waiting)
        if errors:
            return found, errors, None, None
        params = _shown_before(key, typed)
        if params is None:
            params = _of_ranks(key, ranks, await views.waiting_list(tx, key, now=kit.now(request), most=found.cell.waiting))
        return found, {}, params, await asking.look_at(tx, request, who, KIND, params)

    found, errors, params, shown = await desk_of(request).db.run(look)
    if params is None or shown is None or typed.get("step") == "change":
        return _form(request, found, typed, errors if typed.get("step") != "change" else {})
    if typed.get("step") != "send":
        both = zip(ranks, (params.application, params.ahead_of), strict=True)
        names = [f"{format_number(rank or 0)} (…{one.hex[-8:]})" for rank, one in both]
        rows = [(_("Moves"), names[0]), (_("Directly ahead of"), names[1]), (_("Reason"), typed["reason"])]
        kept = {**typed, "application": str(params.application), "other": str(params.ahead_of)}
        return asking.check_page(request, caption=caption(found), rows=rows, shown=shown, typed=kept)
    return await asking.file(request, who, KIND, params, typed)


def _shown_before(key: str, typed: Mapping[str, str]) -> MoveAhead | None:
    """The applications that the check page showed, where it is sent from there."""
    if typed.get("step") != "send":
        return None
    try:
        return MoveAhead(cell=key, application=UUID(typed["application"]), ahead_of=UUID(typed["other"]))
    except (KeyError, ValueError):
        return None


def _of_ranks(key: str, ranks: Sequence[int | None], waiters: Sequence[WaiterRow]) -> MoveAhead:
    by_rank = {one.rank: one.application for one in waiters}
    mover, other = (by_rank[rank] for rank in ranks if rank is not None)
    return MoveAhead(cell=key, application=mover, ahead_of=other)


def _faults(ranks: Sequence[int | None], reason: str, waiting: int) -> dict[str, str]:
    found = {}
    for name, rank in zip(FIELDS, ranks, strict=True):
        if rank is None or rank > waiting:
            found[name] = _("Enter a rank of the list, from 1 to {most}", most=format_number(waiting))
    if not found and ranks[0] == ranks[1]:
        found["ahead"] = _("Choose two different ranks")
    if fault := asking.reason_fault(reason):
        found["reason"] = fault
    return found


def _form(request: Request, found: kit.Found, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    labels = {"move": _("Which rank moves?"), "ahead": _("Directly ahead of which rank?")}
    hint = _("{n} are on the list, which shows their ranks.", n=format_number(found.cell.waiting))
    questions: list[dict[str, Any]] = [
        {"key": name, "kind": "number", "label": labels[name], "hint": hint, "value": typed.get(name, ""), "error": errors.get(name, "")}
        for name in FIELDS
    ]
    return asking.form_page(
        request,
        heading=_("Change the order of the list"),
        caption=caption(found),
        back=kit.cell_path(found.cell.key, "list"),
        lead=_(SCORED) if found.programme.scored else _(UNSCORED),
        questions=[*questions, asking.reason_question(typed, errors)],
        typed=typed,
        errors=errors,
    )
