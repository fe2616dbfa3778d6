"""Applications on which nobody decided by the end of their call."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.applications.domain.lifecycle import SYSTEM, Act, Moved, State, move
from services.applications.store import overdue, plans
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.overdue import end_each
from services.applications.use_cases.steps import facts_of, finish
from shared.events.applications import ApplicationRejected
from shared.persistence.database import Tx


async def end_undecided(tx: Tx, *, before: datetime, most: int, now: datetime) -> int:
    """End what was sent, and perhaps put forward, to calls whose lists closed `before`, and not decided on; returns how many.

    Nobody is served from such a call any more, whoever would approve them now, so that nothing could become of them. At most `most`.
    """
    ended = 0
    for terms in await plans.all_in_force(tx):
        for call in terms.programme.calls:
            if call.list_closes < before:
                ended += await _end_in_call(tx, terms, call.year, most=most - ended, now=now)
    return ended


async def _end_in_call(tx: Tx, terms: InForce, year: int, *, most: int, now: datetime) -> int:
    async def due(behind: UUID | None, most: int) -> Sequence[Application]:
        return await overdue.undecided(tx, terms.programme.code, year, behind=behind, most=most)

    return await end_each(tx, due, lambda one: _end(tx, terms, one, now), most=most, failed="undecided_not_ended")


async def _end(tx: Tx, terms: InForce, application: Application, now: datetime) -> None:
    moved = move(State(application.state), Act.CLOSE, SYSTEM, route=terms.programme.route)
    assert isinstance(moved, Moved), "the table ends what nobody decided on"
    application.reasons, application.reason_limit = [], None
    fact = ApplicationRejected(**facts_of(application), reasons=[], by_role=SYSTEM)
    await finish(tx, application, moved, Act.CLOSE, role=SYSTEM, actor=None, now=now, fact=fact)
