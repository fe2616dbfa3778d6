"""What a proposal would do, side by side with what is, for whoever proposes and whoever decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from services.quotas.domain.limits import named
from services.quotas.foresight import CellEffect, Foreseen, LimitEffect, Turn
from services.quotas.pages.kit import cell_path
from services.quotas.pages.words import cell_name, limit_name, short_id
from services.quotas.problems import problem_of
from services.quotas.rows import ProposalRow
from shared.events.applications import Names
from shared.web.formats import format_date, format_number, sort_key
from shared.web.i18n import N_, ngettext, translate

_ = translate

FIGURES: Final[Mapping[str, str]] = {
    "target": N_("Places"),
    "taken": N_("Taken"),
    "offered": N_("Offered"),
    "free": N_("Free"),
    "waiting": N_("Approved, no place yet"),
}
POOL: Final = N_("In the programme’s pool")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: what it was when proposed (empty where nothing was yet), what it is, and what it would be."""

    name: str
    seen: str
    now: str
    after: str
    moved: bool
    """Whether it is another one than when it was proposed."""


@dataclass(frozen=True, slots=True)
class Country:
    """One of several cells: each figure as `now`, or `now → after` where it would change."""

    name: str
    href: str
    figures: tuple[tuple[str, str, bool], ...]
    """Name, words, and whether it would change."""
    moved: bool
    when: str
    """On which day it would change, in words; empty where at once, or not at all."""


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody on a list, and which rank they would have instead of which."""

    application: Markup
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """The figures (of one cell in `lines`, of several in `countries`), who would be told what, and what stands against it.

    Of a list that is put in another order the ranks in `order` stand in their place, since no figure changes: first who is moved, then
    whom they pass, of whom `unnamed` more are not named.
    """

    lines: tuple[Line, ...]
    countries: tuple[Country, ...]
    limits: tuple[str, ...]
    """Each limit that would be another and has room, with how much of it is used."""
    against: tuple[str, ...]
    """Each of which more is used than there would be."""
    pool: str
    promoted: tuple[Markup, ...]
    told: tuple[str, ...]
    warnings: tuple[str, ...]
    order: tuple[Turned, ...] = ()
    unnamed: int = 0
    impossible: bool = False
    """Whether it is not even filed as it is, since it could not be adopted now."""


def effect(
    foreseen: Foreseen,
    pool: int,
    names: Mapping[str, Names],
    row: ProposalRow | None = None,
    now: Mapping[str, Mapping[str, int]] | None = None,
) -> Effect:
    """`row` is the proposal, where it was filed already; `now` the figures of its cells where nothing could be foreseen."""
    seen = row.seen if row is not None else {}
    cells = foreseen.cells or tuple(CellEffect(key, figures, {}) for key, figures in (now or (row.now if row is not None else {})).items())
    one = cells[0] if len(cells) == 1 else None
    after = pool + foreseen.pool_gains if foreseen.refused is None else None
    lines: tuple[Line, ...] = ()
    if one is not None and not foreseen.order:
        lines = tuple(
            _line(_(name), seen.get(one.key, {}).get(key), one.before.get(key, 0), one.after.get(key)) for key, name in FIGURES.items()
        )
        lines += (_line(_(POOL), row.pool_seen if row is not None else None, pool, after),)
    return Effect(
        lines,
        () if one is not None else _countries(cells, names, seen),
        tuple(_limit(limit, cells, names) for limit in foreseen.limits if not limit.against),
        tuple(_limit(limit, cells, names) for limit in foreseen.limits if limit.against),
        "" if one is not None else _arrow(pool, after),
        tuple(short_id(application) for application in one.offered) if one is not None else (),
        _told(foreseen, listed=one is not None),
        _warnings(foreseen),
        tuple(Turned(short_id(turn.application), format_number(turn.before), format_number(turn.after)) for turn in foreseen.order),
        _unnamed(foreseen.order),
    )


def _unnamed(order: Sequence[Turn]) -> int:
    """How many more are passed than are named."""
    return abs(order[0].before - order[0].after) - (len(order) - 1) if order else 0


def _line(name: str, seen: int | None, now: int, after: int | None) -> Line:
    return Line(
        name,
        "" if seen is None else format_number(seen),
        format_number(now),
        "–" if after is None else format_number(after),
        seen is not None and seen != now,
    )


def _countries(cells: Sequence[CellEffect], names: Mapping[str, Names], seen: Mapping[str, Mapping[str, int]]) -> tuple[Country, ...]:
    """In the order of the countries' names in the reader's language, and of the years of each."""
    return tuple(
        sorted((_country(cell, names.get(cell.key), seen.get(cell.key)) for cell in cells), key=lambda one: (sort_key(one.name), one.href))
    )


def _country(cell: CellEffect, names: Names | None, seen: Mapping[str, int] | None) -> Country:
    figures = tuple(
        (
            _(name),
            _arrow(cell.before.get(key, 0), cell.after.get(key)),
            cell.after.get(key, cell.before.get(key, 0)) != cell.before.get(key, 0),
        )
        for key, name in FIGURES.items()
    )
    moved = seen is not None and any(seen.get(key) != cell.before.get(key) for key in FIGURES)
    when = _("on {day}", day=format_date(cell.day)) if cell.day is not None and any(changes for _n, _w, changes in figures) else ""
    return Country(cell_name(cell.key, names), cell_path(cell.key), figures, moved, when)


def _limit(limit: LimitEffect, cells: Sequence[CellEffect], names: Mapping[str, Names]) -> str:
    """`Nominations of Peru 2016: 78 → 2 (3 used)`."""
    known = named(limit.key)
    country = next((names[one.key] for one in cells if known and one.key in names and f":{known.country}:" in one.key), None)
    before, after = (_("no end") if one is None else format_number(one) for one in (limit.before, limit.after))
    used = format_number(limit.used)
    name = limit_name(limit.key, country, names.get(limit.key))
    return _("{name}: {before} → {after} ({used} used)", name=name, before=before, after=after, used=used)


def _arrow(now: int, after: int | None) -> str:
    return format_number(now) if after is None or after == now else f"{format_number(now)} → {format_number(after)}"


def _told(foreseen: Foreseen, *, listed: bool) -> tuple[str, ...]:
    """Who would be told, in words; `listed`: their names follow."""
    if foreseen.refused is not None:
        return ()
    offered, refused = (sum(len(getattr(cell, kind)) for cell in foreseen.cells) for kind in ("offered", "refused"))
    found = []
    if offered and listed:
        found.append(ngettext("{n} person who waits would be offered a place:", "{n} people who wait would be offered a place:", offered))
    elif offered:
        found.append(ngettext("{n} person who waits would be offered a place.", "{n} people who wait would be offered a place.", offered))
    else:
        found.append(_("Nobody would be offered a place by it now."))
    if refused:
        found.append(
            ngettext(
                "{n} person who waits would be told that there is no place.",
                "{n} people who wait would be told that there is no place.",
                refused,
            )
        )
    return tuple(found)


def _warnings(foreseen: Foreseen) -> tuple[str, ...]:
    found: list[str] = []
    if foreseen.refused is not None:
        problem = problem_of(foreseen.refused)
        title, detail = _(problem.title, **problem.params), _(problem.text, **problem.params)
        found.append(_("It could not be adopted now: {title}. {detail}", title=title, detail=detail))
    over = sum(_over(cell) for cell in foreseen.cells)
    if over > 0:
        found.append(
            ngettext(
                "{n} person more would hold a place than there would be. Nobody loses theirs; no new one is given until the number is met.",
                "{n} people more would hold a place than there would be. Nobody loses theirs; no new one is given until the number is met.",
                over,
            )
        )
    return tuple(found)


def _over(cell: CellEffect) -> int:
    """How many more would be held than there would be, where places are taken away."""
    cut = cell.after.get("target", 0) < cell.before.get("target", 0)
    return max(0, cell.after["offered"] + cell.after["taken"] - cell.after["target"]) if cut else 0


def summary_of(rows: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Pairs of name and value, as the summary shows them."""
    return [{"key": key, "value": value} for key, value in rows]
