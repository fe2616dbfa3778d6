"""What stands on the page of one application, whoever of the staff reads it: answers, documents, history, and the cell's figures."""

import math
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from services.applications.domain.lifecycle import State
from services.applications.domain.papers import LATER, FileState
from services.applications.pages.answered import sections
from services.applications.pages.giving import before_day, before_round, giving
from services.applications.pages.home import STAGES
from services.applications.pages.preferences import course_title, facts_of
from services.applications.pages.words import country_name, file_words, reason_words, type_words, without_said
from services.applications.plan.model import Call, PlanReason, Programme
from services.applications.staff.kit import File, title_of
from services.applications.staff.recommended import letters
from services.applications.staff.words import limit_words, score_words, standing_said, timeline
from services.applications.store.lists import figures
from services.applications.store.work import Beside, beside, fixed_caps, slate_places, standing_by_score
from services.applications.tables import Application
from services.applications.told import CellFigures
from shared.kernel.cells import Cell
from shared.persistence.database import Tx
from shared.web.formats import bracketed, format_number, listed
from shared.web.i18n import N_, current_language, ngettext, translate

_ = translate

NO_ROOM: Final = N_(
    "Your country has put forward as many people as it may, so nobody more can be put forward now. When a candidate withdraws before being "
    "offered a place, one more may be put forward. Whoever was offered a place, or is not carried forward by the programme, still counts."
)
TOO_MANY: Final = N_(
    "Your country has put forward more people than it may now, so nobody more can be put forward. Whoever was offered a place, or is not "
    "carried forward by the programme, still counts."
)
NOBODY: Final = N_("Your country may put nobody forward in this call now.")
LACKING: Final = (State.SUBMITTED, State.WAITING, State.REFUSED)
"""States in which the limit that had no room is shown."""


@dataclass(frozen=True, slots=True)
class Next:
    """The next date that matters: what happens, and when (a moment, or a whole day)."""

    what: str
    moment: datetime | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper that is asked for: its files as something to save, each as words, address (none while it cannot be opened) and id."""

    key: str
    name: str
    stage: str
    files: tuple[tuple[str, str, str], ...]
    several: bool
    full: bool
    editable: bool
    optional: bool
    accept: str
    types: str


def papers(file: File) -> list[PaperLine]:
    """The papers in the order of the plan; those that are due later only where there is a file."""
    language, found = current_language(), []
    for one in file.dossier.papers:
        if not one.files and one.paper.stage in LATER:
            continue
        path = f"/applications/{file.application.id}/documents"
        found.append(
            PaperLine(
                key=one.paper.key,
                name=one.paper.names[language],
                stage=_(STAGES[one.paper.stage]),
                files=tuple(
                    (
                        file_words(each.filename, each.size_bytes),
                        f"{path}/{each.id}" if each.state == FileState.READY else "",
                        str(each.id),
                    )
                    for each in one.files
                    if each.state != FileState.REFUSED
                ),
                several=one.paper.max_files > 1,
                full=one.full and one.paper.max_files > 1,
                editable=one.editable,
                optional=one.paper.optional,
                accept=",".join(one.paper.accepted),
                types=type_words(one.paper.accepted),
            )
        )
    return found


def shown_limit(file: File) -> str:
    """The key of the limit that had no room, while it is shown."""
    return file.application.reason_limit or "" if file.application.state in LACKING else ""


def lacking(file: File) -> list[str]:
    """In words, the limits that had no room."""
    keys: list[str] = []
    if file.application.state == State.WAITING and not before_round(file.application, file.dossier.call):
        waits = [entry for entry in file.dossier.timeline if entry.act == "wait"]
        keys = [str(key) for key in waits[-1].detail.get("lacking", ())] if waits else []
    elif limit := shown_limit(file):
        keys = [limit]
    return [limit_words(key, file.plan) for key in keys]


def coming(file: File) -> Next | None:
    """The next date that matters for this application, if there is one."""
    application, call = file.application, file.dossier.call
    match State(application.state):
        case State.RETURNED if application.correct_by:
            return Next(_("To be corrected by the end of"), day=application.correct_by)
        case State.SUBMITTED | State.NOMINATED | State.APPROVED:
            if call.grants_from and file.now < call.grants_from:
                return Next(_("Places are given on"), call.grants_from)
            return Next(_("Answer due by"), call.answers_due)
        case State.WAITING if before_round(application, call):
            return Next(_("Places are given on"), call.grants_from)
        case State.WAITING if application.list_closes:
            return Next(_("The waiting list closes"), application.list_closes)
        case State.OFFERED if application.answer_by:
            return Next(_("To be answered by"), application.answer_by)
        case _:
            return None


def sheet(file: File) -> dict[str, Any]:
    """What the page of an application shows to every role."""
    said = standing_said(file.application, file.dossier.call)
    scored = file.application.score is not None and "review" in file.dossier.programme.route
    return {
        "file": file,
        "application": file.application,
        "programme": title_of(file.dossier.programme),
        "plan": file.plan,
        "country": country_name(file.application.country, file.plan),
        "state": said.name,
        "colour": said.colour,
        "sections": sections(file, change=False),
        "papers": papers(file),
        "recommendations": letters(file),
        "moments": timeline(file),
        "reasons": reason_words(without_said(file.application.reasons, shown_limit(file)), file.dossier.programme),
        "lacking": lacking(file),
        "next": coming(file),
        "courses": facts_of(file.application, file.dossier.programme),
        "score": score_words(file.application.score) if scored else "",
    }


# ---- the cell beside the decision


class Cap(NamedTuple):
    """How many candidates a country may put forward, none where there is no end; `fixed`: officers have set it."""

    most: int | None
    fixed: bool = False

    def said_of(self, words: str) -> str:
        """Words that name the cap, and behind them that officers have set it, where they have."""
        return bracketed(words, _("limit set by officers")) if self.fixed else words

    @property
    def note(self) -> str:
        """What stands below the number of those who are put forward."""
        return _("no limit") if self.most is None else self.said_of(_("of at most {most}", most=format_number(self.most)))


@dataclass(frozen=True, slots=True)
class Cellside:
    """A cell's figures as quotas last told them, and what this service knows: how many are put forward, and of how many."""

    key: str
    title: str
    figures: CellFigures | None
    beside: Beside
    cap: Cap
    before_day: bool
    """Whether the day of the places is yet to come: who waits is approved so far, and on no list."""
    rank: int = 0
    among: int = 0
    slate: tuple[int, int] | None = None
    """Which one on the country's slate the application is, and of how many; none where it is not on it."""

    @property
    def slate_words(self) -> str:
        """Which it is on the country's slate, that holds only who is not decided yet; nothing where it is not on it."""
        if self.slate is None:
            return ""
        words = {"rank": format_number(self.slate[0]), "most": format_number(self.slate[1])}
        return _("Of those on the country’s slate that wait for a decision: number {rank} of {most}.", **words)

    @property
    def href(self) -> str:
        return f"/quotas/cells/{quote(self.key, safe=':')}"

    @property
    def bar(self) -> str:
        """The line of figures in words."""
        assert self.figures is not None, "a bar is drawn of figures"
        found = self.figures
        parts = {"taken": found.taken, "offered": found.offered, "waiting": found.waiting, "places": found.capacity}
        words = {name: format_number(number) for name, number in parts.items()}
        if self.before_day:
            return _("{taken} taken, {offered} offered and {waiting} approved so far, of {places} places", **words)
        return _("{taken} taken, {offered} offered and {waiting} waiting, of {places} places", **words)

    @property
    def listed_name(self) -> str:
        """What those are called who are approved and have no place."""
        return _("Approved so far") if self.before_day else _("Waiting")

    @property
    def put_forward(self) -> str:
        """`12 of 108 put forward in all.`, decided or not, or without a cap how many."""
        if self.cap.most is None:
            return ngettext("{n} put forward.", "{n} put forward.", self.beside.put_forward)
        words = {"n": format_number(self.beside.put_forward), "most": format_number(self.cap.most)}
        if self.cap.fixed:
            return _("{n} of {most} put forward in all (limit set by officers).", **words)
        return _("{n} of {most} put forward in all.", **words)

    @property
    def no_room(self) -> str:
        """Why nobody more can be put forward, and what makes room; nothing where there is room, or this service does not know."""
        if self.cap.most is None or not self.full:
            return ""
        if self.cap.most == 0:
            return _(NOBODY)
        return _(TOO_MANY if self.beside.put_forward > self.cap.most else NO_ROOM)

    @property
    def full(self) -> bool:
        """Whether the country may put nobody more forward."""
        return self.cap.most is not None and self.beside.put_forward >= self.cap.most


def cap_of(programme: Programme, found: CellFigures | None, fixed: int | None) -> Cap:
    """What officers have `fixed`, else the programme's ratio of the cell's places, rounded up: as quotas counts it."""
    ratio = programme.nomination_ratio
    if "nomination" not in programme.route:
        return Cap(None)
    if fixed is not None:
        return Cap(fixed, fixed=True)
    return Cap(None if ratio is None or found is None else math.ceil(round(ratio * found.capacity, 9)))


async def cellside(tx: Tx, cell: Cell, title: str, programme: Programme, call: Call, now: datetime) -> Cellside:
    """The figures of a cell in its call."""
    found = (await figures(tx, [cell])).get(cell.key)
    cap = cap_of(programme, found, (await fixed_caps(tx, cell.country)).get(cell))
    return Cellside(cell.key, title, found, await beside(tx, cell), cap, before_day(call, now))


async def cellside_of(tx: Tx, file: File) -> Cellside:
    """The figures of an application's cell, and where it stands by score."""
    application, programme = file.application, file.dossier.programme
    title = f"{country_name(application.country, file.plan)} {application.year}"
    found = await cellside(tx, file.cell, title, programme, file.dossier.call, file.now)
    found = replace(found, slate=(await slate_places(tx, [application])).get(application.id))
    if application.score is None or "review" not in programme.route or application.state not in (State.NOMINATED, State.SUBMITTED):
        return found
    rank, among = await standing_by_score(tx, application)
    return replace(found, rank=rank, among=among)


def foresight(file: File, side: Cellside) -> str:
    """What an approval would lead to, as far as the figures tell now."""
    if side.figures is None:
        return _("Nothing is known of the places yet; the places service decides.")
    if side.before_day:
        return giving(file.dossier.call, file.now)
    if side.figures.free > side.beside.asking:
        limits = listed(other_limits(file.application, file.dossier.programme))
        return _("A place is free ({cell}). The places service decides, and looks at these too: {limits}.", cell=side.title, limits=limits)
    return _("No place is free for another application: it would join the waiting list, or be refused if the list is full.")


def other_limits(application: Application, programme: Programme) -> list[str]:
    """In words, what can stand against an offer although the cell has a place free: of none of it are the figures known here."""
    found = []
    if len(application.listed) > 1:
        found.append(_("the seats of the course that is chosen"))
    elif application.course:
        found.append(_("the seats of the course “{course}”", course=course_title(programme, application.course)))
    if any(one.key == application.channel and (one.places, one.share) != (None, None) for one in programme.channels):
        found.append(_("the places for this way of applying"))
    if programme.holders and (programme.holders.each is not None or application.country in programme.holders.countries):
        found.append(_("how many people of the country may hold a place at one time"))
    return [*found, _("the places that the person holds already")]


def reason_options(reasons: list[PlanReason]) -> list[dict[str, str]]:
    """A programme's reasons to choose from."""
    return [{"key": one.code, "label": one.names[current_language()]} for one in reasons]
