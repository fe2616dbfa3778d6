"""Documents: a lasting address for those who may see one, which leads to a link that ends soon; and what is behind the link."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases, views
from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.documents.giving import as_download, as_picture
from services.applications.documents.links import LOOK, SAVE, Expired, Link, Links
from services.applications.documents.workshop import WORKSHOP
from services.applications.domain.outcomes import NotFound
from services.applications.domain.viewers import Viewer
from services.applications.problems import problem_of
from services.applications.tables import Document
from services.applications.uploads import documents_of, reading_room_of
from shared.web.i18n import N_
from shared.web.problems import Problem

router = APIRouter(tags=["documents"])

PICTURE_WIDTH: Final = 1_200
"""Pixels across of a page as a picture: the writing of a typed sheet can be read, on paper of any size."""


def links_of(request: Request) -> Links:
    found: Links = request.app.state.links
    return found


@router.get("/applications/{application_id}/documents/{document_id}")
async def document(request: Request, application_id: UUID, document_id: UUID) -> Response:
    """On to the file, for those who may see the application; that one of the staff opened it is written down."""
    viewer, desk = viewer_in(request), desk_of(request)
    now = desk.clock.now()
    found = await desk.db.run(lambda tx: use_cases.open_document(tx, viewer, application_id, document_id, now=now))
    if isinstance(found, NotFound):
        raise problem_of(request, found)
    return RedirectResponse(f"/files/{links_of(request).make(Link(application_id, document_id, viewer.account_id, SAVE), now)}", 303)


@router.get("/files/{link}")
async def file(request: Request, link: str) -> Response:
    """The file that the link is for, as something to save."""
    found = await behind(request, link, SAVE)
    return as_download(found.filename, found.content_type, await documents_of(request).get(found.storage_key))


@router.get("/files/{link}/pages/{page}")
async def page_picture(request: Request, link: str, page: int) -> Response:
    """One page of the file as a picture, for the page on which staff read it."""
    found = await behind(request, link, LOOK)
    if not 1 <= page <= (found.pages or 1):
        raise Problem(404, code="not_found")
    if found.content_type != "application/pdf":
        return as_picture(found.content_type, await documents_of(request).get(found.storage_key))
    async with reading_room_of(request).place():
        drawn = await WORKSHOP.picture_of(await documents_of(request).get(found.storage_key), page, PICTURE_WIDTH)
    if not drawn:
        raise Problem(404, code="not_found")
    return as_picture("image/jpeg", drawn)


async def behind(request: Request, raw: str, use: bytes) -> Document:
    """The document that the link is for, if it is this person's link, still good, and they may still see it."""
    viewer, desk = viewer_in(request), desk_of(request)
    link = links_of(request).read(raw, viewer.account_id, desk.clock.now())
    if isinstance(link, Expired):
        title = N_("This link has expired")
        detail = N_(
            "A link to a document is good for ten minutes, for whoever opened it. Open the application, and choose the document again."
        )
        raise Problem(410, title, detail, code="link_expired")
    found = await _seen(request, viewer, link) if link and link.use == use else None
    if found is None:
        raise problem_of(request, NotFound())
    return found


async def _seen(request: Request, viewer: Viewer, link: Link) -> Document | None:
    return await desk_of(request).db.run(lambda tx: views.document(tx, viewer, link.application_id, link.document_id))
