"""Documents, as files to save."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications import views
from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.documents.giving import as_download
from services.applications.domain.outcomes import NotFound
from services.applications.problems import problem_of
from services.applications.uploads import documents_of

router = APIRouter(tags=["documents"])


@router.get("/applications/{application_id}/documents/{document_id}")
async def download(request: Request, application_id: UUID, document_id: UUID) -> Response:
    """The file, for those who may see the application."""
    viewer = viewer_in(request)
    found = await desk_of(request).db.run(lambda tx: views.document(tx, viewer, application_id, document_id))
    if found is None:
        raise problem_of(request, NotFound())
    return as_download(found.filename, found.content_type, await documents_of(request).get(found.storage_key))
