"""Waiting until nothing is under way: every outbox is sent, and every service has applied what was sent to it.

Bounded waits on what is stored, never a pause and a hope.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import text

from shared.events.catalogue import topics_of
from shared.messaging import outbox, parking
from shared.messaging.leases import stored_offsets
from shared.messaging.service import Service
from shared.messaging.transport import Source, TransportAway, partitions_of
from shared.persistence.database import Tx

LOOK_SECONDS: Final = 0.05


class DidNotSettle(Exception):
    """Something that had to happen did not happen in time; the text says what was still open."""

    safe_text = True


async def until(what: str, condition: Callable[[], Awaitable[str]], *, seconds: float, alive: Callable[[], None] = lambda: None) -> None:
    """Look until `condition` answers with an empty text, which otherwise says what is still open; `alive` raises where waiting is vain."""
    deadline = time.monotonic() + seconds
    pause = LOOK_SECONDS
    while True:
        alive()
        open_still = await condition()
        if not open_still:
            return
        if time.monotonic() > deadline:
            raise DidNotSettle(f"{what} did not finish in {seconds:.0f} s: {open_still}")
        await asyncio.sleep(pause)
        pause = min(0.5, pause * 1.3)


class Settling:
    """Knows whether anything is under way between these services. `source` reads the ends of Kafka's partitions; none with `local`."""

    def __init__(self, services: Mapping[str, Service], source: Source | None = None) -> None:
        self._services = services
        self._source = source

    async def open_still(self) -> str:
        """What is under way, in words; empty where nothing is. An event that is parked counts, for it will not go on by itself."""
        before = await self._marks()
        for name, service in self._services.items():
            unsent = await service.db.run(outbox.unsent)
            if unsent.number:
                return f"{unsent.number} events of {name} are not sent"
        if self._source is not None:
            for name, service in self._services.items():
                try:
                    behind = await self._behind(service, self._source)
                except TransportAway as error:
                    return f"what {name} has to apply is not known: {error}"
                if behind:
                    return f"{name} has {behind} events to apply"
        for name, service in self._services.items():
            parked = await service.db.run(parking.listing)
            if parked:
                return f"{len(parked)} events are parked in {name}: {parked[0].reason_code}: {parked[0].reason[:300]}"
        # What was applied meanwhile may have written events of its own: only two equal looks around it are an answer.
        return "" if before == await self._marks() else "events were written while looking"

    async def settled(self, *, seconds: float, alive: Callable[[], None] = lambda: None) -> None:
        """Wait until nothing is under way."""
        await until("passing on events", self.open_still, seconds=seconds, alive=alive)

    async def _marks(self) -> Sequence[int]:
        return [await service.db.run(_last) for service in self._services.values()]

    @staticmethod
    async def _behind(service: Service, source: Source) -> int:
        partitions = partitions_of(topics_of(service.name))
        ends = await source.ends(partitions)
        stored = await service.db.run(lambda tx: stored_offsets(tx, partitions))
        return sum(max(0, end - stored.get(partition, 0)) for partition, end in ends.items())


async def _last(tx: Tx) -> int:
    return int((await tx.execute(text("select coalesce(max(id), 0) from outbox"))).scalar_one())
