"""The board: one programme and year, every country as a tile and as a row, and how it filled. Public, and without a single application."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import tally, views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.pages import kit, trend
from services.quotas.pages.asked import COUNTRIES, ONLY, Asked, heads, in_order, selectors, share, what_is_asked
from services.quotas.pages.follow_up import reports
from services.quotas.pages.giving import column_name, giving, giving_fact, listed_name
from services.quotas.pages.live import LIVE
from services.quotas.pages.tiles import ALL, NUMBERS, bar_title, in_groups, sum_of, tiles
from services.quotas.pages.words import group_label, group_name, groups_of, remarks
from services.quotas.rows import Board, CellRow, ProgrammeRow
from services.quotas.tally import DayRow
from services.quotas.watch import token_of
from shared.persistence.database import Tx
from shared.web.formats import format_number
from shared.web.i18n import ngettext, translate
from shared.web.identity import Identity
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)


APPLICATIONS: Final = {"offered": "offered", "waiting": "waiting"}
"""A figure, and the tab of the officers' list that shows the applications behind it. Of places taken there is none: some stays ended."""
LISTS: Final = {"taken": ("held", "taken"), "offered": ("held", "offered"), "waiting": ("list",)}
"""A figure, and the page below the cell's that shows the applications behind it."""
WEEKS: Final = "/quotas/weeks"
APPLICATION_READERS: Final = ("officer", "auditor")


@dataclass(frozen=True, slots=True)
class Read:
    """What the board shows, as read in one transaction."""

    known: Sequence[ProgrammeRow]
    asked: Asked
    board: Board
    flow: Sequence[DayRow]
    proposals: int


@router.get("/quotas")
@router.get("/quotas/")
async def board(request: Request) -> Response:
    who, now = kit.reader(request), kit.now(request)

    async def read(tx: Tx) -> Read | None:
        known = await views.programmes(tx)
        if not known:
            return None
        asked = what_is_asked(request.query_params, known, {(one.code, year): n for one in known for year, n in one.held.items()}, now)
        year, code = asked.year, asked.programme.code
        found = await views.board(tx, code, year, now=now)
        assert found is not None, "the programme was read in this transaction"
        waiting = len(await views.proposals(tx, state="open")) if who is not None and who.role in (*MAY_PROPOSE, *kit.READERS) else 0
        return Read(known, asked, found, await tally.flow(tx, code, year), waiting)

    read_ = await desk_of(request).db.run(read)
    return render(request, "board_empty.html") if read_ is None else render(request, "board.html", **shown(read_, who))


def shown(read: Read, who: Identity | None) -> dict[str, Any]:
    """What the board's template shows."""
    asked, found = read.asked, read.board
    cells = [cell for cell in found.cells if asked.shows(cell)]
    of_board = {"programme": asked.programme.code, "year": asked.year}
    return {
        **week_by_week(found, read.flow),
        "asked": asked,
        "board": found,
        "programme": found.programme,
        "note": kit.local(found.programme.example_note),
        "selectors": selectors(read.known, asked),
        "figures": figures(found, asked),
        "tiles": tiles(found),
        "heads": heads(asked, rounds(found).kind),
        "rows": [row(cell, who) for cell in in_order(cells, asked)],
        "sums": [number(_live_name(asked), figure, sum_of(cells, figure), "", rounds(found).kind) for figure in NUMBERS],
        "groups": group_rows(found, asked),
        "only": _(ONLY[asked.only]) if asked.only else "",
        "listed": group_label(asked.group) if asked.group else _("Countries") if asked.only else group_label(ALL),
        "weeks_path": f"{WEEKS}?{urlencode(of_board)}",
        "rounds": rounds(found),
        "staff": who is not None and who.role in kit.READERS,
        "proposals": read.proposals,
        "live": f"{LIVE}?{urlencode({**of_board, 'seen': token_of(found.cells)})}",
        "reports": reports(),
    }


def week_by_week(found: Board, flow: Sequence[DayRow]) -> dict[str, Any]:
    """How the year's places were given, as the board and its part by itself show it."""
    weeks = trend.weeks(flow)
    return {
        "name": kit.local(found.programme.names),
        "year": found.year,
        "weeks": weeks,
        "chart": trend.weeks_chart(weeks, found.total("target")) if weeks else None,
    }


@router.get(WEEKS)
async def weeks_part(request: Request, programme: str = "", year: str = "") -> Response:
    """The weeks of a board by themselves: a page that follows asks for them anew when figures have changed."""
    wanted, now = kit.number_from(year), kit.now(request)

    async def read(tx: Tx) -> tuple[Board, Sequence[DayRow]] | None:
        known = await views.programme(tx, programme)
        if known is None or wanted not in known.years:
            return None
        found = await views.board(tx, programme, wanted, now=now)
        return (found, await tally.flow(tx, programme, wanted)) if found is not None else None

    found = await desk_of(request).db.run(read)
    if found is None:
        raise Problem(404, code="unknown_board")
    return render(request, "weeks.html", **week_by_week(*found))


def _live_name(asked: Asked) -> str:
    """Under which name the sums of the rows that are shown are told; nothing where what is shown depends on the figures."""
    return "" if asked.only else asked.group or ALL


def figures(board: Board, asked: Asked) -> list[dict[str, Any]]:
    """The numbers on top. What officers have changed shows as the difference from the year's places."""
    places, of_year = board.total("target"), board.programme.places_per_year.get(board.year, 0)
    countries = sum(1 for cell in board.cells if cell.participates)
    over = sum(1 for cell in board.cells if cell.over)
    note = ngettext("in {n} country", "in {n} countries", countries)
    if places != of_year:
        note = _("of {n} in the plan for this year", n=format_number(of_year))
    shown: list[dict[str, Any]] = [
        {"number": format_number(places), "text": ngettext("place", "places", places), "note": note, "live": "all.target"}
    ]
    words = (("taken", _("taken")), ("offered", _("offered")), ("free", _("free")), ("waiting", listed_name(rounds(board).kind)))
    shown += [
        {
            "number": format_number(board.total(figure)),
            "text": text,
            "href": asked.path(only=figure, group="") + COUNTRIES if board.total(figure) else "",
            "live": f"{ALL}.{figure}",
        }
        for figure, text in words
    ]
    if over:
        shown.append(
            {"number": format_number(over), "text": ngettext("country over its places", "countries over their places", over), "alert": True}
        )
    return shown


def row(cell: CellRow, who: Identity | None) -> dict[str, Any]:
    return {
        "cell": cell,
        "name": kit.local(cell.names),
        "href": kit.cell_path(cell.key),
        "groups": groups_of(cell),
        "remarks": remarks(cell),
        "bar": bar_title(cell),
        "share": share(cell),
        "numbers": [number(cell.country, figure, getattr(cell, figure), list_of(cell, figure, who), cell.round) for figure in NUMBERS],
    }


def number(name: str, figure: str, value: int, href: str, kind: str) -> dict[str, str]:
    """A number that leads to what it counts; nothing leads nowhere. `kind` is how places are given (`giving`)."""
    return {
        "label": column_name(kind) if figure == "waiting" else _(NUMBERS[figure]),
        "text": format_number(value),
        "live": f"{name}.{figure}" if name else "",
        "href": href if value else "",
    }


def list_of(cell: CellRow, figure: str, who: Identity | None) -> str:
    """Where a cell's number is shown one by one: the list for those who work on the applications, the cell's page for others."""
    if who is not None and figure in APPLICATIONS and who.role in APPLICATION_READERS:
        return f"/officer?{urlencode({'tab': APPLICATIONS[figure], **kit.of_cell(cell)})}"
    if figure in LISTS and kit.sees_applications(who, cell.country):
        return kit.cell_path(cell.key, *LISTS[figure])
    return kit.cell_path(cell.key)


def group_rows(board: Board, asked: Asked) -> list[dict[str, Any]]:
    """All countries and those of each group, each number leading to the countries behind it."""
    found, kind = [], rounds(board).kind
    for name, cells in in_groups(board.cells).items():
        short, meaning = group_name(name)
        group = "" if name == ALL else name
        found.append(
            {
                "name": meaning if meaning.startswith(short) else short,
                "meaning": meaning,
                "href": asked.path(group=group) + COUNTRIES,
                "countries": format_number(sum(1 for cell in cells if cell.participates)),
                "numbers": [
                    number(name, figure, sum_of(cells, figure), asked.path(group=group, only=figure) + COUNTRIES, kind)
                    for figure in NUMBERS
                ],
            }
        )
    return found


@dataclass(frozen=True, slots=True)
class Rounds:
    """How the year's places are given: all at one moment, or as approvals come; the same for every cell that takes part."""

    kind: str
    grants_from: datetime | None
    list_closes: datetime | None
    closed: bool = False

    @property
    def words(self) -> str:
        return giving(self.kind, self.grants_from, closed=self.closed)

    @property
    def fact(self) -> tuple[str, str]:
        return giving_fact(self.kind, self.grants_from)


def rounds(board: Board) -> Rounds:
    cell = next((one for one in board.cells if one.participates), None) or next(iter(board.cells), None)
    if cell is None:
        return Rounds("rolling", None, None)
    return Rounds(cell.round, cell.grants_from, cell.list_closes, cell.list_closed)
