"""Undoing what was adopted: the counter-move is shown with its effect, and filed as a proposal like any other."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.quotas import views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.pages import asking, kit
from services.quotas.pages.effects import Effect
from services.quotas.problems import problem_of
from services.quotas.proposals import ProposalRefused, Proposed
from services.quotas.proposals.counter import counter_of, propose_counter
from services.quotas.proposals.once import once
from shared.kernel.ids import new_id
from shared.persistence.database import Tx
from shared.web.i18n import translate
from shared.web.identity import require
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)


@router.get("/quotas/proposals/{proposal}/counter")
async def counter_page(request: Request, proposal: str) -> Response:
    return await _page(request, proposal, {}, asking.told(request, asking.reason_faults))


@router.post("/quotas/proposals/{proposal}/counter")
async def counter_sent(request: Request, proposal: str) -> Response:
    who, moment, typed = require(request, *MAY_PROPOSE), kit.now(request), await asking.typed_in(request)
    if fault := asking.reason_fault(typed.get("reason", "")):
        return await _page(request, proposal, typed, {"reason": fault})
    key = typed.get("key", "")[: asking.KEY_MAX] or str(new_id())

    async def work(tx: Tx) -> Proposed | ProposalRefused:
        async def filing(tx: Tx) -> Proposed | ProposalRefused:
            return await propose_counter(tx, kit.id_from(proposal), typed["reason"], by=who.account_id, role=who.role, now=moment)

        return await once(tx, who.account_id, key, {"counter": proposal, "reason": typed["reason"]}, moment, filing)

    filed = await desk_of(request).db.run(work)
    if isinstance(filed, ProposalRefused):
        raise problem_of(filed)
    return RedirectResponse(f"{kit.PROPOSALS}/{filed.proposal}?done=proposed", 303)


async def _page(request: Request, proposal: str, typed: dict[str, str], errors: dict[str, str]) -> Response:
    who = require(request, *MAY_PROPOSE)

    async def read(tx: Tx) -> tuple[str, Effect]:
        found = await counter_of(tx, kit.id_from(proposal))
        if isinstance(found, ProposalRefused):
            raise problem_of(found)
        row = next(iter(await views.proposals(tx, proposal=kit.id_from(proposal))))
        programme = await views.programme(tx, row.programme)
        return kit.local(programme.names) if programme else row.programme, await asking.look_at(tx, request, who, *found)

    caption, shown = await desk_of(request).db.run(read)
    return render(
        request,
        "counter.html",
        status=422 if errors else 200,
        caption=caption,
        back=f"{kit.PROPOSALS}/{proposal}",
        effect=shown,
        questions=[asking.reason_question(typed, errors)],
        form_key=typed.get("key", "") or str(new_id()),
    )
