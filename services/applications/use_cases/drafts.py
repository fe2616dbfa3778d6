"""The applicant begins: a draft of an application."""

from datetime import datetime

from services.applications.domain.lifecycle import Act, Moved, move
from services.applications.domain.outcomes import AlreadyApplied, CallClosed, Forbidden, NotFound, NotTakingPart
from services.applications.domain.viewers import Viewer
from services.applications.store import applications as store
from services.applications.store import moves, plans
from services.applications.tables import Application
from services.applications.use_cases.steps import Done, entry
from shared.kernel.ids import new_id
from shared.persistence.database import Tx


async def start_draft(
    tx: Tx, viewer: Viewer, *, programme: str, year: int, country: str, now: datetime
) -> Done | AlreadyApplied | CallClosed | NotTakingPart | NotFound | Forbidden:
    """Begin an application to a call that is open. `country` is the one that would nominate the person."""
    if viewer.role != "applicant":
        return Forbidden()
    terms = await plans.in_force(tx, programme)
    call = terms.programme.call(year) if terms else None
    if terms is None or call is None or country not in {one.code for one in terms.plan.countries_of(terms.programme)}:
        return NotFound()
    if not call.is_open(now):
        return CallClosed(now, call.opens, call.closes)
    if not terms.shares(country, call.day(now)):
        return NotTakingPart(country)
    await store.lock_person(tx, viewer.account_id)
    if await store.was_erased(tx, viewer.account_id):
        return Forbidden()  # an identity counts for a moment longer than its account
    before = await store.live(tx, viewer.account_id, programme, year)
    if before is not None:
        return AlreadyApplied(before.id)
    moved = move(None, Act.START, viewer.role, route=terms.programme.route)
    assert isinstance(moved, Moved), "an applicant may start"
    application = Application(
        id=new_id(),
        person_id=viewer.account_id,
        programme=programme,
        country=country,
        year=year,
        state=moved.target,
        started_at=now,
        changed_at=now,
    )
    tx.add(application)
    await tx.flush()
    line = entry(application, moved, Act.START, role=viewer.role, actor=viewer.account_id, now=now)
    await moves.write(tx, moves.Move(application, line))
    return Done(application)
