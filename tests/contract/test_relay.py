"""How an outbox is emptied: nothing is passed over, nothing overtakes, and whoever leads can be replaced at any moment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.events.catalogue import TOPICS
from shared.events.envelope import MAX_BYTES
from shared.kernel.ids import new_id
from shared.messaging import outbox
from shared.messaging.relay import KEEP_SENT_DAYS, LEADER_LOCK, Relay, connect, lead
from shared.messaging.transport import Outgoing, Publisher
from shared.persistence.database import Database, Tx
from tests.contract.rig import KEYS, MOMENT, Rig, fact, history, in_order


async def test_a_row_that_commits_after_a_later_one_is_not_passed_over(rig: Rig) -> None:
    """Ids are taken before the commit: the slow transaction's lower id appears when higher ones were sent long ago."""
    numbered, finish = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        await outbox.add(tx, fact("slow", 1, KEYS[0]))
        numbered.set()
        await finish.wait()

    async with rig.consuming(), rig.relaying():
        task = asyncio.create_task(rig.producer.run(slow))
        await numbered.wait()
        await rig.publish(fact("quick", 1, KEYS[1]))
        await rig.until_effects(1)
        await rig.until_sent()
        finish.set()
        await task
        await rig.until_effects(2)
    assert [subject for _, subject, _ in await rig.effects()] == ["quick", "slow"]


class HeldBack:
    """A publisher that stands still before it sends, as one whose process was stopped. Meets `transport.Publisher`."""

    def __init__(self, real: Publisher) -> None:
        self._real = real
        self.holds: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.go_on = asyncio.Event()

    async def publish(self, rows: Sequence[Outgoing]) -> Sequence[int]:
        if not self.holds.done():
            self.holds.set_result(len(rows))
        await self.go_on.wait()
        return await self._real.publish(rows)

    async def close(self) -> None:
        await self._real.close()


async def test_two_relays_that_overlap_send_twice_and_never_out_of_order(rig: Rig) -> None:
    """A leader that was asleep sends its old rows after another has sent them and more: repeats, and no effect out of order."""
    early, late = history(subjects=20, versions=2), [fact(f"s{n}", 3, KEYS[n % len(KEYS)]) for n in range(20)]
    await rig.publish(*early)
    async with rig.consuming():
        asleep = HeldBack(await rig.transport.publisher())
        awake = await rig.transport.publisher()
        first, second = await connect(rig.producer.url), await connect(rig.producer.url)
        try:
            sleeping = asyncio.create_task(Relay(first, asleep).drain())
            assert await asleep.holds == len(early)
            assert await Relay(second, awake).drain() == len(early)
            await rig.publish(*late)
            assert await Relay(second, awake).drain() == len(late)
            asleep.go_on.set()
            assert await sleeping == len(early)
            await rig.publish(fact("end", 1, KEYS[0]))
            await Relay(second, awake).drain()
        finally:
            await asyncio.gather(first.close(), second.close(), asleep.close(), awake.close())
        await rig.until_effects(len(early) + len(late) + 1)
    effects = await rig.effects()
    assert len(effects) == len(early) + len(late) + 1
    assert in_order(effects)


async def test_one_relay_leads_and_another_takes_over_when_its_session_is_cut(rig: Rig) -> None:
    """The lock is the session's own: it ends with it, and nobody has to notice that a process is gone."""
    admin = await asyncpg.connect(rig.producer.url.replace("postgresql+asyncpg://", "postgresql://", 1))
    leading = "select pid from pg_locks where locktype = 'advisory' and granted and objid = $1 and database = " + (
        "(select oid from pg_database where datname = current_database())"
    )
    try:
        async with rig.consuming(), rig.relaying(), rig.relaying():
            await rig.publish(*history(subjects=10, versions=1))
            await rig.until_effects(10)
            before = [row[0] for row in await admin.fetch(leading, LEADER_LOCK)]
            assert len(before) == 1
            await admin.execute("select pg_terminate_backend($1)", before[0])
            await rig.publish(*(fact(f"s{n}", 2, KEYS[n % len(KEYS)]) for n in range(10)))
            await rig.until_effects(20)
            await rig.until_sent()
            after = [row[0] for row in await admin.fetch(leading, LEADER_LOCK)]
            assert len(after) == 1 and after != before
    finally:
        await admin.close()
    assert in_order(await rig.effects())


async def until_leading(connection: "asyncpg.Connection[Any]", silent_seconds: float) -> None:
    """Ask to lead until it does, at most half a minute."""
    async with asyncio.timeout(30):
        while not await lead(connection, silent_seconds=silent_seconds):  # noqa: ASYNC110 - the lock is another session's
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("stopped_at", ["prepared and not executed", "an answer not read"])
async def test_a_leader_that_was_stopped_in_mid_statement_is_replaced(
    new_db: Callable[[str], Awaitable[Database]], stopped_at: str
) -> None:
    """Its session is not idle, as the database sees it: a statement is under way, or there is more to say than the other side takes."""
    url = (await new_db("applications")).url
    stopped, waiting = await connect(url), await connect(url)
    try:
        assert await lead(stopped)
        transport: Any = getattr(stopped, "_transport")  # noqa: B009 - not a part of what the type tells
        much = "select repeat('x', 1000) from generate_series(1, 200000)"
        prepared = await stopped.prepare(much) if stopped_at == "an answer not read" else None
        transport.pause_reading()
        reading = asyncio.create_task(prepared.fetch() if prepared else stopped.fetch(much))
        await until_leading(waiting, 0.5)
        transport.resume_reading()
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
            await reading
    finally:
        stopped.terminate()
        await waiting.close()


async def test_a_leader_whose_broker_is_slow_goes_on_leading(rig: Rig) -> None:
    """It says to its database that it lives for as long as a chunk is on its way, so nobody sends the same chunk beside it."""
    await rig.transport.prepare(TOPICS)
    await rig.publish(*history(subjects=5, versions=1))
    slow = HeldBack(await rig.transport.publisher())
    leading, waiting = await connect(rig.producer.url), await connect(rig.producer.url)
    try:
        assert await lead(leading)
        pid = leading.get_server_pid()
        draining = asyncio.create_task(Relay(leading, slow, breath_seconds=0.05).drain())
        assert await slow.holds == 5
        spoke: set[datetime] = set()
        async with asyncio.timeout(30):
            while len(spoke) < 4:
                assert not await lead(waiting, silent_seconds=20)
                spoke.add(await waiting.fetchval("select state_change from pg_stat_activity where pid = $1", pid))
        slow.go_on.set()
        assert await draining == 5
    finally:
        await asyncio.gather(leading.close(), waiting.close(), slow.close())


async def test_what_was_sent_is_kept_longer_than_the_topics_and_what_was_not_is_kept_for_ever(rig: Rig) -> None:
    """The outbox is the log to replay from; rows go only when no replay can want them."""
    await rig.publish(*(fact(f"s{n}", 1, KEYS[n]) for n in range(4)))
    connection = await connect(rig.producer.url)
    try:
        for subject, days in (("s0", KEEP_SENT_DAYS + 1), ("s1", KEEP_SENT_DAYS - 1), ("s2", 0)):
            statement = "update outbox set sent_at = now() - make_interval(days => $1) where event_id = $2"
            await connection.execute(statement, days, fact(subject, 1, KEYS[0]).id)
        await connection.execute("update outbox set created_at = created_at - interval '1 year'")
        relay = Relay(connection, await rig.transport.publisher())
        await relay.prune()
        assert [row[0] for row in await connection.fetch("select key from outbox order by id")] == KEYS[1:4]
    finally:
        await connection.close()
    assert all(topic.retention_days is None or topic.retention_days < KEEP_SENT_DAYS for topic in TOPICS)


async def test_an_event_that_no_consumer_would_take_never_leaves(new_db: Callable[[str], Awaitable[Database]]) -> None:
    """The transaction that wanted to publish it does not commit, so nothing unsendable ever stands before the others."""
    db = await new_db("applications")
    huge = fact("huge", 1, KEYS[0].ljust(MAX_BYTES, "x"))

    async def publish(tx: Tx) -> None:
        await outbox.add(tx, fact("fine", 1, KEYS[0]))
        await outbox.add(tx, huge)

    with pytest.raises(outbox.TooLarge, match=f"of huge has .* bytes; at most {MAX_BYTES}"):
        await db.run(publish)

    async def smuggle(tx: Tx) -> None:
        await tx.execute(
            text("insert into outbox (topic, key, event_id, type, value, created_at) values ('t', 'k', :id, 'x', :value, :at)"),
            {"id": new_id(), "value": b"x" * (MAX_BYTES + 1), "at": MOMENT},
        )

    with pytest.raises(DBAPIError, match="check constraint"):
        await db.run(smuggle)
    assert (await db.run(lambda tx: tx.execute(text("select count(*) from outbox")))).scalar_one() == 0
