"""Proposals in words: what each is about and what it would change. A kind has one entry in `CHANGES`."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.quotas.lookups import part_key
from services.quotas.pages.kit import local
from services.quotas.pages.words import GROUPS, cell_name, limit_name
from services.quotas.rows import ProposalRow
from shared.events.applications import Names
from shared.kernel.cells import Cell
from shared.web.formats import bracketed, format_date, format_number, labelled, listed
from shared.web.i18n import N_, ngettext, translate

_ = translate

ROUNDING: Final[Mapping[str, str]] = {
    "largest_remainder": N_("rounded by largest remainder"),
    "sainte_lague": N_("rounded by Sainte-Laguë"),
}
NamesOf = Mapping[str, Names]
"""Cell -> the names of its country; limit -> those of its course or way of applying; part (`part_key`) -> its own."""


def named_in(rows: Iterable[ProposalRow]) -> tuple[set[str], set[str]]:
    """The cells that proposals name, and the limits and parts."""
    found = list(rows)
    parts = {part_key(one.programme, part) for one in found for part in one.params.get("parts") or ()}
    return {cell for one in found for cell in one.cells}, parts | {one.params["limit"] for one in found if one.kind == "limit_change"}


def subject(row: ProposalRow, names: NamesOf, programme: str) -> str:
    """What it is about: a country and year where it has one, otherwise the programme."""
    if row.kind in ("leave", "return_to_programme"):
        country = row.params["country"]
        return next((local(names[cell]) for cell in row.cells if cell in names), country)
    if row.kind == "limit_change":
        return cell_name(row.params["cell"], names.get(row.params["cell"]))
    key = row.cell or (row.params["moves"][0]["source"] if row.kind == "transfer" and row.params.get("moves") else None)
    if key:
        return cell_name(key, names.get(key))
    years = {Cell.parse(cell).year for cell in row.cells}
    return f"{programme} {years.pop()}" if len(years) == 1 else programme


def change(row: ProposalRow, names: NamesOf) -> str:
    """What it would change, in a few words: `32 → 36 places`."""
    return CHANGES[row.kind](row, names)


def _allotment(row: ProposalRow, _names: NamesOf) -> str:
    target = row.params["target"]
    before = row.seen.get(row.cell or "", {}).get("target", 0)
    return ngettext(
        "{before} → {count} place", "{before} → {count} places", target, before=format_number(before), count=format_number(target)
    )


def _limit(row: ProposalRow, names: NamesOf) -> str:
    limit = row.params["limit"]
    name = limit_name(limit, names.get(row.params["cell"]), names.get(limit))
    capacity = row.params.get("capacity")
    return labelled(name, _("the plan’s own number") if capacity is None else format_number(capacity))


def _total(row: ProposalRow, _names: NamesOf) -> str:
    places = row.params["places"]
    return ngettext("{count} place in all", "{count} places in all", places, count=format_number(places))


def _transfer(row: ProposalRow, names: NamesOf) -> str:
    (move,) = row.params["moves"]
    places, count = move["places"], format_number(move["places"])
    if not move.get("source"):
        return ngettext("{count} place from the pool", "{count} places from the pool", places, count=count)
    to = move["target"]
    country = local(names[to]) if to in names else Cell.parse(to).country
    same = Cell.parse(to).year == Cell.parse(move["source"]).year
    where = country if same else cell_name(to, names.get(to))
    return ngettext("{count} place → {country}", "{count} places → {country}", places, count=count, country=where)


def _return(row: ProposalRow, _names: NamesOf) -> str:
    places = sum(move["places"] for move in row.params["moves"])
    return ngettext("{count} place to the pool", "{count} places to the pool", places, count=format_number(places))


def _redistribution(row: ProposalRow, _names: NamesOf) -> str:
    moves: list[Mapping[str, Any]] = row.params["moves"]
    places, countries = sum(move["places"] for move in moves), len({move["target"] for move in moves})
    words = ngettext("{count} place to other countries", "{count} places to other countries", places, count=format_number(places))
    return bracketed(words, format_number(countries))


def part_list(row: ProposalRow, names: NamesOf) -> str:
    """The parts that the proposal is about, by name; empty where it is about the whole."""
    keys = {part: part_key(row.programme, part) for part in sorted(row.params.get("parts") or ())}
    return listed(local(names[key]) if key in names else part for part, key in keys.items())


def _leave(row: ProposalRow, names: NamesOf) -> str:
    parts = part_list(row, names)
    words = _("takes part no longer in {parts}", parts=parts) if parts else _("takes part no longer")
    return _("{what}, {when}", what=words, when=period(row.params))


def _return_to(row: ProposalRow, names: NamesOf) -> str:
    parts = part_list(row, names)
    words = _("takes part again in {parts}", parts=parts) if parts else _("takes part again")
    return _("{what}, {when}", what=words, when=period(row.params))


def _reorder(row: ProposalRow, _names: NamesOf) -> str:
    ends = {name: f"…{UUID(row.params[key]).hex[-8:]}" for name, key in (("one", "application"), ("other", "ahead_of"))}
    return _("on the list: {one} ahead of {other}", **ends)


def _policy(row: ProposalRow, _names: NamesOf) -> str:
    return _("allotted by a policy: {policy}", policy=policy_words(row.params))


def _allotments(row: ProposalRow, _names: NamesOf) -> str:
    cells = len(row.params["targets"])
    return ngettext("{count} country’s places set", "places of {count} countries set", cells, count=format_number(cells))


def policy_words(params: Mapping[str, Any]) -> str:
    """A policy in one line: `base 4; LDC +1; at least 2; at most 60`."""
    found = [_("base {n}", n=format_number(params["base"]))]
    found += [f"{_mark(group)} +{format_number(weight)}" for group, weight in sorted(params.get("weights", {}).items()) if weight]
    if params.get("minimum"):
        found.append(_("at least {n}", n=format_number(params["minimum"])))
    if params.get("maximum") is not None:
        found.append(_("at most {n}", n=format_number(params["maximum"])))
    if params.get("places") is not None:
        found.append(_("{n} in all", n=format_number(params["places"])))
    return listed([*found, _(ROUNDING.get(params.get("rounding", "largest_remainder"), ""))], apart=True)


def _mark(group: str) -> str:
    """The abbreviation of a group; its code where a plan has one that we do not know."""
    return _(GROUPS[group][0]) if group in GROUPS else group


def period(params: Mapping[str, Any]) -> str:
    """From when to when, in words."""
    start, end = (date.fromisoformat(raw) if (raw := params.get(name)) else None for name in ("start", "end"))
    assert start is not None, "every change of participation has a first day"
    if end is None:
        return _("from {start} on", start=format_date(start))
    return _("from {start} to {end}", start=format_date(start), end=format_date(end))


CHANGES: Final[Mapping[str, Callable[[ProposalRow, NamesOf], str]]] = {
    "allotment_change": _allotment,
    "limit_change": _limit,
    "total_change": _total,
    "transfer": _transfer,
    "return": _return,
    "redistribution": _redistribution,
    "policy": _policy,
    "allotments": _allotments,
    "reorder": _reorder,
    "leave": _leave,
    "return_to_programme": _return_to,
}
