"""The form: a list of tasks, and one page of questions at a time. Every Continue saves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts import people
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Fault, Page
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import WrongAnswers
from services.applications.domain.papers import LATER
from services.applications.earlier import Earlier, earlier
from services.applications.pages.corrections import of_page, page_open, paper_open
from services.applications.pages.fields import field
from services.applications.pages.kit import Folder, applicant, folder_of
from services.applications.pages.refusals import problem
from services.applications.use_cases import Done
from services.applications.views import PaperState
from shared.web.formats import listed
from shared.web.i18n import N_, current_language, translate
from shared.web.pages import render
from shared.web.problems import Problem, Redirect

_ = translate
router = APIRouter(include_in_schema=False)

NOT_STARTED = N_("Not started")
IN_PROGRESS = N_("In progress")
COMPLETED = N_("Completed")
OPTIONAL = N_("Optional")
ADDED = N_("Added, not yet sent")
CHECKED = N_("Being checked")
REFUSED = N_("Refused")
TO_CORRECT = N_("To be corrected")
CANNOT_START = N_("Cannot start yet")


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the task list; without `href` it cannot be opened yet. `colour` is of the status, none for what is done."""

    name: str
    hint: str
    href: str
    status: str
    colour: str


def editable(folder: Folder) -> None:
    """Leads away from the form whoever may not change the application any more."""
    if not folder.editable:
        raise Redirect(folder.path)


@router.get("/applications/{application_id}/tasks")
async def tasks_page(request: Request, application_id: str) -> Response:
    folder = await folder_of(request, application_id)
    editable(folder)
    pages, papers = page_tasks(folder), paper_tasks(folder)
    before = await earlier_of(request, folder) if any(one.saved_at is None for one in folder.dossier.pages) else None
    finished = [task for task in (*pages, *papers) if not task.colour]
    saved = [page.saved_at for page in folder.dossier.pages if page.saved_at]
    return render(
        request,
        "tasks.html",
        folder=folder,
        away_from=country_away(folder),
        groups=[(_("Your answers"), pages), (_("Your documents"), papers), (_("Send it"), [send_task(folder)])],
        done=len(finished),
        all=len(pages) + len(papers),
        saved_at=clock_time(max(saved), folder.zone) if saved and "saved" in request.query_params else "",
        added=added_file(request, folder),
        before=before,
        left=[label[current_language()] for label in before.left.values()] if before else [],
    )


def country_away(folder: Folder) -> date | None:
    """The first day, from now until the call closes, on which the country of a form that was never sent takes no part."""
    call, application = folder.dossier.call, folder.application
    if application.state != State.DRAFT or not call.is_open(folder.now):
        return None
    return folder.dossier.terms.away_from(application.country, call.day(folder.now), call.day(call.closes))


def added_file(request: Request, folder: Folder) -> str:
    """The name of the file that was added just now, as the address says; empty where none was."""
    kind = request.query_params.get("added", "")
    return next((one.files[-1].filename for one in folder.dossier.papers if one.files and one.paper.key == kind), "")


def page_tasks(folder: Folder) -> list[Task]:
    """One task for each page of questions."""
    language = current_language()
    tasks = []
    for state in folder.dossier.pages:
        page = folder.dossier.programme.page(state.key)
        assert page is not None, "the pages of a dossier are the programme's"
        if page_open(folder, page, state):
            status, colour = TO_CORRECT, "amber"
        elif not state.saved_at:
            status, colour = NOT_STARTED, "blue"
        elif state.missing:
            status, colour = IN_PROGRESS, "amber"
        else:
            status, colour = COMPLETED, ""
        tasks.append(Task(page.title[language], "", f"{folder.path}/pages/{quote(page.key)}", _(status), colour))
    return tasks


def asked_now(folder: Folder) -> list[PaperState]:
    """The papers that can be added before the application is sent."""
    return [one for one in folder.dossier.papers if one.editable and one.paper.stage not in LATER]


def paper_tasks(folder: Folder) -> list[Task]:
    """One task for each paper."""
    language = current_language()
    tasks = []
    for one in asked_now(folder):
        if one.checking:
            status, colour = CHECKED, "amber"
        elif paper_open(folder, one):
            status, colour = TO_CORRECT, "amber"
        elif one.file:
            status, colour = ADDED, ""
        elif one.files:
            status, colour = REFUSED, "red"
        elif one.paper.optional or one.paper.stage != "submission":
            status, colour = OPTIONAL, "grey"
        else:
            status, colour = NOT_STARTED, "blue"
        name, hint = one.paper.names[language], listed(file.filename for file in one.files[:3]) + ("…" if len(one.files) > 3 else "")
        tasks.append(Task(name, hint, f"{folder.path}/papers/{quote(one.paper.key)}", _(status), colour))
    return tasks


def send_task(folder: Folder) -> Task:
    """Checking and sending, once all else is there."""
    name = _("Check your answers and send")
    if folder.dossier.complete:
        return Task(name, "", f"{folder.path}/check", _(NOT_STARTED), "blue")
    return Task(name, _("When everything above is done"), "", _(CANNOT_START), "grey")


@router.get("/applications/{application_id}/pages/{key}")
async def question_page(request: Request, application_id: str, key: str) -> Response:
    folder = await folder_of(request, application_id)
    editable(folder)
    page = page_of(folder, key)
    answers: Mapping[str, Answer] = folder.dossier.answers
    if saved_at(folder, page) is not None:
        return draw(request, folder, page, answers=answers)
    before = await earlier_of(request, folder)
    keys = {question.key for question in page.questions}
    taken = {key: one for key, one in before.answers.items() if key in keys} if before else {}
    answers = {**await known_of_person(request, page), **taken, **answers}
    return draw(request, folder, page, answers=answers, before=before if taken else None)


async def earlier_of(request: Request, folder: Folder) -> Earlier | None:
    """What the person answered in an earlier application, for a draft; nothing for one that was sent back."""
    if folder.correcting:
        return None
    viewer = applicant(request)
    return await desk_of(request).db.run(lambda tx: earlier(tx, viewer, folder.application))


@router.post("/applications/{application_id}/pages/{key}")
async def save_page(request: Request, application_id: str, key: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    folder = await folder_of(request, application_id)
    editable(folder)
    page = page_of(folder, key)
    outcome = await desk.db.run(lambda tx: use_cases.save_page(tx, viewer, folder.application.id, page.key, typed, now=desk.clock.now()))
    if isinstance(outcome, WrongAnswers):
        return draw(request, folder, page, typed=typed, faults=outcome.faults, status=422)
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone)
    if request.query_params.get("then") == "check":
        return RedirectResponse(f"{folder.path}/check#{quote(page.key)}", 303)
    return RedirectResponse(f"{folder.path}/tasks?saved={quote(page.key)}", 303)


def page_of(folder: Folder, key: str) -> Page:
    page = folder.dossier.programme.page(key)
    if page is None:
        raise Problem(404, code="not_found")
    return page


def draw(
    request: Request,
    folder: Folder,
    page: Page,
    *,
    answers: Mapping[str, Answer] | None = None,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, Fault] | None = None,
    before: Earlier | None = None,
    status: int = 200,
) -> Response:
    """The page with its questions: as they were typed, or else as they were saved."""
    fields = [
        field(question, folder.plan, answer=(answers or {}).get(question.key), typed=typed, fault=(faults or {}).get(question.key))
        for question in page.questions
    ]
    then = "check" if request.query_params.get("then") == "check" else ""
    at = saved_at(folder, page)
    return render(
        request,
        "question_page.html",
        status=status,
        folder=folder,
        page=page,
        fields=fields,
        remarks=of_page(folder, page),
        before=before,
        wrong=bool(faults),
        action=request.url.path + ("?then=check" if then else ""),
        back=f"{folder.path}/check" if then else f"{folder.path}/tasks",
        number=[one.key for one in folder.dossier.programme.pages].index(page.key) + 1,
        saved_at=clock_time(at, folder.zone) if at else "",
    )


def saved_at(folder: Folder, page: Page) -> datetime | None:
    return next((state.saved_at for state in folder.dossier.pages if state.key == page.key), None)


def clock_time(moment: datetime, zone: str) -> str:
    """The time of day in the reader's zone: `14:03`."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


async def known_of_person(request: Request, page: Page) -> dict[str, Answer]:
    """What the account says already, for questions of a page that was never saved: the name and the e-mail are not asked for twice."""
    viewer = applicant(request)
    account = await desk_of(request).db.run(lambda tx: people.by_id(tx, viewer.account_id))
    if account is None:
        return {}
    known = {"name": account.name, "email": account.email}
    return {question.key: known[str(question.autocomplete)] for question in page.questions if known.get(str(question.autocomplete))}
