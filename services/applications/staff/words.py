"""What staff read: states and moves in the third person, limits, and refusals that say what stands against an act."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from services.applications.domain import lifecycle
from services.applications.domain import outcomes as o
from services.applications.domain.lifecycle import Act, State
from services.applications.pages.giving import before_round
from services.applications.pages.preferences import course_title
from services.applications.pages.preferences import notes as course_notes
from services.applications.pages.words import agreed_words, country_name, reason_words, without_said
from services.applications.plan.model import Call, Plan, PlanReason, Programme
from services.applications.staff.courses import WHY
from services.applications.staff.kit import File
from services.applications.tables import Application, TimelineEntry
from services.applications.use_cases.courses import Against
from shared.web.formats import format_date, format_datetime, format_number, listed, sentences
from shared.web.i18n import N_, current_language, ngettext, translate
from shared.web.navigation import role_name

_ = translate


class Said(NamedTuple):
    """A state's name and the colour of its tag."""

    name: str
    colour: str


# fmt: off
STATES: Final[Mapping[State, Said]] = {
    State.DRAFT: Said(N_("Not sent yet"), ""),
    State.SUBMITTED: Said(N_("Sent"), "blue"),
    State.RETURNED: Said(N_("Sent back"), "amber"),
    State.NOMINATED: Said(N_("Nominated"), "violet"),
    State.APPROVED: Said(N_("Approved"), "teal"),
    State.WAITING: Said(N_("On the waiting list"), "amber"),
    State.OFFERED: Said(N_("Place offered"), "teal"),
    State.ACCEPTED: Said(N_("Offer accepted"), "green"),
    State.PLACED: Said(N_("Place taken"), "green"),
    State.REJECTED: Said(N_("Not carried forward"), "red"),
    State.REFUSED: Said(N_("No place"), "red"),
    State.DECLINED: Said(N_("Offer declined"), ""),
    State.LAPSED: Said(N_("Offer expired"), ""),
    State.WITHDRAWN: Said(N_("Withdrawn"), ""),
    State.ENDED: Said(N_("Ended"), ""),
}

MOVES: Final[Mapping[str, str]] = {
    Act.START: N_("Begun"),
    Act.SUBMIT: N_("Sent"),
    Act.RETURN: N_("Sent back for correction"),
    Act.EXTEND: N_("More time given for the correction"),
    Act.NOMINATE: N_("Put forward by the country"),
    Act.REFUSE_NOMINATION: N_("Could not be put forward"),
    Act.REJECT: N_("Not carried forward"),
    Act.APPROVE: N_("Approved"),
    Act.OFFER: N_("Place offered"),
    Act.WAIT: N_("Put on the waiting list"),
    Act.REFUSE: N_("No place could be given"),
    Act.ACCEPT: N_("Offer accepted"),
    Act.DECLINE: N_("Offer declined"),
    Act.LAPSE: N_("Offer expired"),
    Act.TAKE: N_("Place taken"),
    Act.END: N_("Stay ended"),
    Act.EXPIRE: N_("Not corrected in time"),
    Act.CLOSE: N_("Not decided before the call was over"),
    Act.WITHDRAW: N_("Withdrawn"),
    "score": N_("Scored"),
    "reorder": N_("Moved on the slate"),
}

LIMITS: Final[Mapping[str, str]] = {
    "cell": N_("every place of the country ({country}) for {year} has been given"),
    "nomination": N_("the country ({country}) has put forward as many people as it may for {year}"),
    "person": N_("the person already holds a place in a programme"),
    "holders": N_("the country ({country}) already has as many people holding a place as it may have at one time"),
    "course": N_("the course is full"),
    "course_country": N_("every seat of the country ({country}) in the course has been given"),
    "channel": N_("every place for this way of applying has been given"),
}
SENT_AGAIN: Final = N_("Corrected and sent again")
FOR_THE_DAY: Final = N_("Waits for the day on which places are given")
LETTERS: Final = {
    ("question", True): N_("Question to the country"),
    ("question", False): N_("Question answered"),
    ("appeal", True): N_("Appeal"),
    ("appeal", False): N_("Appeal answered"),
}
"""Kind of a letter, and whether the applicant wrote it."""
SYSTEM: Final = N_("Places service")
BY_ITSELF: Final = N_("The platform itself")
# fmt: on


def state_said(state: str) -> Said:
    """The state's name, translated, and its colour."""
    said = STATES[State(state)]
    return Said(_(said.name), said.colour)


def standing_said(application: Application, call: Call | None) -> Said:
    """The same of an application, of which nobody is on a waiting list before places are given."""
    return state_said(State.APPROVED if before_round(application, call) else application.state)


def move_name(entry: TimelineEntry) -> str:
    """What a move is called, translated; before places are given nobody has a rank, and so nobody is on a list."""
    if entry.act == Act.SUBMIT and entry.source == State.RETURNED:
        return _(SENT_AGAIN)
    return _(FOR_THE_DAY if entry.act == Act.WAIT and entry.detail.get("rank") == 0 else MOVES.get(entry.act, entry.act))


def limit_words(key: str, plan: Plan) -> str:
    """What a limit that lacks room means, such as `nomination:scholarship:PE:2016`; the key itself for a kind without words."""
    kind, *parts = key.split(":")
    country = country_name(parts[1], plan) if len(parts) > 1 else ""
    return _(LIMITS[kind], country=country, year=parts[2] if len(parts) > 2 else "") if kind in LIMITS else key


def notes(detail: Mapping[str, Any], plan: Plan, programme: Programme) -> list[str]:
    """What a move's detail says: reasons, limits, rank, day."""
    codes = [str(code) for code in detail.get("reasons") or ()] + ([str(detail["reason"])] if isinstance(detail.get("reason"), str) else [])
    found = reason_words(without_said(codes, str(detail.get("limit") or "")), programme)
    limits = [str(key) for key in detail.get("lacking") or ()] + ([str(detail["limit"])] if detail.get("limit") else [])
    found += [_sentence(limit_words(key, plan)) for key in limits]
    if isinstance(detail.get("rank"), int) and detail["rank"] > 0:
        found.append(_("Rank {rank}", rank=format_number(detail["rank"])))
    if isinstance(detail.get("slate_rank"), int):
        found.append(_("Number {rank} on the country’s slate", rank=format_number(detail["slate_rank"])))
    if isinstance(detail.get("from"), int) and isinstance(detail.get("to"), int):
        found.append(_("From {old} to {new}", old=format_number(detail["from"]), new=format_number(detail["to"])))
    if isinstance(detail.get("score"), int) and "review" in programme.route:
        found.append(_("Score {score}", score=score_words(detail["score"])))
    if isinstance(detail.get("correct_by"), str):
        found.append(_("To be corrected by the end of {day}", day=format_date(date.fromisoformat(detail["correct_by"]))))
    return [*found, *course_notes(detail, programme), *agreed_words(detail)]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def score_words(thousandths: int | None) -> str:
    """A score as people read it, out of 100: `71.25`; a dash where there is none."""
    return "–" if thousandths is None else format_number(round(thousandths / 1000, 2))


def who(entry: TimelineEntry, file: File) -> str:
    """Who made a move: the role, and the name where it is known; never the reviewers' or officers' names to a country."""
    if entry.actor_id is None:
        return _(BY_ITSELF if entry.actor_role == lifecycle.SYSTEM else SYSTEM)
    hidden = file.viewer.role == "coordinator" and entry.actor_role in ("reviewer", "officer")
    name = "" if hidden else file.dossier.names.get(entry.actor_id, "")
    return listed(one for one in (role_name(entry.actor_role), name) if one)


def timeline(file: File) -> list[dict[str, str]]:
    """What happened, the newest first, as the timeline's macro draws it."""
    plan, programme = file.plan, file.dossier.programme
    moves = [
        (
            entry.at,
            {
                "title": move_name(entry),
                "when": format_datetime(entry.at, file.zone),
                "who": who(entry, file),
                "text": sentences(*notes(entry.detail, plan, programme)),
            },
        )
        for entry in file.dossier.timeline
    ]
    letters = [
        (one.at, {"title": _(LETTERS[one.kind, one.role == "applicant"]), "when": format_datetime(one.at, file.zone), "text": ""})
        for one in file.dossier.letters
    ]
    return [said for _at, said in sorted([*moves, *letters], key=lambda pair: pair[0])[::-1]]


def overtaken(file: File) -> str:
    """What somebody else did to the application last, for the one who came second."""
    last = file.dossier.timeline[-1]
    return _(
        "Somebody else was first: {what} ({who}, {time}). Nothing of yours was done; the page now shows how it stands.",
        what=move_name(last),
        who=who(last, file),
        time=format_datetime(last.at, file.zone),
    )


def unmarked_words(about: frozenset[bool | str]) -> str:
    """What is to be ticked, by what the reasons are about for which nothing is (`PlanReason.marked`)."""
    return sentences(
        _("Tick at least one document: the reason that you chose is about one, and the applicant must see which")
        if "document" in about
        else "",
        _("Tick at least one question or page: the reason that you chose is about one, and the applicant must see which")
        if "answer" in about
        else "",
        _("Tick at least one document, question or page: the reason that you chose is about one, and the applicant must see which")
        if about == {True}
        else "",
    )


def to_tick(reasons: Iterable[PlanReason]) -> str:
    """Before anything is sent: for which of these reasons what has to be ticked; empty where for none."""
    words: dict[bool | str, list[str]] = {}
    for one in reasons:
        name = _("“{words}”", words=one.names[current_language()].rstrip(".。"))
        words.setdefault(one.marked, []).append(name)
    named = {what: listed(names) for what, names in words.items()}
    return sentences(
        _("At least one document has to be ticked for: {reasons}.", reasons=named["document"]) if "document" in named else "",
        _("At least one question or page has to be ticked for: {reasons}.", reasons=named["answer"]) if "answer" in named else "",
        _("At least one has to be ticked for: {reasons}.", reasons=named[True]) if True in named else "",
    )


def _lost(outcome: Against, file: File) -> str:
    """That the way of applying, the country or the course stands against an approval, and which of the courses can be approved."""
    if isinstance(outcome, o.ChannelLost):
        return _(
            "The way of applying that was chosen is no longer in the plan, so the application cannot be approved. Nothing was changed."
        )
    if isinstance(outcome, o.NotTakingPart):
        return _("The country does not take part in it now, so it cannot be approved. Nothing was changed.")
    programme, why = file.dossier.programme, _(WHY[outcome.why], year=file.application.year)
    others = listed(course_title(programme, key) for key in (*outcome.others, *outcome.begun))
    return sentences(
        _("It cannot be approved for “{course}”: {why}. Nothing was changed.", course=course_title(programme, outcome.course), why=why),
        _("What can be approved of the list: {courses}.", courses=others) if others else "",
    )


def refused(outcome: Any, file: File) -> str:
    """Why an act on this application was not done, and what can be done. `file` is read after the act was tried."""
    programme, language = file.dossier.programme, current_language()
    match outcome:
        case o.Changed():
            return overtaken(file)
        case o.NotAllowed():
            state = standing_said(file.application, file.dossier.call).name
            return _("This cannot be done now: the application is “{state}”. Nothing was changed.", state=state)
        case o.ReasonsWrong():
            return _("Choose at least one reason")
        case o.DateWrong(earliest=earliest, latest=None):
            return _("The day must be {day} or later", day=format_date(earliest))
        case o.DateWrong(latest=date() as latest):
            return _("The day must be {day} or earlier: after it no place of this call is given", day=format_date(latest))
        case o.MarksWrong(most=most):
            return _("A remark may have {most} characters or fewer, and only what the applicant can correct now can be ticked.", most=most)
        case o.MarksMissing(about=about):
            return unmarked_words(about)
        case o.CourseNotListed(course=course, listed=courses):
            titles = listed(course_title(programme, key) for key in courses)
            return _("“{course}” is not one of the courses that the person listed: {courses}.", course=course, courses=titles)
        case o.ChannelLost() | o.CourseLost() | o.NotTakingPart():
            return _lost(outcome, file)
        case o.NotScored():
            return _("No reviewer has scored it yet, so it cannot be approved.")
        case o.Incomplete(documents=(), referees=letters):
            return ngettext(
                "Before it can be put forward, {n} letter from a referee must arrive.",
                "Before it can be put forward, {n} letters from referees must arrive.",
                letters,
            )
        case o.Incomplete(documents=documents):
            names = [one.paper.names[language] for one in file.dossier.papers if one.paper.key in documents]
            return _("Before it can be put forward, these documents must be added: {documents}.", documents=listed(names))
        case o.PointsWrong(criteria=criteria):
            named = {one.key: one.names[language] for one in programme.criteria}
            parts = [_("“{criterion}” from 0 to {most}", criterion=named[key], most=most) for key, most in criteria.items()]
            return _("Give points for every criterion: {criteria}.", criteria=listed(parts))
        case _:
            raise AssertionError(f"{outcome!r} is no refusal of an act on an application")
