"""When the log of events is another one than at the last start, everything is published and read again.

A broker in a container forgets its log at every stop, and `local` has none. What was under way then would be lost, if the
outboxes were not the true log: all their events go out again, and the services skip what they have applied.
"""

from collections.abc import Mapping

from sqlalchemy import text

from services.run.home import Home
from shared.messaging.service import Service
from shared.persistence.database import Tx

LOCAL = "local"


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
