"""Files of an application's papers: attach, remove, and what becomes of one once it is checked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import col

from services.applications.domain.lifecycle import NotAllowed, State
from services.applications.domain.outcomes import Forbidden, NotFound, PaperFull
from services.applications.domain.papers import PAPERS, FileState, may_attach
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Document as Paper
from services.applications.store import applications as store
from services.applications.store import copies
from services.applications.tables import Application, Document
from services.applications.use_cases.steps import ADMINISTRATIVE, Done, note, terms_of
from shared.kernel.ids import new_id
from shared.persistence.database import Tx


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that was looked through and stored (`documents.receiving`); `checked` is false where the virus scanner has not seen it yet."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    storage_key: str
    pages: int | None = None
    checked: bool = True


async def attach_document(
    tx: Tx, viewer: Viewer, application_id: UUID, kind: str, file: NewFile, *, replaces: UUID | None = None, now: datetime
) -> Done | NotAllowed | NotFound | Forbidden | PaperFull:
    """Note a file. It takes the place of `replaces`, and of the one before it where the paper is of one file.

    The same file a second time is not added: it is the retry of an upload whose answer was lost, or it takes the place of another.
    """
    found = await _attachable(tx, viewer, application_id, kind)
    if not isinstance(found, tuple):
        return found
    application, paper = found
    before = [one for one in await store.documents(tx, application.id) if one.kind == kind]
    if any(one.sha256 == file.sha256 and one.id != replaces and one.state != FileState.REFUSED for one in before):
        replaced = {one.id for one in before if one.id == replaces}
        if replaced:
            await _drop(tx, replaced)
            await _note_paper(tx, viewer, application, "remove", kind, now=now)
        return Done(application)
    going = {one.id for one in before if paper.max_files == 1 or one.id == replaces or one.state == FileState.REFUSED}
    if len(before) - len(going) >= paper.max_files:
        return PaperFull(paper.max_files)
    await _drop(tx, going)
    tx.add(
        Document(
            id=new_id(),
            application_id=application.id,
            kind=kind,
            filename=file.filename,
            content_type=file.content_type,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            storage_key=file.storage_key,
            uploaded_at=now,
            state=FileState.READY if file.checked else FileState.CHECKING,
            pages=file.pages,
        )
    )
    await _note_paper(tx, viewer, application, "attach", kind, sha256=file.sha256, now=now)
    await tx.flush()
    return Done(application)


async def remove_document(
    tx: Tx, viewer: Viewer, application_id: UUID, kind: str, *, document_id: UUID | None = None, now: datetime
) -> Done | NotAllowed | NotFound | Forbidden:
    """Take a document back, or every one of its kind. The bytes are swept away later, once nothing refers to them."""
    found = await _attachable(tx, viewer, application_id, kind)
    if not isinstance(found, tuple):
        return found
    application, _paper = found
    before = await store.documents(tx, application.id)
    await _drop(tx, {one.id for one in before if one.kind == kind and document_id in (None, one.id)})
    await _note_paper(tx, viewer, application, "remove", kind, now=now)
    return Done(application)


async def _attachable(
    tx: Tx, viewer: Viewer, application_id: UUID, kind: str
) -> tuple[Application, Paper] | NotAllowed | NotFound | Forbidden:
    application = await store.find(tx, viewer, application_id, lock=True)
    if application is None:
        return NotFound()
    terms = await terms_of(tx, application.programme)
    paper = next((document for document in terms.programme.documents if document.key == kind), None)
    if paper is None:
        return NotFound()
    if viewer.role not in PAPERS[paper.stage]:
        return Forbidden()
    if not may_attach(paper.stage, viewer.role, State(application.state)):
        return NotAllowed("not_in_this_state", State(application.state))
    if application.state == State.SUBMITTED:
        await copies.keep_papers(tx, application.id)
    return application, paper


async def _note_paper(tx: Tx, viewer: Viewer, application: Application, act: str, kind: str, *, sha256: str = "", now: datetime) -> None:
    if viewer.role in ADMINISTRATIVE:
        detail = {"kind": kind, "sha256": sha256}
        await note(tx, application, act, role=viewer.role, actor=viewer.account_id, now=now, detail=detail)


async def _drop(tx: Tx, ids: set[UUID]) -> None:
    if ids:
        await tx.execute(delete(Document).where(col(Document.id).in_(ids)))


async def open_document(tx: Tx, viewer: Viewer, application_id: UUID, document_id: UUID, *, now: datetime) -> Document | NotFound:
    """The document, once it is ready, for somebody who may see the application. One of the staff who opens it is written down."""
    application = await store.find(tx, viewer, application_id)
    found = await store.documents(tx, application_id) if application else []
    document = next((one for one in found if one.id == document_id and one.state == FileState.READY), None)
    if application is None or document is None:
        return NotFound()
    if viewer.role != "applicant":
        detail = {"kind": document.kind, "document": str(document.id)}
        await note(tx, application, "open_document", role=viewer.role, actor=viewer.account_id, now=now, detail=detail)
    return document


async def unchecked(tx: Tx, *, most: int) -> list[Document]:
    """Files that the scanner has not seen, in no order: one that it never answers for must not keep the others waiting."""
    statement = select(Document).where(col(Document.state) == FileState.CHECKING).order_by(func.random()).limit(most)
    return list((await tx.execute(statement)).scalars())


async def checked(tx: Tx, document_id: UUID, *, clean: bool) -> bool:
    """Note what the scanner said of a file; false where it is gone or somebody else noted it.

    The bytes of a refused one are for the caller to remove.
    """
    statement = select(Document).where(col(Document.id) == document_id, col(Document.state) == FileState.CHECKING).with_for_update()
    document = (await tx.execute(statement)).scalar_one_or_none()
    if document is None:
        return False
    document.state = FileState.READY if clean else FileState.REFUSED
    await tx.flush()
    return True
