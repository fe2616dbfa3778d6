"""Ending, by the clock alone, applications with which nothing can happen any more: each by itself, a portion at a time."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from services.applications.tables import Application
from shared.observability.logging import get_logger
from shared.persistence.database import RETRIED, Tx, is_away, said, sqlstate

log = get_logger(__name__)

Due = Callable[[UUID | None, int], Awaitable[Sequence[Application]]]
"""(behind whom, how many at most) -> the next of those that are due, in the order of their ids; locked."""


async def end_each(tx: Tx, due: Due, end: Callable[[Application], Awaitable[None]], *, most: int, failed: str) -> int:
    """End those that are due; returns how many, at most `most`. One that cannot be ended is left and logged as `failed`, and keeps no
    other waiting.
    """
    ended, behind = 0, None
    while ended < most:
        found = await due(behind, most - ended)
        if not found:
            break
        behind = found[-1].id  # before any of them is undone, and has to be read anew
        for application in found:
            ended += await _ended(tx, application, application.id, end, failed)
    return ended


async def _ended(tx: Tx, application: Application, number: UUID, end: Callable[[Application], Awaitable[None]], failed: str) -> bool:
    """End one by itself; False where it cannot be. Raises only what the whole work is tried again for."""
    try:
        async with tx.begin_nested():
            await end(application)
    except Exception as error:
        if sqlstate(error) in RETRIED or is_away(error):
            raise
        log.error(failed, application=str(number), error=said(error), exc_info=error)
        return False
    return True
