"""A cell: its figures for everybody; its list, its decisions and its movements for those who work on the applications."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from services.quotas import lookups, views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.domain.model import GENESIS
from services.quotas.lookups import TransferRow
from services.quotas.pages import kit
from services.quotas.pages.changes import change, named_in
from services.quotas.pages.giving import all_of_them, giving, giving_fact, list_title, listed_name, none_of_them, since_when
from services.quotas.pages.words import Explained, cell_name, explain, groups_of, lacking_words, movement, remarks, short_id
from services.quotas.rows import CellRow, DecisionRow, WaiterRow
from shared.persistence.database import Tx
from shared.web.formats import BEIJING, format_date, format_datetime, format_number, sentences, zone
from shared.web.i18n import N_, ngettext, translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

WAITERS_SHOWN: Final = 10
DECISIONS_SHOWN: Final = 5
MOVEMENTS_SHOWN: Final = 5

TITLES: Final = {"decisions": N_("Decisions"), "movements": N_("Movements of places")}


@dataclass(frozen=True, slots=True)
class Inside:
    """What only those see who work on the applications."""

    waiters: Sequence[WaiterRow] = ()
    decisions: Sequence[DecisionRow] = ()
    transfers: Sequence[TransferRow] = ()
    proposals: Sequence[tuple[str, str]] = ()
    """Address and words of each open proposal about the cell."""


@router.get("/quotas/cells/{key}")
async def cell_page(request: Request, key: str) -> Response:
    who, now = kit.reader(request), kit.now(request)

    async def read(tx: Tx) -> tuple[kit.Found, Inside | None]:
        found = await kit.find(tx, key, now)
        if not kit.sees_applications(who, found.cell.country):
            return found, None
        return found, Inside(
            await views.waiting_list(tx, key, now=now, most=WAITERS_SHOWN),
            await views.decisions(tx, key, most=DECISIONS_SHOWN),
            await lookups.transfers(tx, key, most=MOVEMENTS_SHOWN),
            await open_proposals(tx, key) if who is not None and who.role in kit.READERS else (),
        )

    found, inside = await desk_of(request).db.run(read)
    cell, seen = found.cell, inside or Inside()
    return render(
        request,
        "cell.html",
        **frame(found),
        programme=found.programme,
        note=kit.local(found.programme.example_note),
        board_path=f"{kit.BOARD}?{urlencode({'programme': cell.programme, 'year': cell.year})}",
        remarks=remarks(cell),
        groups=groups_of(cell),
        figures=figures(cell),
        bar_title=_("{taken} taken and {offered} offered of {places}", taken=cell.taken, offered=cell.offered, places=cell.target),
        rules=rules(cell),
        giving=giving(cell.round, cell.grants_from, closed=cell.list_closed),
        list_title=list_title(cell.round),
        all_of_them=all_of_them(cell.round, cell.waiting),
        none_of_them=none_of_them(cell.round),
        staff=inside is not None,
        may_propose=who is not None and who.role in MAY_PROPOSE and not cell.settled,
        open_proposals=seen.proposals,
        waiters=[waiter(one, found) for one in seen.waiters],
        decisions=[explain(one, cell.names, found.part) for one in seen.decisions],
        movements=[movement(one, key) for one in seen.transfers],
    )


@router.get("/quotas/cells/{key}/list")
async def whole_list(request: Request, key: str) -> Response:
    """Everybody who waits, page by page."""
    page = kit.number_from(request.query_params.get("page")) or 1
    first = (page - 1) * kit.PAGE_ROWS

    async def read(tx: Tx) -> tuple[kit.Found, Sequence[WaiterRow]]:
        found = await _of_staff(request, tx, key)
        most = min(first + kit.PAGE_ROWS, found.cell.waiting)
        return found, (await views.waiting_list(tx, key, now=kit.now(request), most=most) if most > first else ())[first:]

    found, waiters = await desk_of(request).db.run(read)
    path = kit.cell_path(key, "list")
    previous = f"{path}?page={page - 1}" if page > 1 else ""
    next_ = f"{path}?page={page + 1}" if found.cell.waiting > first + kit.PAGE_ROWS else ""
    return _rows(request, found, "list", [waiter(one, found) for one in waiters], previous, next_)


@router.get("/quotas/cells/{key}/decisions")
async def all_decisions(request: Request, key: str) -> Response:
    """The cell's decisions, newest first, page by page. Their numbers have no gaps, so that every page has a fixed address."""
    before = kit.number_from(request.query_params.get("before"))

    async def read(tx: Tx) -> tuple[kit.Found, Sequence[DecisionRow]]:
        found = await _of_staff(request, tx, key)
        return found, await views.decisions(tx, key, before=before, most=kit.PAGE_ROWS)

    found, decisions = await desk_of(request).db.run(read)
    path = kit.cell_path(key, "decisions")
    newer = (before or found.cell.last_decision + 1) + kit.PAGE_ROWS
    previous = "" if before is None or before > found.cell.last_decision else f"{path}?before={newer}"
    next_ = f"{path}?before={decisions[-1].number}" if decisions and decisions[-1].number > 1 else ""
    return _rows(request, found, "decisions", [explain(one, found.cell.names, found.part) for one in decisions], previous, next_)


@router.get("/quotas/cells/{key}/movements")
async def all_movements(request: Request, key: str) -> Response:
    """The movements of the cell's places, newest first, page by page."""
    before = kit.number_from(request.query_params.get("before"))

    async def read(tx: Tx) -> tuple[kit.Found, Sequence[TransferRow]]:
        return await _of_staff(request, tx, key), await lookups.transfers(tx, key, before=before, most=kit.PAGE_ROWS + 1)

    found, transfers = await desk_of(request).db.run(read)
    path = kit.cell_path(key, "movements")
    shown = transfers[: kit.PAGE_ROWS]
    next_ = f"{path}?before={shown[-1].id}" if len(transfers) > len(shown) else ""
    return _rows(request, found, "movements", [movement(one, key) for one in shown], path if before else "", next_)


@router.get("/quotas/cells/{key}/decisions/{number}")
async def decision_page(request: Request, key: str, number: str) -> Response:
    """One decision with its whole record, and how it is checked."""
    wanted = kit.number_from(number)

    async def read(tx: Tx) -> tuple[kit.Found, Sequence[DecisionRow], bool, Sequence[TransferRow]]:
        found = await _of_staff(request, tx, key)
        decisions = await views.decisions(tx, key, before=wanted + 1, most=2) if wanted is not None else ()
        if not decisions or decisions[0].number != wanted:
            raise Problem(404, code="unknown_decision")
        by_hand = await views.ranked_by_hand(tx, decisions[0])
        return found, decisions, by_hand, await lookups.transfers(tx, key, decision=wanted, most=kit.PAGE_ROWS)

    found, decisions, by_hand, transfers = await desk_of(request).db.run(read)
    decision = decisions[0]
    before = decisions[1].hash if len(decisions) > 1 else GENESIS
    one = explain(decision, found.cell.names, found.part)
    return render(
        request,
        "decision.html",
        **frame(found),
        one=one,
        about=about(one, by_hand=by_hand, scored=found.programme.scored),
        movements=[movement(row, key) for row in transfers],
        linked=decision.previous == before,
        previous=kit.cell_path(key, "decisions", decision.number - 1) if decision.number > 1 else "",
        next=kit.cell_path(key, "decisions", decision.number + 1) if decision.number < found.cell.last_decision else "",
    )


async def open_proposals(tx: Tx, key: str) -> Sequence[tuple[str, str]]:
    """Address and words of each open proposal that the cell is part of."""
    rows = await views.proposals(tx, state="open", cell_key=key)
    names = await lookups.names_of(tx, *named_in(rows))
    return [(f"{kit.PROPOSALS}/{row.id}", change(row, names)) for row in rows]


async def _of_staff(request: Request, tx: Tx, key: str) -> kit.Found:
    found = await kit.find(tx, key, kit.now(request))
    kit.require_sight(request, found.cell)
    return found


def _rows(request: Request, found: kit.Found, kind: str, rows: Sequence[object], previous: str, next_: str) -> Response:
    heading, who = list_title(found.cell.round) if kind == "list" else _(TITLES[kind]), kit.reader(request)
    return render(
        request,
        "cell_rows.html",
        **frame(found),
        kind=kind,
        heading=heading,
        rows=rows,
        previous=previous,
        next=next_,
        may_propose=who is not None and who.role in MAY_PROPOSE,
    )


def frame(found: kit.Found) -> dict[str, Any]:
    """What every page about a cell has at its top."""
    cell = found.cell
    return {
        "cell": cell,
        "title": cell_name(cell.key, cell.names),
        "programme_name": kit.local(found.programme.names),
        "cell_path": kit.cell_path(cell.key),
        "since": since_when(cell.round),
    }


def caption(found: kit.Found) -> str:
    """The cell over the heading of a form about it."""
    shown = frame(found)
    return f"{shown['programme_name']} · {shown['title']}"


def figures(cell: CellRow) -> list[dict[str, Any]]:
    """The numbers on top of a cell's page."""
    planned = _("{n} by the plan’s allotment", n=format_number(cell.planned)) if cell.target != cell.planned else ""
    shown: list[dict[str, Any]] = [
        {"number": format_number(cell.target), "text": ngettext("place", "places", cell.target), "note": planned},
        {"number": format_number(cell.taken), "text": _("taken")},
        {"number": format_number(cell.offered), "text": _("offered")},
        {"number": format_number(cell.free), "text": _("free")},
        {"number": format_number(cell.waiting), "text": listed_name(cell.round)},
    ]
    if cell.over:
        shown.append({"number": format_number(cell.over), "text": _("over the places"), "alert": True})
    return shown


def rules(cell: CellRow) -> list[tuple[str, str]]:
    """The moments and caps that hold for the cell."""
    found = [giving_fact(cell.round, cell.grants_from)]
    if cell.list_closes is not None:
        found.append(
            (_("Waiting list closed") if cell.list_closed else _("Waiting list closes"), format_datetime(cell.list_closes, BEIJING))
        )
    if cell.nomination_cap is not None:
        used = _("{used} of {capacity}", used=format_number(cell.nominated), capacity=format_number(cell.nomination_cap))
        found.append((_("Nominations"), used))
    return found


UNSCORED: Final = "–"
"""Where nobody reviews, nobody has a score."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """One line of the waiting list."""

    row: WaiterRow
    application: Markup
    score: str
    submitted: str
    since: str
    lacks: str


def waiter(row: WaiterRow, found: kit.Found) -> Waiter:
    lacks = _("No place is given yet.") if found.cell.round == "before" else sentences(*lacking_words(row.lacking))
    moments = format_datetime(row.submitted_at, BEIJING), format_date(row.waiting_since.astimezone(zone(BEIJING)), "medium")
    score = format_number(row.score / 1000) if found.programme.scored else UNSCORED
    return Waiter(row, short_id(row.application), score, *moments, lacks)


def about(one: Explained, *, by_hand: bool, scored: bool) -> list[dict[str, object]]:
    """A decision's particulars, those that it has. `by_hand`: the rank in it is no score that anybody gave, and says so."""
    row = one.row
    score = None if row.score is None or not (scored or by_hand) else format_number(row.score / 1000)
    rank = None if row.score is None or row.submitted_at is None else format_datetime(row.submitted_at, BEIJING)
    listed = [
        (_("When"), one.when),
        (_("What came in"), one.came),
        (_("Application"), row.application),
        (_("Ranks by hand as with the score") if by_hand else _("Score"), score),
        (_("and as if sent") if by_hand else _("Sent"), rank),
        (_("Position on the list"), row.position or None),
        (_("To be answered by"), format_datetime(row.until, BEIJING) if row.until else None),
        (_("Rules in force"), row.rule),
    ]
    return [{"key": key, "value": value} for key, value in listed if value is not None]
