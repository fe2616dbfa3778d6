"""Sends what the outbox holds: always from the first unsent row, by id, marking rows after they were acknowledged.

One relay leads at a time, by a session lock; two that overlap for a moment send twice, but never out of a key's order,
since both start at the first unsent row and await each partition's chunk. Rows of topics that lead are acknowledged
before anything behind them leaves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import asyncpg

from shared.events.catalogue import KEPT, LEADING
from shared.kernel.crash_points import reach
from shared.messaging.transport import Outgoing, Publisher
from shared.persistence.database import LOST, Unavailable

CHUNK: Final = 2_000
IDLE_S: Final = 0.25
BUSY_S: Final = 0.02
KEEP_SENT_DAYS: Final = 35
LEADER_LOCK: Final = 0x72656C61
LEADER_SECONDS: Final = 45.0
"""Longer than a chunk may take to be published, during which the leader says nothing to the database."""

_UNSENT = "select id, topic, key, value from outbox where sent_at is null order by id limit $1"
_PRUNE = "delete from outbox where sent_at < now() - make_interval(days => $1) and topic <> all($2::text[])"
_SENT = "update outbox set sent_at = now() where id = any($1::bigint[])"


async def connect(url: str, *, idle_seconds: float = LEADER_SECONDS) -> "asyncpg.Connection[Any]":
    """A connection of the leader's own, outside of any pool; plans are pinned to the index that an empty table would not suggest.

    The database ends it after `idle_seconds` without a word, and with it the lock: a leader that was stopped is replaced.
    """
    settings = {
        "application_name": "puente relay",
        "enable_seqscan": "off",
        "jit": "off",
        "tcp_keepalives_idle": "5",
        "idle_session_timeout": str(int(idle_seconds * 1000)),
    }
    dsn = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    try:
        return await asyncpg.connect(dsn, timeout=10, server_settings=settings)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        raise Unavailable(f"the database cannot be reached: {error}") from error


async def lead(connection: "asyncpg.Connection[Any]") -> bool:
    """Whether this connection leads: the lock is its own until it ends."""
    return bool(await _ask(connection.fetchval("select pg_try_advisory_lock($1)", LEADER_LOCK)))


class Relay:
    """Drains one service's outbox into a publisher, over the leader's connection."""

    def __init__(self, connection: "asyncpg.Connection[Any]", publisher: Publisher) -> None:
        self._connection = connection
        self._publisher = publisher

    async def drain(self, *, going_on: Callable[[], bool] = lambda: True) -> int:
        """Send until nothing is unsent or `going_on` says no; returns the rows sent. Raises `TransportAway` or `Unavailable`."""
        done = 0
        while going_on():
            rows = [Outgoing(*row) for row in await _ask(self._connection.fetch(_UNSENT, CHUNK))]
            if not rows:
                break
            await reach("relay.read")
            leading = [row for row in rows if row.topic in LEADING]
            sent = await self._send(leading)
            if sent == len(leading):
                sent += await self._send([row for row in rows if row.topic not in LEADING])
            done += sent
        return done

    async def _send(self, rows: Sequence[Outgoing]) -> int:
        if not rows:
            return 0
        sent = await self._publisher.publish(rows)
        await reach("relay.acknowledged")
        await _ask(self._connection.execute(_SENT, list(sent)))
        await reach("relay.marked")
        return len(sent)

    async def prune(self) -> None:
        """Forget rows that were sent longer ago than any replay reaches; what its topic keeps for good is kept here too."""
        await _ask(self._connection.execute(_PRUNE, KEEP_SENT_DAYS, sorted(KEPT)))


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
