"""What an applicant wrote and what they sent, side by side: the answers, and beside them one document, page by page, as pictures.

Nobody opens a stranger's file in order to read it: pages are drawn on our side, in a process that may fail. Every opening is written down.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.api.downloads import links_of
from services.applications.documents.links import LOOK, Link
from services.applications.domain.papers import FileState
from services.applications.pages.answered import sections
from services.applications.pages.kit import id_from
from services.applications.pages.words import file_words
from services.applications.staff import country_file, officer, review
from services.applications.staff.kit import File, asked_in, file_of, permitted, title_of
from services.applications.staff.words import standing_said
from services.applications.tables import Document
from shared.web.i18n import current_language, translate
from shared.web.identity import refuse
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)

PAGES_SHOWN: Final = 40
"""Pages of a document on this page; the rest is in the file."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One file in the list: what it is, what it is called, where it is read; `shown` is the one that is."""

    id: UUID
    name: str
    file: str
    href: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The document beside the answers: addresses of its pages as pictures, and where it is given out as a file."""

    name: str
    file: str
    pages: tuple[str, ...]
    more: int
    save: str


def papers(file: File, query: str, chosen: str) -> list[Paper]:
    """Every file that is ready, in the order of the plan; the first one is shown where none is chosen."""
    ready = [(one.paper, each) for one in file.dossier.papers for each in one.files if each.state == FileState.READY]
    wanted = chosen or (str(ready[0][1].id) if ready else "")
    path = f"{file.base}/read{query}{'&' if query else '?'}document="
    return [
        Paper(
            each.id,
            paper.names[current_language()],
            file_words(each.filename, each.size_bytes),
            f"{path}{each.id}#document",
            str(each.id) == wanted,
        )
        for paper, each in ready
    ]


async def show(request: Request, file: File, one: Paper) -> Shown:
    """Open one document, which is written down, and make the links to its pages."""
    desk = desk_of(request)
    now, viewer, application_id = desk.clock.now(), file.viewer, file.application.id
    found: Document = permitted(request, await desk.db.run(lambda tx: use_cases.open_document(tx, viewer, application_id, one.id, now=now)))
    link = links_of(request).make(Link(application_id, found.id, viewer.account_id, LOOK), now)
    number = found.pages or 1
    return Shown(
        name=one.name,
        file=one.file,
        pages=tuple(f"/files/{link}/pages/{page}" for page in range(1, min(number, PAGES_SHOWN) + 1)),
        more=max(number - PAGES_SHOWN, 0),
        save=f"/applications/{application_id}/documents/{found.id}",
    )


async def draw(request: Request, file: File) -> Response:
    query = asked_in(request.query_params).query()
    chosen = request.query_params.get("document", "")
    listed = papers(file, query, str(id_from(chosen)) if chosen else "")
    at = next((number for number, one in enumerate(listed) if one.shown), None)
    if chosen and at is None:
        raise refuse(request, hidden=True)
    said = standing_said(file.application, file.dossier.call)
    return render(
        request,
        "staff/reading.html",
        file=file,
        programme=title_of(file.dossier.programme),
        state=said.name,
        colour=said.colour,
        sections=sections(file, change=False),
        papers=listed,
        shown=await show(request, file, listed[at]) if at is not None else None,
        before=listed[at - 1].href if at else "",
        following=listed[at + 1].href if at is not None and at + 1 < len(listed) else "",
        back=f"{file.base}{query}",
    )


@router.get("/officer/applications/{application_id}/read")
async def for_officer(request: Request, application_id: str) -> Response:
    return await draw(request, await file_of(request, application_id, officer.BASE, *officer.READERS))


@router.get("/review/applications/{application_id}/read")
async def for_reviewer(request: Request, application_id: str) -> Response:
    return await draw(request, await file_of(request, application_id, review.BASE, "reviewer"))


@router.get("/country/applications/{application_id}/read")
async def for_coordinator(request: Request, application_id: str) -> Response:
    return await draw(request, await file_of(request, application_id, country_file.BASE, "coordinator"))
