"""One paper a page: add it, replace it, remove it, get it back. A file is kept at once, whatever becomes of the rest of the form."""

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.pages.home import in_words
from services.applications.pages.kit import Folder, applicant, folder_of
from services.applications.pages.refusals import problem
from services.applications.pages.words import size_words, type_words
from services.applications.uploads import UploadRefused, take
from services.applications.use_cases import Done
from services.applications.views import PaperState
from shared.web.formats import format_datetime
from shared.web.i18n import N_, translate
from shared.web.pages import render
from shared.web.problems import Problem, Redirect

_ = translate
router = APIRouter(include_in_schema=False)

NO_FILE: Final = N_("Choose a file")
REFUSALS: Final = {
    "no_file": NO_FILE,
    "empty": N_("“{name}” is empty. Choose a file with something in it."),
    "too_large": N_("“{name}” is larger than {most}. Choose a smaller file, or save it in a lower quality."),
    "wrong_type": N_("“{name}” is {found}, whatever its name says. Choose one of these: {types}."),
    "unknown_type": N_("“{name}” is not a file of these types: {types}. Open it and save it as one of them."),
    "cut_off": N_("“{name}” ({size}) is not whole: its end is missing. Open it to see whether it is complete, then add it again."),
}


def refusal_words(refused: UploadRefused) -> str:
    """Why a file was not taken, by its name, size and type."""
    code = "unknown_type" if refused.code == "wrong_type" and not refused.content_type else refused.code
    return _(
        REFUSALS[code],
        name=refused.filename,
        size=size_words(refused.size_bytes),
        most=size_words(refused.max_bytes),
        found=type_words([refused.content_type]) if refused.content_type else "",
        types=type_words(refused.accepted),
    )


def paper_in(folder: Folder, kind: str) -> PaperState:
    """The paper of that kind, if this application is asked for it; 404 otherwise."""
    found = next((one for one in folder.dossier.papers if one.paper.key == kind), None)
    if found is None:
        raise Problem(404, code="not_found")
    return found


def home_of(folder: Folder) -> str:
    """Where somebody goes who is done with a paper."""
    return f"{folder.path}/tasks" if folder.editable else folder.path


@router.get("/applications/{application_id}/papers/{kind}")
async def paper_page(request: Request, application_id: str, kind: str) -> Response:
    folder = await folder_of(request, application_id)
    return draw(request, folder, paper_in(folder, kind))


@router.post("/applications/{application_id}/papers/{kind}")
async def add_paper(request: Request, application_id: str, kind: str) -> Response:
    viewer = applicant(request)
    folder = await folder_of(request, application_id)
    found = paper_in(folder, kind)
    if not found.editable:
        raise Redirect(folder.path)
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            if found.file:
                return RedirectResponse(home_of(folder), 303)
            return draw(request, folder, found, error=_(NO_FILE))
        outcome = await take(request, viewer, folder.application.id, kind, upload, upload.filename)
    if isinstance(outcome, UploadRefused):
        return draw(request, folder, found, error=refusal_words(outcome))
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone)
    if request.query_params.get("then") == "check":
        return RedirectResponse(f"{folder.path}/check#documents", 303)
    return RedirectResponse(f"{home_of(folder)}?added={quote(kind)}", 303)


@router.post("/applications/{application_id}/papers/{kind}/remove")
async def remove_paper(request: Request, application_id: str, kind: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    folder = await folder_of(request, application_id)
    outcome = await desk.db.run(lambda tx: use_cases.remove_document(tx, viewer, folder.application.id, kind, now=desk.clock.now()))
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone)
    return RedirectResponse(f"{folder.path}/papers/{quote(kind)}", 303)


def draw(request: Request, folder: Folder, found: PaperState, *, error: str = "") -> Response:
    """The page of one paper; 422 where a file was refused, with the one that is there kept."""
    then = "check" if request.query_params.get("then") == "check" else ""
    return render(
        request,
        "document.html",
        status=422 if error else 200,
        folder=folder,
        paper=in_words(found.paper, folder.dossier.programme),
        key=found.paper.key,
        accepted=",".join(found.paper.accepted),
        file=found.file,
        file_size=size_words(found.file.size_bytes) if found.file else "",
        file_time=format_datetime(found.file.uploaded_at, folder.zone) if found.file else "",
        editable=found.editable,
        error=error,
        action=f"{folder.path}/papers/{quote(found.paper.key)}" + ("?then=check" if then else ""),
        back=f"{folder.path}/check" if then else home_of(folder),
    )
