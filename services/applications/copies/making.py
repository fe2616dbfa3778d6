"""Making the copies that are wanted: a few a second, beside everything else that the worker does."""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Final

from services.applications.copies.content import sheet
from services.applications.copies.sheets import Sheet
from services.applications.documents.store import DocumentStore
from services.applications.domain.viewers import Viewer
from services.applications.folder import Folder
from services.applications.store import copies
from services.applications.store.copies import AsSent, Due
from services.applications.views import dossier
from shared.messaging.service import Sweep
from shared.observability.logging import get_logger
from shared.persistence.database import Database, Tx, Unavailable, said
from shared.web.i18n import Texts, speaking, spoken

log = get_logger(__name__)

PORTION: Final = 8
FIRST_PAUSE: Final = timedelta(seconds=30)
"""Before a copy is tried a second time; doubled at each further try."""


def sweep(db: Database, store: DocumentStore, texts: Texts) -> Sweep:
    """Makes what is wanted, at most `PORTION` a second: on the last evening of a call those who send come before their copies."""

    async def run(now: datetime) -> int:
        for one in await db.run(lambda tx: copies.due(tx, now, PORTION)):
            await _try(db, store, texts, one, now)
        return 0  # not called again at once, even where more is due

    return Sweep("copies", 1.0, run)


async def _try(db: Database, store: DocumentStore, texts: Texts, one: Due, now: datetime) -> None:
    """Make one copy, or note why it could not be made; the others go on."""
    try:
        await make(db, store, texts, one, now)
    except Unavailable:
        raise
    except Exception as error:
        log.error(
            "copy_failed", application=str(one.application_id), number=one.number, tries=one.tries + 1, error=said(error), exc_info=error
        )
        failure, again_at = type(error).__name__, now + FIRST_PAUSE * 2**one.tries
        await db.run(lambda tx: copies.failed(tx, one, failure=failure, again_at=again_at))


async def make(db: Database, store: DocumentStore, texts: Texts, one: Due, now: datetime) -> None:
    """Draw one copy and store it; where it was made meanwhile, or the application is gone, nothing of it stays."""

    async def read(tx: Tx) -> tuple[Folder, AsSent] | None:
        found = await dossier(tx, Viewer(one.person_id, "applicant"), one.application_id)
        if found is None:
            return None
        return Folder.of(found, now), await copies.as_sent(tx, one)

    with speaking(texts, spoken(one.language or "")):
        found = await db.run(read)
        if found is None:
            return
        folder, sent = found
        drawn = await asyncio.to_thread(_drawn, sheet(folder, one.number, sent, now))
    key = await store.put(one.application_id, drawn)
    digest = hashlib.sha256(drawn).hexdigest()
    if not await db.run(lambda tx: copies.made(tx, one, storage_key=key, size_bytes=len(drawn), sha256=digest, at=now)):
        await store.delete(key)


def _drawn(of: Sheet) -> bytes:
    """The libraries of letters and drawing take a fifth of the time in which a process starts, and most processes never draw."""
    from services.applications.copies.pdf import draw

    return draw(of)
