"""The applicant's own applications: the list, and one with its state in plain words, its timeline, and what can be done now."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications.accounts.desk import desk_of
from services.applications.domain.lifecycle import FINISHED, Act, State
from services.applications.domain.referees import LIVE, Standing
from services.applications.folder import Folder
from services.applications.pages.copies import copy_of
from services.applications.pages.corrections import marked
from services.applications.pages.form import added_file
from services.applications.pages.giving import BEFORE, awaits_day, before_round, giving_day
from services.applications.pages.help import contact_of
from services.applications.pages.kit import applicant, folder_of, zone_for
from services.applications.pages.letters import MOVED, exchanges
from services.applications.pages.letters_due import LettersSaid, letters_of, letters_said
from services.applications.pages.place import TAKEN, accepted, course_of
from services.applications.pages.preferences import approved_words, facts_of
from services.applications.pages.preferences import notes as course_notes
from services.applications.pages.referees import standing_words
from services.applications.pages.words import (
    MOVES,
    NOT_CORRECTED,
    NOT_DECIDED,
    SAID_BY_LIMIT,
    STATES,
    Said,
    agreed_words,
    country_name,
    limit_words,
    move_name,
    reason_words,
    without_said,
)
from services.applications.plan.model import Call, Plan, Programme
from services.applications.store.applications import live
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.submission import in_time
from services.applications.views import Line, mine
from shared.persistence.database import Tx
from shared.web.formats import format_date, sentences
from shared.web.i18n import current_language, translate
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Next:
    """The next date that matters: what happens, and when (a moment, or a whole day)."""

    what: str
    moment: datetime | None = None
    day: date | None = None


def next_date(application: Application, terms: InForce, now: datetime) -> Next | None:
    """The next date for the applicant, if there is one."""
    call, state = terms.programme.call(application.year), State(application.state)
    if call is None:
        return None
    match state:
        case State.DRAFT:
            return Next(_("Send it by"), call.closes) if call.is_open(now) else None
        case State.RETURNED:
            return Next(_("Correct it by the end of"), day=application.correct_by) if application.correct_by else None
        case State.SUBMITTED | State.NOMINATED | State.APPROVED:
            if call.grants_from and now < call.grants_from:
                return Next(_("Places are given on"), call.grants_from)
            return Next(_("You get an answer by"), call.answers_due) if now <= call.answers_due else None
        case State.WAITING if before_round(application, call):
            return Next(_("Places are given on"), call.grants_from)
        case State.WAITING:
            return Next(_("The waiting list closes"), application.list_closes) if application.list_closes else None
        case State.OFFERED:
            return Next(_("Answer by"), application.answer_by) if application.answer_by else None
        case one if one in TAKEN and (course := course_of(application, terms.programme)) and call.day(now) < course.starts:
            return Next(_("The course begins"), day=course.starts)
        case _:
            return None


def _not_corrected(application: Application, terms: InForce) -> bool:
    """Whether nobody withdrew it: it ended after the day for its correction.

    A process of the version before leaves that day on what a person withdraws, so that the day alone does not tell.
    """
    if application.state != State.WITHDRAWN or application.correct_by is None:
        return False
    call = terms.programme.call(application.year)
    return (call.day(application.changed_at) if call else application.changed_at.date()) > application.correct_by


def _not_decided(application: Application) -> bool:
    """Whether nobody chose: whoever does so gives a reason."""
    return application.state == State.REJECTED and not application.reasons


def _too_late(application: Application, call: Call | None, now: datetime) -> bool:
    """Whether it was not sent while its call was open."""
    return application.state == State.DRAFT and call is not None and now > call.closes and not call.is_open(now)


def meaning(application: Application, terms: InForce, now: datetime) -> str:
    """What the state means for the applicant, in a sentence or two, and for which of the listed courses it is approved."""
    return sentences(_meaning(application, terms, now), approved_words(application, terms.programme))


def _meaning(application: Application, terms: InForce, now: datetime) -> str:
    if _not_corrected(application, terms):
        return _(NOT_CORRECTED)
    if _not_decided(application):
        return _(NOT_DECIDED.meaning)
    call = terms.programme.call(application.year)
    if _too_late(application, call, now):
        return _("The call has closed, so this application can no longer be sent. What you wrote is kept.")
    if call is not None and awaits_day(application, call, now):
        return _(BEFORE, day=giving_day(call))
    return _(STATES[State(application.state)].meaning)


def said_of(application: Application, terms: InForce) -> Said:
    """The name of its state and the colour of its tag; nobody is on a waiting list before places are given."""
    if _not_decided(application):
        return NOT_DECIDED
    waits = before_round(application, terms.programme.call(application.year))
    return STATES[State.APPROVED if waits else State(application.state)]


@dataclass(frozen=True, slots=True)
class Item:
    """One application in the list."""

    application: Application
    programme: str
    country: str
    href: str
    state: str
    colour: str
    meaning: str
    next: Next | None
    owed: list[tuple[str, str]]
    letters: LettersSaid | None


def item(line: Line, zone: str, now: datetime) -> Item:
    application, terms = line.application, line.terms
    said, late = said_of(application, terms), _too_late(application, terms.programme.call(application.year), now)
    return Item(
        application,
        terms.programme.names[current_language()],
        country_name(application.country, terms.plan),
        f"/applications/{application.id}",
        _("Not sent") if late else _(said.name),
        "" if late else said.colour,
        meaning(application, terms, now),
        next_date(application, terms, now),
        [(one.names[current_language()], f"/applications/{application.id}/papers/{quote(one.key)}") for one in line.owed],
        letters_said(line.letters, application, terms, zone, now),
    )


@router.get("/applications")
async def list_page(request: Request) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    now = desk.clock.now()

    async def read(tx: Tx) -> tuple[list[Line], str]:
        return await mine(tx, viewer), await zone_for(tx, request)

    lines, zone = await desk.db.run(read)
    return render(request, "my_applications.html", items=[item(line, zone, now) for line in lines], zone=zone, now=now)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline."""

    at: datetime
    title: str
    notes: list[str]


def moments(folder: Folder) -> list[Moment]:
    """What happened, the newest first."""
    plan, programme = folder.plan, folder.dossier.programme
    shown = [entry for entry in folder.dossier.timeline if entry.act in MOVES]
    found = [Moment(entry.at, _(move_name(entry)), notes(entry.detail, plan, programme)) for entry in shown]
    found += [Moment(one.at, _(MOVED[one.kind, one.role == "applicant"]), []) for one in folder.dossier.letters]
    return sorted(found, key=lambda one: one.at)[::-1]


def notes(detail: dict[str, object], plan: Plan, programme: Programme) -> list[str]:
    """What a move's detail says to the applicant: reasons, the limit, the rank, the day."""
    found: list[str] = []
    reasons = [str(code) for code in detail.get("reasons") or () if code] if isinstance(detail.get("reasons"), list) else []  # type: ignore[attr-defined]
    if isinstance(detail.get("reason"), str):
        reasons.append(str(detail["reason"]))
    limit = str(detail.get("limit") or "")
    kind = limit.partition(":")[0]
    found += reason_words(without_said(reasons, limit), programme)
    if kind in SAID_BY_LIMIT.values():  # what a reason says of somebody, the limit says to them
        words = limit_words(limit, plan)
        found.append(words[0].upper() + words[1:])
    rank = detail.get("rank")
    if isinstance(rank, int) and rank > 0:  # before the places of a round are given, nobody has one
        found.append(_("Rank {rank}", rank=rank))
    if isinstance(detail.get("correct_by"), str):
        found.append(_("To be corrected by the end of {day}", day=format_date(date.fromisoformat(str(detail["correct_by"])))))
    if isinstance(detail.get("receipt"), str):
        found.append(_("Receipt number {receipt}", receipt=detail["receipt"]))
    found += [*course_notes(detail, programme), *agreed_words(detail)]
    return found


def lacking(folder: Folder) -> list[str]:
    """In words, the limits that had no room when the person was put on the list or refused."""
    keys: list[str] = []
    if folder.application.state == State.WAITING:
        waits = [entry for entry in folder.dossier.timeline if entry.act == Act.WAIT]
        keys = [str(key) for key in waits[-1].detail.get("lacking", ())] if waits else []
    elif folder.application.reason_limit:
        keys = [folder.application.reason_limit]
    said = [limit_words(key, folder.plan) for key in keys]
    return [words[0].upper() + words[1:] for words in said if words]


def reasons(application: Application) -> list[str]:
    """The codes of why, without the one that the limit's own words say better."""
    return without_said(application.reasons, application.reason_limit or "")


async def again(request: Request, folder: Folder) -> str:
    """Where one applies to the programme's call that is open now, once this application is over; empty where one cannot."""
    application, programme = folder.application, folder.dossier.programme
    call = programme.open_call(folder.now)
    if application.state not in FINISHED or call is None:
        return ""
    begun = await desk_of(request).db.run(lambda tx: live(tx, application.person_id, programme.code, call.year))
    return "" if begun else f"/programmes/{quote(programme.code)}/start"


@router.get("/applications/{application_id}")
async def application_page(request: Request, application_id: str) -> Response:
    folder = await folder_of(request, application_id)
    application, programme = folder.application, folder.dossier.programme
    late = in_time(folder.dossier.terms, application, folder.now) is not None if folder.editable else False
    if application.state == State.DRAFT and not late:
        return RedirectResponse(f"{folder.path}/tasks", 303)
    later = [one for one in folder.dossier.papers if one.editable and not folder.editable]
    said = said_of(application, folder.dossier.terms)
    return render(
        request,
        "application.html",
        folder=folder,
        state=_("Not sent") if application.state == State.DRAFT else _(said.name),
        colour=said.colour,
        meaning=meaning(application, folder.dossier.terms, folder.now),
        before_round=before_round(application, folder.dossier.call),
        next=next_date(application, folder.dossier.terms, folder.now),
        reasons=reason_words(reasons(application), programme),
        lacking=lacking(folder),
        country=country_name(application.country, folder.plan),
        courses=facts_of(application, programme),
        moments=moments(folder),
        place=accepted(folder),
        marked=marked(folder),
        letters=exchanges(folder),
        again=await again(request, folder),
        letters_said=letters_of(folder),
        referees=[
            (one.name, *standing_words(one, folder.now)) for one in folder.dossier.referees if one.state in (*LIVE, Standing.DECLINED)
        ],
        papers=[(one.paper.names[current_language()], f"{folder.path}/papers/{quote(one.paper.key)}", one) for one in later],
        owed=any(one.lacking for one in later),
        may_correct=application.state == State.RETURNED and not late,
        may_withdraw=Act.WITHDRAW in folder.dossier.acts,
        may_answer=Act.ACCEPT in folder.dossier.acts and application.answer_by is not None and folder.now <= application.answer_by,
        added=added_file(request, folder),
        ask=contact_of(folder.plan.country(application.country)),
        copy=await copy_of(request, folder) if application.receipt else None,
        answered=request.query_params.get("answered", ""),
    )
