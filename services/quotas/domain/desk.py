"""The books as they lie open while a batch is decided: working copies, and the one way to write a decision down.

Nothing here judges anything; that is `rules` and `decide`. What was not loaded is asked for by raising `Missing`.
"""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from services.quotas.domain.chain import link
from services.quotas.domain.commands import Command, OfApplication
from services.quotas.domain.limits import CELL, CROSSING, Kind, keys_of
from services.quotas.domain.model import NEW, Books, Decision, Ignored, Limit, Needs, PlaceState, Rank, Short, Transfer, Use, Verdict
from services.quotas.domain.opened import Cause, Counter, Missing, OpenCell, OpenPlace
from services.quotas.domain.outcomes import Offered, Outcome, Waiting
from services.quotas.domain.waiting_list import WaitingList


class Desk:
    """The open books of one batch."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._cells: dict[str, OpenCell] = {}
        self._lists: dict[str, WaitingList] = {}
        self._counters: dict[str, Counter] = {}
        self._places: dict[UUID, OpenPlace] = {}
        self._stored_waiters: dict[UUID, PlaceState] = {}
        self._waits_since: dict[str, set[str]] = {}
        self._pools: dict[str, int] = {}
        self._lapsed: dict[str, int] = {}
        self._decisions: list[Decision] = []
        self._transfers: list[Transfer] = []
        self._ignored: list[Ignored] = []
        self._short: list[Short] = []

    # ------------------------------------------------------------------ opening

    def cell(self, key: str) -> OpenCell:
        found = self._cells.get(key)
        if found is None:
            state = self._books.cells.get(key)
            if state is None:
                raise Missing(Needs(cells=frozenset((key,))))
            found = self._cells[key] = OpenCell(state, self._books.terms[state.programme])
            listed = self._books.lists.get(key)
            if listed is not None:
                self._stored_waiters.update((one.application, one) for one in listed.first)
            self._lists[key] = WaitingList(key, state.waiting, listed)
        return found

    def place(self, application: UUID) -> OpenPlace | None:
        found = self._places.get(application)
        if found is None:
            state = self._books.places.get(application) or self._stored_waiters.get(application)
            if state is None:
                return None
            found = self._places[application] = OpenPlace(state)
        return found

    def place_or_new(self, command: OfApplication) -> OpenPlace:
        found = self.place(command.application)
        if found is None:
            found = self._places[command.application] = OpenPlace(
                PlaceState(
                    command.application,
                    command.person,
                    command.cell,
                    NEW,
                    0,
                    0,
                    0,
                    0,
                    None,
                    (),
                    None,
                    None,
                    False,
                    False,
                    None,
                    None,
                    None,
                    None,
                    command.at,
                )
            )
        return found

    def counters(self, kinds: Iterable[Kind], cell: OpenCell, place: OpenPlace) -> list[tuple[Kind, Counter]]:
        """The limits of these kinds that this application draws on, each with its capacity as it is now."""
        found: list[tuple[Kind, Counter]] = []
        terms, drawn, bounded = cell.terms, place.drawn, cell.bounded
        for kind in kinds:
            if kind is CELL:
                found.append((kind, cell.counter))
                continue
            if not (bounded or kind.always):
                continue
            name = kind.name
            if name not in drawn:
                drawn[name] = self.counter(kind.key(cell, place)) if kind.always or kind.draws(terms, cell, place) else None
            counter = drawn[name]
            if counter is not None:
                counter.capacity = kind.capacity(terms, cell, place) if counter.fixed is None else counter.fixed
                found.append((kind, counter))
        return found

    def counter(self, key: str) -> Counter:
        """A limit other than a cell's own, with the capacity that it had when it was last drawn on."""
        found = self._counters.get(key)
        if found is None:
            limit = self._books.limits.get(key)
            if limit is None:
                raise Missing(Needs(limits=frozenset((key,))))
            found = self._counters[key] = Counter(*limit)
        return found

    def list_of(self, cell: OpenCell) -> WaitingList:
        """The cell's list. Changes of it go through `join` and `leave`."""
        return self._lists[cell.key]

    def waiter(self, rank: Rank) -> OpenPlace:
        """The place of somebody on a list."""
        found = self.place(rank[2])
        assert found is not None, "everybody on a list was loaded"
        return found

    def ask_for_lists(self, cells: Iterable[OpenCell]) -> None:
        """Raise `Missing` for the beginning of these cells' lists, where any of them was not loaded."""
        missing = frozenset(cell.key for cell in cells if not self._lists[cell.key].is_loaded())
        if missing:
            raise Missing(Needs(lists=missing))

    def cells_that_wait(self, keys: Sequence[str], besides: OpenCell | None = None) -> list[OpenCell]:
        """The cells in which somebody waits who draws on one of these limits, or did when the batch began; in the order of their keys."""
        unknown = frozenset(key for key in keys if key not in self._books.elsewhere)
        if unknown:
            raise Missing(Needs(gaining=unknown))
        found = {cell for key in keys for cell in (*self._books.elsewhere[key], *self._waits_since.get(key, ()))}
        if besides is not None:
            found.discard(besides.key)
        unlocked = frozenset(found).difference(self._books.cells)
        if unlocked:
            raise Missing(Needs(cells=unlocked))
        return [self.cell(key) for key in sorted(found)]

    def pool(self, programme: str) -> int:
        """The places that no cell holds, as of now."""
        stored = self._books.pools.get(programme)
        if stored is None:
            raise Missing(Needs(pools=frozenset((programme,))))
        return stored + self._pools.get(programme, 0)

    # ------------------------------------------------------------------ writing

    def join(self, cell: OpenCell, place: OpenPlace) -> None:
        """Put the application on the cell's list."""
        place.state = "waiting"
        cell.waiting += 1
        self._lists[cell.key].join(place.rank)
        for key in keys_of(CROSSING, cell.terms, cell, place):
            self._waits_since.setdefault(key, set()).add(cell.key)

    def leave(self, cell: OpenCell, place: OpenPlace, state: str) -> None:
        """Take the application off the cell's list; it is in `state` now."""
        place.state = state
        place.position = None
        cell.waiting -= 1
        self._lists[cell.key].leave(place.rank)

    def use(self, counter: Counter, by: int) -> Use:
        """Count `by` (0: only looked at) and say what was found and left."""
        before, version = counter.used, counter.version
        if by:
            counter.used = before + by
            counter.version = version + 1
            counter.kept = counter.capacity
            counter.changed = True
        return Use(counter.key, counter.kind, counter.capacity, version, before, before + by)

    def change(self, counter: Counter) -> Use:
        """Take the counter's capacity down as it is now, with nothing drawn on it."""
        version = counter.version
        counter.version, counter.kept, counter.changed = version + 1, counter.capacity, True
        return Use(counter.key, counter.kind, counter.capacity, version, counter.used, counter.used)

    def look(self, keys: Collection[str]) -> tuple[Use, ...]:
        """These limits as they stand, in the order of their keys; a key that is no counter's (`participation:...`) is passed by."""
        return tuple(self.use(self._counters[key], 0) for key in sorted(keys) if key in self._counters)

    def move(self, cell: OpenCell, source: str, target: str, count: int, cause: Cause) -> None:
        """Book a transfer between accounts, by the decision that is noted next.

        `pool` is the programme's, `lapsed` its year's, the others are the cell's.
        """
        came_from, went_to = cell.account(source), cell.account(target)
        if target == "lapsed":
            self._lapsed[went_to] = self._lapsed.get(went_to, 0) + count
        if source == "pool" or target == "pool":
            self._pools[cell.programme] = self._pools.get(cell.programme, 0) + (count if target == "pool" else -count)
        number = cell.last_decision + 1
        self._transfers.append(Transfer(cell.programme, cell.key, number, came_from, went_to, count, cause.name, cause.at))

    def hand_over(self, giver: OpenCell, taker: OpenCell, count: int, cause: Cause) -> None:
        """Book free places from one cell to another, by the giver's decision that is noted next."""
        accounts = f"free:{giver.key}", f"free:{taker.key}"
        self._transfers.append(Transfer(giver.programme, giver.key, giver.last_decision + 1, *accounts, count, cause.name, cause.at))

    def note(self, cell: OpenCell, place: OpenPlace | None, cause: Cause, outcome: Outcome, uses: tuple[Use, ...] = ()) -> None:
        """Write a decision down as the next link of the cell's chain."""
        number = cell.last_decision + 1
        record, digest = link(
            application=place.application if place is not None else None,
            at=cause.at,
            cause=cause.name,
            cell=cell.key,
            event=cause.event,
            lacking=outcome.lacking if type(outcome) is Waiting else (),
            limit=getattr(outcome, "limit", None),
            limits=uses,
            number=number,
            outcome=outcome.kind,
            position=getattr(outcome, "position", None),
            prev=cell.last_hash,
            rank=(place.score, place.submitted_at) if place is not None and place.submitted_at is not None else None,
            reason=getattr(outcome, "reason", None),
            rule=cell.terms.rule,
            skips=outcome.skips if type(outcome) is Offered else (),
            until=outcome.answer_by if type(outcome) is Offered else None,
        )
        cell.last_decision, cell.last_hash, cell.counter.version = number, digest, number
        cell.changed = True
        version, application, person = 0, None, None
        if place is not None:
            place.changed = True
            place.decision, place.decided_at = number, cause.at
            if outcome.published:
                place.version += 1
            version, application, person = place.version, place.application, place.person
        self._decisions.append(
            Decision(cell.key, number, cause.at, cause.name, cause.event, application, person, version, outcome, uses, record, digest)
        )

    def ignore(self, command: Command, reason: str) -> None:
        self._ignored.append(Ignored(command, reason))

    def too_short(self, short: Short) -> None:
        self._short.append(short)

    def verdict(self) -> Verdict:
        cells, counters, places = self._cells.values(), self._counters.values(), self._places.values()
        return Verdict(
            decisions=tuple(self._decisions),
            transfers=tuple(self._transfers),
            cells=tuple([cell.as_state() for cell in cells if cell.changed]),
            limits=tuple([Limit(c.key, c.kind, c.kept, c.used, c.version, c.fixed) for c in counters if c.changed]),
            looked_at=tuple([Limit(c.key, c.kind, None, 0, 0) for c in counters if not c.version and not c.changed]),
            places=tuple([place.as_state() for place in places if place.changed]),
            moved=tuple([moved for waiting in self._lists.values() if waiting.changed() for moved in waiting.moved()]),
            pools={programme: by for programme, by in self._pools.items() if by},
            lapsed=self._lapsed,
            ignored=tuple(self._ignored),
            short=tuple(self._short),
        )
