"""The board: one programme and year, every country as a tile and as a row. Public, and without a single application."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.pages import kit
from services.quotas.pages.words import groups_of, remarks
from services.quotas.rows import Board, CellRow, ProgrammeRow
from shared.persistence.database import Tx
from shared.web.formats import format_number, sort_key
from shared.web.i18n import N_, ngettext, translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)


def _by_name(cell: CellRow) -> str:
    return sort_key(kit.local(cell.names))


def _share(cell: CellRow) -> float:
    return cell.held / cell.target if cell.target else float(cell.held > 0)


@dataclass(frozen=True, slots=True)
class Column:
    """A column to sort by; `most_first`: numbers are wanted with the largest on top."""

    name: str
    by: Callable[[CellRow], Any]
    most_first: bool = True


COLUMNS: Final[Mapping[str, Column]] = {
    "country": Column(N_("Country"), _by_name, most_first=False),
    "places": Column(N_("Places"), lambda cell: cell.target),
    "taken": Column(N_("Taken"), lambda cell: cell.taken),
    "offered": Column(N_("Offered"), lambda cell: cell.offered),
    "free": Column(N_("Free"), lambda cell: cell.free),
    "waiting": Column(N_("Waiting"), lambda cell: cell.waiting),
    "share": Column(N_("Held"), _share),
}
"""The table's columns by the word that stands for them in the address; `-` before it turns the order round."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    programme: ProgrammeRow
    year: int
    sort: str
    turned: bool

    def path(self, **changed: str) -> str:
        query = {"programme": self.programme.code, "year": str(self.year), "sort": ("-" if self.turned else "") + self.sort} | changed
        return f"{kit.BOARD}?{urlencode({name: value for name, value in query.items() if (name, value) != ('sort', 'country')})}"


@router.get("/quotas")
@router.get("/quotas/")
async def board(request: Request) -> Response:
    who, now = kit.reader(request), kit.now(request)

    async def read(tx: Tx) -> tuple[Sequence[ProgrammeRow], Board | None, Asked | None, int]:
        known = await views.programmes(tx)
        if not known:
            return (), None, None, 0
        asked = what_is_asked(request.query_params, known, now)
        year, code = asked.year, asked.programme.code
        waiting = len(await views.proposals(tx, state="open")) if who is not None and who.role in (*MAY_PROPOSE, *kit.READERS) else 0
        return known, await views.board(tx, code, year, on=kit.day_in(year, now.date())), asked, waiting

    known, found, asked, proposals = await desk_of(request).db.run(read)
    if found is None or asked is None:
        return render(request, "board_empty.html")
    return render(
        request,
        "board.html",
        asked=asked,
        board=found,
        programme=found.programme,
        name=kit.local(found.programme.names),
        note=kit.local(found.programme.example_note),
        selectors=selectors(known, asked),
        figures=figures(found),
        tiles=tiles(found),
        heads=heads(asked),
        rows=[row(cell) for cell in in_order(found.cells, asked)],
        rounds=rounds(found),
        staff=who is not None and who.role in kit.READERS,
        proposals=proposals,
    )


def what_is_asked(query: Mapping[str, str], known: Sequence[ProgrammeRow], now: datetime) -> Asked:
    """The programme and year of the address. Without one, the largest programme that has places this year.

    A year that the programme does not have becomes the nearest that it has; a programme that is none is 404.
    """
    this_year = now.year
    code = query.get("programme")
    if code:
        programme = next((one for one in known if one.code == code), None)
        if programme is None:
            raise Problem(404, code="unknown_board")
    else:
        programme = min(known, key=lambda one: (this_year not in one.years, -one.places_total, one.code))
    wanted = kit.number_from(query.get("year")) or this_year
    year = min(programme.years, key=lambda one: (abs(one - wanted), one))
    sort = query.get("sort", "")
    column = sort.removeprefix("-")
    return Asked(programme, year, column if column in COLUMNS else "country", sort.startswith("-") and column in COLUMNS)


def in_order(cells: Sequence[CellRow], asked: Asked) -> list[CellRow]:
    """The cells as the address wants them sorted; equal ones by name."""
    column = COLUMNS[asked.sort]
    return sorted(sorted(cells, key=_by_name), key=column.by, reverse=column.most_first != asked.turned)


def selectors(known: Sequence[ProgrammeRow], asked: Asked) -> list[dict[str, Any]]:
    """The selectors."""
    programmes = sorted(known, key=lambda one: (-one.places_total, one.code))
    return [
        {
            "key": "programme",
            "label": _("Programme"),
            "options": [{"key": one.code, "label": kit.local(one.names)} for one in programmes],
            "value": asked.programme.code,
        },
        {
            "key": "year",
            "label": _("Year"),
            "options": [{"key": str(year), "label": str(year)} for year in asked.programme.years],
            "value": str(asked.year),
        },
    ]


def figures(board: Board) -> list[dict[str, Any]]:
    """The numbers on top. What officers have changed shows as the difference from the year's places."""
    places, of_year = board.total("target"), board.programme.places_per_year.get(board.year, 0)
    countries = sum(1 for cell in board.cells if cell.participates)
    over = sum(1 for cell in board.cells if cell.over)
    note = ngettext("in {n} country", "in {n} countries", countries)
    if places != of_year:
        note = _("of {n} in the plan for this year", n=format_number(of_year))
    shown: list[dict[str, Any]] = [{"number": format_number(places), "text": _("places"), "note": note}]
    words = (("taken", _("taken")), ("offered", _("offered")), ("free", _("free")), ("waiting", _("people waiting")))
    shown += [{"number": format_number(board.total(figure)), "text": text} for figure, text in words]
    if over:
        shown.append(
            {"number": format_number(over), "text": ngettext("country over its places", "countries over their places", over), "alert": True}
        )
    return shown


def tiles(board: Board) -> list[dict[str, Any]]:
    """The map: every country one square, in reading order, so that the keyboard goes through it as the eye does."""
    return [tile(cell) for cell in sorted(board.cells, key=lambda cell: (cell.tile[1], cell.tile[0]))]


def tile(cell: CellRow) -> dict[str, Any]:
    held, places = format_number(cell.held), format_number(cell.target)
    title = _(
        "{country}: {held} of {places} places are held, {free} are free, {waiting} people wait",
        country=kit.local(cell.names), held=held, places=places, free=format_number(cell.free), waiting=format_number(cell.waiting),
    )  # fmt: skip
    label = f"{held}/{places}" if cell.target or cell.held else "–"
    column, row = cell.tile
    href = kit.cell_path(cell.key)
    return {"code": cell.country, "column": column, "row": row, "label": label, "title": title, "href": href, "step": step(cell)}


def step(cell: CellRow) -> str | int:
    """How full a cell is: 0 (nothing held), 1 to 5 (up to a fifth, two fifths, ... all), `over`, or `out` of the programme."""
    if cell.over:
        return "over"
    if not cell.participates:
        return "out"
    return -(-5 * cell.held // cell.target) if cell.target else 0


def heads(asked: Asked) -> list[dict[str, Any]]:
    """The table's heads, each a link that sorts by its column or turns it round."""
    found = []
    for word, column in COLUMNS.items():
        here = word == asked.sort
        down = column.most_first != asked.turned
        found.append(
            {
                "text": _(column.name),
                "href": asked.path(sort=f"-{word}" if here and not asked.turned else word) + "#countries",
                "sorted": ("descending" if down else "ascending") if here else "",
                "arrow": ("↓" if down else "↑") if here else "",
                "number": word not in ("country", "share"),
            }
        )
    return found


def row(cell: CellRow) -> dict[str, Any]:
    bar = _("{taken} taken and {offered} offered of {places}", taken=cell.taken, offered=cell.offered, places=cell.target)
    return {
        "cell": cell,
        "name": kit.local(cell.names),
        "href": kit.cell_path(cell.key),
        "groups": groups_of(cell),
        "remarks": remarks(cell),
        "bar": bar,
        "share": _share(cell),
    }


@dataclass(frozen=True, slots=True)
class Rounds:
    """How the year's places are given: all at one moment, or as approvals come; the same for every cell that takes part."""

    kind: str
    grants_from: datetime | None
    list_closes: datetime | None


def rounds(board: Board) -> Rounds:
    cell = next((one for one in board.cells if one.participates), None) or next(iter(board.cells), None)
    return Rounds(cell.round, cell.grants_from, cell.list_closes) if cell is not None else Rounds("rolling", None, None)
