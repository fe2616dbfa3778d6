"""The applicant's referees: who was asked, what became of it, reminding and replacing. Never the letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications.accounts.desk import desk_of
from services.applications.domain.lifecycle import State
from services.applications.domain.referees import (
    LIVE,
    OPEN,
    REPLACEABLE,
    Invitee,
    RefereeRefused,
    Referees,
    Standing,
    may_ask,
    passed,
    remind_again_at,
)
from services.applications.folder import Folder
from services.applications.pages.fields import fault_of, own
from services.applications.pages.kit import applicant, folder_of, id_from
from services.applications.pages.refusals import problem
from services.applications.pages.words import both
from services.applications.referees.asking import invite, remind, told_at
from services.applications.referees.form import read_invitee
from services.applications.referees.tables import Referee
from services.applications.referees.telling import due_of, open_until
from shared.web.formats import sentences
from shared.web.i18n import LANGUAGES, N_, current_language, translate
from shared.web.pages import render
from shared.web.problems import Problem, Redirect
from shared.web.switching import typed_before

_ = translate
router = APIRouter(include_in_schema=False)

# fmt: off
STANDINGS: Final[Mapping[str, tuple[str, str]]] = {
    Standing.INVITED: (N_("Asked"), "blue"),
    Standing.OPENED: (N_("Page opened"), "teal"),
    Standing.RECEIVED: (N_("Letter received"), "green"),
    Standing.DECLINED: (N_("Will not write"), "red"),
    Standing.REPLACED: (N_("Replaced"), ""),
    Standing.RELEASED: (N_("No longer needed"), ""),
}
"""What a referee's state is called, and the colour of its tag."""
LATE: Final = (N_("Late"), "amber")
UNREACHED: Final = (N_("Could not be delivered"), "red")
KINDS: Final = {"academic": N_("Academic: a professor or teacher"), "professional": N_("Professional: an employer or superior")}
REASONS: Final = {
    "no_time": N_("No time before the date"),
    "not_known": N_("Does not know the applicant, or not well enough"),
    "conflict": N_("Should not write it, because of a relation to the applicant or to the decision"),
    "other": N_("Another reason"),
}
REFUSALS: Final = {
    "own_address": N_("This is your own address. A letter must come from somebody else."),
    "address_twice": N_("You have asked this person already. Enter the address of somebody else."),
    "too_many": N_("You have {maximum} referees, which is as many as can be asked. Replace one of them to ask somebody else."),
    "too_late": N_("Letters were taken until {due}. Nobody can be asked any more."),
    "name_needed": N_("Enter your name in your answers first: a referee is told who asks."),
    "throttled": N_("Too many people were asked today. You can ask again from {again_at}."),
    "not_open": N_("This person has answered in the meantime. Nothing was changed."),
    "too_soon": N_("This person was written to a short while ago. You can send a reminder from {again_at}."),
    "reminded_enough": N_("This person has been reminded as often as is allowed. Ask somebody else."),
    "not_asked": N_("With your present answers no letters are needed."),
}
DONE: Final = {
    "asked": N_("{name} is asked by email."),
    "reminded": N_("{name} is reminded by email."),
    "replaced": N_("{name} is asked by email, in place of the other person, who is told that no letter is needed."),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Line:
    """One referee as the applicant sees them: what became of the request, when, and what can be done now."""

    referee: Referee
    state: str
    colour: str
    kind: str
    language: str
    reason: str
    may_remind: bool
    may_replace: bool
    again_at: datetime | None


def standing_words(referee: Referee, now: datetime) -> tuple[str, str]:
    """The state in words and its colour; a request that did not arrive, or waits after its due date, says so."""
    if referee.unreached:
        return _(UNREACHED[0]), UNREACHED[1]
    name, colour = LATE if referee.state in OPEN and passed(referee.due_at, now) else STANDINGS[referee.state]
    return _(name), colour


def asked_in(folder: Folder) -> Referees:
    """What the programme asks of referees; 404 where it asks for none, or not of this person."""
    asked = folder.dossier.programme.referees
    if asked is None or not (folder.dossier.asks_referees or folder.dossier.referees):
        raise Problem(404, code="not_found")
    return asked


def until(folder: Folder, asked: Referees) -> datetime:
    """The last second in which a letter asked for now would be taken."""
    terms, application = folder.dossier.terms, folder.application
    return open_until(due_of(terms, application.year, asked), application, terms, asked)


def active(folder: Folder, asked: Referees) -> bool:
    """Whether somebody can be asked, reminded or replaced now."""
    state = State(folder.application.state)
    return folder.dossier.asks_referees and may_ask(asked.needed, state) and not passed(until(folder, asked), folder.now)


def line(folder: Folder, referee: Referee, *, acting: bool) -> Line:
    state, colour = standing_words(referee, folder.now)
    waiting = acting and referee.state in OPEN
    again_at = remind_again_at(told_at(referee), referee.asked_again) if waiting else None
    return Line(
        referee=referee,
        state=state,
        colour=colour,
        kind=_(KINDS[referee.kind]),
        language=LANGUAGES.get(referee.language, referee.language),
        reason=_(REASONS[referee.reason]) if referee.reason in REASONS else "",
        may_remind=again_at is not None and folder.now >= again_at,
        may_replace=acting and referee.state in REPLACEABLE,
        again_at=again_at if again_at is not None and folder.now < again_at else None,
    )


def needed_words(asked: Referees) -> str:
    """How many letters are asked for, of whom, and what they are needed for."""
    if asked.minimum == asked.maximum:
        number = _("{n} letters are asked for.", n=asked.minimum) if asked.minimum > 1 else _("One letter is asked for.")
    else:
        number = _("{least} to {most} letters are asked for.", least=asked.minimum, most=asked.maximum)
    if asked.needed == "submission":
        return sentences(number, _("They must arrive before you can send the application."))
    return sentences(number, _("You can send the application before they come; your country can put you forward only once they are here."))


@router.get("/applications/{application_id}/referees")
async def list_page(request: Request, application_id: str) -> Response:
    return draw(request, await folder_of(request, application_id))


def draw(request: Request, folder: Folder, *, refused: str = "") -> Response:
    """The list; `refused` is why the last act was not done."""
    asked = asked_in(folder)
    acting = active(folder, asked)
    people = folder.dossier.referees
    live = [one for one in people if one.state in LIVE]
    said, who = DONE.get(request.query_params.get("done", "")), request.query_params.get("who", "")
    name = next((one.name for one in people if str(one.id) == who), "")
    return render(
        request,
        "referees.html",
        status=409 if refused else 200,
        folder=folder,
        lines=[line(folder, one, acting=acting) for one in people if one.state != Standing.REPLACED],
        former=[line(folder, one, acting=False) for one in people if one.state == Standing.REPLACED],
        needed=needed_words(asked),
        guidance=own(asked.guidance),
        until=until(folder, asked),
        due=due_of(folder.dossier.terms, folder.application.year, asked),
        acting=acting,
        may_add=acting and len(live) < asked.maximum,
        lacking=max(0, asked.minimum - len(live)),
        back=f"{folder.path}/tasks" if folder.editable else folder.path,
        said=_(said, name=name) if said and name else "",
        refused=refused,
    )


# ---- asking somebody


def fields(asked: Referees, typed: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The form's fields, as `macros/form.html` draws them."""
    kinds = [{"key": one, "label": _(KINDS[one])} for one in asked.kinds]
    languages = [{"key": code, "label": name} for code, name in LANGUAGES.items()]
    made: list[dict[str, Any]] = [
        {"key": "name", "kind": "text", "label": _("Name"), "hint": _("As you would write it in a letter to this person.")},
        {
            "key": "email",
            "kind": "email",
            "label": _("Email address"),
            "hint": _("If possible, an address at work. We write to it at once."),
        },
        {
            "key": "relation",
            "kind": "text",
            "label": _("How does this person know you?"),
            "hint": _("For example: supervisor of my thesis."),
        },
        {"key": "kind", "kind": "radio", "label": _("Kind of letter"), "options": kinds},
        {"key": "language", "kind": "select", "label": _("In which language should we write?"), "options": languages},
    ]
    return [{**one, "value": typed.get(one["key"], ""), "error": errors.get(one["key"], "")} for one in made]


def check(asked: Referees, form: Mapping[str, str]) -> tuple[Invitee | None, dict[str, str]]:
    """Whom the form names, or what is wrong with it in words, by field."""
    found = read_invitee(asked, form)
    if isinstance(found, Invitee):
        return found, {}
    labels = {one["key"]: one["label"] for one in fields(asked, {}, {})}
    return None, {key: fault_of(fault, labels[key]) for key, fault in found.items()}


@router.get("/applications/{application_id}/referees/add")
async def add_page(request: Request, application_id: str) -> Response:
    folder = await folder_of(request, application_id)
    former = _replaced(request, folder)
    typed = {"language": current_language()}
    if (sent := typed_before(request)) is not None:
        return draw_form(request, folder, former, dict(sent), check(asked_in(folder), dict(sent))[1])
    if former is not None and former.unreached:
        typed = {key: getattr(former, key) for key in ("name", "email", "relation", "kind", "language")}
    return draw_form(request, folder, former, typed, {})


def _replaced(request: Request, folder: Folder) -> Referee | None:
    """Who is to be replaced, as the address says; 404 where there is nobody of that id here."""
    raw = request.query_params.get("replaces")
    if not raw:
        return None
    wanted = id_from(raw)
    found = next((one for one in folder.dossier.referees if one.id == wanted), None)
    if found is None:
        raise Problem(404, code="not_found")
    return found


def draw_form(
    request: Request, folder: Folder, former: Referee | None, typed: Mapping[str, str], errors: Mapping[str, str], *, other: str = ""
) -> Response:
    """The form about one referee; `other` is what speaks against it as a whole."""
    asked = asked_in(folder)
    if not active(folder, asked):
        raise Redirect(f"{folder.path}/referees")
    shown = dict(typed) if len(asked.kinds) > 1 else {"kind": asked.kinds[0], **typed}
    return render(
        request,
        "referee_form.html",
        status=422 if errors or other else 200,
        folder=folder,
        former=former,
        fields=fields(asked, shown, errors),
        others=[other] if other else [],
        due=due_of(folder.dossier.terms, folder.application.year, asked),
    )


@router.post("/applications/{application_id}/referees/add")
async def add(request: Request, application_id: str) -> Response:
    """Ask the person; the mail goes out by itself."""
    viewer, desk = applicant(request), desk_of(request)
    form = {key: value for key, value in (await request.form(max_fields=20)).items() if isinstance(value, str)}
    folder = await folder_of(request, application_id)
    former = _replaced(request, folder)
    invitee, errors = check(asked_in(folder), form)
    if invitee is None:
        return draw_form(request, folder, former, form, errors)
    replaces = former.id if former else None
    outcome = await desk.db.run(lambda tx: invite(tx, viewer, folder.application.id, invitee, replaces=replaces, now=desk.clock.now()))
    if isinstance(outcome, RefereeRefused):
        words = refusal(outcome, folder.zone)
        about_address = outcome.code in ("own_address", "address_twice")
        return draw_form(request, folder, former, form, {"email": words} if about_address else {}, other="" if about_address else words)
    if not isinstance(outcome, Referee):
        raise problem(outcome, folder.zone)
    done = "replaced" if former and not former.unreached else "asked"
    return RedirectResponse(f"{folder.path}/referees?done={done}&who={outcome.id}", 303)


@router.post("/applications/{application_id}/referees/{referee_id}/remind")
async def remind_one(request: Request, application_id: str, referee_id: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    folder, wanted = await folder_of(request, application_id), id_from(referee_id)
    outcome = await desk.db.run(lambda tx: remind(tx, viewer, folder.application.id, wanted, now=desk.clock.now()))
    if isinstance(outcome, RefereeRefused):
        return draw(request, folder, refused=refusal(outcome, folder.zone))
    if not isinstance(outcome, Referee):
        raise problem(outcome, folder.zone)
    return RedirectResponse(f"{folder.path}/referees?done=reminded&who={outcome.id}", 303)


def refusal(outcome: RefereeRefused, zone: str) -> str:
    """Why nothing was done, in words; moments in the reader's zone and in Beijing's."""
    params = {key: both(value, zone) if isinstance(value, datetime) else value for key, value in outcome.parameters.items()}
    return _(REFUSALS[outcome.code], **params)
