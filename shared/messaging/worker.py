"""The process that moves a service's events: relay, consumer, sweeps, and the retry of keys that wait.

Nothing here decides anything. Every loop waits by itself for a database or a broker that is away, says so in
`Worker.state` (its log tells it, and the file that the containers' health check reads), and goes on.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Final

from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from shared.events.catalogue import TOPICS, topics_of
from shared.kernel.clock import Clock
from shared.kernel.crash_points import reach
from shared.kernel.ids import new_id
from shared.messaging import parking
from shared.messaging.consumer import Consumer, Fenced
from shared.messaging.leases import RENEW_SECONDS, Leases, start_offsets, stored_offsets
from shared.messaging.relay import BREATH_SECONDS, BUSY_S, IDLE_S, LEADER_SECONDS, Relay, connect, idle, lead
from shared.messaging.service import Service, Sweep
from shared.messaging.together import Cancelled, together
from shared.messaging.transport import LogLost, Partition, Source, Transport, TransportAway, partitions_of
from shared.observability.logging import get_logger
from shared.persistence.database import RETRIED, Database, Unavailable, is_unfinished, said, sqlstate

log = get_logger(__name__)

BATCH: Final = 1_000
FETCH_WAIT_MS: Final = 250
RETRY_WAITING_S: Final = 1.0
PROBE_S: Final = 3.0
STALLED_S: Final = 30.0
PAUSE_MAX_S: Final = 5.0
PRUNE_S: Final = 3_600.0


class Stalled(Exception):
    """There are records, and nothing moved for a long while: the client is replaced."""


class Worker:
    """Runs one service's worker until `stop` is set."""

    def __init__(
        self,
        service: Service,
        transport: Transport,
        clock: Clock,
        *,
        lease_seconds: float | None = None,
        leader_seconds: float = LEADER_SECONDS,
    ) -> None:
        self._service = service
        self._transport = transport
        self._clock = clock
        self._consumer = Consumer(service)
        self._wake = asyncio.Event()
        self._hold = {"hold_seconds": lease_seconds} if lease_seconds else {}
        self._leader_seconds = leader_seconds
        self._waits_for = {"consumer": "starting"}
        self.ready = asyncio.Event()
        """Set when the consumer is subscribed; with the local transport no record can be missed after it."""
        service.db.after_commit(self._wake.set)

    @property
    def state(self) -> str:
        """`ok`, or what each of the loops waits for that does: one that goes on does not hide another that cannot."""
        return "; ".join(self._waits_for.values()) or "ok"

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; then finish what is under way, give the leases away, and return."""
        await together(
            self._keep("consumer", stop, self._consume),
            self._keep("leader", stop, self._lead),
            self._keep("waiting", stop, self._retry_waiting),
        )

    async def _keep(self, name: str, stop: asyncio.Event, loop: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        """Run a loop for ever: what is away is waited for, with a growing pause, and everything else is an error that is shown."""
        pause = 0.1
        while not stop.is_set():
            began = time.monotonic()
            try:
                # In a task of its own, so that a cancellation meant for this one and one that a client leaked are told apart.
                await together(loop(stop))
                return
            except (TransportAway, Unavailable, Fenced, Stalled, Cancelled) as error:
                self._waits(name, error)
                log.warning("worker_waits", service=self._service.name, name=name, reason=str(error))
            except (DBAPIError, PostgresError) as error:
                # Somebody kept a lock through every try, as a worker does that was stopped in mid-transaction, until the database ends it.
                if sqlstate(error) not in RETRIED and not is_unfinished(error):
                    raise
                refused = "kept refusing the locks" if sqlstate(error) in RETRIED else f"could not finish its work: {said(error)}"
                self._waits_for[name] = f"{name} waits: the database {refused}"
                log.warning("worker_waits", service=self._service.name, name=name, reason=said(error))
            except LogLost as error:
                self._waits_for[name] = f"{name} stopped: {error}"
                log.error("worker_stopped", service=self._service.name, name=name, reason=str(error))
            pause = 0.1 if time.monotonic() - began > 10 else min(PAUSE_MAX_S, pause * 2)
            await _unless(stop, pause)

    # ------------------------------------------------------------------ consuming

    async def _consume(self, stop: asyncio.Event) -> None:
        await self._transport.prepare(TOPICS)
        source = await self._transport.source(self._service.name, self._consumer)
        self.ready.set()
        if source is None:
            self._goes_on("consumer")
            await stop.wait()
            return
        partitions = partitions_of(topics_of(self._service.name))
        leases = Leases(self._service.db, new_id(), partitions, **self._hold)
        try:
            await self._read(source, leases, stop)
        finally:
            await source.close()
            if stop.is_set():
                await leases.leave()

    async def _read(self, source: Source, leases: Leases, stop: asyncio.Event) -> None:
        positions: dict[Partition, int] = {}
        renewed, probed, moved = float("-inf"), time.monotonic(), time.monotonic()
        while not stop.is_set():
            if time.monotonic() - renewed >= RENEW_SECONDS:
                held = await leases.refresh()
                renewed = time.monotonic()
                if held != positions:  # a lease came or went, or somebody set back what is to be read
                    positions = await _stand(self._service.db, source, held)
                    log.info("partitions_leased", service=self._service.name, count=len(held))
                self._goes_on("consumer")
            records = await source.fetch(max_records=BATCH, timeout_ms=FETCH_WAIT_MS)
            if records:
                await reach("batch.fetched")
                positions |= await self._consumer.apply(records, positions)
                probed = moved = time.monotonic()
            elif time.monotonic() - probed > PROBE_S:
                # The client waits in silence for a broker that is away; asking for the end of the log finds out.
                behind = await _behind(source, positions)
                if not behind:
                    moved = time.monotonic()
                elif time.monotonic() - moved > STALLED_S:
                    raise Stalled(f"nothing arrived for {STALLED_S:.0f} s although there is more in {behind[:3]}")
                probed = time.monotonic()

    # ------------------------------------------------------------------ leading

    async def _lead(self, stop: asyncio.Event) -> None:
        connection = await connect(self._service.db.url)
        try:
            while not await lead(connection, silent_seconds=self._leader_seconds):
                self._goes_on("leader")
                if await _unless(stop, 0.5):
                    return
            publisher = await self._transport.publisher()
            try:
                relay = Relay(connection, publisher, breath_seconds=min(BREATH_SECONDS, self._leader_seconds / 4))
                over, swept = asyncio.Event(), asyncio.Event()

                async def relaying() -> None:
                    try:
                        await self._relay(relay, stop)
                    except TransportAway as error:
                        # Sweeps come to the end of what they do: mails cut off while they are sent wait for their lease. One that hangs
                        # is cut off all the same, and before another worker takes this silent one's place and sweeps beside it.
                        self._waits("leader", error)
                        over.set()
                        await _unless(swept, self._leader_seconds / 2)
                        raise
                    finally:
                        over.set()

                async def sweeping() -> None:
                    await together(*(self._sweep(sweep, stop, over) for sweep in self._service.sweeps))
                    swept.set()

                await together(relaying(), sweeping())
            finally:
                await publisher.close()
        finally:
            connection.terminate()

    async def _relay(self, relay: Relay, stop: asyncio.Event) -> None:
        pruned, steps = time.monotonic(), 0

        def going_on() -> bool:
            nonlocal steps
            if steps:
                self._goes_on("leader")
            steps += 1
            return not stop.is_set() and time.monotonic() - pruned < PRUNE_S

        while True:
            # One that never comes to the end of its outbox goes on too: it says so after each step, and it prunes.
            sent = await relay.drain(going_on=going_on)
            self._goes_on("leader")
            if stop.is_set():
                return
            if time.monotonic() - pruned >= PRUNE_S:
                await relay.prune()
                pruned = time.monotonic()
                continue
            await idle(self._wake, BUSY_S if sent else IDLE_S)

    async def _sweep(self, sweep: Sweep, stop: asyncio.Event, over: asyncio.Event) -> None:
        while not (stop.is_set() or over.is_set()):
            try:
                while await sweep.run(self._clock.now()) and not (stop.is_set() or over.is_set()):
                    continue
            except Unavailable:
                raise
            except Exception as error:
                log.error("sweep_failed", service=self._service.name, sweep=sweep.name, error=said(error), exc_info=error)
            await _unless(stop, sweep.every_seconds, over)

    async def _retry_waiting(self, stop: asyncio.Event) -> None:
        while not await _unless(stop, RETRY_WAITING_S):
            going_on = True
            while going_on and not stop.is_set():
                done = await parking.resume_waiting(
                    self._service.db, self._service.handle, now=self._clock.now(), going_on=lambda: not stop.is_set()
                )
                self._goes_on("waiting")
                going_on = done > 0

    def _waits(self, name: str, error: Exception) -> None:
        self._waits_for[name] = f"{name} waits: {error}"

    def _goes_on(self, name: str) -> None:
        self._waits_for.pop(name, None)


async def _stand(db: Database, source: Source, held: Collection[Partition]) -> dict[Partition, int]:
    """Assign exactly what is held, each partition where the database says; partitions read for the first time begin at their beginning."""
    wanted = sorted(held)
    positions = await db.run(lambda tx: stored_offsets(tx, wanted))
    new = [p for p in wanted if p not in positions]
    if new:
        beginnings = await source.beginnings(new)
        await db.run(lambda tx: start_offsets(tx, beginnings))
        positions = await db.run(lambda tx: stored_offsets(tx, wanted))
    source.assign(positions)
    return positions


async def _behind(source: Source, positions: dict[Partition, int]) -> list[Partition]:
    """The partitions that hold more than was read."""
    ends = await source.ends(sorted(positions)) if positions else {}
    return [p for p, end in ends.items() if end > positions[p]]


async def _unless(stop: asyncio.Event, seconds: float, *others: asyncio.Event) -> bool:
    """Wait `seconds`, or until `stop` or one of the others; returns whether `stop` is set."""
    waiting = [asyncio.ensure_future(one.wait()) for one in (stop, *others)]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    return stop.is_set()
