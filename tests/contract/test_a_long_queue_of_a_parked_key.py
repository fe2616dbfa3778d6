"""A key with thousands of events behind it goes on until it is empty, in order, and keeps no other key waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import cast

import pytest
from sqlalchemy import text

from shared.events.catalogue import APPLICATIONS
from shared.events.envelope import AnyEvent, encode
from shared.messaging import parking, stopped
from shared.messaging.consumer import Consumer
from shared.messaging.service import Waits
from shared.messaging.transport import Partition, Record
from shared.persistence.database import Database, Tx
from tests.contract.rig import KEYS, MOMENT, fact, service

LONG, SHORT, OTHER = KEYS[:3]
MANY = 3_500
_FILL = text(
    "insert into parked_event (key, topic, partition, next_offset, type, value, sha256, size_bytes, reason_code, reason) "
    "select :key, :topic, 0, n, 'x', value, encode(sha256(value), 'hex'), 0, 'behind', 'behind' "
    "from unnest(cast(:values as bytea[])) with ordinality as v (value, n)"
)

_WAITING = text("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")


class Handled:
    """A handler that notes what it was given, batch by batch; the events of `bad` fail, and `waits` is not known from `until` on."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[str, int]]] = []
        self.waits: str | None = None
        self.until = 0
        self.bad: int | None = None
        self.asked = self.given = 0

    async def __call__(self, _tx: Tx, events: Sequence[AnyEvent]) -> None:
        self.asked, self.given = self.asked + 1, len(events)
        if self.waits is not None and any(one.subjectversion > self.until for one in events):
            raise Waits(self.waits)
        if any(one.subjectversion == self.bad for one in events):
            raise ArithmeticError("a place for two")
        self.batches.append([(one.partitionkey, one.subjectversion) for one in events])

    @property
    def events(self) -> list[tuple[str, int]]:
        return [one for batch in self.batches for one in batch]


@pytest.fixture
async def db(new_db: Callable[[str], Awaitable[Database]]) -> AsyncIterator[Database]:
    yield await new_db("notifications")


async def park(db: Database, key: str, count: int, waits_for: str | None = "programme:training") -> None:
    """A parked key with so many events behind it, versions 1 to `count` of one subject."""

    async def work(tx: Tx) -> None:
        await tx.execute(
            text("insert into parked_key (key, reason_code, reason, waits_for) values (:key, 'waits', 'waits', :what)"),
            {"key": key, "what": waits_for},
        )
        values = [encode(fact(key, version, key)) for version in range(1, count + 1)]
        await tx.execute(_FILL, {"key": key, "topic": APPLICATIONS.name, "values": values})

    await db.run(work)


async def left(db: Database) -> list[str]:
    async def work(tx: Tx) -> list[str]:
        return list((await tx.execute(text("select key from parked_key order by key"))).scalars())

    return await db.run(work)


async def test_it_goes_on_turn_by_turn_until_it_is_empty_and_the_others_have_their_turns_between(db: Database) -> None:
    await park(db, LONG, MANY)
    await park(db, SHORT, 3)
    handled = Handled()
    first = await parking.resume_waiting(db, handled, now=MOMENT)
    assert first < MANY and [one for one in handled.events if one[0] == SHORT] == [(SHORT, n) for n in (1, 2, 3)]
    assert await left(db) == [LONG]
    late = fact(LONG, MANY + 1, LONG)
    await Consumer(service("notifications", db, handled)).deliver([Record(Partition(APPLICATIONS.name, 0), 9_999, LONG, encode(late))])
    while await parking.resume_waiting(db, handled, now=MOMENT):
        pass
    assert [version for key, version in handled.events if key == LONG] == list(range(1, MANY + 2)), "each once, in order, the late one last"
    assert max(map(len, handled.batches)) == parking.CHUNK, "no transaction holds more, however long the queue is"
    assert await left(db) == []


async def test_what_still_waits_is_asked_for_once_and_with_one_event(db: Database) -> None:
    for key in (LONG, SHORT, OTHER):
        await park(db, key, 20)
    handled = Handled()
    handled.waits = "programme:training"
    assert await parking.resume_waiting(db, handled, now=MOMENT) == 0
    assert handled.asked == 1, "all three wait for the same"
    handled.waits = "programme:masters"
    assert await parking.resume_waiting(db, handled, now=MOMENT) == 0
    assert {what for _key, what in await db.run(parking.waiting)} == {"programme:masters"}, (
        "what was waited for is known, and another thing is not"
    )
    handled.waits = None
    assert await parking.resume_waiting(db, handled, now=MOMENT) == 60
    assert await left(db) == []


@pytest.mark.parametrize("by", ["itself", "an operator"])
async def test_an_event_that_fails_far_behind_is_the_one_that_is_shown(db: Database, by: str) -> None:
    """What is before it is done; a person who drops the one that is shown drops the right one."""
    await park(db, LONG, 900, "programme:training" if by == "itself" else None)
    handled = Handled()
    handled.bad = 700
    if by == "itself":
        await parking.resume_waiting(db, handled, now=MOMENT)
    else:
        tally = parking.Tally()
        with pytest.raises(ArithmeticError):
            await parking.resume(db, handled, LONG, now=MOMENT, actor="operator", tally=tally)
        assert tally.done == 699, "whoever asked is told how far it came"
    assert handled.events == [(LONG, version) for version in range(1, 700)]
    shown, *behind = await db.run(parking.listing)
    assert (shown.reason_code, shown.waits_for, len(behind)) == ("handler_failed", None, 200) and "a place for two" in shown.reason
    assert await db.run(lambda tx: parking.drop(tx, shown.id, now=MOMENT, actor="operator", reason="a test"))
    assert await parking.resume(db, handled, LONG, now=MOMENT, actor="operator") == 200
    assert handled.events[-1] == (LONG, 900) and await left(db) == []


async def test_a_key_that_an_operator_resumed_and_that_waits_goes_on_by_itself(db: Database) -> None:
    """It had failed before; what stops it now is that something is not known yet, and that is what is shown."""
    await park(db, LONG, 30, None)
    handled = Handled()
    handled.waits, handled.until = "programme:masters", 12
    with pytest.raises(Waits):
        await parking.resume(db, handled, LONG, now=MOMENT, actor="operator")
    shown, *_behind = await db.run(parking.listing)
    assert (shown.waits_for, shown.reason_code, len(handled.events)) == ("programme:masters", "waits", 12)
    assert await parking.resume_waiting(db, handled, now=MOMENT) == 0
    handled.waits = None
    assert await parking.resume_waiting(db, handled, now=MOMENT) == 18
    assert await left(db) == []


class Meddled:
    """A database with which somebody else does something right behind a transaction that failed on a single event."""

    def __init__(self, db: Database, handled: Handled, meddle: Callable[[], Awaitable[object]]) -> None:
        self._db, self._handled, self._meddle = db, handled, meddle

    async def run(self, work: Callable[[Tx], Awaitable[object]]) -> object:
        try:
            return await self._db.run(work)
        except ArithmeticError:
            if self._handled.given == 1:
                await self._meddle()
            raise


@pytest.mark.parametrize("meanwhile", ["dropped", "resumed", "resumed and waiting"])
async def test_what_others_found_meanwhile_is_not_overwritten(db: Database, meanwhile: str) -> None:
    """Between the failure and its note somebody drops the event, or goes on with the key: the events behind it did not fail."""
    await park(db, LONG, 30, None)
    handled, other = Handled(), Handled()
    handled.bad = 7

    async def meddle() -> None:
        if meanwhile == "dropped":
            shown, *_behind = await db.run(parking.listing)
            await db.run(lambda tx: parking.drop(tx, shown.id, now=MOMENT, actor="somebody", reason="a test"))
        elif meanwhile == "resumed":
            await parking.resume(db, other, LONG, now=MOMENT, actor="somebody", portion=1, most=4)
        else:
            other.waits, other.until = "programme:masters", 20
            with pytest.raises(Waits):
                await parking.resume(db, other, LONG, now=MOMENT, actor="somebody")

    with pytest.raises(ArithmeticError):
        await parking.resume(cast("Database", Meddled(db, handled, meddle)), handled, LONG, now=MOMENT, actor="operator")
    shown, *_behind = await db.run(parking.listing)
    expected = ("waits", "programme:masters") if meanwhile == "resumed and waiting" else ("behind", None)
    assert (shown.reason_code, shown.waits_for) == expected


async def test_an_event_that_is_being_handled_is_not_dropped_as_well(db: Database) -> None:
    """Somebody drops it while the portion that holds it is under way: the drop waits for its end, and then finds nothing to give up."""
    await park(db, SHORT, 3, None)
    (_first, second, _third) = await db.run(parking.listing)
    dropping: list[asyncio.Task[bool]] = []

    async def waiting(tx: Tx) -> bool:
        return bool((await tx.execute(_WAITING)).scalar_one())

    async def handle(_tx: Tx, _events: Sequence[AnyEvent]) -> None:
        drop = asyncio.create_task(db.run(lambda tx: parking.drop(tx, second.id, now=MOMENT, actor="somebody", reason="a test")))
        dropping.append(drop)
        while not (drop.done() or await db.run(waiting)):
            pass

    assert await parking.resume(db, handle, SHORT, now=MOMENT, actor="operator") == 3
    assert [await drop for drop in dropping] == [False]

    async def settled(tx: Tx) -> list[str]:
        return list((await tx.execute(text("select settled_how from parked_event order by id"))).scalars())

    assert await db.run(settled) == ["handled"] * 3


async def test_what_is_more_than_one_portion_goes_on_behind_the_request_and_what_is_done_is_shown(db: Database) -> None:
    await park(db, LONG, MANY, None)
    await park(db, SHORT, 3, None)
    handled = Handled()
    assert await stopped.begin(db, handled, SHORT, now=MOMENT, actor="operator") == stopped.Resumed(3, 0)
    resumed = await stopped.begin(db, handled, LONG, now=MOMENT, actor="operator")
    assert resumed == stopped.Resumed(parking.CHUNK, MANY - parking.CHUNK), "the request did one portion"
    [shown] = await db.run(lambda tx: stopped.stopped(tx, 100))
    assert (shown.key, shown.goes_on, shown.done, shown.events) == (LONG, True, parking.CHUNK, MANY - parking.CHUNK)
    assert len(shown.first) == stopped.SHOWN and shown.first[0].reason_code == "behind"
    more = await parking.resume_waiting(db, handled, now=MOMENT)
    [shown] = await db.run(lambda tx: stopped.stopped(tx, 100))
    assert (shown.done, shown.events) == (parking.CHUNK + more, MANY - parking.CHUNK - more)
    handled.bad = MANY
    while await parking.resume_waiting(db, handled, now=MOMENT):
        pass
    [shown] = await db.run(lambda tx: stopped.stopped(tx, 100))
    assert not shown.goes_on and shown.first[0].reason_code == "handler_failed", "one that fails on the way is a person's to look at"
    handled.bad = None
    assert await stopped.begin(db, handled, LONG, now=MOMENT, actor="operator") == stopped.Resumed(1, 0)
    assert [version for key, version in handled.events if key == LONG] == list(range(1, MANY + 1))
    assert await db.run(stopped.how_many) == 0


async def test_a_queue_of_exactly_one_portion_is_over_with_it(db: Database) -> None:
    await park(db, LONG, parking.CHUNK, None)
    await stopped.begin(db, Handled(), LONG, now=MOMENT, actor="operator")
    await parking.resume_waiting(db, Handled(), now=MOMENT)
    assert await left(db) == []
