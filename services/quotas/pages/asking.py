"""Filing a proposal by a form, whatever its kind: what was typed is checked, then shown with its effect, then filed.

A repeated last step files nothing new.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.quotas import lookups, proposals, views
from services.quotas.access import desk_of
from services.quotas.foresight import foresee
from services.quotas.pages import kit
from services.quotas.pages.effects import Effect, effect, summary_of
from services.quotas.problems import problem_of
from services.quotas.proposals import KINDS, REASON_MAX, ProposalRefused, Proposed
from services.quotas.proposals.kind import PLACES_MAX, Params
from services.quotas.proposals.once import once
from shared.kernel.ids import new_id
from shared.kernel.writing import unsteered
from shared.persistence.database import Tx
from shared.web.formats import format_number
from shared.web.i18n import translate
from shared.web.identity import Identity
from shared.web.pages import render
from shared.web.switching import told_again

_ = translate

KEY_MAX: Final = 64


async def typed_in(request: Request) -> dict[str, str]:
    """The fields of the form that was sent."""
    return fields_of(await request.form())


def fields_of(form: FormData) -> dict[str, str]:
    return {name: unsteered(value).strip() for name, value in form.items() if isinstance(value, str)}


def told(request: Request, look: Callable[[dict[str, str]], dict[str, str]]) -> dict[str, str]:
    """Field -> what is wrong with it, by `look`, of a form that is opened in another language; nothing where it is opened otherwise."""
    return told_again(request, lambda form: look(fields_of(form))) or {}


def whole_number(typed: str, least: int = 0, most: int = PLACES_MAX) -> int | None:
    """The whole number that was typed, blanks between its digits allowed; none where it is none, or out of bounds."""
    digits = "".join(typed.split())
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(most)):
        return None
    return int(digits) if least <= int(digits) <= most else None


def reason_fault(reason: str) -> str:
    """What is wrong with a reason, in words; empty where it is one."""
    if not reason:
        return _("Say why this should change")
    if len(reason) > REASON_MAX:
        return _(
            "Shorten the reason to at most {most} characters; it has {n}", most=format_number(REASON_MAX), n=format_number(len(reason))
        )
    return ""


def reason_faults(typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a form that asks for a reason alone."""
    fault = reason_fault(typed.get("reason", ""))
    return {"reason": fault} if fault else {}


def reason_question(typed: Mapping[str, str], errors: Mapping[str, str]) -> dict[str, Any]:
    """The field for the reason, which every form has."""
    return {
        "key": "reason",
        "kind": "long_text",
        "label": _("Why?"),
        "hint": _("Whoever decides reads this, and it stays in the records. Name no applicant."),
        "rows": 4,
        "value": typed.get("reason", ""),
        "error": errors.get("reason", ""),
    }


def form_page(
    request: Request,
    *,
    heading: str,
    caption: str,
    back: str,
    questions: list[dict[str, Any]],
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    lead: str = "",
    still_open: Sequence[tuple[str, str]] = (),
) -> Response:
    """The form, empty or as it was typed with what is wrong in it. `still_open`: address and words of what is proposed already."""
    return render(
        request,
        "propose.html",
        status=422 if errors else 200,
        heading=heading,
        caption=caption,
        back=back,
        lead=lead,
        questions=questions,
        form_key=typed.get("key", "") or str(new_id()),
        still_open=still_open,
    )


async def look_at(tx: Tx, request: Request, who: Identity, kind: str, params: Params) -> Effect:
    """What it would do, as the check page shows it."""
    foreseen = await foresee(tx, kind, params, by=who.account_id, now=kit.now(request))
    programme = await views.programme(tx, KINDS[kind].programme(params))
    cells = {cell.key for cell in foreseen.cells} or set(await KINDS[kind].cells(tx, params))
    names = await lookups.names_of(tx, cells, [one.key for one in foreseen.limits])
    now = await views.figures(tx, cells) if not foreseen.cells else {}
    shown = effect(foreseen, programme.pool if programme else 0, names, now=now)
    return replace(shown, impossible=KINDS[kind].strict and foreseen.refused is not None)


def check_page(request: Request, *, caption: str, rows: list[tuple[str, str]], shown: Effect, typed: Mapping[str, str]) -> Response:
    """What would be proposed and what it would do; nothing is filed before it is sent from here."""
    kept = {name: value for name, value in typed.items() if name != "step"}
    kept.setdefault("key", str(new_id()))
    return render(request, "propose_check.html", caption=caption, rows=summary_of(rows), effect=shown, kept=kept)


async def file(request: Request, who: Identity, kind: str, params: Params, typed: Mapping[str, str]) -> Response:
    """The proposal that this form files, now or when it was sent before; a refusal is a page of its own."""
    moment, key = kit.now(request), typed.get("key", "")[:KEY_MAX] or str(new_id())
    asked = {"kind": kind, "reason": typed["reason"], "params": repr(params)}

    async def work(tx: Tx) -> Proposed | ProposalRefused:
        async def filing(tx: Tx) -> Proposed | ProposalRefused:
            return await proposals.propose(tx, kind, params, typed["reason"], by=who.account_id, role=who.role, now=moment)

        return await once(tx, who.account_id, key, asked, moment, filing)

    filed = await desk_of(request).db.run(work)
    if isinstance(filed, ProposalRefused):
        raise problem_of(filed)
    return RedirectResponse(f"{kit.PROPOSALS}/{filed.proposal}?done=proposed", 303)
