"""Applications whose time is over: offers without an answer, corrections that did not come, what nobody decided on."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlmodel import col

from services.applications.domain.lifecycle import State
from services.applications.tables import Application
from shared.persistence.database import Tx


async def unanswered(tx: Tx, *, before: datetime, most: int) -> Sequence[Application]:
    """Offers with a deadline earlier than `before` that were neither answered nor told to be unanswered; their rows locked."""
    statement = (
        select(Application)
        .where(
            col(Application.state) == State.OFFERED,
            col(Application.answer_by) < before,
            col(Application.passed_version).is_distinct_from(col(Application.offer_version)),
        )
        .order_by(col(Application.answer_by), col(Application.id))
        .limit(most)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await tx.execute(statement)).scalars().all()


async def calls_uncorrected(tx: Tx, *, before: date) -> list[tuple[str, int]]:
    """The calls, programme and year, with applications that were sent back and whose day for the correction is earlier than `before`."""
    call = (col(Application.programme), col(Application.year))
    returned = (col(Application.state) == State.RETURNED, col(Application.correct_by) < before)
    return [(row.programme, row.year) for row in await tx.execute(select(*call).where(*returned).distinct().order_by(*call))]


async def uncorrected(tx: Tx, programme: str, year: int, *, before: date, behind: UUID | None, most: int) -> Sequence[Application]:
    """Those of a call, in the order of their ids from the one `behind` on; locked, without those that are held."""
    returned = (col(Application.state) == State.RETURNED, col(Application.correct_by) < before)
    return await _next(tx, programme, year, *returned, behind=behind, most=most)


async def undecided(tx: Tx, programme: str, year: int, *, behind: UUID | None, most: int) -> Sequence[Application]:
    """What was sent to a call and not decided on, in the same way."""
    return await _next(tx, programme, year, col(Application.state).in_([State.SUBMITTED, State.NOMINATED]), behind=behind, most=most)


async def _next(tx: Tx, programme: str, year: int, *which: ColumnElement[bool], behind: UUID | None, most: int) -> Sequence[Application]:
    statement = (
        select(Application)
        .where(
            col(Application.programme) == programme,
            col(Application.year) == year,
            *which,
            true() if behind is None else col(Application.id) > behind,
        )
        .order_by(col(Application.id))
        .limit(most)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await tx.execute(statement)).scalars().all()
