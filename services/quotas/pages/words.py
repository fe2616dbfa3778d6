"""Causes, outcomes, reasons, limits and accounts in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from markupsafe import Markup

from services.quotas.domain.chain import digest
from services.quotas.domain.limits import named
from services.quotas.lookups import Namer, TransferRow, other_cell
from services.quotas.pages.kit import cell_path, local
from services.quotas.rows import CellRow, DecisionRow, LimitRow, SkipRow
from shared.events.applications import Names
from shared.kernel.cells import Cell
from shared.web.formats import BEIJING, format_datetime, format_number, labelled
from shared.web.i18n import N_, ngettext, translate

_ = translate

# fmt: off
CAUSES: Final[Mapping[str, str]] = {
    "nominated": N_("The country put an application forward."),
    "approved": N_("An application was approved."),
    "accepted": N_("An offer was accepted."),
    "declined": N_("An offer was declined."),
    "expired": N_("An offer was not answered in time."),
    "withdrawn": N_("An application was withdrawn."),
    "ended": N_("Somebody’s time in the programme ended."),
    "round": N_("The day came on which places are given, all at once and by rank."),
    "list_closed": N_("The waiting list closed."),
    "year_closed": N_("The year was closed."),
    "participation_ended": N_("The country’s participation ended."),
    "allotted": N_("The plan’s allotment came into force."),
    "adopted": N_("Two people changed the number of places."),
    "limit_adopted": N_("Two people changed a limit."),
    "raised": N_("The number of places was raised."),
    "reordered": N_("Two people changed the order of the list by hand."),
    "policy": N_("Two people allotted the year by a policy."),
    "transferred": N_("Two people moved free places from one country to another."),
    "returned": N_("Two people returned free places to the pool."),
    "redistributed": N_("Two people moved places that nobody would have used to countries with waiting lists."),
    "limit_raised": N_("Two people changed a limit, and there is more room."),
    "terms_changed": N_("The terms of the programme changed, and there is more room."),
    "takes_part_again": N_("The country takes part again."),
    "recounted": N_("A new version of the plan counts other limits."),
    "limit_freed": N_("Room came free in a limit that somebody who waits here draws on."),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "nominated": N_("The nomination of {application} counts against the country’s cap."),
    "nomination_refused": N_("The nomination of {application} was refused."),
    "offered": N_("A place is offered to {application}, to be answered by {until}."),
    "waiting": N_("{application} waits at position {position} of the list."),
    "waits_for_round": N_("{application} is approved and waits for the day on which places are given."),
    "refused": N_("{application} gets no place."),
    "taken": N_("{application} takes the place."),
    "released": N_("The place of {application} went back."),
    "left": N_("{application} leaves; it held no place yet."),
    "ended": N_("The person of {application} is free for another place; this one stays counted as given."),
    "reordered": N_("{application} was put at position {position} of the list by hand."),
    "target_set": N_("The number of places is {places} now."),
    "limit_set": N_("A limit was changed: {limit}."),
    "recounted": N_("The limits of the plan stand at what is held."),
}
SHORT: Final[Mapping[str, tuple[str, str]]] = {
    "nominated": (N_("Nominated"), "violet"),
    "nomination_refused": (N_("Nomination refused"), "red"),
    "offered": (N_("Place offered"), "teal"),
    "waiting": (N_("Waiting"), "amber"),
    "waits_for_round": (N_("Approved"), "teal"),
    "refused": (N_("No place"), "red"),
    "taken": (N_("Place taken"), "green"),
    "released": (N_("Place returned"), ""),
    "left": (N_("Left"), ""),
    "ended": (N_("Ended"), ""),
    "target_set": (N_("Places set"), "blue"),
    "reordered": (N_("Order changed"), "violet"),
    "limit_set": (N_("Limit set"), "blue"),
    "recounted": (N_("Recounted"), "blue"),
}
REASONS: Final[Mapping[str, str]] = {
    "not_participating": N_("The country did not take part on that day, or not in what was asked for."),
    "person_holds_place": N_("The person already holds as many places as is allowed."),
    "nomination_cap": N_("The country has put forward as many as it may."),
    "list_full": N_("The waiting list is full."),
    "list_closed": N_("The waiting list is closed."),
    "unknown_cell": N_("The plan has no such places."),
    "unknown_course": N_("The plan offers no such course in that year."),
    "unknown_channel": N_("The plan has no such way of applying."),
}
SKIPS: Final[Mapping[str, str]] = {
    "cell": N_("no place was free"),
    "person": N_("the person already holds as many places as is allowed"),
    "holders": N_("the country already has as many people holding a place as it may have at one time"),
    "course": N_("the course had no seat"),
    "course_country": N_("the country had no seat left in the course"),
    "channel": N_("no place was open to this way of applying"),
    "participation": N_("the country does not take part in what was asked for"),
}
LACKING: Final[Mapping[str, str]] = {
    "cell": N_("No place is free."),
    "person": N_("The person already holds as many places as is allowed."),
    "holders": N_("The country already has as many people holding a place as it may have at one time."),
    "course": N_("The course is full."),
    "course_country": N_("The country’s seats in the course are taken."),
    "channel": N_("The places for this way of applying are taken."),
    "participation": N_("The country does not take part."),
}
LIMITS: Final[Mapping[str, str]] = {
    "cell": N_("Places ({cell})"),
    "nomination": N_("Nominations ({cell})"),
    "person": N_("Places of this person"),
    "holders": N_("People who may hold a place at one time ({country})"),
    "course": N_("Seats of the course “{name}” in {year}"),
    "course_country": N_("Seats of the country in the course “{name}” of {year} ({country})"),
    "channel": N_("Places open to the way of applying “{name}” ({cell})"),
    "participation": N_("Participation of the country"),
}
ACCOUNTS: Final[Mapping[str, str]] = {
    "plan": N_("the plan"),
    "pool": N_("the programme’s pool"),
    "free": N_("free"),
    "offered": N_("offered"),
    "taken": N_("taken"),
    "lapsed": N_("lapsed"),
}
GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "LDC": (N_("LDC"), N_("least developed country")),
    "LLDC": (N_("LLDC"), N_("landlocked developing country")),
    "SIDS": (N_("SIDS"), N_("small island developing State")),
}
FIGURES: Final[Mapping[str, str]] = {
    "allotted": N_("Allotted"),
    "offered": N_("Offered"),
    "taken": N_("Taken"),
    "ended": N_("Ended, of those taken"),
    "free": N_("Free"),
    "waiting": N_("No place yet"),
}
UNUSED: Final[Mapping[str, str]] = {
    "lapsed": N_("Lapsed"),
    "rolled_over": N_("Rolled over"),
}
"""What became of the places that were free when their year was closed, or came back later."""
# fmt: on


def said(words: Mapping[str, str], code: str, **params: object) -> str:
    """The words for a code; the code itself where a later version of the service made one that has no words here."""
    return _(words[code], **params) if code in words else code


def short_id(application: UUID) -> Markup:
    """An application's id, cut to the end that tells two apart; the whole is in its title."""
    return Markup('<code class="app-code app-nowrap" title="{}">…{}</code>').format(application, application.hex[-8:])


def cell_name(key: str, names: Names | None) -> str:
    """`Peru 2016`; the country's code where no programme knows its name."""
    cell = Cell.parse(key)
    return f"{local(names) if names else cell.country} {cell.year}"


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit at a decision, in words: `used` is `35 → 36 of 36`."""

    name: str
    used: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision as pages tell it."""

    row: DecisionRow
    href: str
    when: str
    tag: str
    colour: str
    came: str
    became: str
    reason: str
    limits: tuple[LimitLine, ...]
    skips: tuple[tuple[Markup, str], ...]
    intact: bool
    """Whether its record gives its hash, computed for this page."""


def explain(decision: DecisionRow, names: Names | None, part: Namer) -> Explained:
    """What came in, what became of it, and why."""
    code = "waits_for_round" if decision.outcome == "waiting" and not decision.position else decision.outcome
    cause = "limit_adopted" if (decision.cause, code) == ("adopted", "limit_set") else decision.cause
    tag, colour = SHORT.get(code, (code, ""))
    return Explained(
        row=decision,
        href=cell_path(decision.cell, "decisions", decision.number),
        when=format_datetime(decision.at, BEIJING),
        tag=_(tag),
        colour=colour,
        came=said(CAUSES, cause),
        became=_became(decision, code, names, part),
        reason=said(REASONS, decision.reason) if decision.reason else "",
        limits=tuple(_limit(one, names, part) for one in decision.limits),
        skips=tuple(_skip(one) for one in decision.skips),
        intact=digest(decision.record) == decision.hash,
    )


def _became(decision: DecisionRow, code: str, names: Names | None, part: Namer) -> str:
    capacity = next((one.capacity for one in decision.limits if one.kind == "cell"), None)
    params = {
        "application": short_id(decision.application) if decision.application else "",
        "until": format_datetime(decision.until, BEIJING) if decision.until else "",
        "position": decision.position,
        "places": format_number(capacity or 0),
        "limit": limit_name(decision.limit, names, part(decision.limit)) if decision.outcome == "limit_set" and decision.limit else "",
    }
    return said(OUTCOMES, code, **params)


def _limit(limit: LimitRow, names: Names | None, part: Namer) -> LimitLine:
    return LimitLine(limit_name(limit.key, names, part(limit.key)), used_of(limit), limit.before != limit.after)


def limit_name(key: str, names: Names | None, part: Names | None) -> str:
    """The name of a limit, by its key: of a course or a way of applying the one in the plan (`part`), else its code."""
    limit, kind = named(key), key.partition(":")[0]
    if limit is None:
        return said(LIMITS, kind)
    country = local(names) if names else limit.country
    cell = f"{country} {limit.year}"
    name = local(part) if part is not None else limit.course or limit.channel
    return said(LIMITS, kind, cell=cell, country=country, year=limit.year, name=name)


def lacking_words(keys: Sequence[str]) -> list[str]:
    """What is lacking, a sentence for each limit."""
    return [said(LACKING, key.partition(":")[0]) for key in keys]


def used_of(limit: LimitRow) -> str:
    """`35 → 36 of 36`: what was used before and after, and how much there was."""
    before, after = format_number(limit.before), format_number(limit.after)
    used = before if limit.before == limit.after else f"{before} → {after}"
    return used if limit.capacity is None else _("{used} of {capacity}", used=used, capacity=format_number(limit.capacity))


def _skip(skip: SkipRow) -> tuple[Markup, str]:
    return short_id(skip.application), said(SKIPS, skip.limit.partition(":")[0])


@dataclass(frozen=True, slots=True)
class Movement:
    """Places that moved from one account to another, as pages tell it."""

    when: str
    words: str
    cause: str
    decision: int | None
    href: str


def movement(row: TransferRow, cell: str) -> Movement:
    words = ngettext(
        "{n} place: {source} → {target}",
        "{n} places: {source} → {target}",
        row.count,
        source=_account(row.source, row, cell),
        target=_account(row.target, row, cell),
    )
    href = cell_path(cell, "decisions", row.decision) if row.decision and row.cell == cell else ""
    return Movement(format_datetime(row.at, BEIJING), words, said(CAUSES, row.cause), row.decision, href)


def _account(key: str, row: TransferRow, cell: str) -> str:
    other = other_cell(row, cell)
    if other and key == f"free:{other}":
        return _("free ({cell})", cell=cell_name(other, row.country))
    return said(ACCOUNTS, key.partition(":")[0])


def groups_of(cell: CellRow) -> list[tuple[str, str]]:
    """The groups of the cell's country: abbreviation and name."""
    return [(_(GROUPS[one][0]), _(GROUPS[one][1])) if one in GROUPS else (one, "") for one in cell.groups]


def group_name(group: str) -> tuple[str, str]:
    """Abbreviation and name of a group, of all countries, or of those that are in no group. In Chinese the one begins the other."""
    if group in GROUPS:
        return _(GROUPS[group][0]), _(GROUPS[group][1])
    name = _("All countries") if group == "all" else _("Countries of no group")
    return name, name


def group_label(group: str) -> str:
    """Abbreviation and name in one."""
    short, name = group_name(group)
    return name if name.startswith(short) else labelled(short, name)


def remarks(cell: CellRow) -> list[tuple[str, str]]:
    """What has to be said of a cell beside its figures: words, and the colour of their tag."""
    found = []
    if not cell.participates:
        found.append((_("Does not take part"), ""))
    if cell.over:
        found.append((ngettext("{n} over its places", "{n} over its places", cell.over), "red"))
    if cell.settled:
        found.append((_("Year closed"), ""))
    elif cell.list_closed:
        found.append((_("List closed"), ""))
    if cell.target != cell.planned:
        found.append((_("Plan: {n}", n=format_number(cell.planned)), "blue"))
    return found
