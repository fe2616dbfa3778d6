"""The form: a list of tasks, and one page of questions at a time. Every Continue saves."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Fault
from services.applications.domain.eligibility import Context, check
from services.applications.domain.lifecycle import State
from services.applications.domain.papers import LATER
from services.applications.domain.referees import LIVE
from services.applications.domain.refused import refused_now
from services.applications.earlier import Earlier, earlier
from services.applications.folder import Folder
from services.applications.pages.corrections import page_open, paper_open
from services.applications.pages.fields import faults_said
from services.applications.pages.kit import applicant, clock_time, folder_of
from services.applications.pages.letters_due import letters_of
from services.applications.pages.preferences import faults, where
from services.applications.pages.referees import UNREACHED
from services.applications.tables import Application
from services.applications.views import PaperState
from shared.web.formats import listed, sentences
from shared.web.i18n import N_, current_language, translate
from shared.web.pages import render
from shared.web.problems import Redirect

_ = translate
router = APIRouter(include_in_schema=False)

NOT_STARTED = N_("Not started")
IN_PROGRESS = N_("In progress")
COMPLETED = N_("Completed")
LOOK_AGAIN = N_("Look again")
AGAINST = N_("Cannot be sent like this")
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
    letters = letter_tasks(folder)
    before = await earlier_of(request, folder.application) if any(one.saved_at is None for one in folder.dossier.pages) else None
    finished = [task for task in (*pages, *papers, *letters) if not task.colour]
    saved = [page.saved_at for page in folder.dossier.pages if page.saved_at]
    return render(
        request,
        "tasks.html",
        folder=folder,
        away_from=country_away(folder),
        groups=[
            (_("Your answers"), pages),
            (_("Your documents"), papers),
            (_("Your referees"), letters),
            (_("Send it"), [send_task(folder)]),
        ],
        done=len(finished),
        all=len(pages) + len(papers) + len(letters),
        saved_at=clock_time(max(saved), folder.zone, folder.now) if saved and "saved" in request.query_params else "",
        added=added_file(request, folder),
        before=before,
        left=[label[current_language()] for label in before.left.values()] if before else [],
        anew=[label[current_language()] for label in before.anew.values()] if before else [],
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
    language, against, refused = current_language(), spoken_against(folder), refused_answers(folder)
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
        elif page.key in refused:
            status, colour = AGAINST, "red"
        elif state.changed:
            status, colour = LOOK_AGAIN, "amber"
        elif page.key in against:
            status, colour = AGAINST, "red"
        else:
            status, colour = COMPLETED, ""
        hints = [words for words, _target in faults_said(page, refused.get(page.key, {}))] or [against.get(page.key, "")]
        hints = hints if status == AGAINST else []
        hints += [_("Typed at {time}, not saved yet", time=clock_time(state.typed_at, folder.zone, folder.now))] if state.typed_at else []
        tasks.append(Task(page.title[language], sentences(*hints), f"{folder.path}/pages/{quote(page.key)}", _(status), colour))
    return tasks


def spoken_against(folder: Folder) -> dict[str, str]:
    """Page key to why, in words, a rule speaks against an answer on it, or a course that is listed cannot be had: such a page is answered,
    and the application cannot be sent so.

    So that who says no to what has to be confirmed is told at once, and not when everything else is done.
    """
    programme, answers, context = folder.dossier.programme, folder.dossier.answers, context_of_call(folder)
    broken = [(rule.question, reason) for rule in programme.rules if rule.question for reason in check((rule,), answers, context)]
    course_page, courses = where(folder)[0], faults(folder)
    found: dict[str, str] = {}
    for page in programme.pages:
        own = [reason.text[current_language()] for key, reason in broken if key in {one.key for one in page.questions}]
        own += courses if page.key == course_page else []
        found |= {page.key: sentences(*own)} if own else {}
    return found


def refused_answers(folder: Folder) -> dict[str, dict[str, Fault]]:
    """Page key to what the form would refuse today of answers that it took once: they cannot be sent so."""
    dossier = folder.dossier
    changed, today = {page.key for page in dossier.pages if page.changed}, dossier.call.day(folder.now)
    return refused_now(dossier.programme.pages, dossier.answers, changed, today=today, countries=folder.plan.codes)


def context_of_call(folder: Folder) -> Context:
    """What the rules look at beside the answers."""
    return folder.dossier.call.context(folder.application.country)


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
            status, colour = COMPLETED if sent_before(folder, one) else ADDED, ""
        elif one.files:
            status, colour = REFUSED, "red"
        elif one.paper.optional or one.paper.stage != "submission":
            status, colour = OPTIONAL, "grey"
        else:
            status, colour = NOT_STARTED, "blue"
        name, hint = one.paper.names[language], listed(file.filename for file in one.files[:3]) + ("…" if len(one.files) > 3 else "")
        tasks.append(Task(name, hint, f"{folder.path}/papers/{quote(one.paper.key)}", _(status), colour))
    return tasks


def sent_before(folder: Folder, paper: PaperState) -> bool:
    """Whether every file of it was in the submission that was sent back."""
    returned = folder.dossier.returned if folder.correcting else None
    return returned is not None and {file.sha256 for file in paper.files} <= set(returned.hashes(paper.paper.key))


def letter_tasks(folder: Folder) -> list[Task]:
    """One task for the referees, where letters are needed: done once nothing about them stands against sending."""
    found, said = folder.dossier.letters_tally, letters_of(folder)
    if found is None or said is None:
        return []
    live = [one for one in folder.dossier.referees if one.state in LIVE]
    lacking = folder.dossier.referees_lacking("submission")
    status, colour = (COMPLETED, "") if not lacking else (IN_PROGRESS, "amber") if folder.dossier.referees else (NOT_STARTED, "blue")
    if any(one.unreached for one in live):
        status, colour = UNREACHED
    hints = [said.text] if live or said.over else []
    return [Task(_("Letters of recommendation"), sentences(*hints, said.more), said.href, _(status), colour)]


def send_task(folder: Folder) -> Task:
    """Checking and sending, once all else is there."""
    name = _("Check your answers and send")
    if folder.dossier.complete and not refused_answers(folder) and not faults(folder):
        return Task(name, "", f"{folder.path}/check", _(NOT_STARTED), "blue")
    return Task(name, _("When everything above is done"), "", _(CANNOT_START), "grey")


async def earlier_of(request: Request, application: Application) -> Earlier | None:
    """What the person answered in an earlier application, for a draft; nothing for one that was sent back."""
    if application.state != State.DRAFT:
        return None
    viewer, desk = applicant(request), desk_of(request)
    return await desk.db.run(lambda tx: earlier(tx, viewer, application, desk.clock.now()))
