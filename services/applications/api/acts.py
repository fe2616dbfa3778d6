"""Acts on one application: its country's, the donor's, and the applicant's answer."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from services.applications import use_cases
from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.api.shapes import (
    ApplicationOut,
    ApproveBody,
    EndBody,
    ExtendBody,
    OfferBody,
    ReasonsBody,
    ReturnBody,
    ScoreBody,
    SlateBody,
    VersionBody,
    WithdrawBody,
    application_out,
)
from services.applications.domain.correction import Mark
from services.applications.domain.viewers import Viewer
from services.applications.problems import problem_of
from services.applications.store.work import numbered
from services.applications.use_cases import Done
from shared.persistence.database import Tx

router = APIRouter(prefix="/api/v1", tags=["acts"])


async def _do(request: Request, viewer: Viewer, use_case: Callable[..., Awaitable[Any]], *values: Any, **named: Any) -> ApplicationOut:
    desk = desk_of(request)

    async def act(tx: Tx) -> tuple[Any, dict[UUID, int]]:
        outcome = await use_case(tx, viewer, *values, now=desk.clock.now(), **named)
        return outcome, await numbered(tx, [outcome.application]) if isinstance(outcome, Done) else {}

    outcome, numbers = await desk.db.run(act)
    if not isinstance(outcome, Done):
        raise problem_of(request, outcome)
    number = numbers.get(outcome.application.id)
    return application_out(outcome.application, for_staff=viewer.role != "applicant", slate_rank=number)


@router.post("/applications/{application_id}/return")
async def return_for_correction(request: Request, application_id: UUID, body: ReturnBody) -> ApplicationOut:
    """Send it back for correction."""
    viewer, marks = viewer_in(request), [Mark(one.kind, one.key, one.remark) for one in body.marks]
    values = body.model_dump(exclude={"marks"})
    return await _do(request, viewer, use_cases.return_for_correction, application_id, marks=marks, **values)


@router.post("/applications/{application_id}/extend")
async def extend(request: Request, application_id: UUID, body: ExtendBody) -> ApplicationOut:
    """Give more time for the correction."""
    return await _do(request, viewer_in(request), use_cases.extend, application_id, **body.model_dump())


@router.post("/applications/{application_id}/nominate")
async def nominate(request: Request, application_id: UUID, body: VersionBody) -> ApplicationOut:
    """Put it on the country's slate."""
    return await _do(request, viewer_in(request), use_cases.nominate, application_id, **body.model_dump())


@router.post("/applications/{application_id}/reject")
async def reject(request: Request, application_id: UUID, body: ReasonsBody) -> ApplicationOut:
    """Do not carry it forward."""
    return await _do(request, viewer_in(request), use_cases.reject, application_id, **body.model_dump())


@router.post("/applications/{application_id}/score")
async def score(request: Request, application_id: UUID, body: ScoreBody) -> ApplicationOut:
    """Give points."""
    return await _do(request, viewer_in(request), use_cases.score, application_id, **body.model_dump())


@router.post("/applications/{application_id}/approve")
async def approve(request: Request, application_id: UUID, body: ApproveBody) -> ApplicationOut:
    """Approve, for one of the courses that were listed; quotas is asked for a place."""
    return await _do(request, viewer_in(request), use_cases.approve, application_id, **body.model_dump())


@router.post("/applications/{application_id}/end")
async def end(request: Request, application_id: UUID, body: EndBody) -> ApplicationOut:
    """A placed person finished or left."""
    return await _do(request, viewer_in(request), use_cases.end, application_id, **body.model_dump())


@router.post("/applications/{application_id}/withdraw")
async def withdraw(request: Request, application_id: UUID, body: WithdrawBody) -> ApplicationOut:
    """Withdraw."""
    return await _do(request, viewer_in(request), use_cases.withdraw, application_id, **body.model_dump())


@router.post("/applications/{application_id}/offer")
async def answer_offer(request: Request, application_id: UUID, body: OfferBody) -> ApplicationOut:
    """Accept or decline the offer that `place_version` names."""
    use_case = use_cases.accept_offer if body.answer == "accept" else use_cases.decline_offer
    return await _do(request, viewer_in(request), use_case, application_id, place_version=body.place_version)


@router.put("/slate")
async def reorder_slate(request: Request, body: SlateBody) -> ApplicationOut:
    """Put the coordinator's slate into order; answers with the one that came first before."""
    return await _do(request, viewer_in(request), use_cases.reorder_slate, programme=body.programme, year=body.year, order=body.order)
