"""Writing and answering: a question to the focal point, an appeal. Neither changes where the application stands."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.applications.domain.answers import tidy
from services.applications.domain.letters import ANSWERS, APPEALABLE, KINDS, Letter, LetterRefused, may_write, of_kind
from services.applications.domain.lifecycle import APPLICANT, State
from services.applications.domain.outcomes import Forbidden, NotFound
from services.applications.domain.viewers import Viewer
from services.applications.store import applications as store
from services.applications.store import letters, plans
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import Done, cell_of, facts_of, note, on_own_case, terms_of
from shared.events.applications import LetterWritten
from shared.events.catalogue import event
from shared.messaging import outbox
from shared.persistence.database import Tx

DAY: Final = timedelta(days=1)


def appeal_until(application: Application, terms: InForce) -> date | None:
    """The last day of an appeal against how the application stands; none where there is nothing to appeal against."""
    if application.state not in APPEALABLE:
        return None
    return terms.call(application.year).day(application.changed_at) + timedelta(days=terms.programme.appeal_days)


async def write_letter(
    tx: Tx, viewer: Viewer, application_id: UUID, kind: str, body: str, *, close: bool = False, now: datetime
) -> Done | LetterRefused | NotFound | Forbidden:
    """Write a letter; `close` ends the exchange with an answer. The same text sent again at once is the letter that is there.

    What is told of it says that there is one, never what is in it.
    """
    application = await store.find(tx, viewer, application_id, lock=True)
    if application is None or kind not in KINDS or application.receipt is None or await store.was_erased(tx, application.person_id):
        return NotFound()
    if viewer.role not in (APPLICANT, ANSWERS[kind]) or on_own_case(viewer, application):
        return Forbidden()
    await plans.hold(tx)
    terms, said = await terms_of(tx, application.programme), tidy(body, lines=True)
    written = await letters.of_application(tx, application.id)
    found = of_kind(written, kind)
    if found and (found[-1].role, found[-1].body) == (viewer.role, said):
        return Done(application)
    today, until = terms.call(application.year).day(now), appeal_until(application, terms)
    lately = await letters.lately(tx, application.id, now - DAY) if viewer.role == APPLICANT else 0
    refusal = may_write(written, kind, viewer.role, said, State(application.state), today=today, until=until, lately=lately)
    if refusal is not None:
        return refusal
    letter = Letter(kind, len(found) + 1, now, viewer.role, said, close and viewer.role != APPLICANT)
    await letters.add(tx, application.id, letter, viewer.account_id)
    fact = LetterWritten(**facts_of(application), exchange=kind, by_role=viewer.role, closes=letter.closes)
    subject = f"{kind}:{application.id}"
    await outbox.add(tx, event(fact, subject=subject, version=letter.number, key=cell_of(application).key, at=now))
    if viewer.role != APPLICANT:
        detail = {"kind": kind, "number": letter.number, "closes": letter.closes}
        await note(tx, application, "answer", role=viewer.role, actor=viewer.account_id, now=now, detail=detail)
    return Done(application)
