"""What comes again for a parked key is kept once, however often it comes: a receiver that is away, a relay that sends everything again."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from shared.events.catalogue import APPLICATIONS
from shared.events.envelope import AnyEvent, encode
from shared.messaging import parking
from shared.messaging.behind import given_up, is_among
from shared.messaging.consumer import Consumer
from shared.messaging.local import LocalTransport
from shared.messaging.transport import Outgoing, Partition, Record, TransportAway
from shared.persistence.database import Database, Tx
from tests.conftest import NewDb
from tests.contract.rig import KEYS, MOMENT, Rig, add_tables, apply_once, fact, in_order, service

OPEN = "select count(*) from parked_event where settled_at is null"
GARBAGE = b"\xff not an event"


class Away:
    """A receiver that is away for its first five deliveries."""

    def __init__(self) -> None:
        self.asked = 0

    async def deliver(self, _records: Sequence[Record]) -> None:
        self.asked += 1
        if self.asked <= 5:
            raise TransportAway("nobody takes anything")


class Poisoned:
    """The rig's handler, which cannot do the subject `bad` before it is healed."""

    healed = False

    async def __call__(self, tx: Tx, events: Sequence[AnyEvent]) -> None:
        if not self.healed and any(one.subject == "bad" for one in events):
            raise ArithmeticError("a place for two")
        await apply_once(tx, events)


async def kept(db: Database) -> list[tuple[str, str]]:
    """What is kept and open, by key: the codes in their order."""
    return [(one.key, one.reason_code) for one in await db.run(parking.listing)]


@pytest.fixture
async def db(new_db: NewDb) -> Database:
    found = await new_db("quotas")
    await add_tables(found)
    return found


async def test_while_another_receiver_is_away_a_bad_event_and_what_is_behind_it_are_kept_once(db: Database) -> None:
    """One drop and one resume are enough afterwards, and everything behind is done in its order."""
    transport, away, handle = LocalTransport(), Away(), Poisoned()
    transport.subscribe("quotas", [APPLICATIONS.name], Consumer(service("quotas", db, handle)))
    transport.subscribe("notifications", [APPLICATIONS.name], away)
    publisher = await transport.publisher()
    first, second = (encode(fact("behind", version, KEYS[0])) for version in (1, 2))
    sent = [(KEYS[0], value) for value in (GARBAGE, first, GARBAGE, second)]
    sent += [(KEYS[1], encode(fact("bad", version, KEYS[1]))) for version in (1, 2)]
    rows = [Outgoing(number, APPLICATIONS.name, key, value) for number, (key, value) in enumerate(sent)]
    for _ in range(5):
        with pytest.raises(TransportAway):
            await publisher.publish(rows)
    assert await publisher.publish(rows) == list(range(len(rows)))
    assert sorted(await kept(db)) == sorted(
        [(KEYS[0], "malformed"), (KEYS[0], "behind"), (KEYS[0], "behind"), (KEYS[1], "handler_failed"), (KEYS[1], "behind")]
    ), "the same bytes of no event of ours are one row"
    stray = next(one for one in await db.run(parking.listing) if one.reason_code == "malformed")
    assert await db.run(lambda tx: parking.drop(tx, stray.id, now=MOMENT, actor="operator", reason="no event of ours"))
    assert await parking.resume(db, handle, KEYS[0], now=MOMENT, actor="operator") == 2
    handle.healed = True
    assert await parking.resume(db, handle, KEYS[1], now=MOMENT, actor="operator") == 2
    assert await kept(db) == []


async def test_a_relay_that_sends_everything_again_adds_nothing_behind_a_parked_key(rig: Rig) -> None:
    """As one does that is killed between the acknowledgement and its mark."""
    handle = Poisoned()
    async with rig.consuming(handle), rig.relaying():
        await rig.publish(*(fact("bad", version, KEYS[0]) for version in (1, 2, 3)), fact("good", 1, KEYS[1]))
        await rig.until_effects(1)
        for turn in (2, 3):
            await rig.until_sent()
            await rig.producer.run(lambda tx: tx.execute(text("update outbox set sent_at = null")))
            # Behind all that is sent again, and of the key's own partition: once this one is kept, the others have been there.
            await rig.publish(fact(f"last{turn}", 1, KEYS[0]))

            async def there(turn: int = turn) -> bool:
                return await rig.count(f"{OPEN} and convert_from(value, 'UTF8')::json ->> 'subject' = 'last{turn}'") > 0

            await rig.until(there)
        assert await kept(rig.consumer) == [(KEYS[0], "handler_failed")] + [(KEYS[0], "behind")] * 4
        handle.healed = True
        assert await parking.resume(rig.consumer, handle, KEYS[0], now=MOMENT, actor="operator") == 5
    effects = await rig.effects()
    assert in_order(effects) and len(effects) == 6


async def test_what_comes_again_in_one_delivery_is_kept_once_and_in_the_order_of_coming_first(db: Database) -> None:
    transport, handle = LocalTransport(), Poisoned()
    transport.subscribe("quotas", [APPLICATIONS.name], Consumer(service("quotas", db, handle)))
    values = [encode(fact("bad", version, KEYS[0])) for version in (1, 2, 3, 2, 1, 4, 3)]
    publisher = await transport.publisher()
    await publisher.publish([Outgoing(number, APPLICATIONS.name, KEYS[0], value) for number, value in enumerate(values)])
    offsets = await db.run(lambda tx: tx.execute(text("select next_offset from parked_event order by id")))
    assert list(offsets.scalars()) == [1, 2, 3, 6]


async def test_what_was_handled_does_not_stand_for_what_comes_later(db: Database) -> None:
    """A key that stops anew at the same event keeps it again."""
    transport, handle = LocalTransport(), Poisoned()
    transport.subscribe("quotas", [APPLICATIONS.name], Consumer(service("quotas", db, handle)))
    publisher = await transport.publisher()
    row = [Outgoing(1, APPLICATIONS.name, KEYS[0], encode(fact("bad", 1, KEYS[0])))]
    await publisher.publish(row)
    handle.healed = True
    assert await parking.resume(db, handle, KEYS[0], now=MOMENT, actor="operator") == 1
    handle.healed = False
    await publisher.publish(row)
    assert await kept(db) == [(KEYS[0], "handler_failed")]


async def test_an_unknown_event_that_was_dropped_is_given_up_where_a_later_release_knows_it_too(db: Database) -> None:
    """Its bytes are the same, though it had no id then. Others' bytes, and the same under another key, are not given up."""
    record = Record(Partition(APPLICATIONS.name, 0), 1, KEYS[0], encode(fact("late", 1, KEYS[0])))
    other = record._replace(value=encode(fact("late", 2, KEYS[0])))

    async def as_before(tx: Tx) -> None:
        await parking.park(tx, record, code="unknown_type", reason="unknown")
        await tx.execute(text("update parked_event set event_id = null, type = null"))

    await db.run(as_before)
    [first] = await db.run(parking.listing)
    assert await db.run(lambda tx: parking.drop(tx, first.id, now=MOMENT, actor="operator", reason="a test"))
    dropped = await db.run(lambda tx: given_up(tx, KEYS))
    assert [is_among(one, dropped) for one in (record, other, record._replace(key=KEYS[1]))] == [True, False, False]
