"""A waiting list put into another order by hand. The new rank is written down, so that who is served by it overtakes nobody unseen."""

from datetime import timedelta
from typing import Final

from services.quotas.domain.commands import Reorder
from services.quotas.domain.desk import Desk
from services.quotas.domain.model import WAITING, Short
from services.quotas.domain.opened import because
from services.quotas.domain.outcomes import Reordered

_BEFORE: Final = timedelta(microseconds=1)


def reorder(desk: Desk, command: Reorder) -> None:
    """The application gets the score of the other one, and a moment just before it: whoever ranks by that is in the new order.

    Nothing happens, and `short` says why, where one of them does not wait here, or the two stand in that order already with nobody
    between them, or there is no rank left between the other one and whoever stands directly ahead of it.
    """
    cell, cause = desk.cell(command.cell), because(command, "reordered")
    waiting = desk.list_of(cell)
    place, other = desk.place(command.application), desk.place(command.ahead_of)
    if place is None or other is None or place is other or any(p.state != WAITING or p.cell != cell.key for p in (place, other)):
        desk.too_short(Short(command, 0, 1, "not_waiting"))
        return
    ahead = waiting.directly_ahead_of(other.rank)
    if ahead == place.rank:
        desk.too_short(Short(command, 0, 1, "ahead_already"))
        return
    score, moment = other.score, other.rank[1] - _BEFORE
    if ahead is not None and ahead >= (-score, moment, place.application):
        desk.too_short(Short(command, 0, 1, "no_rank_between"))
        return
    before_round, since = place.position == 0, place.decided_at
    desk.leave(cell, place, WAITING)
    place.score, place.submitted_at = score, moment
    desk.join(cell, place)
    position = waiting.position(place)
    place.position = 0 if before_round else position
    desk.note(cell, place, cause, Reordered(position))
    place.decided_at = since  # it waits since then
