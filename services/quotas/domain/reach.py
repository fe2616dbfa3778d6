"""What a batch may touch, told before it is decided, so that one look at the database is enough in nearly every case.

What these functions leave out is asked for by the decision itself (`Needs`); they only spare a second start.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from services.quotas.domain.commands import (
    Accept,
    CloseList,
    Command,
    Decline,
    End,
    EndParticipation,
    Expire,
    MovePlaces,
    Nominate,
    OfApplication,
    Recount,
    Reorder,
    RequestPlace,
    ServeLists,
    ServeRound,
    SetLimit,
    SetTarget,
    Withdraw,
)  # fmt: skip
from services.quotas.domain.limits import CROSSING, NOMINATION_KINDS, PLACE_KINDS, OfCell, OfPlace, crosses_cells, keys_of
from services.quotas.domain.model import NOMINATED, WAITING, CellState, Listed, PlaceState, rank_of
from services.quotas.domain.terms import Terms

SPARE: Final = 4
"""So many more waiters than places that may come free are loaded, and their limits locked, with the first look: some cannot be served."""
SPARE_GROWS: Final = 4
"""Where they were too few, it is so many times as many, so that the end of any list is reached within a few starts."""
_WHOLE_LIST: Final = (ServeRound, CloseList, EndParticipation, Reorder)
_FREEING: Final = (Decline, Withdraw, End, Expire)
_GAINING: Final = (*_FREEING, SetTarget, SetLimit)


def that_let_go(commands: Iterable[Command]) -> list[OfApplication]:
    """The commands after which their application may hold less."""
    return [command for command in commands if isinstance(command, OfApplication) and command.releases]


def limits_that_gain(
    cells: Mapping[str, OfCell], terms: Mapping[str, Terms], places: Mapping[UUID, OfPlace], commands: Iterable[Command]
) -> frozenset[str]:
    """The limits of several cells that may have more room afterwards, so that lists of other cells may be served."""
    keys = {command.key for command in commands if isinstance(command, SetLimit) and crosses_cells(command.key)}
    for command in that_let_go(commands):
        place, cell = places.get(command.application), cells.get(command.cell)
        if place is not None and cell is not None:
            keys.update(keys_of(CROSSING, terms[cell.programme], cell, place))
    return frozenset(keys)


def pools_drawn_on(commands: Iterable[Command]) -> frozenset[str]:
    """Programmes whose pool may give places."""
    return frozenset(
        command.cell.partition(":")[0]
        for command in commands
        if isinstance(command, SetTarget) or (isinstance(command, MovePlaces) and command.source is None)
    )


def cells_named(commands: Iterable[Command]) -> frozenset[str]:
    """The cells that the commands speak of."""
    named: set[str] = set()
    for command in commands:
        named.add(command.cell)
        if isinstance(command, ServeLists):
            named.update(command.cells)
        if isinstance(command, MovePlaces):
            named.update(key for key in (command.source, command.target) if key is not None)
    return frozenset(named)


def lists_to_load(
    cells: Mapping[str, CellState],
    terms: Mapping[str, Terms],
    commands: Sequence[Command],
    *,
    besides: Collection[str] = (),
    whole: Collection[str] = (),
    spare: int = SPARE,
) -> dict[str, int]:
    """The cells whose waiting list the batch will look at, and at how many of those who come first.

    Asked for by the decision itself: lists `besides`, lists that are wanted `whole`, and another `spare`.
    """
    waiting = [cell for cell in cells.values() if cell.waiting]
    if not waiting:
        return {}
    all_of = {command.cell for command in commands if isinstance(command, _WHOLE_LIST)}.union(whole)
    looked_at = _looked_at(waiting, terms, commands).union(besides, all_of)
    listed = [cell for cell in waiting if cell.key in looked_at]
    if not listed:
        return {}
    most = _come_first(listed, cells, commands, spare)
    return {cell.key: cell.waiting if cell.key in all_of else min(cell.waiting, most[cell.key]) for cell in listed}


def _looked_at(waiting: Iterable[CellState], terms: Mapping[str, Terms], commands: Sequence[Command]) -> set[str]:
    named = cells_named(commands)
    asked = {command.cell for command in commands if isinstance(command, RequestPlace)}
    gaining = {command.cell for command in commands if isinstance(command, _GAINING)}
    gaining.update([command.target for command in commands if isinstance(command, MovePlaces) and command.target is not None])
    found: set[str] = set()
    for cell in waiting:
        key = cell.key
        if _before_round(cell, terms):
            continue
        has_free = cell.free and (key in asked or key not in named)
        if has_free or key in gaining or (key in asked and cell.waiting < terms[cell.programme].list_size(cell.target)):
            found.add(key)
    return found


def _come_first(listed: Iterable[CellState], cells: Mapping[str, CellState], commands: Sequence[Command], spare: int) -> dict[str, int]:
    """How many of each list may be served, with some to spare. Where places are free, nobody on the list has room elsewhere, so that all
    of it will be gone through.
    """
    freed = _may_come_free(commands, cells)
    return {cell.key: cell.waiting if cell.free else freed[cell.key] + spare for cell in listed}


def limits_to_lock(
    cells: Mapping[str, CellState],
    terms: Mapping[str, Terms],
    places: Mapping[UUID, PlaceState],
    lists: Mapping[str, Listed],
    commands: Sequence[Command],
    spare: int = SPARE,
) -> frozenset[str]:
    """The keys of the counters that the batch will look at: those of its applications, and of the waiters who come first."""
    keys: set[str] = set()
    for command in commands:
        if isinstance(command, SetLimit):
            keys.add(command.key)
        elif isinstance(command, Recount):
            keys.update([key for key, _used in command.uses])
        elif isinstance(command, OfApplication) and not isinstance(command, Accept):
            cell, place = cells[command.cell], places.get(command.application)
            rules, drawn = terms[cell.programme], _draws(command, place)
            if not isinstance(command, Nominate):
                keys.update(keys_of(PLACE_KINDS, rules, cell, drawn))
            if isinstance(command, Nominate) or _touches_nomination(command, place, rules):
                keys.update(keys_of(NOMINATION_KINDS, rules, cell, drawn))
    come_first = _come_first([cells[key] for key in lists], cells, commands, spare) if lists else {}
    for key, most in come_first.items():
        cell, waiters = cells[key], lists[key].first
        first = waiters if most >= len(waiters) or _before_round(cell, terms) else sorted(waiters, key=rank_of)[:most]
        for one in first:
            keys.update(keys_of(PLACE_KINDS, terms[cell.programme], cell, one))
    return frozenset(keys)


def _may_come_free(commands: Iterable[Command], cells: Mapping[str, CellState]) -> Mapping[str, int]:
    """How many places of each cell the commands may free, or bring to it."""
    freed: defaultdict[str, int] = defaultdict(int)
    for command in commands:
        if isinstance(command, _FREEING):
            freed[command.cell] += 1
        elif isinstance(command, SetTarget):
            freed[command.cell] += max(0, command.target - cells[command.cell].target)
        elif isinstance(command, MovePlaces) and command.target is not None:
            freed[command.target] += command.places
    return freed


def _before_round(cell: CellState, terms: Mapping[str, Terms]) -> bool:
    call = terms[cell.programme].calls.get(cell.year)
    return call is not None and call.grants_from is not None and not cell.served


def _touches_nomination(command: OfApplication, place: PlaceState | None, terms: Terms) -> bool:
    if isinstance(command, RequestPlace):
        return terms.nomination_in_route and not (place is not None and place.nominated)
    return isinstance(command, Withdraw) and place is not None and place.nominated and place.state in (NOMINATED, WAITING)


class _Asked:
    """An application that is asked about for the first time, as far as limits look at it."""

    __slots__ = ("channel", "course", "person")

    def __init__(self, command: OfApplication) -> None:
        self.person = command.person
        self.course: str | None = None
        self.channel: str | None = None


def _draws(command: OfApplication, place: PlaceState | None) -> OfPlace:
    if isinstance(command, RequestPlace):
        return command
    return place if place is not None else _Asked(command)
