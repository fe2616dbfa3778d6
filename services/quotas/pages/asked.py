"""What the board's address asks for: programme and year, which countries, in which order; and the links that ask for something else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from services.quotas.pages import kit
from services.quotas.pages.giving import column_name
from services.quotas.pages.tiles import NUMBERS
from services.quotas.pages.words import group_label
from services.quotas.rows import CellRow, ProgrammeRow
from services.quotas.summaries import GROUPS, NO_GROUP
from shared.web.formats import sort_key
from shared.web.i18n import N_, translate
from shared.web.problems import Problem

_ = translate


def _by_name(cell: CellRow) -> str:
    return sort_key(kit.local(cell.names))


def share(cell: CellRow) -> float:
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
    "share": Column(N_("Held"), share),
}
"""The table's columns by the word that stands for them in the address; `-` before it turns the order round."""
ONLY: Final[Mapping[str, str]] = {
    "target": N_("Only countries that have places."),
    "taken": N_("Only countries with places that are taken."),
    "offered": N_("Only countries with places that are offered."),
    "free": N_("Only countries with free places."),
    "waiting": N_("Only countries in which somebody is approved and has no place yet."),
}
COUNTRIES: Final = "#countries"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    programme: ProgrammeRow
    year: int
    sort: str
    turned: bool
    group: str = ""
    only: str = ""

    def path(self, **changed: str) -> str:
        sort = ("-" if self.turned else "") + self.sort
        query = {"programme": self.programme.code, "year": str(self.year), "group": self.group, "only": self.only, "sort": sort} | changed
        return f"{kit.BOARD}?{urlencode({name: value for name, value in query.items() if value and (name, value) != ('sort', 'country')})}"

    def shows(self, cell: CellRow) -> bool:
        """Whether the table has the cell: of the group that is asked for, and with anything in the figure that is asked for."""
        of_group = not self.group or (self.group in cell.groups if self.group in GROUPS else not set(cell.groups) & set(GROUPS))
        return of_group and (not self.only or getattr(cell, self.only) > 0)


def what_is_asked(query: Mapping[str, str], known: Sequence[ProgrammeRow], held: Mapping[tuple[str, int], int], now: datetime) -> Asked:
    """The programme and year of the address. What it leaves open becomes the one in which most places are held, so that there is
    something to see; where none are, the largest programme that has places this year, and the year nearest to this one.

    A year that the programme does not have becomes the nearest that it has; a programme that is none is 404.
    `held`: places that are held by programme and year.
    """
    code, wanted = query.get("programme"), kit.number_from(query.get("year"))
    candidates = [one for one in known if not code or one.code == code]
    if not candidates:
        raise Problem(404, code="unknown_board")
    programme, year = _most_held(candidates, wanted, held) or _nearest(candidates, wanted, now.year)
    sort = query.get("sort", "")
    column = sort.removeprefix("-")
    group, only = query.get("group", ""), query.get("only", "")
    return Asked(
        programme,
        year,
        column if column in COLUMNS else "country",
        sort.startswith("-") and column in COLUMNS,
        group if group in (*GROUPS, NO_GROUP) else "",
        only if only in NUMBERS else "",
    )


def _most_held(
    candidates: Sequence[ProgrammeRow], wanted: int | None, held: Mapping[tuple[str, int], int]
) -> tuple[ProgrammeRow, int] | None:
    """Where most places are held, of the year that is wanted if one is; of equal ones the latest year. None where none are."""
    found = [(held.get((one.code, year), 0), year, one) for one in candidates for year in one.years if wanted in (None, year)]
    most = max(found, key=lambda one: (one[0], one[1], one[2].places_total, one[2].code), default=None)
    return (most[2], most[1]) if most is not None and most[0] else None


def _nearest(candidates: Sequence[ProgrammeRow], wanted: int | None, this_year: int) -> tuple[ProgrammeRow, int]:
    """The largest programme that has places this year, and of its years the nearest to the wanted one."""
    programme = min(candidates, key=lambda one: (this_year not in one.years, -one.places_total, one.code))
    return programme, min(programme.years, key=lambda one: (abs(one - (wanted or this_year)), one))


def in_order(cells: Sequence[CellRow], asked: Asked) -> list[CellRow]:
    """The cells as the address wants them sorted; equal ones by name."""
    column = COLUMNS[asked.sort]
    return sorted(sorted(cells, key=_by_name), key=column.by, reverse=column.most_first != asked.turned)


def selectors(known: Sequence[ProgrammeRow], asked: Asked) -> list[dict[str, Any]]:
    """What is chosen from: programme, year, group of countries."""
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
        {
            "key": "group",
            "label": _("Countries"),
            "options": [{"key": "", "label": _("All countries")}]
            + [{"key": group, "label": group_label(group)} for group in (*GROUPS, NO_GROUP)],
            "value": asked.group,
        },
    ]


def heads(asked: Asked, kind: str) -> list[dict[str, Any]]:
    """The table's heads, each a link that sorts by its column or turns it round; `kind` is how places are given (`giving`)."""
    found = []
    for word, column in COLUMNS.items():
        here = word == asked.sort
        down = column.most_first != asked.turned
        found.append(
            {
                "text": column_name(kind) if word == "waiting" else _(column.name),
                "href": asked.path(sort=f"-{word}" if here and not asked.turned else word) + "#countries",
                "sorted": ("descending" if down else "ascending") if here else "",
                "arrow": ("↓" if down else "↑") if here else "",
                "number": word not in ("country", "share"),
            }
        )
    return found
