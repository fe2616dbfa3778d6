"""From an uploaded file to a document of an application: looked through, scanned, stored, noted; or nothing of it stays."""

import io
from dataclasses import replace
from typing import Final
from uuid import UUID

from fastapi import Request

from services.applications import use_cases, views
from services.applications.accounts.desk import Desk, desk_of
from services.applications.documents.receiving import Reads, Received, UploadRefused, receive
from services.applications.documents.room import Room
from services.applications.documents.scanner import Infected, Scanner, Unknown
from services.applications.documents.store import DocumentStore
from services.applications.domain.outcomes import Forbidden, NotAllowed, NotFound, PaperFull
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Document as Paper
from services.applications.store import applications as store
from services.applications.tables import Document
from services.applications.use_cases import Done, NewFile
from services.applications.use_cases.steps import terms_of
from shared.persistence.database import Tx

__all__ = ["UploadRefused", "take", "take_over"]

Taken = Done | UploadRefused | NotAllowed | NotFound | Forbidden
AT_ONCE_SECONDS: Final = 10.0
"""A scanner that takes longer is asked again by the sweep; the person is not kept waiting."""


async def take(
    request: Request,
    viewer: Viewer,
    application_id: UUID,
    wanted: str | Paper,
    upload: Reads,
    filename: str | None,
    *,
    replaces: UUID | None = None,
) -> Taken:
    """Receive `upload` as a document of this kind, or for this paper where it was read already; in the place of `replaces`, where it is
    given. 503 where too many wait already.
    """
    desk = desk_of(request)
    async with room_of(request).place():
        paper = await desk.db.run(lambda tx: _paper(tx, viewer, application_id, wanted)) if isinstance(wanted, str) else wanted
        return await _receive(request, viewer, application_id, paper, upload, filename, replaces) if paper else NotFound()


async def _receive(
    request: Request, viewer: Viewer, application_id: UUID, paper: Paper, upload: Reads, filename: str | None, replaces: UUID | None
) -> Taken:
    received = await receive(upload, filename, accepted=paper.accepted, max_bytes=paper.max_bytes)
    if isinstance(received, UploadRefused):
        return replace(received, max_files=paper.max_files)
    return await keep(request, desk_of(request), viewer, application_id, paper, received, replaces=replaces)


class Kept:
    """Bytes that are there already, read as an upload is."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    async def read(self, size: int = -1, /) -> bytes:
        return self._content.read(size)


async def take_over(request: Request, viewer: Viewer, application_id: UUID, kind: str, document_id: UUID) -> Taken:
    """A file of an earlier application of the same person once more: a copy of its own, looked through as if it came now."""
    desk = desk_of(request)

    async def find(tx: Tx) -> tuple[Paper, Document] | None:
        paper = await _paper(tx, viewer, application_id, kind)
        if paper is None:
            return None
        before = await views.sent_before(tx, viewer, application_id, paper)
        return next(((paper, one.file) for one in before if one.file.id == document_id), None)

    found = await desk.db.run(find)
    if found is None:
        return NotFound()
    paper, file = found
    async with room_of(request).place():
        kept = Kept(await documents_of(request).get(file.storage_key))
        return await _receive(request, viewer, application_id, paper, kept, file.filename, None)


async def keep(
    request: Request, desk: Desk, viewer: Viewer, application_id: UUID, paper: Paper, received: Received, *, replaces: UUID | None
) -> Taken:
    """Scan, store and note a file that was looked through."""

    def refused(code: str) -> UploadRefused:
        size, found = len(received.content), received.content_type
        return UploadRefused(code, received.filename, size, found, paper.accepted, paper.max_bytes, paper.max_files)

    documents = documents_of(request)
    verdict = await scanner_of(request).scan(received.content, seconds=AT_ONCE_SECONDS)
    if isinstance(verdict, Infected):
        return refused("infected")
    key = await documents.put(application_id, received.content)
    file = NewFile(
        filename=received.filename,
        content_type=received.content_type,
        size_bytes=len(received.content),
        sha256=received.sha256,
        storage_key=key,
        pages=received.pages,
        checked=not isinstance(verdict, Unknown),
    )
    outcome = await desk.db.run(
        lambda tx: use_cases.attach_document(tx, viewer, application_id, paper.key, file, replaces=replaces, now=desk.clock.now())
    )
    if not isinstance(outcome, Done):
        await documents.delete(key)
    return refused("too_many") if isinstance(outcome, PaperFull) else outcome


async def _paper(tx: Tx, viewer: Viewer, application_id: UUID, kind: str) -> Paper | None:
    application = await store.find(tx, viewer, application_id)
    if application is None:
        return None
    programme = (await terms_of(tx, application.programme)).programme
    return next((paper for paper in programme.documents if paper.key == kind), None)


def documents_of(request: Request) -> DocumentStore:
    """The application's store of documents."""
    found: DocumentStore = request.app.state.documents
    return found


def room_of(request: Request) -> Room:
    """The application's places for files that are handed in."""
    found: Room = request.app.state.room
    return found


def reading_room_of(request: Request) -> Room:
    """Its places for files of which staff look at a page: however many they are, nobody who hands a file in is sent away for them."""
    found: Room = request.app.state.reading_room
    return found


def scanner_of(request: Request) -> Scanner:
    """The application's virus scanner, which may be none."""
    found: Scanner = request.app.state.scanner
    return found
