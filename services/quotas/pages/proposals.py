"""Proposed changes: the list, one of them beside the figures, and the second person's decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from services.quotas import lookups, proposals, views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.foresight import foresee
from services.quotas.pages import asking, kit
from services.quotas.pages.changes import NamesOf, change, named_in, subject
from services.quotas.pages.effects import Effect, effect
from services.quotas.pages.participation import consent_faults, consent_questions
from services.quotas.pages.people import person
from services.quotas.problems import in_words, problem_of
from services.quotas.proposals import KINDS, REASON_MAX, ProposalRefused
from services.quotas.proposals.counter import counter_of
from services.quotas.rows import CellRow, ConsentRow, ProgrammeRow, ProposalRow
from shared.events.applications import Names
from shared.persistence.database import Tx
from shared.web.formats import BEIJING, format_datetime, format_number, sort_key
from shared.web.i18n import N_, ngettext, translate
from shared.web.identity import Identity, refuse, require
from shared.web.pages import render
from shared.web.problems import Problem
from shared.web.switching import sent_to

_ = translate
router = APIRouter(include_in_schema=False)

DECIDES: Final = MAY_PROPOSE[0]
"""The role in which it was decided, whoever proposed it."""
SETS_PLACES: Final = ("allotment", "places", "policy")
"""The acts by which a country has other places than before."""
STATES: Final[Mapping[str, tuple[str, str]]] = {
    "open": (N_("Open"), "amber"),
    "approved": (N_("Adopted"), "green"),
    "rejected": (N_("Rejected"), "red"),
}
DONE: Final[Mapping[str, str]] = {
    "proposed": N_("Proposed. Another person decides now; nothing has changed yet."),
    "approved": N_("Adopted. It is in force."),
    "rejected": N_("Rejected. Nothing has changed."),
    "answered": N_("The answer was kept."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal in words."""

    row: ProposalRow
    href: str
    name: str
    programme: str
    change: str
    state: str
    colour: str
    proposed_by: Markup
    proposed_at: str
    decided_by: Markup | str
    decided_at: str


@router.get("/quotas/proposals")
async def proposals_page(request: Request) -> Response:
    """The open ones first, then those decided upon, newest first."""
    who = require(request, *kit.READERS)
    state = request.query_params.get("state", "")
    wanted = state if state in STATES else None
    page = kit.number_from(request.query_params.get("page")) or 1

    async def read(tx: Tx) -> tuple[Sequence[ProposalRow], Mapping[str, Names], Sequence[ProgrammeRow]]:
        found = sorted(await views.proposals(tx, state=wanted), key=lambda one: one.state != "open")
        here = found[(page - 1) * kit.PAGE_ROWS : page * kit.PAGE_ROWS + 1]
        return here, await lookups.names_of(tx, *named_in(here)), await views.programmes(tx)

    found, names, programmes = await desk_of(request).db.run(read)
    known = {one.code: kit.local(one.names) for one in programmes}
    options = [{"key": "", "label": _("All")}, *({"key": code, "label": _(word)} for code, (word, _colour) in STATES.items())]
    return render(
        request,
        "proposals.html",
        may_propose=who.role in MAY_PROPOSE,
        choice={"key": "state", "label": _("State"), "options": options, "value": wanted or ""},
        shown=[shown(one, names, known, who) for one in found[: kit.PAGE_ROWS]],
        previous=_page(wanted, page - 1) if page > 1 else "",
        next=_page(wanted, page + 1) if len(found) > kit.PAGE_ROWS else "",
    )


def _page(state: str | None, page: int) -> str:
    query = {"state": state or "", "page": str(page)}
    return f"{kit.PROPOSALS}?{urlencode({name: value for name, value in query.items() if value})}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A proposal with everything that its page shows. `state` names the state of the books that `effect` was computed on."""

    row: ProposalRow
    programme: ProgrammeRow
    names: NamesOf
    cell: CellRow | None
    effect: Effect | None
    state: str
    counter: bool
    consents: Sequence[ConsentRow] = ()
    countries: Mapping[str, Names] = field(default_factory=dict)


@router.get("/quotas/proposals/{proposal}")
async def proposal_page(request: Request, proposal: str) -> Response:
    who = require(request, *kit.READERS, "coordinator")
    opened = await desk_of(request).db.run(lambda tx: open_proposal(tx, request, kit.id_from(proposal)))
    require_sight(request, who, opened)
    if sent_to(request) == "consent":
        return page_of(request, who, opened, consent=({}, asking.told(request, lambda typed: consent_faults(who, typed))))
    wrong = asking.told(request, lambda typed: faults(typed.get("decision", ""), typed.get("note", "")))
    return page_of(request, who, opened, errors=wrong)


def require_sight(request: Request, who: Identity, opened: Opened) -> None:
    """A coordinator reads what countries propose, and nothing else."""
    if who.role not in kit.READERS and not KINDS[opened.row.kind].by_country:
        raise refuse(request)


@router.post("/quotas/proposals/{proposal}")
async def decide(request: Request, proposal: str) -> Response:
    """The second person adopts or rejects. Whatever stands against it is shown beside the figures as they are now."""
    who, proposal_id, now = require(request, *MAY_PROPOSE), kit.id_from(proposal), kit.now(request)
    typed = await asking.typed_in(request)
    verdict, note = typed.get("decision", ""), typed.get("note", "")
    seen = typed.get("state", "")
    errors = faults(verdict, note)

    async def work(tx: Tx) -> proposals.Decided | ProposalRefused | None:
        if errors:
            return None
        if verdict == "approve":
            return await proposals.approve(tx, proposal_id, by=who.account_id, role=who.role, seen=seen, note=note, now=now)
        return await proposals.reject(tx, proposal_id, by=who.account_id, role=who.role, note=note, now=now)

    outcome = await desk_of(request).db.run(work)
    if isinstance(outcome, proposals.Decided):
        return RedirectResponse(f"{kit.PROPOSALS}/{proposal_id}?done={outcome.state}", 303)
    refused = problem_of(outcome) if outcome is not None else None
    if refused is not None and refused.status not in (409, 422):
        raise refused
    opened = await desk_of(request).db.run(lambda tx: open_proposal(tx, request, proposal_id))
    return page_of(request, who, opened, typed, errors, refused)


def faults(verdict: str, note: str) -> dict[str, str]:
    """Field -> what is wrong with it, in words."""
    found = {}
    if verdict not in ("approve", "reject"):
        found["decision"] = _("Choose whether to adopt or to reject it")
    if verdict == "reject" and not note:
        found["note"] = _("Say why it is rejected")
    if len(note) > REASON_MAX:
        found["note"] = _(
            "Shorten the note to at most {most} characters; it has {n}", most=format_number(REASON_MAX), n=format_number(len(note))
        )
    return found


async def open_proposal(tx: Tx, request: Request, proposal_id: UUID) -> Opened:
    """The proposal and, while it is open, what adopting it now would do; 404 where there is none."""
    opened = await _open_proposal(tx, request, proposal_id)
    consents = await lookups.consents(tx, proposal_id)
    return replace(opened, consents=consents, countries=await lookups.countries(tx, opened.programme.code)) if consents else opened


async def _open_proposal(tx: Tx, request: Request, proposal_id: UUID) -> Opened:
    now = kit.now(request)
    row = next(iter(await views.proposals(tx, proposal=proposal_id)), None)
    programme = await views.programme(tx, row.programme) if row is not None else None
    if row is None or programme is None:
        raise Problem(404, code="unknown_proposal")
    cell = (await kit.find(tx, row.cell, now)).cell if row.cell is not None else None
    params = proposals.params_of(row.kind, row.params)
    if row.state != "open" or isinstance(params, ProposalRefused):
        counter = row.state == "approved" and not isinstance(await counter_of(tx, row.id), ProposalRefused)
        return Opened(row, programme, await lookups.names_of(tx, *named_in([row])), cell, None, "", counter)
    foreseen = await foresee(tx, row.kind, params, by=row.proposed_by, now=now)
    cells, limits = named_in([row])
    names = await lookups.names_of(tx, {*cells, *(one.key for one in foreseen.cells)}, {*limits, *(one.key for one in foreseen.limits)})
    return Opened(row, programme, names, cell, effect(foreseen, programme.pool, names, row), foreseen.state, False)


def page_of(
    request: Request,
    who: Identity,
    opened: Opened,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    refused: Problem | None = None,
    consent: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> Response:
    """The proposal's page. `typed` and `errors` are of the decision; `consent` are those of a country's answer."""
    row = opened.row
    one = shown(row, opened.names, {opened.programme.code: kit.local(opened.programme.names)}, who)
    against = [in_words(refused)] if refused is not None else []
    return render(
        request,
        "proposal.html",
        status=refused.status if refused is not None else 422 if errors or consent[1] else 200,
        one=one,
        cell=opened.cell,
        cell_path=kit.cell_path(row.cell) if row.cell else "",
        programme=opened.programme,
        effect=opened.effect,
        state=opened.state,
        places_set=KINDS[row.kind].act in SETS_PLACES,
        offered=outcome_words(row),
        counter=f"{one.href}/counter" if opened.counter and who.role in MAY_PROPOSE else "",
        countered=f"{kit.PROPOSALS}/{row.counters}" if row.counters else "",
        own=row.proposed_by == who.account_id,
        may_decide=who.role in MAY_PROPOSE and row.state == "open" and row.proposed_by != who.account_id,
        questions=questions(one, typed or {}, errors or {}),
        consents=sorted((consent_line(one, opened.countries, who) for one in opened.consents), key=lambda line: sort_key(line[0])),
        consent_questions=consent_questions(who, _unanswered(opened), *consent) if row.state == "open" else [],
        against=against,
        done=said_of(request.query_params.get("done", ""), opened) if refused is None else "",
    )


def said_of(act: str, opened: Opened) -> str:
    """What is said of an act that was just done; nothing where it is not so any more, or never was: a page keeps its address."""
    if act == "answered":
        true = any(one.answer is not None for one in opened.consents)
    else:
        true = opened.row.state == ("open" if act == "proposed" else act)
    return _(DONE[act]) if act in DONE and true else ""


def _unanswered(opened: Opened) -> dict[str, str]:
    """The countries that have not answered yet: code -> name."""
    found = {one.country: kit.local(opened.countries[one.country]) for one in opened.consents if one.answer is None}
    return dict(sorted(found.items(), key=lambda pair: sort_key(pair[1])))


def consent_line(consent: ConsentRow, countries: Mapping[str, Names], who: Identity) -> tuple[str, str, str, Markup]:
    """Country, answer, the colour of its tag, and who gave it when."""
    name = kit.local(countries[consent.country]) if consent.country in countries else consent.country
    if consent.answer is None or consent.at is None:
        return name, _("Not answered yet"), "amber", Markup()
    words, colour = (_("Agrees"), "green") if consent.answer == "yes" else (_("Does not agree"), "red")
    by = person(consent.by or "", consent.role or "", who, name)
    given = Markup("{} · {}").format(format_datetime(consent.at, BEIJING), by)
    return name, words, colour, Markup("{}. {}").format(given, consent.note) if consent.note else given


def outcome_words(row: ProposalRow) -> str:
    """How many were offered a place by an adopted change; empty where it could offer none, or not by itself."""
    if row.state != "approved" or KINDS[row.kind].act not in (*SETS_PLACES, "limit"):
        return ""
    people = sum(row.outcome.get("offered", {}).values())
    if not people:
        return _("Nobody was offered a place by it.")
    return ngettext("{n} person who waited was offered a place by it.", "{n} people who waited were offered a place by it.", people)


def questions(one: Shown, typed: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "key": "decision",
            "kind": "radio",
            "label": _("What do you decide?"),
            "options": [
                {"key": "approve", "label": _("Adopt it"), "hint": one.change},
                {"key": "reject", "label": _("Reject it"), "hint": _("Nothing changes.")},
            ],
            "value": typed.get("decision", ""),
            "error": errors.get("decision", ""),
        },
        {
            "key": "note",
            "kind": "long_text",
            "label": _("Note for the records"),
            "hint": _("Needed if you reject it. Name no applicant."),
            "rows": 3,
            "value": typed.get("note", ""),
            "error": errors.get("note", ""),
        },
    ]


def shown(row: ProposalRow, names: NamesOf, programmes: Mapping[str, str], who: Identity) -> Shown:
    """The proposal in words, for whoever reads it."""
    programme = programmes.get(row.programme, row.programme)
    about = subject(row, names, programme)
    state, colour = STATES[row.state]
    return Shown(
        row=row,
        href=f"{kit.PROPOSALS}/{row.id}",
        name=about,
        programme=programme,
        change=change(row, names),
        state=_(state),
        colour=colour,
        proposed_by=person(row.proposed_by, row.proposed_role, who, about),
        proposed_at=format_datetime(row.proposed_at, BEIJING),
        decided_by=person(row.decided_by, DECIDES, who) if row.decided_by else "",
        decided_at=format_datetime(row.decided_at, BEIJING) if row.decided_at else "",
    )
