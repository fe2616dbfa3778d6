"""Questions of applicants to their country, and appeals to the programme: read, answered and closed by who they are for."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.domain.letters import APPEAL, BODY_MAX, QUESTION, LetterRefused, of_kind
from services.applications.domain.viewers import Viewer
from services.applications.pages.letters import box, refused, said, unfit
from services.applications.staff.kit import File, attempt, file_of, form_of, text_of
from services.applications.store import letters
from services.applications.tables import Application
from shared.persistence.database import Tx
from shared.web.i18n import N_, translate
from shared.web.pages import render
from shared.web.switching import told_again

_ = translate
router = APIRouter(include_in_schema=False)

WHO: Final = {"applicant": N_("Applicant"), "coordinator": N_("Coordinator"), "officer": N_("Officer")}
PLACES: Final = {"country": (QUESTION, ("coordinator",)), "officer": (APPEAL, ("officer", "auditor"))}
SHOWN: Final = 20
"""How many that wait are listed."""


async def waiting(tx: Tx, viewer: Viewer, place: str) -> list[tuple[Application, datetime, str]]:
    """What waits for an answer of those who work there: the application, since when, and where to answer."""
    found = await letters.unanswered(tx, viewer, PLACES[place][0], SHOWN)
    return [(one, at, f"/{place}/applications/{one.id}/letters") for one, at in found]


async def file_in(request: Request, place: str, application_id: str) -> File:
    return await file_of(request, application_id, f"/{place}/applications", *PLACES[place][1])


def draw(request: Request, file: File, place: str, *, typed: str = "", error: str = "") -> Response:
    kind = PLACES[place][0]
    found = of_kind(file.dossier.letters, kind)
    may = bool(found) and not found[-1].closes and file.viewer.role in ("coordinator", "officer")
    return render(
        request,
        "staff/letters.html",
        status=422 if error else 200,
        file=file,
        title=_("Question to your country") if kind == QUESTION else _("Appeal"),
        said=said(file.dossier.letters, kind, file.zone, WHO),
        box=box(kind, typed, error, staff=True) if may else None,
        error=error,
    )


async def page(request: Request, place: str, application_id: str) -> Response:
    return draw(request, await file_in(request, place, application_id), place, error=told_again(request, unfit) or "")


async def answer(request: Request, place: str, application_id: str) -> Response:
    """Answer, and close the exchange where that is ticked."""
    file, form = await file_in(request, place, application_id), await form_of(request)
    body, close = text_of(form, "body", BODY_MAX * 2), form.get("close") == "yes"
    outcome = await attempt(request, file.viewer, use_cases.write_letter, file.application.id, PLACES[place][0], body, close=close)
    if isinstance(outcome, LetterRefused):
        return draw(request, file, place, typed=body, error=refused(outcome))
    return RedirectResponse(f"{file.base}/letters", 303)


@router.get("/country/applications/{application_id}/letters")
async def questions_page(request: Request, application_id: str) -> Response:
    return await page(request, "country", application_id)


@router.post("/country/applications/{application_id}/letters")
async def answer_question(request: Request, application_id: str) -> Response:
    return await answer(request, "country", application_id)


@router.get("/officer/applications/{application_id}/letters")
async def appeal_page(request: Request, application_id: str) -> Response:
    return await page(request, "officer", application_id)


@router.post("/officer/applications/{application_id}/letters")
async def answer_appeal(request: Request, application_id: str) -> Response:
    return await answer(request, "officer", application_id)
