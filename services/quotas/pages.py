"""Pages for people."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

router = APIRouter()


@router.get("/quotas/", include_in_schema=False)
async def front() -> Response:
    """The figures."""
    return RedirectResponse("/quotas/api/v1/programmes", 303)
