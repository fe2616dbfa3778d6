"""Places move between cells and the pool by decision of two people. What cannot be moved whole is not moved at all."""

from services.quotas.domain.commands import MovePlaces
from services.quotas.domain.desk import Desk
from services.quotas.domain.model import Short
from services.quotas.domain.opened import Cause, OpenCell, because
from services.quotas.domain.outcomes import TargetSet
from services.quotas.domain.steps import promote


def move_places(desk: Desk, command: MovePlaces) -> None:
    """Free places leave one cell and come to another, which serves its list with them. Both targets follow.

    Nothing happens, and `short` says why, where fewer are free than asked for, or the one that would get them is no cell of the
    programme, had its year closed, takes no part on that day, or holds more than its target, so that they would vanish in what it
    holds too many.
    """
    giver = desk.cell(command.source) if command.source is not None else None
    taker = desk.cell(command.target) if command.target is not None else None
    short = _too_few(desk, command, giver) or _cannot_take(command, giver, taker)
    if short is not None:
        desk.too_short(short)
        return
    cause = because(command, command.cause)
    if giver is not None:
        if taker is not None:
            desk.hand_over(giver, taker, command.places, cause)
        else:
            desk.move(giver, "free", "pool", command.places, cause)
        _set(desk, giver, -command.places, cause)
    if taker is not None:
        if giver is None:
            desk.move(taker, "pool", "free", command.places, cause)
        _set(desk, taker, command.places, cause)
        promote(desk, taker, cause._replace(name="raised"))


def _too_few(desk: Desk, command: MovePlaces, giver: OpenCell | None) -> Short | None:
    has = giver.free if giver is not None else desk.pool(command.cell.partition(":")[0])
    if command.places <= has:
        return None
    return Short(command, has, command.places, "free_short" if giver is not None else "pool_short")


def _cannot_take(command: MovePlaces, giver: OpenCell | None, taker: OpenCell | None) -> Short | None:
    if taker is None:
        return None
    if taker.call is None or (giver is not None and giver.programme != taker.programme):
        return Short(command, 0, command.places, "unknown_cell")
    if taker.settled:
        return Short(command, taker.target, command.places, "year_closed")
    if not taker.terms.takes_part_at_all(taker.country, taker.day(command.at)):
        return Short(command, 0, command.places, "takes_no_part")
    if taker.counter.used > taker.target:
        return Short(command, taker.target, taker.counter.used, "holds_too_many")
    return None


def _set(desk: Desk, cell: OpenCell, by: int, cause: Cause) -> None:
    before = cell.target
    cell.counter.capacity = before + by
    desk.note(cell, None, cause, TargetSet(before, cell.target), (desk.use(cell.counter, 0),))
