"""The steps that decisions are made of, and the one promotion: whatever frees a place or a limit serves the list here."""

from collections.abc import Iterable
from uuid import UUID

from services.quotas.domain.desk import Desk
from services.quotas.domain.limits import CELL, NOMINATION_KINDS, PLACE_KINDS, Kind
from services.quotas.domain.model import OFFERED, REFUSED, RELEASED, WAITING, Use
from services.quotas.domain.opened import Cause, OpenCell, OpenPlace
from services.quotas.domain.outcomes import Offered, Refused, Released
from services.quotas.domain.rules import Refusal, lacking

Skips = tuple[tuple[UUID, str], ...]
"""Who was passed over, and for want of room in which limit."""


def promote(desk: Desk, cell: OpenCell, cause: Cause) -> Skips:
    """Serve the list by rank as long as the cell has room: the one way in which anybody who waits gets a place, whatever freed it.

    Whoever has no room in another limit is passed over; every offer after that names them and the limit. Returns those passed over.
    """
    if not cell.waiting or not cell.counter.has_room() or not cell.serves(cause.at):
        return ()
    skips: list[tuple[UUID, str]] = []
    waiters = desk.waiters(cell)
    at = 0
    while at < len(waiters) and cell.counter.has_room():
        desk.ask_for_limits(cell, waiters[at:])
        place = desk.waiter(waiters[at])
        without_room = _unservable(desk, cell, place, cause)
        if without_room is None:
            offer(desk, cell, place, cause, tuple(skips))  # takes it off the list, so that the next one stands here now
        else:
            skips.append((place.application, without_room))
            at += 1
    return tuple(skips)


def _unservable(desk: Desk, cell: OpenCell, place: OpenPlace, cause: Cause) -> str | None:
    if not cell.terms.takes_part(cell.country, cause.at, place.parts):
        return f"participation:{cell.country}"
    return next(iter(lacking(desk, cell, place)), None)


def serve_who_gained(desk: Desk, cell: OpenCell, place: OpenPlace, cause: Cause) -> None:
    """Something was freed: serve this cell's list, then the other cells in which the person waits, who may have room now."""
    promote(desk, cell, cause)
    for other in desk.waits_elsewhere(place.person, cell):
        promote(desk, other, cause._replace(name="person_freed"))


def offer(desk: Desk, cell: OpenCell, place: OpenPlace, cause: Cause, skips: Skips, nomination: tuple[Use, ...] = ()) -> None:
    uses = count(desk, cell, place, PLACE_KINDS, +1)
    if place.state == WAITING:
        desk.leave(cell, place, OFFERED)
    place.state, place.answer_by = OFFERED, cell.terms.answer_by(cell.year, cause.at)
    cell.offered += 1
    desk.move(cell, "free", "offered", 1, cause)
    desk.note(cell, place, cause, Offered(place.answer_by, skips), nomination + uses)


def release(desk: Desk, cell: OpenCell, place: OpenPlace, cause: Cause) -> None:
    """The place goes back: to the cell, or to the pool where the cell is over its target or the country takes part no longer.

    Once the year was closed, it goes where the places went that were free then.
    """
    account = place.state
    over = cell.counter.used > cell.target
    uses = count(desk, cell, place, PLACE_KINDS, -1)
    if account == OFFERED:
        cell.offered -= 1
    else:
        cell.taken -= 1
    back = "pool" if over else "free"
    if not over and (cell.settled or not cell.terms.takes_part_at_all(cell.country, cause.at)):
        cell.counter.capacity = cell.target - 1
        uses = tuple(use._replace(capacity=cell.target) if use.kind == CELL.name else use for use in uses)
        back = cell.unused if cell.settled else "pool"
    place.state, place.answer_by = RELEASED, None
    desk.move(cell, account, back, 1, cause)
    desk.note(cell, place, cause, Released(cause.name), uses)
    serve_who_gained(desk, cell, place, cause)


def refuse(desk: Desk, cell: OpenCell, place: OpenPlace, cause: Cause, refusal: Refusal, nomination: tuple[Use, ...] = ()) -> None:
    if place.state == WAITING:
        desk.leave(cell, place, REFUSED)
    place.state, place.reason, place.reason_limit = REFUSED, refusal.reason, refusal.limit
    desk.note(cell, place, cause, Refused(refusal.reason, refusal.limit), nomination + refusal.uses)


def refuse_everybody(desk: Desk, cell: OpenCell, cause: Cause, reason: str) -> None:
    for rank in tuple(desk.waiters(cell)):
        refuse(desk, cell, desk.waiter(rank), cause, Refusal(reason, f"cell:{cell.key}"))


def count(desk: Desk, cell: OpenCell, place: OpenPlace, kinds: Iterable[Kind], by: int) -> tuple[Use, ...]:
    return tuple([desk.use(desk.counter(kind, cell, place), by) for kind in kinds])


def looked_at(desk: Desk, cell: OpenCell, place: OpenPlace) -> tuple[Use, ...]:
    return count(desk, cell, place, PLACE_KINDS, 0)


def draw_nomination(desk: Desk, cell: OpenCell, place: OpenPlace) -> tuple[Use, ...]:
    place.nominated = True
    return count(desk, cell, place, NOMINATION_KINDS, +1)


def free_nomination(desk: Desk, cell: OpenCell, place: OpenPlace) -> tuple[Use, ...]:
    if not place.nominated:
        return ()
    place.nominated = False
    return count(desk, cell, place, NOMINATION_KINDS, -1)
