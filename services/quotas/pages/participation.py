"""Who takes part in what: the list for those who work on it, and the forms by which a country leaves or asks to return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import lookups, views
from services.quotas.access import MAY_PROPOSE, MAY_PROPOSE_PARTICIPATION, desk_of, may_file
from services.quotas.pages import asking, kit
from services.quotas.pages.changes import change
from services.quotas.pages.effects import Effect
from services.quotas.problems import problem_of
from services.quotas.proposals import KINDS, ProposalRefused
from services.quotas.proposals.participation import Leave, Return
from services.quotas.rows import ParticipationRow, ProgrammeRow, ProposalRow
from shared.events.applications import Names
from shared.persistence.database import Tx
from shared.web.formats import format_date, format_number, listed
from shared.web.i18n import N_, translate
from shared.web.identity import Identity, refuse, require
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

PATH: Final = "/quotas/participation"
ACTS: Final = {"leave": N_("Leave, fully or in part"), "return_to_programme": N_("Return, fully or in part")}

LEAD: Final = N_(
    "A country may leave at any time: from the first day on it gets no new place, places that are held stay, free ones go to the "
    "pool, and those who wait are told. To return it needs the approval of the donor and of the countries that take part on the "
    "day it asks."
)
START: Final = N_(
    "The day begins where the call is made. A country had better leave tomorrow or later: if it leaves today, whoever is approved before "
    "the news arrives is refused."
)


@dataclass(frozen=True, slots=True)
class Line:
    """A country with what it takes part in, and where to change it."""

    name: str
    now: bool
    periods: tuple[str, ...]
    href: str


class _Read(NamedTuple):
    """What the list shows; the names are those of countries, and of the programme's parts, by code."""

    programmes: Sequence[ProgrammeRow]
    programme: ProgrammeRow
    rows: Sequence[ParticipationRow]
    names: Mapping[str, Names]
    parts: Mapping[str, Names]
    open_now: Sequence[ProposalRow]
    today: date


@router.get(PATH)
async def participation_page(request: Request) -> Response:
    """Everybody's participation in a programme; what is open for decision or answer on top."""
    who = require(request, *kit.READERS, "coordinator")

    async def read(tx: Tx) -> _Read:
        programmes = await views.programmes(tx)
        programme = _chosen(programmes, request.query_params.get("programme", ""))
        open_now = [one for one in await views.proposals(tx, state="open") if one.kind in ACTS and one.programme == programme.code]
        rows, names = await views.participation(tx, programme.code), await lookups.countries(tx, programme.code)
        parts, today = await lookups.parts(tx, programme.code), await lookups.today(tx, programme.code, kit.now(request))
        return _Read(programmes, programme, rows, names, parts, open_now, today)

    programmes, programme, rows, names, parts, open_now, today = await desk_of(request).db.run(read)
    known = {cell: names[cell.split(":")[1]] for one in open_now for cell in one.cells if cell.split(":")[1] in names}
    known |= {lookups.part_key(programme.code, part): its for part, its in parts.items()}
    return render(
        request,
        "participation.html",
        name=kit.local(programme.names),
        selector_=kit.year_selectors(programmes, programme, programme.years[0])[0],
        lines=_lines(who, programme.code, rows, names, parts, today),
        open_now=[(f"{kit.PROPOSALS}/{one.id}", kit.local(names[one.params["country"]]), change(one, known)) for one in open_now],
    )


@router.get(PATH + "/{programme}/{country}")
async def change_page(request: Request, programme: str, country: str) -> Response:
    _may(request, programme, country)
    found, names, called, today = await desk_of(request).db.run(lambda tx: _country(tx, programme, country, kit.now(request)))
    return _form(request, found, country, names, called, {}, asking.told(request, lambda typed: _faults(typed, today)))


def _faults(typed: Mapping[str, str], today: date) -> dict[str, str]:
    """Field -> what is wrong with it, in words."""
    start, end, found = _dates(typed)
    if start is not None and start < today:
        found["start"] = _("Enter today or a later day: that day is past")
    if start is not None and end is not None and end < start:
        found["end"] = _("Enter a last day that is not before the first one")
    if typed.get("act") not in ACTS:
        found["act"] = _("Choose what the country wants")
    return found | asking.reason_faults(typed)


@router.post(PATH + "/{programme}/{country}")
async def change_sent(request: Request, programme: str, country: str) -> Response:
    """What was typed is checked, shown with its effect on places, waiters and applicants, then filed."""
    who, typed = _may(request, programme, country), await asking.typed_in(request)
    typed["parts"] = " ".join(one for one in (await request.form()).getlist("parts") if isinstance(one, str))
    act = typed.get("act", "")
    start, end, _wrong = _dates(typed)
    parts = tuple(sorted(_listed(typed)))
    kind = act if act in ACTS else "leave"
    made = Leave if kind == "leave" else Return
    params = made(programme=programme, country=country, start=start or date.min, end=end, parts=parts)

    async def look(tx: Tx) -> tuple[ProgrammeRow, Names, Mapping[str, Names], dict[str, str], Effect | None, int, int]:
        found, names, called, today = await _country(tx, programme, country, kit.now(request))
        errors = _faults(typed, today)
        if errors:
            return found, names, called, errors, None, 0, 0
        cells = await KINDS[kind].cells(tx, params)
        held, forward = await lookups.held(tx, cells, parts), await lookups.put_forward(tx, cells, parts)
        return found, names, called, {}, await asking.look_at(tx, request, who, kind, params), held, forward

    found, names, called, errors, shown, held, forward = await desk_of(request).db.run(look)
    if shown is None or typed.get("step") == "change":
        return _form(request, found, country, names, called, typed, {} if typed.get("step") == "change" else errors)
    if typed.get("step") != "send":
        rows = [
            (_("What changes"), _(ACTS[kind])),
            (_("First day"), format_date(params.start)),
            (_("Last day"), format_date(params.end) if params.end else _("no end: for good")),
            *([(_("Parts"), _called(parts, called))] if parts else []),
            (_("Places that are held, and stay"), format_number(held)),
            (_("Put forward without an answer yet"), format_number(forward)),
            *([(_("Places"), _("It brings none back. Places for the country are proposed afterwards."))] if kind != "leave" else []),
            (_("Reason"), typed["reason"]),
        ]
        caption = f"{kit.local(found.names)} · {kit.local(names)}"
        return asking.check_page(request, caption=caption, rows=rows, shown=shown, typed=typed)
    return await asking.file(request, who, kind, params, typed)


def _may(request: Request, programme: str, country: str) -> Identity:
    who = require(request, *MAY_PROPOSE_PARTICIPATION)
    if not may_file(who, "leave", Leave(programme=programme, country=country, start=date.min)):
        raise refuse(request)
    return who


def _chosen(programmes: Sequence[ProgrammeRow], code: str) -> ProgrammeRow:
    programme = next((one for one in programmes if one.code == code), None)
    if programme is None and (code or not programmes):
        raise Problem(404, code="unknown_board")
    return programme or max(programmes, key=lambda one: one.places_total)


async def _country(tx: Tx, programme: str, country: str, now: datetime) -> tuple[ProgrammeRow, Names, Mapping[str, Names], date]:
    """The programme, what the country is called, the programme's parts, and the first day from which on something may change."""
    found, names = await views.programme(tx, programme), (await lookups.countries(tx, programme)).get(country)
    if found is None or names is None:
        raise problem_of(ProposalRefused("unknown_country"))
    return found, names, await lookups.parts(tx, programme), await lookups.today(tx, programme, now)


def _lines(
    who: Identity, programme: str, rows: Sequence[ParticipationRow], names: Mapping[str, Names], parts: Mapping[str, Names], today: date
) -> list[Line]:
    found = []
    for country, its in sorted(names.items(), key=lambda item: kit.sort_key(item[1])):
        mine = [row for row in rows if row.country == country]
        now = any(row.start <= today and (row.end is None or today <= row.end) for row in mine)
        may = may_file(who, "leave", Leave(programme=programme, country=country, start=today))
        periods = tuple(_period(row, parts) for row in mine)
        found.append(Line(kit.local(its), now, periods, f"{PATH}/{programme}/{country}" if may else ""))
    return found


def _called(codes: Sequence[str], parts: Mapping[str, Names]) -> str:
    """Parts by name; a code that the plan gives no name stands as it is."""
    return listed(kit.local(parts[one]) if one in parts else one for one in codes)


def _period(row: ParticipationRow, parts: Mapping[str, Names]) -> str:
    start = format_date(row.start)
    words = _("from {start} on", start=start) if row.end is None else _("from {start} to {end}", start=start, end=format_date(row.end))
    if row.parts:
        return _("{period}, only in {parts}", period=words, parts=_called(row.parts, parts))
    return _("{period}, without {parts}", period=words, parts=_called(row.without, parts)) if row.without else words


def _dates(typed: Mapping[str, str]) -> tuple[date | None, date | None, dict[str, str]]:
    """First and last day, and what is wrong with them. No last day is none."""
    errors: dict[str, str] = {}
    found: dict[str, date | None] = {}
    for name in ("start", "end"):
        boxes = [typed.get(f"{name}-{box}", "") for box in ("day", "month", "year")]
        found[name] = _day(boxes)
        if found[name] is None and (name == "start" or any(boxes)):
            errors[name] = _("Enter a real date, such as 27 3 2016")
    return found["start"], found["end"], errors


def _day(boxes: Sequence[str]) -> date | None:
    if not all(box.isascii() and box.isdigit() and len(box) <= 4 for box in boxes):
        return None
    day, month, year = map(int, boxes)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _form(
    request: Request,
    programme: ProgrammeRow,
    country: str,
    names: Names,
    called: Mapping[str, Names],
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    dates = {name: {box: typed.get(f"{name}-{box}", "") for box in ("day", "month", "year")} for name in ("start", "end")}
    questions: list[dict[str, Any]] = [
        {
            "key": "act",
            "kind": "radio",
            "label": _("What does the country want?"),
            "options": [{"key": key, "label": _(words)} for key, words in ACTS.items()],
            "value": typed.get("act", ""),
            "error": errors.get("act", ""),
        },
        {
            "key": "start",
            "kind": "date",
            "label": _("From which day on?"),
            "hint": _(START),
            "value": dates["start"],
            "error": errors.get("start", ""),
        },
        {
            "key": "end",
            "kind": "date",
            "optional": True,
            "label": _("Until which day?"),
            "hint": _("The last day that still counts. Leave it empty if there is no end."),
            "value": dates["end"],
            "error": errors.get("end", ""),
        },
        _parts_question(called, typed),
        asking.reason_question(typed, errors),
    ]
    return asking.form_page(
        request,
        heading=_("Change participation"),
        caption=f"{kit.local(programme.names)} · {kit.local(names)}",
        back=f"{PATH}?programme={programme.code}",
        lead=_(LEAD),
        questions=questions,
        typed=typed,
        errors=errors,
    )


def _parts_question(called: Mapping[str, Names], typed: Mapping[str, str]) -> dict[str, Any]:
    """Which parts: to be ticked by name, or by code where the plan gives none a name."""
    question = {"key": "parts", "optional": True, "label": _("Only some parts")}
    if not called:
        hint = _("The codes of courses or levels, as the plan names them. Leave it empty if everything is meant.")
        return question | {"kind": "text", "hint": hint, "value": typed.get("parts", "")}
    options = [{"key": code, "label": kit.local(its)} for code, its in called.items()]
    hint = _("Tick none if everything is meant.")
    return question | {"kind": "checkboxes", "hint": hint, "options": options, "value": _listed(typed)}


def _listed(typed: Mapping[str, str]) -> list[str]:
    return [part for part in typed.get("parts", "").replace(",", " ").split() if part]


def consent_faults(who: Identity, typed: Mapping[str, str]) -> dict[str, str]:
    """Field -> what is missing in a country's answer, in words."""
    found, officer = {}, who.role in MAY_PROPOSE
    if officer and not typed.get("country"):
        found["country"] = _("Choose the country that answered")
    if typed.get("answer") not in ("yes", "no"):
        found["answer"] = _("Choose whether the country may return")
    if officer and not typed.get("reference"):
        found["reference"] = _("Say in which letter or note the country gave this answer, so that it can be found again.")
    return found


def consent_questions(
    who: Identity, unanswered: Mapping[str, str], typed: Mapping[str, str], errors: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The fields of an answer: a coordinator answers for the own country, an officer enters what came in writing."""
    officer = who.role in MAY_PROPOSE
    if not unanswered or not (officer or (who.role == "coordinator" and who.country in unanswered)):
        return []
    answers = [{"key": "yes", "label": _("It may return")}, {"key": "no", "label": _("It may not return")}]
    hint = _("Say in which letter or note the answer stands.") if officer else ""
    found: list[dict[str, Any]] = [
        {"key": "answer", "kind": "radio", "small": True, "label": _("May the country return?"), "options": answers},
        {"key": "reference", "kind": "text", "optional": not officer, "label": _("Note for the records"), "hint": hint},
    ]
    if officer:
        options = [{"key": code, "label": name} for code, name in unanswered.items()]
        found.insert(0, {"key": "country", "kind": "select", "label": _("Which country answered in writing?"), "options": options})
    return [one | {"value": typed.get(one["key"], ""), "error": errors.get(one["key"], "")} for one in found]
