"""What an operator and a load balancer ask: is it alive, is it ready, do the invariants hold."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from shared.observability.logging import get_logger

log = get_logger(__name__)

Ready = Callable[[], Awaitable[Mapping[str, str]]]
"""Name of each thing that is needed -> empty where it is there, else what is wrong and what to do."""
Invariants = Callable[[], Awaitable[Mapping[str, int]]]
"""Name of each live check -> how many rows break it."""


def health_router(prefix: str, *, ready: Ready, invariants: Invariants) -> APIRouter:
    """Routes `<prefix>/health/live`, `/ready` and `/invariants`; 503 where something is away or broken."""
    router = APIRouter(prefix=f"{prefix}/health", include_in_schema=False)

    @router.get("/live")
    async def live() -> Response:
        return _answer(200, {"status": "live"})

    @router.get("/ready")
    async def is_ready() -> Response:
        try:
            needs = dict(await ready())
        except Exception as error:
            log.warning("health.ready_failed", exc_info=error)
            needs = {"check": f"the check itself failed: {type(error).__name__}"}
        fine = not any(needs.values())
        shown = {name: text or "ok" for name, text in needs.items()}
        return _answer(200 if fine else 503, {"status": "ready" if fine else "waiting", "needs": shown})

    @router.get("/invariants")
    async def live_checks() -> Response:
        checks = dict(await invariants())
        broken = {name: count for name, count in checks.items() if count}
        return _answer(503 if broken else 200, {"status": "broken" if broken else "held", "checks": checks})

    return router


def _answer(status: int, body: Mapping[str, object]) -> Response:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
