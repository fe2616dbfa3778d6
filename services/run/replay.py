"""When the log of events is another one than at the last start, everything is published and read again.

A broker in a container forgets its log at every stop, and `local` has none. What was under way then would be lost, if the
outboxes were not the true log: all their events go out again, and the services skip what they have applied.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from rich.console import Console
from sqlalchemy import text

from services.run.home import Home
from services.run.parked import actor
from shared.events.catalogue import KEPT
from shared.kernel.clock import Clock
from shared.messaging.service import Service
from shared.persistence import audit
from shared.persistence.database import Tx

LOCAL = "local"
_SENT_SINCE: Final = text(
    "update outbox set sent_at = null where sent_at > now() - make_interval(days => :days) "
    "or (sent_at is not null and topic = any(cast(:kept as text[]))) returning 1"
)


async def begin_log(home: Home, services: Mapping[str, Service], log: str) -> bool:
    """Note which log is used from now on; where it is another one than before, replay. Returns whether that was needed."""
    before = home.log.read_text().strip() if home.log.exists() else ""
    changed = bool(before) and before != log
    if changed:
        for service in services.values():
            await service.db.run(_again)
    home.log.write_text(log + "\n")
    return changed


async def _again(tx: Tx) -> None:
    await tx.execute(text("delete from consumer_offset"))
    await tx.execute(text("update outbox set sent_at = null where sent_at is not null"))


async def republish(services: Mapping[str, Service], days: int, clock: Clock, console: Console) -> int:
    """Send again what was sent in the last `days`, in the old order; returns the events. Workers may run: consumers skip what they know.

    What its topic keeps for good is sent again whole, so that a new broker has all of it.
    """
    total = 0
    for name, service in services.items():

        async def work(tx: Tx, name: str = name) -> int:
            marked = await tx.execute(_SENT_SINCE, {"days": days, "kept": sorted(KEPT)})
            found = len(marked.all())
            await _noted(tx, clock.now(), "events.republish", name, {"events": found, "days": days})
            return found

        found = await service.db.run(work)
        console.print(f"{name}: {found} events go out again", highlight=False)
        total += found
    return total


async def reread(services: Mapping[str, Service], clock: Clock, console: Console) -> None:
    """Read the topics again from the beginning of what they hold. Workers may run: they take up the new position within seconds."""
    for name, service in services.items():

        async def work(tx: Tx, name: str = name) -> int:
            forgotten = await tx.execute(text("delete from consumer_offset returning 1"))
            found = len(forgotten.all())
            await _noted(tx, clock.now(), "events.reread", name, {"partitions": found})
            return found

        found = await service.db.run(work)
        console.print(f"{name}: {found} partitions are read from their beginning", highlight=False)


async def _noted(tx: Tx, now: datetime, act: str, service: str, detail: dict[str, int]) -> None:
    await audit.record(tx, at=now, actor=actor(), role="operator", act=act, subject=service, detail=detail)
