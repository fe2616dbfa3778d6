"""The PDF of an application as it was sent: offered when it is there, to whom it belongs."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.accounts.desk import desk_of
from services.applications.documents.giving import as_download
from services.applications.folder import Folder
from services.applications.pages.kit import applicant, id_from
from services.applications.pages.words import size_words
from services.applications.store.applications import find
from services.applications.store.copies import Copy, of_application
from services.applications.tables import Application
from services.applications.uploads import documents_of
from shared.persistence.database import Tx
from shared.web.problems import Problem

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Offered:
    """The copy of the newest submission: its address and size, or, where both are empty, that it is being made."""

    href: str
    size: str


def newest(found: Sequence[Copy], path: str) -> Offered | None:
    """What to say of the copies: none where there is no submission, or its copy was given up."""
    if not found or not (found[0].storage_key or found[0].under_way):
        return None
    one = found[0]
    return Offered(f"{path}/copies/{one.number}", size_words(one.size_bytes or 0)) if one.storage_key else Offered("", "")


async def copy_of(request: Request, folder: Folder) -> Offered | None:
    """The copy to offer on a page of the application."""
    return newest(await desk_of(request).db.run(lambda tx: of_application(tx, folder.application.id)), folder.path)


@router.get("/applications/{application_id}/copies/{number}")
async def download(request: Request, application_id: str, number: str) -> Response:
    """The PDF, as something to save."""
    viewer, wanted = applicant(request), id_from(application_id)

    async def read(tx: Tx) -> tuple[Application | None, Sequence[Copy]]:
        application = await find(tx, viewer, wanted)
        return application, await of_application(tx, wanted) if application else ()

    application, found = await desk_of(request).db.run(read)
    one = next((copy for copy in found if str(copy.number) == number and copy.storage_key), None)
    if application is None or one is None or one.storage_key is None:
        raise Problem(404, code="not_found")
    content = await documents_of(request).get(one.storage_key)
    return as_download(file_name(application, one.number), "application/pdf", content)


def file_name(application: Application, number: int) -> str:
    """What the copy is called where it is saved: programme, year, receipt, and for a corrected one the number of that sending."""
    again = f"-{number}" if number > 1 else ""
    return f"{application.programme}-{application.year}-{application.receipt}{again}.pdf"
