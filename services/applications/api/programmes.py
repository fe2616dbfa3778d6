"""What can be applied for; open to everybody."""

from typing import Any

from fastapi import APIRouter, Request

from services.applications.accounts.desk import desk_of
from services.applications.api.shapes import programme_out
from services.applications.domain.outcomes import NotFound
from services.applications.problems import problem_of
from services.applications.store import plans

router = APIRouter(prefix="/api/v1/programmes", tags=["programmes"])


@router.get("")
async def programmes(request: Request) -> list[dict[str, Any]]:
    """Every programme in force."""
    return [programme_out(one) for one in await desk_of(request).db.run(plans.all_in_force)]


@router.get("/{code}")
async def programme(request: Request, code: str) -> dict[str, Any]:
    """One programme."""
    found = await desk_of(request).db.run(lambda tx: plans.in_force(tx, code))
    if found is None:
        raise problem_of(request, NotFound())
    return programme_out(found)
