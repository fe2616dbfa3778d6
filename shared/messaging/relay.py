"""Sends what the outbox holds: always from the first unsent row, by id, marking rows after they were acknowledged.

One relay leads at a time, by a session lock; two that overlap for a moment send twice, but never out of a key's order,
since both start at the first unsent row and await each partition's chunk before its next one leaves. Rows of topics that
lead are acknowledged before anything behind them leaves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import asyncpg

from shared.events.catalogue import KEPT, LEADING
from shared.kernel.crash_points import reach
from shared.messaging.transport import Outgoing, Publisher
from shared.persistence.database import LOST, Unavailable
from shared.persistence.database import connect as connect_to

CHUNK: Final = 3_500
"""So many events of the usual size fill one record batch of each of a topic's eight partitions."""
IDLE_S: Final = 0.25
BUSY_S: Final = 0.02
KEEP_SENT_DAYS: Final = 35
LEADER_LOCK: Final = 0x72656C61
LEADER_SECONDS: Final = 45.0
"""A leader that has said nothing to its database for so long is put down by one that waits to lead."""
BREATH_SECONDS: Final = 5.0
"""A leader whose chunk is still on its way says so to its database this often."""

_UNSENT = "select id, topic, key, value from outbox where sent_at is null and not id <@ $2::text::int8multirange order by id limit $1"
_PRUNE = "delete from outbox where sent_at < now() - make_interval(days => $1) and topic <> all($2::text[])"
_LEADER_SILENT = """
    select pg_terminate_backend(activity.pid) from pg_locks join pg_stat_activity activity using (pid)
    where locktype = 'advisory' and classid = 0 and objid = $1 and objsubid = 1 and granted
      and pg_locks.database = (select oid from pg_database where datname = current_database())
      and wait_event_type = 'Client' and clock_timestamp() - state_change > make_interval(secs => $2)
"""
_SENT = (
    "update outbox set sent_at = now() from unnest($1::bigint[], $2::bigint[]) as run (first, last) where id between run.first and run.last"
)


async def connect(url: str) -> "asyncpg.Connection[Any]":
    """A connection of the leader's own, outside of any pool; plans are pinned to the index that an empty table would not suggest."""
    try:
        return await connect_to(url, application_name="puente relay", enable_seqscan="off", jit="off", tcp_keepalives_idle="5")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        raise Unavailable(f"the database cannot be reached: {error}") from error


async def lead(connection: "asyncpg.Connection[Any]", *, silent_seconds: float = LEADER_SECONDS) -> bool:
    """Whether this connection leads: the lock is its own until it ends.

    Where another leads and the database has waited for its next word for `silent_seconds`, that one's session is ended. No timeout of
    the database's own would do: a process may be stopped between preparing a statement and executing it, or in the middle of reading
    an answer, and neither counts as idle.
    """
    if await _ask(connection.fetchval("select pg_try_advisory_lock($1)", LEADER_LOCK)):
        return True
    await _ask(connection.execute(_LEADER_SILENT, LEADER_LOCK, silent_seconds))
    return False


class Relay:
    """Drains one service's outbox into a publisher, over the leader's connection.

    While the other side stores one chunk, what it stored before is marked and the next chunk is read. Rows that are on their way are
    left out of that reading by name, and not by being behind the last id: a row that committed late stands before them, and a later
    one of its key must not overtake it.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]", publisher: Publisher, *, breath_seconds: float = BREATH_SECONDS) -> None:
        self._connection = connection
        self._publisher = publisher
        self._breath_seconds = breath_seconds

    async def drain(self, *, going_on: Callable[[], bool] = lambda: True) -> int:
        """Send until nothing is unsent or `going_on` says no; returns the rows sent. Raises `TransportAway` or `Unavailable`."""
        done = 0
        led: Sequence[Outgoing] = ()  # rows to be sent, whose chunk's leading ones are stored
        ahead: Sequence[Outgoing] = ()  # the chunk behind them, of which nothing was sent
        stored: Sequence[int] = ()  # what the other side has, and is not marked
        while going_on():
            if not (led or ahead or stored):
                ahead = await self._read(())
                if not ahead:
                    return done
            behind = [row for row in ahead if row.topic not in LEADING]
            sending = [*led, *(row for row in ahead if row.topic in LEADING)]
            if not sending:
                sending, behind = behind, []
            led = behind
            done += len(stored)
            stored, ahead = await self._step(sending, stored, led)
            if len(stored) < len(sending):
                led = ahead = ()  # what is missing comes first again, and with it everything behind
        return done + await self._mark(stored)

    async def _step(
        self, sending: Sequence[Outgoing], stored: Sequence[int], waiting: Sequence[Outgoing]
    ) -> tuple[Sequence[int], Sequence[Outgoing]]:
        """Send a chunk; meanwhile mark what was stored before, and read what comes after. Answers what is stored now, and what was read."""
        publishing = asyncio.ensure_future(self._publish(sending))
        try:
            await self._mark(stored)
            read = await self._read([row.row for row in (*sending, *waiting)])
            while not (await asyncio.wait([publishing], timeout=self._breath_seconds))[0]:
                await _ask(self._connection.execute("select 1"))
            return await publishing, read
        except BaseException:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)
            raise

    async def _read(self, under_way: Sequence[int]) -> Sequence[Outgoing]:
        but_for = "{" + ",".join([f"[{first},{last}]" for first, last in runs(under_way)]) + "}"
        rows = [Outgoing(*row) for row in await _ask(self._connection.fetch(_UNSENT, CHUNK, but_for))]
        if rows:
            await reach("relay.read")
        return rows

    async def _publish(self, rows: Sequence[Outgoing]) -> Sequence[int]:
        if not rows:
            return ()
        sent = await self._publisher.publish(rows)
        await reach("relay.acknowledged")
        return sent

    async def _mark(self, stored: Sequence[int]) -> int:
        if stored:
            first, last = zip(*runs(stored), strict=True)
            await _ask(self._connection.execute(_SENT, first, last))
            await reach("relay.marked")
        return len(stored)

    async def prune(self) -> None:
        """Forget rows that were sent longer ago than any replay reaches; what its topic keeps for good is kept here too."""
        await _ask(self._connection.execute(_PRUNE, KEEP_SENT_DAYS, sorted(KEPT)))


def runs(ids: Sequence[int]) -> list[tuple[int, int]]:
    """The ids as runs without a gap, first and last of each: a chunk is a handful of them."""
    found: list[tuple[int, int]] = []
    first = last = None
    for one in sorted(ids):
        if first is None or last is None:
            first = one
        elif one != last + 1:
            found.append((first, last))
            first = one
        last = one
    return [*found, (first, last)] if first is not None and last is not None else found


async def _ask(statement: Awaitable[Any]) -> Any:
    try:
        return await statement
    except (*LOST, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as error:
        raise Unavailable(f"the relay lost its database: {error}") from error


async def idle(wake: asyncio.Event, seconds: float) -> None:
    """Wait for a commit of this process, at most `seconds`: other processes write to the same outbox too."""
    waiting = asyncio.ensure_future(wake.wait())
    await asyncio.wait([waiting], timeout=seconds)
    waiting.cancel()
    wake.clear()
