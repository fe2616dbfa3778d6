"""A country's answer to another one's request to return: its coordinator's, or one in writing that an officer enters."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.quotas.access import MAY_PROPOSE_PARTICIPATION, desk_of
from services.quotas.pages import asking, kit, proposals
from services.quotas.pages.participation import consent_faults
from services.quotas.problems import problem_of
from services.quotas.proposals import REASON_MAX, ProposalRefused
from services.quotas.proposals.participation import consent
from shared.persistence.database import Tx
from shared.web.identity import require

router = APIRouter(include_in_schema=False)


@router.post("/quotas/proposals/{proposal}/consent")
async def consent_sent(request: Request, proposal: str) -> Response:
    """What is missing is said at its field, beside what was typed; any other refusal is a page of its own."""
    who, typed, now = require(request, *MAY_PROPOSE_PARTICIPATION), await asking.typed_in(request), kit.now(request)
    country = who.country if who.role == "coordinator" else typed.get("country", "")
    given: Any = typed.get("answer", "")
    proposal_id, errors = kit.id_from(proposal), consent_faults(who, typed)
    if errors:
        opened = await desk_of(request).db.run(lambda tx: proposals.open_proposal(tx, request, proposal_id))
        proposals.require_sight(request, who, opened)
        return proposals.page_of(request, who, opened, consent=(typed, errors))

    async def work(tx: Tx) -> ProposalRefused | None:
        note = typed.get("reference", "")[:REASON_MAX]
        return await consent(tx, proposal_id, country, given, by=who.account_id, role=who.role, note=note, now=now)

    refused = await desk_of(request).db.run(work)
    if refused is not None:
        raise problem_of(refused)
    return RedirectResponse(f"{kit.PROPOSALS}/{proposal}?done=answered", 303)
