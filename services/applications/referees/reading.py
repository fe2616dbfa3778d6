"""Who reads letters: those of the staff whom the programme names, each reading in the audit trail. The applicant never does."""

from datetime import datetime
from uuid import UUID

from services.applications.domain.referees import Standing
from services.applications.domain.viewers import Viewer
from services.applications.referees import store
from services.applications.referees.tables import Recommendation, Referee
from services.applications.store import applications
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import note, on_own_case, terms_of
from shared.persistence.database import Tx

READ, SAVED_FILE = "letter_read", "letter_saved"
"""Acts on the audit trail: the letter's page was opened, the letter's file was saved."""


def may_read(viewer: Viewer, application: Application, terms: InForce) -> bool:
    """Whether the viewer, who may see the application, may read its letters."""
    asked = terms.programme.referees
    return asked is not None and viewer.role in asked.readers and not on_own_case(viewer, application)


async def read_letter(
    tx: Tx, viewer: Viewer, application_id: UUID, referee_id: UUID, *, act: str = READ, now: datetime
) -> tuple[Application, InForce, Referee, Recommendation] | None:
    """A letter that has arrived, with the row that says who read it; none where the viewer may not know or read it."""
    application = await applications.find(tx, viewer, application_id)
    if application is None:
        return None
    terms = await terms_of(tx, application.programme)
    found = await store.received_letter(tx, application_id, referee_id) if may_read(viewer, application, terms) else None
    if found is None:
        return None
    referee, letter = found
    assert referee.state == Standing.RECEIVED, "only letters that have arrived are read"
    await note(tx, application, act, role=viewer.role, actor=viewer.account_id, now=now, detail={"referee": str(referee.id)})
    return application, terms, referee, letter
