"""What quotas answered, applied to the application that it is about. Repeats and late answers change nothing.

Each takes the whole event: `subjectversion` is the version of the place, and what is not newer than the last one applied
is skipped. The moment of a move is the event's own, so that a replay gives the same tables.
"""

from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.applications.domain.lifecycle import FINISHED, QUOTAS, WITH_QUOTAS, Act, Moved, State, move
from services.applications.store import applications as store
from services.applications.tables import Application, CellFigures
from services.applications.use_cases.steps import finish
from shared.events.envelope import Event
from shared.events.quotas import CellChanged, NominationRefused, PlaceOffered, PlaceRefused, PlaceReleased, PlaceTaken, PlaceWaiting
from shared.persistence.database import Tx

PlaceFact = NominationRefused | PlaceOffered | PlaceWaiting | PlaceRefused | PlaceTaken | PlaceReleased

OVERTAKEN: Final = {
    # The officer approved while the cap was being checked: quotas refuses the place itself, for the same reason.
    Act.REFUSE_NOMINATION: FINISHED | WITH_QUOTAS | {State.PLACED},
    # The list moved on and tells a new rank.
    Act.WAIT: FINISHED | {State.WAITING},
}
"""States in which an answer only shows that something else came first; elsewhere those in which everything is over."""


async def nomination_refused(tx: Tx, event: Event[NominationRefused]) -> None:
    """The country's cap had no room: back to submitted, with the limit named."""
    application = await _newer(tx, event)
    if application is not None and await _move(
        tx, application, Act.REFUSE_NOMINATION, event, reason=event.data.reason, limit=event.data.limit
    ):
        application.slate_rank = None
        application.reasons = [event.data.reason]
        application.reason_limit = event.data.limit


async def place_offered(tx: Tx, event: Event[PlaceOffered]) -> None:
    """A place is held until the deadline; the answer will name this version of it."""
    application = await _newer(tx, event)
    if application is not None and await _move(tx, application, Act.OFFER, event, answer_by=event.data.answer_by.isoformat()):
        application.answer_by = event.data.answer_by
        application.offer_version = event.subjectversion
        application.waiting_rank = None


async def place_waiting(tx: Tx, event: Event[PlaceWaiting]) -> None:
    """No room now: on the list, at a rank."""
    application = await _newer(tx, event)
    if application is None:
        return
    moved = await _move(tx, application, Act.WAIT, event, rank=event.data.rank, lacking=event.data.lacking)
    if moved or application.state == State.WAITING:
        application.waiting_rank = event.data.rank
        application.list_closes = event.data.list_closes


async def place_refused(tx: Tx, event: Event[PlaceRefused]) -> None:
    """No place and no waiting; the reason and the limit are kept for the applicant."""
    application = await _newer(tx, event)
    if application is not None and await _move(tx, application, Act.REFUSE, event, reason=event.data.reason, limit=event.data.limit):
        application.waiting_rank = None
        application.reasons = [event.data.reason]
        application.reason_limit = event.data.limit


async def place_taken(tx: Tx, event: Event[PlaceTaken]) -> None:
    """The accepted offer became a place."""
    application = await _newer(tx, event)
    if application is not None:
        await _move(tx, application, Act.TAKE, event)


async def place_released(tx: Tx, event: Event[PlaceReleased]) -> None:
    """A place went back. Only an expiry is news here: the other causes began in this service."""
    application = await _newer(tx, event)
    if application is not None and event.data.cause == "expired":
        await _move(tx, application, Act.LAPSE, event)


async def cell_changed(tx: Tx, event: Event[CellChanged]) -> None:
    """Keep a cell's newest figures."""
    data = event.data
    figures: dict[str, Any] = {
        "version": event.subjectversion,
        "capacity": data.capacity,
        "free": data.free,
        "offered": data.offered,
        "taken": data.taken,
        "waiting": data.waiting,
        "last_decision": data.last_decision,
        "at": event.time,
    }
    statement = insert(CellFigures).values(cell=data.cell, **figures)
    newer = col(CellFigures.version) < statement.excluded.version
    await tx.execute(statement.on_conflict_do_update(index_elements=["cell"], set_=figures, where=newer))


async def _newer(tx: Tx, event: Event[Any]) -> Application | None:
    """The locked application, or none where the event was applied before."""
    application = await store.locked(tx, event.data.application)
    if application is None:
        raise ValueError(f"{event.type} is about application {event.data.application}, which is not in this service")
    if event.subjectversion <= application.place_version:
        return None
    application.place_version = event.subjectversion
    return application


async def _move(tx: Tx, application: Application, act: Act, event: Event[Any], **detail: Any) -> bool:
    """Make the move; False where it was overtaken; `ValueError` where it makes no sense, so that the cell stops and is looked at."""
    moved = move(State(application.state), act, QUOTAS)
    if isinstance(moved, Moved):
        await finish(tx, application, moved, act, role=QUOTAS, actor=None, now=event.time, detail=detail, cause=event)
        return True
    if application.state in OVERTAKEN.get(act, FINISHED):
        return False
    raise ValueError(f"{event.type} came for application {application.id}, which is {application.state}: the table has no such move")
