"""What is decided about a cell as a whole: its round, its list, its participation, its target."""

from services.quotas.domain.commands import CloseList, CloseYear, EndParticipation, Recount, ServeLists, ServeRound, SetLimit, SetTarget
from services.quotas.domain.desk import Desk
from services.quotas.domain.limits import named
from services.quotas.domain.model import Short
from services.quotas.domain.opened import Cause, OpenCell, because
from services.quotas.domain.outcomes import LimitSet, Recounted, TargetSet, Waiting
from services.quotas.domain.rules import Refusal, lacking
from services.quotas.domain.steps import looked_at, promote, refuse, refuse_everybody


def serve_round(desk: Desk, command: ServeRound) -> None:
    """The list is served by rank; the next ones up to the list's size go on waiting, and the others are refused.

    Where the country takes no part at that moment, those wait on besides for whom the free places are once it does again.
    Where the plan has the year no longer, there is nothing to wait for: everybody is refused.
    """
    cell, cause = desk.cell(command.cell), because(command, "round")
    if cell.served:
        desk.ignore(command, "already_done")
        return
    cell.served = cell.changed = True
    if cell.call is None:
        refuse_everybody(desk, cell, cause, "unknown_cell")
        return
    # No sweep asks for it any more once the list should be closed. There are logs in which one did, and they come to what they came to.
    promote(desk, cell, cause, late=True)
    size = cell.terms.list_size(cell.target) + (0 if cell.serves(command.at, late=True) else cell.free)
    for number, rank in enumerate(desk.list_of(cell).everybody(), 1):
        place = desk.waiter(rank)
        if number <= size:
            place.position = number
            desk.note(cell, place, cause, Waiting(number, lacking(desk, cell, place)), looked_at(desk, cell, place))
        else:
            refuse(desk, cell, place, cause, Refusal("list_full", f"cell:{cell.key}"))


def close_list(desk: Desk, command: CloseList) -> None:
    """Nobody waits any longer."""
    cell, cause = desk.cell(command.cell), because(command, "list_closed")
    if cell.closed:
        desk.ignore(command, "already_done")
        return
    cell.closed = cell.changed = True
    refuse_everybody(desk, cell, cause, "list_closed")


def close_year(desk: Desk, command: CloseYear) -> None:
    """What is free lapses or goes to the pool, once; what is held stays. A call whose end was moved meanwhile is left alone.

    A year that the plan has no longer is closed too, so that what comes back goes where such places go.
    """
    cell, cause = desk.cell(command.cell), because(command, "year_closed")
    if cell.settled or not cell.closed:
        desk.ignore(command, "already_done" if cell.settled else "list_open")
        return
    if command.at <= command.ends_at or (cell.call is not None and cell.call.list_closes != command.ends_at):
        desk.ignore(command, "moved_on")
        return
    cell.settled = cell.changed = True
    before, free = cell.target, cell.free
    if free:
        desk.move(cell, "free", cell.unused, free, cause)
        cell.counter.capacity = cell.counter.used
    desk.note(cell, None, cause, TargetSet(before, cell.target), (desk.use(cell.counter, 0),))


def end_participation(desk: Desk, command: EndParticipation) -> None:
    """Places held stay; free ones go back to the pool, with the target that they filled; those who wait are told why.

    Of a country that takes part no longer in some parts only those are told who wait for one of them. Where the plan has the country
    or the year no longer, nobody waits for anything.
    """
    cell, cause = desk.cell(command.cell), because(command, "participation_ended")
    left = cell.terms.has_left(cell.country, cell.day(command.at))
    if cell.call is None or left:
        refuse_everybody(desk, cell, cause, "unknown_cell" if cell.call is None else "not_participating")
    else:
        _end_for_parts(desk, command, cell, cause)
    if left and cell.free:
        before = cell.target
        desk.move(cell, "free", "pool", cell.free, cause)
        cell.counter.capacity = cell.counter.used
        desk.note(cell, None, cause, TargetSet(before, cell.target), (desk.use(cell.counter, 0),))


def _end_for_parts(desk: Desk, command: EndParticipation, cell: OpenCell, cause: Cause) -> None:
    waiters, day = [desk.waiter(rank) for rank in desk.list_of(cell).everybody()], cell.day(command.at)
    out = [one for one in waiters if not cell.terms.takes_part(cell.country, day, one.parts, one.course)]
    if not out:
        desk.ignore(command, "takes_part")
    for place in out:
        refuse(desk, cell, place, cause, Refusal("not_participating", f"cell:{cell.key}"))


def set_target(desk: Desk, command: SetTarget) -> None:
    """More places come from the pool and serve the list; fewer go back to it as far as they are free. Nothing that is held is revoked."""
    cell, cause = desk.cell(command.cell), because(command, command.cause)
    gained = max(0, command.target - cell.counter.used) - cell.free
    if cell.settled:
        desk.too_short(Short(command, cell.target, command.target, "year_closed"))
        return
    if gained > 0 and gained > (pool := desk.pool(cell.programme)):
        desk.too_short(Short(command, pool, gained))
        return
    if command.target != cell.target:
        before, cell.counter.capacity = cell.target, command.target
        if gained > 0:
            desk.move(cell, "pool", "free", gained, cause)
        elif gained < 0:
            desk.move(cell, "free", "pool", -gained, cause)
        desk.note(cell, None, cause, TargetSet(before, command.target), (desk.use(cell.counter, 0),))
    promote(desk, cell, cause._replace(name="raised"))


def set_limit(desk: Desk, command: SetLimit) -> None:
    """The limit's new capacity is in force, and whoever waited for room in it is served. Nothing that is held is revoked."""
    cell, cause = desk.cell(command.cell), because(command, command.cause)
    limit = named(command.key)
    if limit is None or not limit.kind.settable or not limit.kind.draws(cell.terms, limit, limit):
        desk.ignore(command, "unknown_limit")
        return
    counter = desk.counter(command.key)
    planned = limit.kind.capacity(cell.terms, limit if limit.kind.crosses else cell, limit)
    before = planned if counter.fixed is None else counter.fixed
    after = planned if command.capacity is None else command.capacity
    if counter.fixed == command.capacity:
        desk.ignore(command, "already_done")
        return
    counter.fixed, counter.capacity = command.capacity, after
    others = desk.cells_that_wait([command.key], cell) if limit.kind.crosses else []
    desk.note(cell, None, cause, LimitSet(command.key, before, after, command.capacity), (desk.change(counter),))
    promote(desk, cell, cause._replace(name="limit_raised"), others)


def recount(desk: Desk, command: Recount) -> None:
    """Counters stand at what is held, where new terms count what the terms before did not."""
    cell, cause = desk.cell(command.cell), because(command, "recounted")
    counters = [(desk.counter(key), used) for key, used in command.uses]
    uses = tuple(desk.use(counter, used - counter.used) for counter, used in counters if used != counter.used)
    if uses:
        desk.note(cell, None, cause, Recounted(), uses)
    else:
        desk.ignore(command, "already_done")


def serve_lists(desk: Desk, command: ServeLists) -> None:
    """The lists of all these cells are served as one, by rank."""
    cell, *others = [desk.cell(key) for key in sorted(command.cells)]
    cause = because(command, command.cause)
    promote(desk, cell, cause, others, elsewhere=cause)
