"""What a proposed number of places would do, side by side with what is, for whoever proposes and whoever decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from services.quotas.foresight import Foreseen
from services.quotas.pages.words import short_id
from services.quotas.rows import CellRow
from shared.web.formats import format_number
from shared.web.i18n import N_, ngettext, translate

_ = translate

FIGURES: Final[Mapping[str, str]] = {
    "target": N_("Places"),
    "taken": N_("Taken"),
    "offered": N_("Offered"),
    "free": N_("Free"),
    "waiting": N_("Waiting"),
    "pool": N_("In the programme’s pool"),
}


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
class Effect:
    """The figures, who would be offered a place, and what stands against it."""

    lines: tuple[Line, ...]
    promoted: tuple[Markup, ...]
    promoted_words: str
    warnings: tuple[str, ...]


def effect(cell: CellRow, pool: int, target: int, foreseen: Foreseen | None, seen: Mapping[str, int] | None = None) -> Effect:
    """`seen` are the figures of when it was proposed; without a foresight nothing would move."""
    now = {"target": cell.target, "taken": cell.taken, "offered": cell.offered, "free": cell.free, "waiting": cell.waiting, "pool": pool}
    short = foreseen is not None and foreseen.wanted is not None
    after: dict[str, int] = dict(now)
    promoted: Sequence[Markup] = ()
    if foreseen is not None and not short:
        after |= {"target": target, "taken": foreseen.taken, "offered": foreseen.offered, "free": foreseen.free}
        after |= {"waiting": foreseen.waiting, "pool": pool + foreseen.pool_gains}
        promoted = [short_id(one) for one in foreseen.promoted]
    lines = tuple(_line(name, (seen or {}).get(figure), now[figure], None if short else after[figure]) for figure, name in FIGURES.items())
    words = "" if short else _("Nobody would be offered a place by it now.")
    if promoted:
        words = ngettext("{n} person who waits would be offered a place:", "{n} people who wait would be offered a place:", len(promoted))
    return Effect(lines, tuple(promoted), words, _warnings(cell, pool, target, foreseen))


def _line(name: str, seen: int | None, now: int, after: int | None) -> Line:
    return Line(
        _(name),
        "" if seen is None else format_number(seen),
        format_number(now),
        "–" if after is None else format_number(after),
        seen is not None and seen != now,
    )


def _warnings(cell: CellRow, pool: int, target: int, foreseen: Foreseen | None) -> tuple[str, ...]:
    found = []
    if foreseen is not None and foreseen.wanted is not None:
        found.append(
            _(
                "The pool has {pool} places and {wanted} would be needed. It can be adopted only once another number was lowered.",
                pool=format_number(pool),
                wanted=format_number(foreseen.wanted),
            )
        )
    over = cell.held - target
    if over > 0:
        found.append(
            ngettext(
                "{n} person more would hold a place than there would be. Nobody loses theirs; no new one is given until the number is met.",
                "{n} people more would hold a place than there would be. Nobody loses theirs; no new one is given until the number is met.",
                over,
            )
        )
    return tuple(found)
