"""What both transports promise, in one suite."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import text

from services.quotas.rebuild import CannotRebuild
from services.run import books, waiting
from shared.events.catalogue import TOPICS
from shared.events.envelope import MAX_BYTES, AnyEvent, encode
from shared.kernel.ids import derived_id, new_id
from shared.messaging import outbox, parking
from shared.messaging.backlog import Lookout
from shared.messaging.local import LocalTransport
from shared.messaging.service import Waits
from shared.messaging.transport import Outgoing
from shared.persistence.database import Tx
from shared.settings import CommonSettings
from tests.contract.rig import KEYS, MOMENT, Rig, apply_once, fact, forward, history, in_order, service


async def test_every_event_is_applied_once_and_in_its_subjects_order(rig: Rig) -> None:
    """Forty interleaved histories arrive complete, each in order."""
    events = history(subjects=40, versions=5)
    async with rig.consuming(), rig.relaying():
        await forward(events, rig.publish)
        await rig.until_effects(len(events))
        await rig.until_sent()
    effects = await rig.effects()
    assert len(effects) == len(events)
    assert in_order(effects)


async def test_what_was_committed_before_a_worker_runs_is_delivered_when_it_starts(rig: Rig) -> None:
    """The outbox is durable: nothing depends on a worker being there."""
    await rig.publish(*history(subjects=3, versions=2))
    async with rig.consuming(), rig.relaying():
        await rig.until_effects(6)
    assert in_order(await rig.effects())


async def test_what_waits_for_a_service_is_counted_and_how_long_the_oldest_has(rig: Rig) -> None:
    """First in the outbox; with a broker then on the topic, though nobody reads it; none once it was handled."""
    services = {name: service(name, db, apply_once) for name, db in (("applications", rig.producer), ("quotas", rig.consumer))}
    broker = not isinstance(rig.transport, LocalTransport)

    async def waits() -> waiting.Line:
        looks = {name: Lookout(name, one.db, lambda: rig.transport) if broker else None for name, one in services.items()}
        return (await waiting.lines(services, looks, MOMENT + timedelta(seconds=90)))[1]

    await rig.transport.prepare(TOPICS)
    await rig.publish(*history(subjects=3, versions=2))
    assert await waits() == waiting.Line("quotas", 6, 0, 90)
    if broker:
        async with rig.relaying():
            await rig.until_sent()
        found = await waits()
        assert found == waiting.Line("quotas", 0, 6, found.seconds) and found.seconds < 60

        async def older() -> bool:
            return (await waits()).seconds > found.seconds

        await rig.until(older)
    async with rig.consuming(), rig.relaying():
        await rig.until_effects(6)
        await rig.until_sent()
    assert await waits() == waiting.Line("quotas", 0, 0, 0)
    if broker:
        found = (await waiting.lines(services, {"applications": None, "quotas": None}, MOMENT))[1]
        assert found.on_topics is None and "PUENTE_KAFKA_BOOTSTRAP" in found.note, "its worker reads topics, and where they are is not said"
        with pytest.raises(CannotRebuild, match="events travel by Kafka: start the demonstration"):
            await books.from_topics(rig.consumer, CommonSettings(transport="local"))


async def test_what_was_rolled_back_is_never_delivered(rig: Rig) -> None:
    """An event exists exactly when its transaction does."""

    async def undone(tx: Tx) -> None:
        await outbox.add(tx, fact("ghost", 1, KEYS[0]))
        raise ZeroDivisionError

    async with rig.consuming(), rig.relaying():
        with pytest.raises(ZeroDivisionError):
            await rig.producer.run(undone)
        await rig.publish(fact("real", 1, KEYS[0]))
        await rig.until_effects(1)
    assert await rig.effects() == [(KEYS[0], "real", 1)]


async def test_sending_everything_again_changes_nothing(rig: Rig) -> None:
    """A relay that lost its marks sends all rows again; the subjects' versions settle it."""
    events = history(subjects=10, versions=3)
    async with rig.consuming(), rig.relaying():
        await forward(events, rig.publish)
        await rig.until_effects(len(events))
        await rig.until_sent()
        await rig.producer.run(lambda tx: tx.execute(text("update outbox set sent_at = null")))
        await rig.publish(fact("last", 1, KEYS[1]))
        await rig.until_effects(len(events) + 1)
        await rig.until_sent()
    effects = await rig.effects()
    assert len(effects) == len(events) + 1
    assert in_order(effects)


async def test_a_handler_that_fails_stops_its_own_key_only_and_is_resumed_in_order(rig: Rig) -> None:
    """The poison is kept and shown; what follows in its key waits behind it; others go on; resuming applies all in order."""
    healed = False

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        if not healed and any(one.subject == "bad" and one.subjectversion == 2 for one in events):
            raise ArithmeticError("a place for two")
        await apply_once(tx, events)

    good = history(subjects=5, versions=4)
    async with rig.consuming(handle), rig.relaying():
        await rig.publish(fact("bad", 1, "scholarship:VE:2016"))
        await rig.publish(*good[:10], fact("bad", 2, "scholarship:VE:2016"), *good[10:])
        await rig.publish(fact("bad", 3, "scholarship:VE:2016"), fact("neighbour", 1, "scholarship:VE:2016"))
        await rig.until_effects(len(good) + 1)

        async def all_parked() -> bool:
            return await rig.count("select count(*) from parked_event") == 3

        await rig.until(all_parked)
        parked = await rig.consumer.run(parking.listing)
        assert [(p.key, p.reason_code) for p in parked] == [("scholarship:VE:2016", "handler_failed")] + [
            ("scholarship:VE:2016", "behind")
        ] * 2
        assert "a place for two" in parked[0].reason
        with pytest.raises(ArithmeticError):
            await parking.resume(rig.consumer, handle, "scholarship:VE:2016", now=MOMENT, actor="operator")
        assert await rig.count("select count(*) from parked_event where settled_at is null") == 3
        healed = True
        assert await parking.resume(rig.consumer, handle, "scholarship:VE:2016", now=MOMENT, actor="operator") == 3
        await rig.publish(fact("bad", 4, "scholarship:VE:2016"))
        await rig.until_effects(len(good) + 5)
    effects = await rig.effects()
    assert in_order(effects)
    assert [version for _, subject, version in effects if subject == "bad"] == [1, 2, 3, 4]
    assert await rig.count("select count(*) from audit_entry where act = 'events.resume'") == 1


async def test_bytes_that_are_no_event_of_ours_are_parked_by_position_and_hash(rig: Rig) -> None:
    """An unknown version keeps its bytes for a later release; garbage keeps none; neither stops another key."""
    strange = fact("strange", 1, KEYS[0])
    unknown = encode(msgspec.structs.replace(strange, type="puente.application.withdrawn.v9"))

    async def smuggle(tx: Tx) -> None:
        for key, value in ((KEYS[0], unknown), (KEYS[1], b"\xff not an event"), (KEYS[2], b'{"specversion":"1.0"}')):
            await tx.execute(
                text(
                    "insert into outbox (topic, key, event_id, type, value, created_at) "
                    "values ('puente.applications.v1', :k, :id, 'x', :v, :at)"
                ),
                {"k": key, "id": new_id(), "v": value, "at": MOMENT},
            )

    async with rig.consuming(), rig.relaying():
        await rig.producer.run(smuggle)
        await rig.publish(*(fact(f"after{n}", 1, KEYS[n]) for n in range(6)))
        await rig.until_effects(3)

        async def all_parked() -> bool:
            return await rig.count("select count(*) from parked_event") == 6

        await rig.until(all_parked)
    parked = {p.key: p.reason_code for p in await rig.consumer.run(parking.listing) if p.reason_code != "behind"}
    assert parked == {KEYS[0]: "unknown_type", KEYS[1]: "malformed", KEYS[2]: "malformed"}
    assert await rig.count("select count(*) from parked_event where value is null and sha256 <> '' and reason_code = 'malformed'") == 2
    assert await rig.count("select count(*) from parked_event where value is not null and reason_code = 'unknown_type'") == 1


async def test_a_foreign_record_over_64_kib_is_parked_and_the_stream_goes_on(rig: Rig) -> None:
    """Ours cannot be that large: the outbox refuses. A stranger's is kept as size and hash."""
    async with rig.consuming(), rig.relaying():
        publisher = await rig.transport.publisher()
        await publisher.publish([Outgoing(10**9, "puente.applications.v1", KEYS[3], b"x" * (MAX_BYTES + 1))])
        await publisher.close()
        await rig.publish(fact("fine", 1, KEYS[4]), fact("behind", 1, KEYS[3]))
        await rig.until_effects(1)

        async def both_parked() -> bool:
            return await rig.count("select count(*) from parked_event") == 2

        await rig.until(both_parked)
    parked = await rig.consumer.run(parking.listing)
    assert [(p.key, p.reason_code) for p in parked] == [(KEYS[3], "oversize"), (KEYS[3], "behind")]
    assert await rig.count("select size_bytes from parked_event where reason_code = 'oversize' and value is null") == MAX_BYTES + 1


async def test_an_event_that_waits_for_something_goes_on_by_itself(rig: Rig) -> None:
    """The key waits, with all that follows in it, and no human hand is needed once the missing thing is known."""
    known = asyncio.Event()

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        if not known.is_set() and any(one.partitionkey == KEYS[0] for one in events):
            raise Waits("programme:scholarship")
        await apply_once(tx, events)

    async with rig.consuming(handle), rig.relaying():
        await rig.publish(fact("early", 1, KEYS[0]), fact("early", 2, KEYS[0]), fact("other", 1, KEYS[1]))
        await rig.until_effects(1)

        async def waits() -> bool:
            return await rig.count("select count(*) from parked_event") == 2

        await rig.until(waits)
        assert await rig.count("select count(*) from parked_key where waits_for = 'programme:scholarship'") == 1
        known.set()
        await rig.until_effects(3)
        await rig.publish(fact("early", 3, KEYS[0]))
        await rig.until_effects(4)
    assert in_order(await rig.effects())
    assert await rig.count("select count(*) from parked_key") == 0


async def test_a_poison_behind_an_event_that_waits_stops_its_own_key_only(rig: Rig) -> None:
    """What was waited for is known, and the event behind cannot be done: what is before it is done, the key is a person's to look at, and
    the worker goes on.
    """
    known, healed = asyncio.Event(), asyncio.Event()

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        if not known.is_set() and any(one.partitionkey in KEYS[:2] for one in events):
            raise Waits("programme:scholarship")
        if not healed.is_set() and any(one.subject == "bad" for one in events):
            raise ArithmeticError("a place for two")
        await apply_once(tx, events)

    async with rig.consuming(handle), rig.relaying():
        await rig.publish(fact("early", 1, KEYS[0]), fact("bad", 1, KEYS[0]), fact("late", 1, KEYS[1]))

        async def wait() -> bool:
            return await rig.count("select count(*) from parked_event") == 3

        await rig.until(wait)
        known.set()
        await rig.until_effects(2)

        async def shown() -> bool:
            return await rig.count("select count(*) from parked_key where waits_for is null and reason_code = 'handler_failed'") == 1

        await rig.until(shown)
        await rig.publish(fact("other", 1, KEYS[2]), fact("bad", 2, KEYS[0]))
        await rig.until_effects(3)
        first, *_behind = await rig.consumer.run(parking.listing)
        assert (first.key, first.waits_for, first.reason_code) == (KEYS[0], None, "handler_failed") and "a place for two" in first.reason
        healed.set()
        await rig.until(lambda: _is(rig, "select count(*) from parked_event where settled_at is null", 2))
        assert await parking.resume(rig.consumer, handle, KEYS[0], now=MOMENT, actor="operator") == 2
    assert in_order(await rig.effects())


async def _is(rig: Rig, query: str, number: int) -> bool:
    return await rig.count(query) == number


async def test_two_workers_of_one_service_share_and_one_that_leaves_is_replaced(rig: Rig) -> None:
    """A second worker joins under load and the first leaves; nothing is lost, repeated or reordered."""
    events = history(subjects=60, versions=6)
    third = len(events) // 3
    async with rig.relaying():
        first = rig.consuming()
        await first.__aenter__()
        await forward(events[:third], rig.publish, 20)
        async with rig.consuming():
            await forward(events[third : 2 * third], rig.publish, 20)
            await rig.until_effects(third)
            await first.__aexit__(None, None, None)
            await forward(events[2 * third :], rig.publish, 20)
            await rig.until_effects(len(events))
    effects = await rig.effects()
    assert len(effects) == len(events)
    assert in_order(effects)


async def test_ids_are_derived_alike(rig: Rig) -> None:
    """The rig's facts are the same events each time, so that a resend is a repeat and not a new fact."""
    assert fact("a", 1, KEYS[0]) == fact("a", 1, KEYS[0])
    assert fact("a", 1, KEYS[0]).id == derived_id("a", "1")
