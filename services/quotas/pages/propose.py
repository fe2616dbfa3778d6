"""Proposing another number of places for a cell: a form, a look at what it would do, and only then the proposal."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.quotas import proposals, views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.foresight import foresee
from services.quotas.pages import kit
from services.quotas.pages.cells import frame
from services.quotas.pages.effects import Effect, effect
from services.quotas.problems import problem_of
from services.quotas.proposals import REASON_MAX, ProposalRefused
from services.quotas.rows import ProposalRow
from services.quotas.store import idempotency
from shared.kernel.ids import new_id
from shared.persistence.database import Tx
from shared.web.formats import format_number
from shared.web.i18n import translate
from shared.web.identity import Identity, require
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)

TARGET_MAX: Final = 1_000_000
KEY_MAX: Final = 64


@router.get("/quotas/cells/{key}/propose")
async def propose_page(request: Request, key: str) -> Response:
    require(request, *MAY_PROPOSE)
    today = kit.now(request).date()

    async def read(tx: Tx) -> tuple[kit.Found, tuple[ProposalRow, ...]]:
        return await kit.find(tx, key, today), await views.proposals(tx, state="open", cell_key=key)

    found, still_open = await desk_of(request).db.run(read)
    return _form(request, found, still_open, {"key": str(new_id())})


@router.post("/quotas/cells/{key}/propose")
async def propose_sent(request: Request, key: str) -> Response:
    """Step by step: what was typed is checked, then shown with its effect, then filed. A repeated last step files nothing new."""
    who, moment = require(request, *MAY_PROPOSE), kit.now(request)
    typed = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    target, reason = target_from(typed.get("target", "")), typed.get("reason", "").strip()

    async def look(tx: Tx) -> tuple[kit.Found, tuple[ProposalRow, ...], Effect | None]:
        found = await kit.find(tx, key, moment.date())
        still_open = await views.proposals(tx, state="open", cell_key=key)
        if target is None or target == found.cell.target:
            return found, still_open, None
        foreseen = await foresee(tx, key, target, now=moment)
        return found, still_open, effect(found.cell, found.programme.pool, target, foreseen)

    found, still_open, shown = await desk_of(request).db.run(look)
    errors = faults(target, reason, found.cell.target)
    step = typed.get("step")
    if errors or target is None or step == "change":
        return _form(request, found, still_open, typed, errors if step != "change" else {})
    if step != "send":
        return render(request, "propose_check.html", **frame(found), effect=shown, target=target, typed=typed, still_open=len(still_open))

    filed = await desk_of(request).db.run(lambda tx: file_once(tx, who, key, target, reason, typed.get("key", "")[:KEY_MAX], moment))
    if isinstance(filed, ProposalRefused):
        raise problem_of(filed)
    return RedirectResponse(f"{kit.PROPOSALS}/{filed}?done=proposed", 303)


async def file_once(tx: Tx, who: Identity, key: str, target: int, reason: str, form: str, now: datetime) -> UUID | ProposalRefused:
    """The proposal that this form filed, now or when it was sent before."""
    form = form or str(new_id())
    request_hash = hashlib.sha256(f"{key}\n{target}\n{reason}".encode()).hexdigest()
    known = await idempotency.claim(tx, who.account_id, form, request_hash, now)
    if known is not None:
        return UUID(known[1]["proposal"]) if known[0] == request_hash else ProposalRefused("key_reused")
    outcome = await proposals.propose(tx, key, target, reason, by=who.account_id, role=who.role, now=now)
    if isinstance(outcome, ProposalRefused):
        await idempotency.free(tx, who.account_id, form)
        return outcome
    await idempotency.keep(tx, who.account_id, form, {"proposal": str(outcome.proposal)})
    return outcome.proposal


def target_from(typed: str) -> int | None:
    """The whole number that was typed, blanks between its digits allowed; none where it is none, or too large."""
    digits = "".join(typed.split())
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(TARGET_MAX)):
        return None
    return int(digits) if int(digits) <= TARGET_MAX else None


def faults(target: int | None, reason: str, places: int) -> dict[str, str]:
    """Field -> what is wrong with it, in words."""
    found = {}
    if target is None:
        found["target"] = _("Enter a whole number of places, from 0 to {most}", most=format_number(TARGET_MAX))
    elif target == places:
        found["target"] = _("Enter another number: the country has {n} places already", n=format_number(places))
    if not reason:
        found["reason"] = _("Say why the number should change")
    elif len(reason) > REASON_MAX:
        found["reason"] = _(
            "Shorten the reason to at most {most} characters; it has {n}", most=format_number(REASON_MAX), n=format_number(len(reason))
        )
    return found


def _form(
    request: Request,
    found: kit.Found,
    still_open: tuple[ProposalRow, ...],
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Response:
    wrong = errors or {}
    places, pool = format_number(found.cell.target), format_number(found.programme.pool)
    questions: list[dict[str, Any]] = [
        {
            "key": "target",
            "kind": "number",
            "label": _("How many places should there be?"),
            "hint": _("There are {n} now. {pool} more are in the programme’s pool.", n=places, pool=pool),
            "value": typed.get("target", ""),
            "error": wrong.get("target", ""),
        },
        {
            "key": "reason",
            "kind": "long_text",
            "label": _("Why?"),
            "hint": _("Whoever decides reads this, and it stays in the records. Name no applicant."),
            "rows": 4,
            "value": typed.get("reason", ""),
            "error": wrong.get("reason", ""),
        },
    ]
    return render(
        request,
        "propose.html",
        status=422 if wrong else 200,
        **frame(found),
        questions=questions,
        form_key=typed.get("key", ""),
        still_open=still_open,
    )
