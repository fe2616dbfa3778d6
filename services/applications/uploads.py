"""From an uploaded file to a document of an application: checked, stored, noted; or nothing of it stays."""

from uuid import UUID

from fastapi import Request

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.documents import DocumentStore, Reads, UploadRefused, receive
from services.applications.domain.outcomes import Forbidden, NotAllowed, NotFound
from services.applications.domain.viewers import Viewer
from services.applications.store import applications as store
from services.applications.use_cases import Done
from services.applications.use_cases.steps import terms_of
from shared.persistence.database import Tx

__all__ = ["UploadRefused", "take"]


async def take(
    request: Request, viewer: Viewer, application_id: UUID, kind: str, upload: Reads, filename: str | None
) -> Done | UploadRefused | NotAllowed | NotFound | Forbidden:
    """Receive `upload` as the application's document of this kind."""
    desk, documents = desk_of(request), documents_of(request)

    async def terms(tx: Tx) -> tuple[tuple[str, ...], int] | None:
        application = await store.find(tx, viewer, application_id)
        if application is None:
            return None
        programme = (await terms_of(tx, application.programme)).programme
        return next(((paper.accepted, paper.max_bytes) for paper in programme.documents if paper.key == kind), None)

    asked = await desk.db.run(terms)
    if asked is None:
        return NotFound()
    received = await receive(upload, filename, accepted=asked[0], max_bytes=asked[1])
    if isinstance(received, UploadRefused):
        return received
    key = await documents.put(application_id, received.content)
    outcome = await desk.db.run(
        lambda tx: use_cases.attach_document(
            tx,
            viewer,
            application_id,
            kind,
            filename=received.filename,
            content_type=received.content_type,
            size_bytes=len(received.content),
            sha256=received.sha256,
            storage_key=key,
            now=desk.clock.now(),
        )
    )
    if not isinstance(outcome, Done):
        await documents.delete(key)
    return outcome


def documents_of(request: Request) -> DocumentStore:
    """The application's store of documents."""
    found: DocumentStore = request.app.state.documents
    return found
