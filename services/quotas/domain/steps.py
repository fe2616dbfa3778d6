"""The steps that decisions are made of, and the one promotion: whatever frees a place or a limit serves the list here."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from services.quotas.domain.desk import Desk
from services.quotas.domain.limits import BY_NAME, CELL, NOMINATION_KINDS, PLACE_KINDS, Kind
from services.quotas.domain.model import OFFERED, REFUSED, RELEASED, WAITING, Rank, Use
from services.quotas.domain.opened import Cause, Missing, OpenCell, OpenPlace
from services.quotas.domain.outcomes import Offered, Refused, Released
from services.quotas.domain.rules import Refusal, lacking
from services.quotas.domain.waiting_list import WaitingList

Skips = tuple[tuple[UUID, str], ...]
"""Who was passed over, and for want of room in which limit."""


def promote(
    desk: Desk, cell: OpenCell, cause: Cause, others: Sequence[OpenCell] = (), elsewhere: Cause | None = None, *, late: bool = False
) -> Skips:
    """Serve who waits, as long as there is room: the one way in which anybody who waits gets a place, whatever freed it. Nobody after the
    end of the call, unless it is `late`.

    `others` are cells in which somebody draws on a limit that gained room. The best ranked of all these lists come first, so that a seat
    of a course goes to the best ranked who waits for it, wherever. Whoever has no room in some limit is passed over; every later
    offer of the same cell names them and the limit. Returns those passed over in `cell`.
    """
    if not cell.waiting and not others:
        return ()
    serving = [one for one in (cell, *others) if one.waiting and one.counter.has_room() and one.serves(cause.at, late=late)]
    desk.ask_for_lists(serving)
    there = elsewhere or cause._replace(name="limit_freed")
    queues = [_Queue(one, desk.list_of(one), cause if one is cell else there) for one in serving]
    going_on = queues
    while going_on:
        min(going_on, key=_Queue.rank).serve_next(desk)
        going_on = [one for one in going_on if one.goes_on()]
    return tuple(queues[0].skips) if queues and queues[0].cell is cell else ()


class _Queue:
    """A cell's list while it is served: `at` is the first that was neither served nor passed over."""

    __slots__ = ("at", "cause", "cell", "skips", "waiting")

    def __init__(self, cell: OpenCell, waiting: WaitingList, cause: Cause) -> None:
        self.cell, self.waiting, self.cause = cell, waiting, cause
        self.at = 0
        self.skips: list[tuple[UUID, str]] = []

    def rank(self) -> Rank:
        return self.waiting.at(self.at)

    def goes_on(self) -> bool:
        return self.at < self.cell.waiting and self.cell.counter.has_room()

    def serve_next(self, desk: Desk) -> None:
        place = desk.waiter(self.rank())
        try:
            without_room = _unservable(desk, self.cell, place, self.cause)
        except Missing as missing:
            raise Missing(replace(missing.needs, further=True)) from missing
        if without_room is None:
            offer(desk, self.cell, place, self.cause, tuple(self.skips))  # takes it off the list, so that the next one stands here now
        else:
            self.skips.append((place.application, without_room))
            self.at += 1


def _unservable(desk: Desk, cell: OpenCell, place: OpenPlace, cause: Cause) -> str | None:
    if not cell.terms.takes_part(cell.country, cell.day(cause.at), place.parts, place.course):
        return f"participation:{cell.country}"
    return next(iter(lacking(desk, cell, place)), None)


def serve_who_gained(desk: Desk, cell: OpenCell, cause: Cause, uses: Iterable[Use]) -> None:
    """Something was freed: serve this cell's list, and those of other cells in which somebody draws on what gained room."""
    gained = [use.key for use in uses if use.after < use.before and BY_NAME[use.kind].crosses]
    promote(desk, cell, cause, desk.cells_that_wait(gained, cell))


def offer(desk: Desk, cell: OpenCell, place: OpenPlace, cause: Cause, skips: Skips, nomination: tuple[Use, ...] = ()) -> None:
    uses = count(desk, cell, place, PLACE_KINDS, +1)
    if place.state == WAITING:
        desk.leave(cell, place, OFFERED)
    place.state, place.answer_by = OFFERED, cell.terms.answer_by(cell.year, cause.offers_from)
    cell.offered += 1
    desk.move(cell, "free", "offered", 1, cause)
    passed = desk.look({limit for _application, limit in skips}) if skips else ()
    desk.note(cell, place, cause, Offered(place.answer_by, skips), nomination + uses + passed)


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
    if not over and (cell.settled or not cell.terms.takes_part_at_all(cell.country, cell.day(cause.at))):
        cell.counter.capacity = cell.target - 1
        uses = tuple(use._replace(capacity=cell.target) if use.kind == CELL.name else use for use in uses)
        back = cell.unused if cell.settled else "pool"
    place.state, place.answer_by = RELEASED, None
    desk.move(cell, account, back, 1, cause)
    desk.note(cell, place, cause, Released(cause.name), uses)
    serve_who_gained(desk, cell, cause, uses)


def refuse(desk: Desk, cell: OpenCell, place: OpenPlace, cause: Cause, refusal: Refusal, nomination: tuple[Use, ...] = ()) -> None:
    if place.state == WAITING:
        desk.leave(cell, place, REFUSED)
    place.state, place.reason, place.reason_limit = REFUSED, refusal.reason, refusal.limit
    desk.note(cell, place, cause, Refused(refusal.reason, refusal.limit), nomination + refusal.uses)


def refuse_everybody(desk: Desk, cell: OpenCell, cause: Cause, reason: str) -> None:
    for rank in desk.list_of(cell).everybody():
        refuse(desk, cell, desk.waiter(rank), cause, Refusal(reason, f"cell:{cell.key}"))


def count(desk: Desk, cell: OpenCell, place: OpenPlace, kinds: Iterable[Kind], by: int) -> tuple[Use, ...]:
    return tuple([desk.use(counter, by) for _kind, counter in desk.counters(kinds, cell, place)])


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
