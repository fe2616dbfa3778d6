"""Letters of referees: which have come, for everybody who reads an application; what is in them, for those whom the programme names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.documents.giving import as_download
from services.applications.domain.answers import from_stored
from services.applications.domain.referees import READERS, Standing
from services.applications.folder import zone_of
from services.applications.pages.fields import shown
from services.applications.pages.kit import id_from
from services.applications.pages.referees import KINDS, REASONS, standing_words
from services.applications.pages.words import file_words
from services.applications.referees.reading import READ, SAVED_FILE, may_read, read_letter
from services.applications.referees.tables import Recommendation, Referee
from services.applications.staff.kit import File, title_of
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.uploads import documents_of
from shared.persistence.database import Tx
from shared.web.i18n import LANGUAGES, N_, current_language, translate
from shared.web.identity import refuse
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)

BASES = {"coordinator": "/country/applications", "reviewer": "/review/applications", "officer": "/officer/applications"}
"""Where each reader's own page of an application is."""


UNREACHED_WHY: Final = N_("Our email to this person could not be delivered. The applicant is shown this, and can correct the address.")


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One referee as staff see them; `href` leads to the letter, for those who may read it."""

    name: str
    about: str
    state: str
    colour: str
    at: datetime
    reason: str
    late: bool
    href: str


def letters(file: File) -> list[LetterLine]:
    """Everybody who was asked and not replaced, in the order of asking."""
    reads = may_read(file.viewer, file.application, file.dossier.terms)
    found = []
    for one in file.dossier.referees:
        if one.state == Standing.REPLACED:
            continue
        state, colour = standing_words(one, file.now)
        found.append(
            LetterLine(
                name=one.name,
                about=f"{one.relation} · {_(KINDS[one.kind])}",
                state=state,
                colour=colour,
                at=one.settled_at or one.opened_at or one.invited_at,
                reason=_(REASONS[one.reason]) if one.reason in REASONS else _(UNREACHED_WHY) if one.unreached else "",
                late=one.late,
                href=f"/letters/{one.application_id}/{one.id}" if reads and one.state == Standing.RECEIVED else "",
            )
        )
    return found


async def _read(
    request: Request, application_id: str, referee_id: str, act: str
) -> tuple[Application, InForce, Referee, Recommendation, str]:
    """The letter, its reading noted; 404 where the viewer may not know of it, which is logged."""
    viewer, desk = viewer_in(request, *READERS), desk_of(request)
    application, referee, now = id_from(application_id), id_from(referee_id), desk.clock.now()

    async def read(tx: Tx) -> tuple[Application, InForce, Referee, Recommendation, str] | None:
        found = await read_letter(tx, viewer, application, referee, act=act, now=now)
        return (*found, await zone_of(tx, viewer.account_id)) if found else None

    found = await desk.db.run(read)
    if found is None:
        raise refuse(request, hidden=True)
    return found


@router.get("/letters/{application_id}/{referee_id}")
async def letter_page(request: Request, application_id: str, referee_id: str) -> Response:
    """What the referee wrote. Opening it leaves a row in the audit trail."""
    application, terms, referee, letter, zone = await _read(request, application_id, referee_id, READ)
    asked, language = terms.programme.referees, current_language()
    assert asked is not None, "a letter is read by leave of the programme's rules for letters"
    answers = from_stored([asked.page], letter.answers)
    role = viewer_in(request, *READERS).role
    return render(
        request,
        "staff/letter.html",
        application=application,
        programme=title_of(terms.programme),
        referee=referee,
        about=f"{referee.relation} · {_(KINDS[referee.kind])} · {LANGUAGES.get(referee.language, referee.language)}",
        rows=[]
        if letter.storage_key
        else [(q.label[language], shown(q, answers.get(q.key), terms.plan).split("\n")) for q in asked.questions],
        file=file_words(letter.filename or "", letter.size_bytes or 0) if letter.storage_key else "",
        path=f"/letters/{application.id}/{referee.id}",
        back=f"{BASES[role]}/{application.id}",
        zone=zone,
    )


@router.get("/letters/{application_id}/{referee_id}/file")
async def letter_file(request: Request, application_id: str, referee_id: str) -> Response:
    """The file that is the letter, as something to save; noted like a reading."""
    _application, _terms, referee, letter, _zone = await _read(request, application_id, referee_id, SAVED_FILE)
    if letter.storage_key is None:
        raise refuse(request, hidden=True)
    content = await documents_of(request).get(letter.storage_key)
    return as_download(letter.filename or f"{referee.id}.pdf", letter.content_type or "application/octet-stream", content)
