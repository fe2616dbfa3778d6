"""Work started by time for the sake of privacy: people whose erasure is due."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from services.applications.accounts.desk import Desk
from services.applications.documents.store import DocumentStore
from services.applications.privacy.erasing import erase_next
from services.applications.privacy.mail import tell_done
from shared.messaging.service import Sweep

Run = Callable[[datetime], Awaitable[int]]


def privacy_sweeps(desk: Desk, store: DocumentStore) -> tuple[Sweep, ...]:
    """The sweeps; `desk` sends the last word to whoever was erased."""
    return (Sweep("erasures", 5.0, _erasures(desk, store)),)


def _erasures(desk: Desk, store: DocumentStore) -> Run:
    async def run(now: datetime) -> int:
        erased = await desk.db.run(lambda tx: erase_next(tx, now=now))
        if erased is None:
            return 0
        # A worker that dies here leaves bytes behind that nothing refers to; the sweep of documents removes those.
        for key in erased.keys:
            await store.delete(key)
        if erased.email:
            await tell_done(desk, email=erased.email, language=erased.language)
        return 1

    return run
