"""Work started by time: offers that nobody answered, and what would pile up."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from services.applications.accounts import people
from services.applications.documents import DocumentStore
from services.applications.settings import ApplicationsSettings
from services.applications.store import checks, idempotency
from services.applications.use_cases.offers import tell_unanswered
from shared.kernel.clock import SystemClock
from shared.messaging.service import Sweep
from shared.persistence.database import Database

PORTION: Final = 1_000
UNDER_WAY: Final = timedelta(hours=1)
"""Bytes without a document that are younger may belong to an upload that is about to be noted."""
SIGN_INS_KEPT: Final = timedelta(days=7)

Run = Callable[[datetime], Awaitable[int]]


def sweeps(db: Database, store: DocumentStore, settings: ApplicationsSettings) -> tuple[Sweep, ...]:
    """The sweeps of this service."""
    grace = timedelta(seconds=settings.answer_grace_seconds)
    return (
        Sweep("offers", 1.0, _unanswered(db, grace)),
        Sweep("idempotency_keys", 3600, _old_keys(db, timedelta(days=settings.idempotency_days))),
        Sweep("sign_ins", 3600, _old_sign_ins(db)),
        Sweep("documents", 3600, _lost_bytes(db, store)),
    )


def _unanswered(db: Database, grace: timedelta) -> Run:
    async def run(now: datetime) -> int:
        return await db.run(lambda tx: tell_unanswered(tx, before=now - grace, most=PORTION, now=now))

    return run


def _old_keys(db: Database, kept: timedelta) -> Run:
    async def run(now: datetime) -> int:
        return await db.run(lambda tx: idempotency.purge(tx, before=now - kept, most=PORTION))

    return run


def _old_sign_ins(db: Database) -> Run:
    async def run(now: datetime) -> int:
        return await db.run(lambda tx: people.clean(tx, before=now - SIGN_INS_KEPT, now=now, most=PORTION))

    return run


def _lost_bytes(db: Database, store: DocumentStore) -> Run:
    async def run(_now: datetime) -> int:
        # Files carry the host's time, whatever the clock of the service says.
        before = (SystemClock().now() - UNDER_WAY).timestamp()
        old = [key for key, written in (await store.keys()).items() if written < before]
        lost = sorted(await db.run(lambda tx: checks.unreferenced(tx, old)))[:PORTION]
        for key in lost:
            await store.delete(key)
        return len(lost)

    return run
