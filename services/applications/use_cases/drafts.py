"""The applicant fills the form in: start a draft, save a page."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.applications.domain.answers import parse_page, to_stored
from services.applications.domain.lifecycle import EDITABLE, Act, Moved, NotAllowed, State, move
from services.applications.domain.outcomes import AlreadyApplied, CallClosed, Forbidden, NotFound, NotTakingPart, WrongAnswers
from services.applications.domain.viewers import Viewer
from services.applications.store import applications as store
from services.applications.store import moves, plans
from services.applications.tables import Application
from services.applications.use_cases.steps import Done, entry, terms_of
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
    await moves.write(tx, entry(application, moved, Act.START, role=viewer.role, actor=viewer.account_id, now=now))
    return Done(application)


async def save_page(
    tx: Tx, viewer: Viewer, application_id: UUID, page_key: str, form: Mapping[str, str], *, now: datetime
) -> Done | WrongAnswers | NotAllowed | NotFound | Forbidden:
    """Save one page of the form, all of it or, where an answer is wrong, nothing: the last good answers stay."""
    application = await _editable(tx, viewer, application_id)
    if not isinstance(application, Application):
        return application
    terms = await terms_of(tx, application.programme)
    page = terms.programme.page(page_key)
    if page is None:
        return NotFound()
    today = terms.call(application.year).day(now)
    parsed = parse_page(page, form, today=today, countries={country.code for country in terms.plan.countries})
    if parsed.faults:
        return WrongAnswers(parsed.faults)
    await store.save_answers(tx, application.id, page.key, to_stored(parsed.answers), now)
    return Done(application)


async def _editable(tx: Tx, viewer: Viewer, application_id: UUID) -> Application | NotAllowed | NotFound | Forbidden:
    application = await store.find(tx, viewer, application_id, lock=True)
    if application is None:
        return NotFound()
    if viewer.role != "applicant":
        return Forbidden()
    if application.state not in EDITABLE:
        return NotAllowed("not_in_this_state", State(application.state))
    return application
