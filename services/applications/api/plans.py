"""The four eyes on a plan that breaks a promise: what waits, and an officer's confirmation."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.applications import use_cases
from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.domain.outcomes import NotFound
from services.applications.problems import problem_of
from services.applications.store import plans
from services.applications.use_cases.plans import ChangeReplaced, Loaded, SamePerson, Stranded
from shared.web.problems import Problem

router = APIRouter(prefix="/api/v1/plan-changes", tags=["plans"])


class ChangeOut(BaseModel):
    id: UUID
    plan: str
    version: str
    breaks: list[str]
    proposed_by: str
    proposed_at: datetime


class ConfirmIn(BaseModel):
    """`change` is the id of the proposal that the officer was shown."""

    change: UUID


class LoadedOut(BaseModel):
    programmes: list[str]


@router.get("/{plan}")
async def change(request: Request, plan: str) -> ChangeOut:
    """The proposed version of a plan that waits, and the promises that it would break."""
    viewer_in(request, "officer", "auditor", "operator")
    found = await desk_of(request).db.run(lambda tx: plans.open_change(tx, plan))
    if found is None:
        raise problem_of(request, NotFound())
    return ChangeOut(
        id=found.id,
        plan=found.plan,
        version=found.version,
        breaks=found.breaks,
        proposed_by=found.proposed_by,
        proposed_at=found.proposed_at,
    )


@router.post("/{plan}/confirmation")
async def confirm(request: Request, plan: str, body: ConfirmIn) -> LoadedOut:
    """Put it in force all the same; by an officer who did not propose it."""
    viewer, desk = viewer_in(request, "officer"), desk_of(request)
    outcome = await desk.db.run(lambda tx: use_cases.confirm_change(tx, viewer, plan, change_id=body.change, now=desk.clock.now()))
    if isinstance(outcome, SamePerson):
        raise Problem(403, code="same_person")
    if isinstance(outcome, ChangeReplaced):
        now_open = {"pointer": "/change", "code": "replaced", "value": str(outcome.change_id), "breaks": list(outcome.breaks)}
        raise Problem(409, code=outcome.code, errors=[now_open])
    if isinstance(outcome, Stranded):
        raise Problem(409, code=outcome.code, errors=[{"pointer": "/change", "code": "stranded", "value": one} for one in outcome.lines])
    if not isinstance(outcome, Loaded):
        raise problem_of(request, outcome)
    return LoadedOut(programmes=list(outcome.programmes))
