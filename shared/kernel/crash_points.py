"""Named places at which a process may be hurt, so that tests can kill, stop or cut it off exactly there.

Inert: `reach` does nothing unless `arm` was called in the same process, which only tests do. No setting arms it, and an
installation that says `PUENTE_PRODUCTION` cannot be armed at all.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Final

POINTS: Final = {
    "batch.fetched": "C1: records came in, nothing was begun",
    "batch.begun": "C2: in the transaction, offsets are locked and moved, nothing was applied",
    "batch.applied": "C3: every effect of the batch is written",
    "batch.committing": "C4: before COMMIT goes out",
    "batch.commit_sent": "C5: as COMMIT goes out; whoever is armed may hold its answer back",
    "batch.committed": "C6: committed, and not gone on to the next fetch",
    "relay.read": "R1: unsent rows were read",
    "relay.sent": "R2: a record batch is on its way, not acknowledged",
    "relay.acknowledged": "R3: stored on the other side, not marked",
    "relay.marked": "R4: marked as sent",
    "request.committing": "W1: before the COMMIT of a request",
    "request.committed": "W2: committed, not answered",
}
"""Each point by its name, and what is so when it is reached."""

Hurt = Callable[[str], Awaitable[None]]
_NO: Final = frozenset(("", "0", "false", "f", "no", "n", "off"))
_hurt: Hurt | None = None


class Refused(Exception):
    """A real installation is not hurt."""


def arm(hurt: Hurt | None) -> None:
    """Call `hurt` with the name of every point that is reached from now on; None disarms. `Refused` in production."""
    if os.environ.get("PUENTE_PRODUCTION", "").strip().lower() not in _NO:
        raise Refused("PUENTE_PRODUCTION is set: crash points are for tests")
    global _hurt
    _hurt = hurt


async def reach(point: str) -> None:
    """Say that `point` is reached. Nothing happens where nobody has armed."""
    if _hurt is not None:
        await _hurt(point)
