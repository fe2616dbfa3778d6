"""The applicant's questions to the focal point, and the appeal: what was written so far, and a box to write in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import tidy
from services.applications.domain.letters import (
    APPEAL,
    BODY_MAX,
    KINDS,
    PER_DAY,
    QUESTION,
    Letter,
    LetterRefused,
    may_begin,
    of_kind,
    unfit_body,
    waits_for,
)
from services.applications.domain.lifecycle import APPLICANT, State
from services.applications.folder import Folder
from services.applications.pages.kit import applicant, folder_of
from services.applications.pages.refusals import problem
from services.applications.use_cases import Done
from services.applications.use_cases.letters import appeal_until
from shared.web.formats import format_datetime, format_day_in, format_number
from shared.web.i18n import N_, translate
from shared.web.pages import render
from shared.web.problems import Problem, Redirect
from shared.web.switching import told_again

_ = translate
router = APIRouter(include_in_schema=False)

TITLES: Final = {QUESTION: N_("Ask the focal point of your country"), APPEAL: N_("Appeal against the decision")}
LEADS: Final = {
    QUESTION: N_("Your country’s coordinator reads it and answers here. You get a message when there is an answer."),
    APPEAL: N_("Say why the decision is wrong. An officer of the programme reads it and answers here, with a reason."),
}
WHO: Final = {"applicant": N_("You"), "coordinator": N_("The focal point of your country"), "officer": N_("The programme")}
MOVED: Final = {
    (QUESTION, True): N_("You wrote to the focal point of your country"),
    (QUESTION, False): N_("The focal point of your country answered"),
    (APPEAL, True): N_("You appealed against the decision"),
    (APPEAL, False): N_("The programme answered your appeal"),
}
"""Kind, and whether it is the applicant's: what the timeline says of a letter."""


@dataclass(frozen=True, slots=True)
class Said:
    """One letter as it is shown: who, when, and its lines."""

    who: str
    when: str
    lines: list[str]
    closes: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """A link to an exchange: its name, whether an answer waits to be read or is waited for, and until when it may begin.

    Without an address where it could have begun, and nobody did in time: `until` says so.
    """

    href: str
    title: str
    status: str
    colour: str
    until: str


def said(letters: Sequence[Letter], kind: str, zone: str, who: dict[str, str]) -> list[Said]:
    """The letters of a kind, the first one first."""
    return [
        Said(_(who.get(one.role, one.role)), format_datetime(one.at, zone), one.body.split("\n"), one.closes)
        for one in of_kind(letters, kind)
    ]


def last_day(folder: Folder) -> date | None:
    return appeal_until(folder.application, folder.dossier.terms)


def may_ask(folder: Folder, kind: str) -> LetterRefused | None:
    """Whether the box to write in is there: for an exchange that goes on, or one that may begin."""
    found = of_kind(folder.dossier.letters, kind)
    if found and (kind == QUESTION or not found[-1].closes):
        return None
    if found:
        return LetterRefused("closed")
    return may_begin(kind, State(folder.application.state), today=folder.dossier.call.day(folder.now), until=last_day(folder))


def until_words(folder: Folder, kind: str) -> str:
    """Until when one may appeal, or could, with whose day it is; nothing of questions, and where there is nothing to appeal against."""
    until, refusal = last_day(folder), may_ask(folder, kind)
    if kind != APPEAL or until is None:
        return ""
    day = format_day_in(until, folder.dossier.call.timezone)
    if refusal is not None:
        return _("An appeal could be written until the end of {day}.", day=day) if refusal.reason == "appeal_late" else ""
    if of_kind(folder.dossier.letters, kind):
        return _("You can add to it until it is closed, also after the last day of an appeal: {day}.", day=day)
    return _("You can appeal until the end of {day}.", day=day)


def exchanges(folder: Folder) -> list[Exchange]:
    """What one may write about this application, or has written; an appeal that nobody wrote in time, too."""
    found = []
    for kind in KINDS:
        written, refusal = of_kind(folder.dossier.letters, kind), may_ask(folder, kind)
        late = not written and refusal is not None and refusal.reason == "appeal_late"
        if not folder.application.receipt or (not written and refusal is not None and not late):
            continue
        status, colour = "", ""
        if written:
            mine = written[-1].role == APPLICANT
            status, colour = (_("Waits for an answer"), "amber") if mine else (_("Answered"), "green")
        href, until = "" if late else f"{folder.path}/letters/{kind}", "" if written else until_words(folder, kind)
        found.append(Exchange(href, _(TITLES[kind]), status, colour, until))
    return found


def refused(outcome: LetterRefused, *, until: str = "") -> str:
    """Why a letter was not taken; `until` says until when it would have been (`until_words`)."""
    match outcome.reason:
        case "empty":
            return _("Write something")
        case "too_long":
            return _("Write {most} characters or fewer", most=format_number(BODY_MAX))
        case "too_many":
            return _("You have written {most} times in a day. Write again tomorrow.", most=PER_DAY)
        case "appeal_late" if until:
            return until
        case "closed":
            return _("This exchange is closed.")
        case _:
            return _("There is nothing to appeal against, or to answer.")


def kind_in(folder: Folder, kind: str) -> str:
    if kind not in KINDS or not folder.application.receipt:
        raise Problem(404, code="not_found")
    return kind


@router.get("/applications/{application_id}/letters/{kind}")
async def letters_page(request: Request, application_id: str, kind: str) -> Response:
    folder = await folder_of(request, application_id)
    kind_in(folder, kind)
    refusal = may_ask(folder, kind)
    if refusal is not None and refusal.reason == "no_decision":
        raise Redirect(folder.path)
    return draw(request, folder, kind, error=told_again(request, unfit) or "")


def unfit(form: FormData) -> str:
    """What is wrong with the text of a letter, in words."""
    wrong = unfit_body(tidy(str(form.get("body", "")), lines=True))
    return refused(wrong) if wrong else ""


@router.post("/applications/{application_id}/letters/{kind}")
async def write(request: Request, application_id: str, kind: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    form = await request.form()
    body = str(form.get("body", ""))[: BODY_MAX * 2]
    folder = await folder_of(request, application_id)
    kind_in(folder, kind)
    outcome = await desk.db.run(lambda tx: use_cases.write_letter(tx, viewer, folder.application.id, kind, body, now=desk.clock.now()))
    if isinstance(outcome, LetterRefused):
        return draw(request, folder, kind, typed=body, error=refused(outcome, until=until_words(folder, kind)))
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone)
    return RedirectResponse(f"{folder.path}/letters/{kind}?sent=1", 303)


def box(kind: str, typed: str, error: str, *, staff: bool = False) -> dict[str, Any]:
    label = _("Your answer") if staff else _("What do you want to ask?") if kind == QUESTION else _("Why is the decision wrong?")
    hint = _("At most {most} characters", most=format_number(BODY_MAX))
    return {"key": "body", "kind": "long_text", "label": label, "hint": hint, "value": typed, "error": error, "rows": 8}


def draw(request: Request, folder: Folder, kind: str, *, typed: str = "", error: str = "") -> Response:
    """What was written, and the box while one may write, or to keep what was typed."""
    writing = may_ask(folder, kind) is None
    until = until_words(folder, kind)
    return render(
        request,
        "letters.html",
        status=422 if error else 200,
        folder=folder,
        title=_(TITLES[kind]),
        lead=_(LEADS[kind]) if writing else "",
        said=said(folder.dossier.letters, kind, folder.zone, WHO),
        box=box(kind, typed, error) if error or writing else None,
        until=until if until != error else "",
        sent="sent" in request.query_params,
        waits=waits_for(folder.dossier.letters, kind) not in ("", APPLICANT),
    )
