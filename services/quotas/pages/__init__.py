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

router = APIRouter()
for module in (
    board,
    live,
    overview,
    follow_up,
    cells,
    held,
    waiting,
    propose,
    limits,
    redistribute,
    reorder,
    counter,
    participation,
    policies,
    proposals,
    consents,
):
    router.include_router(module.router)

__all__ = ["router"]
