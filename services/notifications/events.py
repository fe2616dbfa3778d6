"""Which events this service takes in. `hear` takes a whole batch; what each event leads to is the table in `domain.choose`."""

from collections.abc import Sequence
from typing import Final

from services.notifications.use_cases import hear
from shared.events.catalogue import types_for
from shared.events.envelope import AnyEvent
from shared.persistence.database import Tx

HEARD: Final = types_for("notifications")


async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
    """Take in a batch of events, in order; those of other types pass by."""
    await hear(tx, [event for event in events if event.type in HEARD])
