"""Pages for people: the board, a cell with its decisions, and changes of targets that need a second person."""

from fastapi import APIRouter

from services.quotas.pages import board, cells, counter, participation, proposals, propose, redistribute

router = APIRouter()
for module in (board, cells, propose, redistribute, counter, participation, proposals):
    router.include_router(module.router)

__all__ = ["router"]
