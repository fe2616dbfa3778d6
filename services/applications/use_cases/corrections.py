"""Applications that were sent back to be corrected and did not come again."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.applications.domain.lifecycle import SYSTEM, Act, Moved, State, move
from services.applications.store import overdue
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.overdue import end_each
from services.applications.use_cases.steps import facts_of, finish, terms_of
from shared.events.applications import ApplicationWithdrawn
from shared.persistence.database import Tx

AHEAD: Final = timedelta(hours=14)
"""No zone is further ahead of UTC."""


async def end_uncorrected(tx: Tx, *, before: datetime, most: int, now: datetime) -> int:
    """End applications whose day for the correction was over `before`, in their call's zone; returns how many, at most `most`.

    Until then only the applicant could have done anything with them, and after it nobody: `submission.in_time` refuses them. One that
    cannot be ended is left and logged, and keeps no other waiting.
    """
    ended = 0
    for programme, year in await overdue.calls_uncorrected(tx, before=(before + AHEAD).date()):
        terms = await terms_of(tx, programme)
        ended += await _end_in_call(tx, terms, year, today=_today(terms, year, before), most=most - ended, now=now)
    return ended


async def _end_in_call(tx: Tx, terms: InForce, year: int, *, today: date, most: int, now: datetime) -> int:
    """Those of one call whose day was before `today`; returns how many were ended."""

    async def due(behind: UUID | None, most: int) -> Sequence[Application]:
        return await overdue.uncorrected(tx, terms.programme.code, year, before=today, behind=behind, most=most)

    return await end_each(tx, due, lambda one: _end(tx, terms, one, now), most=most, failed="correction_not_ended")


async def _end(tx: Tx, terms: InForce, application: Application, now: datetime) -> None:
    assert application.correct_by is not None, "a returned application has a day to be corrected by"
    source = State(application.state)
    moved = move(source, Act.EXPIRE, SYSTEM, route=terms.programme.route)
    assert isinstance(moved, Moved), "the table ends what was sent back"
    fact = ApplicationWithdrawn(**facts_of(application), by_role=SYSTEM, from_state=source)
    detail = {"correct_by": application.correct_by.isoformat()}
    await finish(tx, application, moved, Act.EXPIRE, role=SYSTEM, actor=None, now=now, fact=fact, detail=detail)


def _today(terms: InForce, year: int, now: datetime) -> date:
    """The day in the zone of the call; of one that the plan dropped, by UTC."""
    call = terms.programme.call(year)
    return call.day(now) if call else now.date()
