"""Pages for people: the board and what it leads to, the follow-up report, and changes of targets that need a second person."""

from fastapi import APIRouter

from services.quotas.pages import (
    board,
    cells,
    consents,
    counter,
    follow_up,
    held,
    limits,
    live,
    overview,
    participation,
    policies,
    proposals,
    propose,
    redistribute,
    reorder,
    waiting,
)
from shared.web.routes import add_routes

router = APIRouter()
add_routes(
    router,
    board.router,
    live.router,
    overview.router,
    follow_up.router,
    cells.router,
    held.router,
    waiting.router,
    propose.router,
    limits.router,
    redistribute.router,
    reorder.router,
    counter.router,
    participation.router,
    policies.router,
    proposals.router,
    consents.router,
)

__all__ = ["router"]
