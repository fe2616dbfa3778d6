"""Applications that were sent back to be corrected and did not come again."""

from datetime import date, datetime, timedelta
from typing import Final

from services.applications.domain.lifecycle import SYSTEM, Act, Moved, State, move
from services.applications.store import applications as store
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import facts_of, finish, terms_of
from shared.events.applications import ApplicationWithdrawn
from shared.persistence.database import Tx

AHEAD: Final = timedelta(hours=14)
"""No zone is further ahead of UTC."""


async def end_uncorrected(tx: Tx, *, before: datetime, most: int, now: datetime) -> int:
    """End applications whose day for the correction was over `before`, in their call's zone; returns how many, at most `most`.

    Until then only the applicant could have done anything with them, and after it nobody: `submission.in_time` refuses them.
    """
    ended = 0
    for application in await store.uncorrected(tx, before=(before + AHEAD).date(), most=most):
        terms = await terms_of(tx, application.programme)
        assert application.correct_by is not None, "a returned application has a day to be corrected by"
        if _today(terms, application, before) <= application.correct_by:
            continue
        source = State(application.state)
        moved = move(source, Act.EXPIRE, SYSTEM, route=terms.programme.route)
        assert isinstance(moved, Moved), "the table ends what was sent back"
        fact = ApplicationWithdrawn(**facts_of(application), by_role=SYSTEM, from_state=source)
        detail = {"correct_by": application.correct_by.isoformat()}
        await finish(tx, application, moved, Act.EXPIRE, role=SYSTEM, actor=None, now=now, fact=fact, detail=detail)
        ended += 1
    return ended


def _today(terms: InForce, application: Application, now: datetime) -> date:
    """The day in the zone of the call; of one that the plan dropped, by UTC."""
    call = terms.programme.call(application.year)
    return call.day(now) if call else now.date()
