"""One paper a page: add its files, replace, remove, get them back. A file is kept at once, whatever becomes of the rest of the form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.documents.receiving import tidy_name
from services.applications.domain.papers import FileState
from services.applications.folder import Folder
from services.applications.pages.corrections import paper_mark
from services.applications.pages.home import in_words
from services.applications.pages.kit import applicant, folder_of, id_from
from services.applications.pages.refusals import problem
from services.applications.pages.refused_files import keeping_refused, refusal_words, said_again, still_refused
from services.applications.pages.words import size_words
from services.applications.plan.model import Document as Paper
from services.applications.tables import Document
from services.applications.uploads import UploadRefused, take, take_over
from services.applications.use_cases import Done
from services.applications.views import PaperState, SentBefore, sent_before
from shared.web.formats import format_datetime, listed
from shared.web.i18n import N_, current_language, ngettext, translate
from shared.web.pages import render
from shared.web.problems import Problem, Redirect
from shared.web.switching import sent_to, told_again

_ = translate
router = APIRouter(include_in_schema=False)

FILES_AT_ONCE: Final = 20
STATES: Final = {
    FileState.CHECKING: (N_("Being checked"), "amber"),
    FileState.READY: (N_("Ready"), "green"),
    FileState.REFUSED: (N_("Refused"), "red"),
}


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file as its owner sees it; without `href` it cannot be opened, and `why` says why."""

    id: str
    name: str
    size: str
    at: str
    href: str
    state: str
    colour: str
    why: str
    sent: str


def file_line(file: Document, folder: Folder) -> FileLine:
    state = FileState(file.state)
    words, colour = STATES[state]
    pages = ngettext("{n} page", "{n} pages", file.pages) if file.pages else ""
    why = ""
    if state is FileState.CHECKING:
        why = _("It is being checked for viruses. You can go on with the rest meanwhile; it cannot be sent before that.")
    elif state is FileState.REFUSED:
        why = _("A virus was found in it, so it was not kept. Have your device checked, and add the document from another one.")
    return FileLine(
        id=str(file.id),
        name=file.filename,
        size=listed(part for part in (size_words(file.size_bytes), pages) if part),
        at=format_datetime(file.uploaded_at, folder.zone),
        href=f"{folder.path}/documents/{file.id}" if state is FileState.READY else "",
        state=_(words),
        colour=colour,
        why=why,
        sent=sent_words(file, folder),
    )


def sent_words(file: Document, folder: Folder) -> str:
    """Whether the file was sent, while the application may be changed; nothing after that."""
    if not folder.editable:
        return ""
    returned = folder.dossier.returned if folder.correcting else None
    if returned is None:
        return _("Not sent until you send the application")
    if file.sha256 in returned.hashes(file.kind):
        return _("In what you sent")
    return _("Not in what you sent; it goes with the corrected application")


def paper_in(folder: Folder, kind: str) -> PaperState:
    """The paper of that kind, if this application is asked for it; 404 otherwise."""
    found = next((one for one in folder.dossier.papers if one.paper.key == kind), None)
    if found is None:
        raise Problem(404, code="not_found")
    return found


def home_of(folder: Folder) -> str:
    """Where somebody goes who is done with a paper."""
    return f"{folder.path}/tasks" if folder.editable else folder.path


def came_from(request: Request, folder: Folder) -> str:
    """The page that one came from to a paper, and goes back to."""
    return f"{folder.path}/check" if checking(request) else home_of(folder)


def after(request: Request, folder: Folder, found: PaperState) -> str:
    """Where it goes on once a file was added: to the page that one came from, or where more files may follow, to the paper's own."""
    kind = quote(found.paper.key)
    then = "then=check" if checking(request) else ""
    if found.paper.max_files > 1:
        return f"{folder.path}/papers/{kind}?added={kind}" + (f"&{then}" if then else "")
    return f"{folder.path}/check#documents" if then else f"{home_of(folder)}?added={kind}"


def checking(request: Request) -> bool:
    """Whether one came from the page that shows all answers, and goes back there."""
    return request.query_params.get("then") == "check"


@router.get("/applications/{application_id}/papers/{kind}")
async def paper_page(request: Request, application_id: str, kind: str) -> Response:
    folder = await folder_of(request, application_id)
    found = paper_in(folder, kind)
    unchosen = told_again(request, none_chosen) if sent_to(request) == "reuse" else None
    refused = said_again(request, found.paper) if found.editable else []
    page = await draw(request, folder, found, refused=refused, before_error=unchosen or "")
    return keeping_refused(request, page, paper_path(folder, found), refused)


def paper_path(folder: Folder, found: PaperState) -> str:
    """The address of the paper's page."""
    return f"{folder.path}/papers/{quote(found.paper.key)}"


@router.post("/applications/{application_id}/papers/{kind}")
async def add_paper(request: Request, application_id: str, kind: str) -> Response:
    """Add every file that was chosen; one that is refused does not keep the others out. A script that sends one by one gets JSON."""
    folder = await folder_of(request, application_id)
    found = paper_in(folder, kind)
    if not found.editable:
        raise Redirect(folder.path)
    async with request.form(max_files=FILES_AT_ONCE, max_fields=10) as form:
        uploads = [one for one in form.getlist("file") if isinstance(one, UploadFile) and one.filename]
        replaces = str(form.get("replaces", ""))
        refused = [one for upload in uploads if (one := await add(request, folder, found.paper, upload, replaces))]
    by_script = request.headers.get("accept", "") == "application/json"
    if not uploads and found.file:
        return RedirectResponse(came_from(request, folder), 303)
    if not uploads:
        refused = [UploadRefused("no_file", "", 0, "", found.paper.accepted, found.paper.max_bytes)]
    if by_script:
        then = {"then": after(request, folder, found)}
        answer = JSONResponse({"errors": [refusal_words(one) for one in refused]} if refused else then, 422 if refused else 200)
        tried = {tidy_name(upload.filename or "") for upload in uploads} | {one.filename for one in refused}
        return keeping_refused(request, answer, paper_path(folder, found), [*still_refused(request, found.paper, tried), *refused])
    if refused:
        fresh = await folder_of(request, application_id)
        page = await draw(request, fresh, paper_in(fresh, kind), refused=refused)
        return keeping_refused(request, page, paper_path(folder, found), refused)
    return keeping_refused(request, RedirectResponse(after(request, folder, found), 303), paper_path(folder, found), [])


@router.post("/applications/{application_id}/papers/{kind}/reuse")
async def reuse_paper(request: Request, application_id: str, kind: str) -> Response:
    """Take over a file that one sent with an earlier application."""
    folder = await folder_of(request, application_id)
    found = paper_in(folder, kind)
    if not found.editable:
        raise Redirect(folder.path)
    form = await request.form()
    if unchosen := none_chosen(form):
        return await draw(request, folder, found, before_error=unchosen)
    outcome = await take_over(request, applicant(request), folder.application.id, kind, id_from(str(form["before"])))
    if isinstance(outcome, UploadRefused):
        return await draw(request, folder, found, before_error=refusal_words(outcome))
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone)
    return RedirectResponse(after(request, folder, found), 303)


def none_chosen(form: FormData) -> str:
    """What is wrong where no file of an earlier application was chosen; nothing otherwise."""
    return "" if form.get("before") else _("Choose one of the files")


async def add(request: Request, folder: Folder, paper: Paper, upload: UploadFile, replaces: str) -> UploadRefused | None:
    """Take one file; why not, or nothing where it was taken."""
    instead = id_from(replaces) if replaces else None
    outcome = await take(request, applicant(request), folder.application.id, paper, upload, upload.filename, replaces=instead)
    if isinstance(outcome, UploadRefused):
        return outcome
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone)
    return None


@router.post("/applications/{application_id}/papers/{kind}/remove")
async def remove_paper(request: Request, application_id: str, kind: str) -> Response:
    """Take one file back, or all of them where none is named."""
    viewer, desk = applicant(request), desk_of(request)
    form = await request.form()
    which = id_from(str(form["document"])) if form.get("document") else None
    folder = await folder_of(request, application_id)
    outcome = await desk.db.run(
        lambda tx: use_cases.remove_document(tx, viewer, folder.application.id, kind, document_id=which, now=desk.clock.now())
    )
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone)
    return RedirectResponse(f"{folder.path}/papers/{quote(kind)}" + ("?then=check" if checking(request) else ""), 303)


def earlier(before: list[SentBefore], error: str) -> dict[str, Any] | None:
    """The choice among files that were sent before; none where there are none."""
    options = [
        {
            "key": str(one.file.id),
            "label": one.file.filename,
            "hint": listed((f"{one.terms.programme.names[current_language()]} {one.application.year}", size_words(one.file.size_bytes))),
        }
        for one in before
    ]
    label = _("Which file?")
    return {"key": "before", "kind": "radio", "label": label, "options": options, "value": "", "error": error} if options else None


async def draw(
    request: Request, folder: Folder, found: PaperState, *, refused: Sequence[UploadRefused] = (), before_error: str = ""
) -> Response:
    """The page of one paper; 422 where a file was refused just now, with those that are there kept."""
    viewer, paper = applicant(request), found.paper
    asked = found.editable and not (found.full and paper.max_files > 1)
    before = await desk_of(request).db.run(lambda tx: sent_before(tx, viewer, folder.application.id, paper)) if asked else []
    then = "?then=check" if checking(request) else ""
    replaced = request.query_params.get("replace", "")
    action = paper_path(folder, found)
    return render(
        request,
        "document.html",
        mark=paper_mark(folder, found.paper.key),
        status=422 if (refused and request.method == "POST") or before_error else 200,
        folder=folder,
        paper=in_words(found.paper, folder.dossier.programme),
        accepted=",".join(found.paper.accepted),
        files=[file_line(file, folder) for file in found.files],
        replaces=next((file for file in found.files if str(file.id) == replaced and found.paper.max_files > 1), None),
        several=found.paper.max_files > 1,
        room=found.paper.max_files - len(found.files),
        full=found.full and found.paper.max_files > 1,
        max_bytes=found.paper.max_bytes,
        editable=found.editable,
        errors=[refusal_words(one) for one in refused],
        earlier=earlier(before, before_error),
        added="added" in request.query_params,
        then=then,
        action=action,
        back=came_from(request, folder),
    )
