"""A country's slate of one call: who is put forward, in the country's own order, and how many more may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.folder import zone_of
from services.applications.pages.giving import giving
from services.applications.pages.preferences import listed_words
from services.applications.pages.words import country_name
from services.applications.plan.model import Call, Plan, Programme
from services.applications.staff.kit import (
    Asked,
    asked_in,
    attempt,
    done,
    form_of,
    known,
    name_keys,
    number_of,
    terms_in,
    text_of,
    title_of,
)
from services.applications.staff.parts import Cellside, cellside
from services.applications.staff.words import limit_words, score_words
from services.applications.store import applications as store
from services.applications.store import work
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import missing_in
from shared.kernel.cells import Cell
from shared.persistence.database import Tx
from shared.web.formats import listed, sentences
from shared.web.i18n import N_, current_language, ngettext, translate
from shared.web.identity import refuse
from shared.web.pages import render
from shared.web.switching import typed_before

_ = translate
router = APIRouter(include_in_schema=False)

PATH: Final = "/country/slate"
TWICE: Final = N_(
    "A number was given twice: whoever was given it now takes that place, and whoever had it makes room; "
    "two who were given the same number keep their order."
)
CANDIDATES: Final = 25
"""Applications that could be put forward, shown below the slate."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line: an application, its person's name, and in words why it could not be put forward (`limit`), or cannot be yet (`lacks`).

    `courses` are those that were listed, in the person's order, which the programme follows where it can; empty where there are none.
    """

    application: Application
    name: str
    score: str
    limit: str
    lacks: str
    courses: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A slate and what belongs to it."""

    plan: Plan
    programme: Programme
    call: Call
    country: str
    side: Cellside
    slate: tuple[Candidate, ...]
    held_up: tuple[Candidate, ...]
    waiting: tuple[Candidate, ...]
    more: bool
    zone: str

    @property
    def path(self) -> str:
        return f"{PATH}?programme={self.programme.code}&year={self.call.year}"


async def read(tx: Tx, request: Request, viewer: Viewer, asked: Asked) -> Sheet | None:
    """The slate of the coordinator's country; none where there is no such call, or nobody is nominated for it there."""
    terms = await terms_in(tx)
    one = known(terms, asked.programme)
    call = one.programme.call(asked.year) if one else None
    if one is None or call is None or "nomination" not in one.programme.route:
        return None
    if viewer.country not in {country.code for country in one.plan.countries_of(one.programme)}:
        return None
    cell = Cell(one.programme.code, viewer.country, call.year)
    name = country_name(viewer.country, one.plan)
    slate = await store.slate(tx, cell)
    sent = work.Slice(frozenset({State.SUBMITTED}))
    chosen = work.Chosen(slices=(sent,), programme=cell.programme, year=cell.year, country=cell.country)
    part = await work.part(tx, viewer, chosen, order="submitted", limit=CANDIDATES)
    names = await work.names(tx, [*slate, *part.rows], name_keys([one]))
    held_up = [row for row in part.rows if row.reason_limit]
    lacks = await _lacks(tx, part.rows, one)
    return Sheet(
        plan=one.plan,
        programme=one.programme,
        call=call,
        country=name,
        side=await cellside(tx, cell, f"{name} {call.year}", one.programme, call, desk_of(request).clock.now()),
        slate=_lines(slate, names, one),
        held_up=_lines(held_up, names, one, lacks),
        waiting=_lines([row for row in part.rows if not row.reason_limit], names, one, lacks),
        more=part.after,
        zone=await zone_of(tx, viewer.account_id),
    )


async def _lacks(tx: Tx, rows: Sequence[Application], one: InForce) -> dict[UUID, str]:
    """In words what each of the applications must have before it can be put forward and has not, as the use case judges it."""
    filled = await store.all_filled_in(tx, [store.Asked(row.id) for row in rows]) if rows else []
    found = {row.id: missing_in(one.programme, kept, "nomination") for row, kept in zip(rows, filled, strict=True)}
    return {row: lacking_words(one.programme, papers, letters) for row, (papers, letters) in found.items()}


def lacking_words(programme: Programme, papers: Sequence[str], letters: int) -> str:
    """Papers, by their keys, and so many letters that are missing; nothing where none is."""
    language = current_language()
    names = [paper.names[language] for paper in programme.documents if paper.key in papers]
    said = [_("Missing: {documents}", documents=listed(names))] if names else []
    one, many = "{n} letter from a referee is still to come", "{n} letters from referees are still to come"
    return sentences(*said, ngettext(one, many, letters) if letters else "")


def _lines(
    rows: Sequence[Application], names: Mapping[UUID, str], one: InForce, lacks: Mapping[UUID, str] | None = None
) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            row,
            names.get(row.id) or row.receipt or "",
            score_words(row.score),
            limit_words(row.reason_limit, one.plan) if row.reason_limit else "",
            (lacks or {}).get(row.id, ""),
            listed_words(row, one.programme),
        )
        for row in rows
    )


async def sheet_of(request: Request, asked: Asked) -> tuple[Viewer, Sheet]:
    """The coordinator and the slate that is asked for; 404 where there is none."""
    viewer = viewer_in(request, "coordinator")
    found = await desk_of(request).db.run(lambda tx: read(tx, request, viewer, asked))
    if found is None:
        raise refuse(request, hidden=True)
    return viewer, found


@router.get("/country/slate")
async def slate_page(request: Request) -> Response:
    _viewer, sheet = await sheet_of(request, asked_in(request.query_params))
    switched = typed_before(request) or ()
    return draw(request, sheet, typed={name.removeprefix("rank-"): value for name, value in switched if name.startswith("rank-")})


def draw(
    request: Request, sheet: Sheet, *, status: int = 200, others: Sequence[str] = (), typed: Mapping[str, str] | None = None
) -> Response:
    """The slate, with a number and two buttons for each line; one form. What was `typed` and is no number is shown with its fault."""
    wrong = {
        str(one.application.id): _("Type a whole number for {name}, 1 or more", name=one.name)
        for one in sheet.slate
        if not is_rank((typed or {}).get(str(one.application.id)))
    }
    moved = request.query_params.get("moved", "")
    added = request.query_params.get("done", "")
    said = _("The order is saved.") if moved else ""
    said = sentences(said, _(TWICE)) if moved and "twice" in request.query_params else said
    if added and any(one.application.receipt == added for one in sheet.slate):
        said = _("{receipt} is on the slate. The places service now checks how many your country may put forward.", receipt=added)
    return render(
        request,
        "staff/slate.html",
        status=status,
        sheet=sheet,
        programme=title_of(sheet.programme),
        said=said,
        moved=moved,
        giving=giving(sheet.call, desk_of(request).clock.now()),
        others=list(others),
        typed=typed or {},
        wrong=wrong,
        faults=[{"key": f"rank-{one}", "error": fault} for one, fault in wrong.items()],
    )


def is_rank(typed: str | None) -> bool:
    """Whether it is a number of a line, or the line has none: a program may send the lines alone."""
    return typed is None or (number_of(typed) or 0) > 0


def ordered(shown: Sequence[UUID], numbers: Mapping[UUID, int | None], move: str) -> list[UUID]:
    """The order that the form asks for: by the numbers typed, ties as they were shown, then one line moved by a button.

    A line that was given a new number goes before the one that had it.
    """
    places = {one: place for place, one in enumerate(shown, start=1)}

    def key(one: UUID) -> tuple[float, int]:
        typed = numbers.get(one)
        if typed is None or typed == places[one]:
            return places[one], 1
        return typed + (0.5 if typed > places[one] else 0), 0

    order = sorted(shown, key=key)
    direction, _colon, raw = move.partition(":")
    found = next((place for place, one in enumerate(order) if str(one) == raw), None)
    if found is not None and direction in ("up", "down"):
        other = found + (-1 if direction == "up" else 1)
        if 0 <= other < len(order):
            order[found], order[other] = order[other], order[found]
    return order


@router.post("/country/slate")
async def reorder(request: Request) -> Response:
    """Put the slate into the order that the numbers and buttons ask for."""
    form = await form_of(request)
    viewer, sheet = await sheet_of(request, asked_in(form))
    shown = _ids(form.getlist("line"))
    typed = {str(one): text_of(form, f"rank-{one}", 6) for one in shown if f"rank-{one}" in form}
    if not all(map(is_rank, typed.values())):
        there = {str(one.application.id) for one in sheet.slate}
        return draw(request, sheet, status=422, typed=typed) if typed.keys() <= there else changed(request, sheet)
    numbers = {one: number_of(typed.get(str(one), "")) for one in shown}
    move = text_of(form, "move", 60)
    order = ordered(shown, numbers, move)
    outcome = await attempt(request, viewer, use_cases.reorder_slate, programme=sheet.programme.code, year=sheet.call.year, order=order)
    if done(outcome):
        focus, given = move.partition(":")[2], [number for number in numbers.values() if number is not None]
        twice = "&twice=1" if len(set(given)) < len(given) else ""
        return RedirectResponse(f"{sheet.path}&moved={focus or 'all'}{twice}#{'line-' + focus if focus else 'slate'}", 303)
    _viewer, fresh = await sheet_of(request, asked_in(form))
    return changed(request, fresh)


def changed(request: Request, sheet: Sheet) -> Response:
    """The slate as it is now, after an order of another one was sent."""
    said = _("The slate has changed since you opened this page: somebody was added, or is no longer on it. The order was not saved.")
    return draw(request, sheet, status=409, others=[said])


def _ids(raw: Sequence[Any]) -> list[UUID]:
    found = []
    for one in raw:
        try:
            found.append(UUID(str(one)))
        except ValueError:
            continue
    return list(dict.fromkeys(found))
