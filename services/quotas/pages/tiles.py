"""A board's figures as its page and its live updates show them. Each value has a name, by which a browser finds where it stands."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from services.quotas.pages import kit
from services.quotas.pages.words import remarks
from services.quotas.rows import Board, CellRow
from services.quotas.summaries import GROUPS, NO_GROUP
from shared.web.formats import format_number
from shared.web.i18n import N_, translate

_ = translate

NUMBERS: Final[Mapping[str, str]] = {
    "target": N_("Places"),
    "taken": N_("Taken"),
    "offered": N_("Offered"),
    "free": N_("Free"),
    "waiting": N_("Waiting"),
}
"""A cell's figures in the order of the columns, with their names."""
ALL: Final = "all"
TITLE: Final = N_("{country}: places held: {held} of {places}; free: {free}; people waiting: {waiting}")
TITLE_BEFORE: Final = N_("{country}: places held: {held} of {places}; free: {free}; approved so far: {waiting}")
SUMMARY: Final = N_("Places taken: {taken}; offered: {offered}; free: {free}; people waiting: {waiting}")
SUMMARY_BEFORE: Final = N_("Places taken: {taken}; offered: {offered}; free: {free}; approved so far: {waiting}")
"""Before the day on which places are given nobody waits on a list."""

Value = str | dict[str, str] | list[list[str]]
"""A text, the attributes of an element, or its tags: the words and the colour of each."""


def tiles(board: Board) -> list[dict[str, Any]]:
    """The map: every country one square, in reading order, so that the keyboard goes through it as the eye does."""
    return [tile(cell) for cell in sorted(board.cells, key=lambda cell: (cell.tile[1], cell.tile[0]))]


def tile(cell: CellRow) -> dict[str, Any]:
    held, places = format_number(cell.held), format_number(cell.target)
    text = TITLE_BEFORE if cell.round == "before" else TITLE
    title = _(
        text,
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


def bar_title(cell: CellRow) -> str:
    return _("{taken} taken and {offered} offered of {places}", taken=cell.taken, offered=cell.offered, places=cell.target)


def in_groups(cells: Sequence[CellRow]) -> dict[str, list[CellRow]]:
    """All cells, those of each group, and those of none; a country of two groups is in both."""
    found = {ALL: list(cells)}
    found |= {group: [cell for cell in cells if group in cell.groups] for group in GROUPS}
    return found | {NO_GROUP: [cell for cell in cells if not set(cell.groups) & set(GROUPS)]}


def sum_of(cells: Iterable[CellRow], figure: str) -> int:
    return sum(getattr(cell, figure) for cell in cells)


def values(board: Board) -> dict[str, Value]:
    """Every value of the board that can change, by its name, in the current language: `PE.taken`, `all.free`, `PE.tile`."""
    found: dict[str, Value] = {}
    for name, cells in in_groups(board.cells).items():
        found |= {f"{name}.{figure}": format_number(sum_of(cells, figure)) for figure in NUMBERS}
    for cell in board.cells:
        one, code, text = tile(cell), cell.country, bar_title(cell)
        found |= {f"{code}.{figure}": format_number(getattr(cell, figure)) for figure in NUMBERS}
        found[f"{code}.tile"] = {"class": tile_class(one["step"])}
        found[f"{code}.label"], found[f"{code}.title"] = one["label"], one["title"]
        found[f"{code}.bar"], found[f"{code}.bar.title"] = {"aria-label": text}, text
        found[f"{code}.remarks"] = [[words, colour] for words, colour in remarks(cell)]
        found |= {f"{code}.bar.{n}": part for n, part in enumerate(bar_parts([cell.taken, cell.offered], cell.target))}
    return found


def tile_class(step: str | int) -> str:
    return f"app-tile app-tile--{step}"


def bar_parts(parts: Sequence[int], whole: int) -> list[Value]:
    """The rectangles of the bar macro: the ground, then one after the other, of 1000 in all."""
    scale = max(whole, sum(parts), 1)
    found: list[Value] = [{"width": str(round(1000 * whole / scale, 1))}]
    at = 0
    for part in parts:
        found.append({"x": str(round(1000 * at / scale, 1)), "width": str(round(1000 * part / scale, 1))})
        at += part
    return found


def summary(board: Board) -> str:
    """The board in one sentence, for those who listen to the page."""
    numbers = {figure: format_number(board.total(figure)) for figure in NUMBERS}
    text = SUMMARY_BEFORE if any(cell.round == "before" for cell in board.cells) else SUMMARY
    return _(text, **numbers)
