"""What an approval of several comes to: how many places each cell has free, who would get one and who would wait."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from services.applications.pages.giving import before_day, giving
from services.applications.pages.words import country_name
from services.applications.staff.kit import known, title_of
from services.applications.store.lists import asking, figures
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.told import CellFigures
from services.applications.use_cases.steps import cell_of
from shared.kernel.cells import Cell
from shared.persistence.database import Tx
from shared.web.formats import format_number
from shared.web.i18n import ngettext, translate

_ = translate


@dataclass(frozen=True, slots=True)
class Room:
    """A cell in words: its places that are free for a newcomer, how many are chosen there, and what that comes to."""

    title: str
    href: str
    free: str
    chosen: str
    follows: str


Before = Callable[[Sequence[Application]], list[Room]]
"""What is said of those who will have been approved, by what was known before that."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of cells: their figures as quotas last told them, and how many approvals it has not answered yet."""

    figures: Mapping[str, CellFigures]
    asking: Mapping[Cell, int]

    def free(self, cell: Cell) -> int | None:
        """Places that nobody asked for yet; none where nothing is known of the cell."""
        found = self.figures.get(cell.key)
        return None if found is None else max(0, found.free - self.asking.get(cell, 0))


def outcome(free: int, chosen: int) -> str:
    """What becomes of that many who are approved while so many places are free."""
    if free >= chosen:
        return ngettext("A place is free for this one.", "A place is free for each of them.", chosen)
    if free == 0:
        return ngettext("No place is free: this one joins the waiting list.", "No place is free: they join the waiting list.", chosen)
    return _(
        "Free places: {free}. The others join the waiting list: {others}.", free=format_number(free), others=format_number(chosen - free)
    )


def in_words(cell: Cell, chosen: int, told: Known, terms: Sequence[InForce], now: datetime) -> Room:
    """The line of a cell in which that many are chosen."""
    one, free = known(terms, cell.programme), told.free(cell)
    assert one is not None, "what can be approved is of a programme in force"
    call = one.call(cell.year)
    if free is None:
        follows = _("Nothing is known of the places yet; the places service decides.")
    else:
        follows = giving(call, now) if before_day(call, now) else outcome(free, chosen)
    return Room(
        title=f"{country_name(cell.country, one.plan)} · {title_of(one.programme)} {cell.year}",
        href=f"/quotas/cells/{quote(cell.key, safe=':')}",
        free="–" if free is None else format_number(free),
        chosen=format_number(chosen),
        follows=follows,
    )


async def known_of(tx: Tx, cells: Sequence[Cell]) -> Known:
    """What is known of these cells now."""
    return Known(await figures(tx, cells), await asking(tx, cells))


def _lines(rows: Sequence[Application], told: Known, terms: Sequence[InForce], now: datetime) -> list[Room]:
    chosen = Counter(cell_of(one) for one in rows)
    return [in_words(cell, number, told, terms, now) for cell, number in sorted(chosen.items())]


async def rooms(tx: Tx, rows: Sequence[Application], terms: Sequence[InForce], now: datetime) -> list[Room]:
    """The cells of these applications, each with what approving them all comes to."""
    return _lines(rows, await known_of(tx, [*{cell_of(one) for one in rows}]), terms, now)


async def room_before(tx: Tx, rows: Sequence[Application], terms: Sequence[InForce], now: datetime) -> Before:
    """The same of those of them who will have been approved, by what is known before that."""
    told = await known_of(tx, [*{cell_of(one) for one in rows}])
    return lambda approved: _lines(approved, told, terms, now)


def order_words(rows: Sequence[Application], terms: Sequence[InForce]) -> str:
    """What the list of those who would be approved is called, by what orders it."""
    scored = {"review" in one.programme.route for row in rows if (one := known(terms, row.programme)) is not None}
    if scored == {False}:
        return _("Would be approved, earliest sent first")
    return _("Would be approved, best scored first") if scored == {True} else _("Would be approved, best scored first, then earliest sent")
