"""The decision: books and commands in, a verdict out. One function for each command; `DECISIONS` says which.

Order inside a batch is the order of the commands, and a batch comes to the same as its commands one at a time. What frees
a place serves the list before anything else is looked at, so that no newcomer overtakes anybody who could be served.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from services.quotas.domain import moves, of_cell, reordering
from services.quotas.domain.commands import (
    Accept,
    CloseList,
    CloseYear,
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
from services.quotas.domain.desk import Desk
from services.quotas.domain.limits import PLACE_KINDS
from services.quotas.domain.model import NEW, NOMINATED, NOMINATION_REFUSED, OFFERED, RELEASED, TAKEN, WAITING, Books, Use, Verdict
from services.quotas.domain.opened import Missing, OpenPlace, because
from services.quotas.domain.outcomes import Ended, Left, NominationHeld, NominationRefused, Taken, Waiting
from services.quotas.domain.rules import LIST_RULES, NOMINATION_RULES, REQUEST_RULES, first_refusal, lacking
from services.quotas.domain.steps import (
    count,
    draw_nomination,
    free_nomination,
    looked_at,
    offer,
    promote,
    refuse,
    release,
    serve_who_gained,
)

_FREED_BY_END: Final = tuple(kind for kind in PLACE_KINDS if kind.freed_by_end)


def decide(books: Books, commands: Sequence[Command]) -> Verdict:
    """Decide the commands in their order. Where something was not loaded that matters, the verdict says only what it needs."""
    desk = Desk(books)
    try:
        for command in commands:
            DECISIONS[type(command)](desk, command)
    except Missing as missing:
        return Verdict(needs=missing.needs)
    return desk.verdict()


def nominate(desk: Desk, command: Nominate) -> None:
    """The nomination counts against the cap, or is refused by name of the limit; a refused one may be put forward again."""
    place = _newer(desk, command, may_be_new=True)
    if place is None:
        return
    if place.state not in (NEW, NOMINATION_REFUSED):
        desk.ignore(command, "already_known")
        return
    cell, cause = desk.cell(command.cell), because(command, "nominated")
    refusal = first_refusal(NOMINATION_RULES, desk, cell, place, command.at)
    if refusal is not None:
        place.state, place.reason, place.reason_limit = NOMINATION_REFUSED, refusal.reason, refusal.limit
        desk.note(cell, place, cause, NominationRefused(refusal.reason, refusal.limit), refusal.uses)
        return
    place.state, place.reason, place.reason_limit, place.parts = NOMINATED, None, None, command.parts
    desk.note(cell, place, cause, NominationHeld(), draw_nomination(desk, cell, place))


def request_place(desk: Desk, command: RequestPlace) -> None:
    """A place where one is free and nobody servable waits; else the waiting list; else a refusal that names its limit."""
    place = _newer(desk, command, may_be_new=True)
    if place is None:
        return
    if place.state not in (NEW, NOMINATED, NOMINATION_REFUSED):
        desk.ignore(command, "already_known")
        return
    place.asks(command.score, command.submitted_at, command.parts, command.course, command.channel)
    cell, cause = desk.cell(command.cell), because(command, "approved")
    refusal = first_refusal(REQUEST_RULES, desk, cell, place, command.at)
    if refusal is not None:
        refuse(desk, cell, place, cause, refusal)
        return
    nomination: tuple[Use, ...] = ()
    if cell.terms.nomination_in_route and not place.nominated:
        nomination = draw_nomination(desk, cell, place)
    without_room: tuple[str, ...] = ()
    if cell.serves(command.at):
        skips = promote(desk, cell, cause)
        without_room = lacking(desk, cell, place)
        if not without_room:
            offer(desk, cell, place, cause, skips, nomination)
            return
    refusal = first_refusal(LIST_RULES, desk, cell, place, command.at)
    if refusal is not None:
        refuse(desk, cell, place, cause, refusal, nomination)
        return
    desk.join(cell, place)
    place.position = 0 if cell.before_round() else desk.list_of(cell).position(place)
    desk.note(cell, place, cause, Waiting(place.position, without_room), nomination + looked_at(desk, cell, place))


def accept(desk: Desk, command: Accept) -> None:
    """The offer becomes a place, if it is this very offer and the answer was given in time (its last second inside).

    What counts is when the answer was given, not when it is read: a late one lets the offer expire here and now. An answer given
    in time is honoured as long as the place is still offered; if the deadline's sweep came first, the offer is gone.
    """
    place = _at_version(desk, command)
    if place is None:
        return
    cell = desk.cell(command.cell)
    if place.answer_by is not None and command.at > place.answer_by:
        release(desk, cell, place, because(command, "expired"))
        return
    place.state, place.answer_by = TAKEN, None
    cell.offered -= 1
    cell.taken += 1
    cause = because(command, "accepted")
    desk.move(cell, "offered", "taken", 1, cause)
    desk.note(cell, place, cause, Taken())


def decline(desk: Desk, command: Decline) -> None:
    """This very offer is given back."""
    place = _at_version(desk, command)
    if place is not None:
        release(desk, desk.cell(command.cell), place, because(command, "declined"))


def expire(desk: Desk, command: Expire) -> None:
    """This very offer's deadline has passed; one that was answered, or a newer one, is left alone."""
    place = _at_version(desk, command)
    if place is None:
        return
    if place.answer_by is not None and command.at <= place.answer_by:
        desk.ignore(command, "not_due")
        return
    release(desk, desk.cell(command.cell), place, because(command, "expired"))


def withdraw(desk: Desk, command: Withdraw) -> None:
    """Whatever the application holds goes back: its place, its rank on the list, and, before a place was given, its nomination."""
    place = _newer(desk, command)
    if place is None:
        return
    cell, cause = desk.cell(command.cell), because(command, "withdrawn")
    if place.state in (OFFERED, TAKEN) and not place.ended:
        release(desk, cell, place, cause)
    elif place.state == WAITING:
        desk.leave(cell, place, RELEASED)
        desk.note(cell, place, cause, Left(), free_nomination(desk, cell, place))
    elif place.state == NOMINATED:
        place.state = RELEASED
        desk.note(cell, place, cause, Left(), free_nomination(desk, cell, place))
    else:
        desk.ignore(command, "nothing_held")


def end(desk: Desk, command: End) -> None:
    """Who left while the list is open makes room for the next; any other ending frees the person and keeps the place as delivered."""
    place = _newer(desk, command)
    if place is None:
        return
    if place.state != TAKEN or place.ended:
        desk.ignore(command, "nothing_held")
        return
    cell, cause = desk.cell(command.cell), because(command, "ended")
    if command.reason == "left" and cell.list_is_open(command.at):
        release(desk, cell, place, cause)
        return
    place.ended = True
    uses = count(desk, cell, place, _FREED_BY_END, -1)
    desk.note(cell, place, cause, Ended(), uses)
    serve_who_gained(desk, cell, cause, uses)


def _newer(desk: Desk, command: OfApplication, *, may_be_new: bool = False) -> OpenPlace | None:
    """The application's place, where this command is news of it. A fact that was applied before changes nothing."""
    place = desk.place_or_new(command) if may_be_new else desk.place(command.application)
    if place is None:
        desk.ignore(command, "unknown_application")
        return None
    if command.version:
        if command.version <= place.application_version:
            desk.ignore(command, "applied_before")
            return None
        place.application_version = command.version
        place.changed = True
    return place


def _at_version(desk: Desk, command: Accept | Decline | Expire) -> OpenPlace | None:
    """The place, where it is offered and at the very version that the command is about."""
    place = _newer(desk, command)
    if place is None:
        return None
    if place.state != OFFERED or place.version != command.place_version:
        desk.ignore(command, "moved_on")
        return None
    return place


DECISIONS: Final[Mapping[type[Command], Callable[[Desk, Any], None]]] = {
    Nominate: nominate,
    RequestPlace: request_place,
    Accept: accept,
    Decline: decline,
    Withdraw: withdraw,
    End: end,
    Expire: expire,
    ServeRound: of_cell.serve_round,
    CloseList: of_cell.close_list,
    CloseYear: of_cell.close_year,
    EndParticipation: of_cell.end_participation,
    SetTarget: of_cell.set_target,
    MovePlaces: moves.move_places,
    Reorder: reordering.reorder,
    ServeLists: of_cell.serve_lists,
    SetLimit: of_cell.set_limit,
    Recount: of_cell.recount,
}
