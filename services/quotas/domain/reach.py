"""What a batch may touch, told before it is decided, so that one look at the database is enough in nearly every case.

What these functions leave out is asked for by the decision itself (`Needs`); they only spare a second start.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from services.quotas.domain.limits import NOMINATION_KINDS, PLACE_KINDS, OfCell, OfPlace, crosses_cells, keys_of
from services.quotas.domain.model import NOMINATED, WAITING, CellState, PlaceState
from services.quotas.domain.terms import Terms

SPARE: Final = 4
"""So many more waiters than places that may come free have their limits locked with the first look: some cannot be served."""
_OF_LIST: Final = (ServeRound, CloseList, EndParticipation, Reorder, SetTarget, SetLimit)
_FREEING: Final = (Decline, Withdraw, End, Expire)


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
            keys.update(key for kind, key in keys_of(PLACE_KINDS, terms[cell.programme], cell, place) if kind.crosses)
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


def lists_to_load(cells: Mapping[str, CellState], terms: Mapping[str, Terms], commands: Sequence[Command]) -> frozenset[str]:
    """The cells whose waiting list the batch will look at."""
    freeing = {command.cell for command in commands if isinstance(command, _FREEING)}
    asked = {command.cell for command in commands if isinstance(command, RequestPlace)}
    whole = {command.cell for command in commands if isinstance(command, _OF_LIST)}
    whole.update(command.target for command in commands if isinstance(command, MovePlaces) and command.target is not None)
    found = {cell.key for cell in cells.values() if cell.waiting and cell.key in whole}
    for cell in cells.values():
        if not cell.waiting or _before_round(cell, terms):
            continue
        room_on_list = cell.waiting < terms[cell.programme].list_size(cell.target)
        if cell.free or cell.key in freeing or (cell.key in asked and room_on_list):
            found.add(cell.key)
    return frozenset(found)


def limits_to_lock(
    cells: Mapping[str, CellState],
    terms: Mapping[str, Terms],
    places: Mapping[UUID, PlaceState],
    lists: Mapping[str, Sequence[PlaceState]],
    commands: Sequence[Command],
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
                keys.update([key for _kind, key in keys_of(PLACE_KINDS, rules, cell, drawn)])
            if isinstance(command, Nominate) or _touches_nomination(command, place, rules):
                keys.update([key for _kind, key in keys_of(NOMINATION_KINDS, rules, cell, drawn)])
    freed = _may_come_free(commands, cells) if lists else Counter()
    for key, waiters in lists.items():
        cell = cells[key]
        most = len(waiters) if _before_round(cell, terms) else cell.free + freed[key] + SPARE
        first = sorted(waiters, key=lambda one: (-one.score, one.submitted_at, one.application))[:most]
        keys.update(key for one in first for _kind, key in keys_of(PLACE_KINDS, terms[cell.programme], cell, one))
    return frozenset(keys)


def _may_come_free(commands: Iterable[Command], cells: Mapping[str, CellState]) -> Counter[str]:
    """How many places of each cell the commands may free, or ask for."""
    freed: Counter[str] = Counter()
    for command in commands:
        freed[command.cell] += isinstance(command, (*_FREEING, RequestPlace))
        freed.update(_gained(command, cells))
    return freed


def _gained(command: Command, cells: Mapping[str, CellState]) -> Mapping[str, int]:
    """How many places a cell gains by a decision about its target."""
    if isinstance(command, SetTarget):
        return {command.cell: max(0, command.target - cells[command.cell].target)}
    if isinstance(command, MovePlaces) and command.target is not None:
        return {command.target: command.places}
    return {}


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
