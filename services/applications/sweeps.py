"""Work started by time: offers that nobody answered, corrections that nobody sent, what nobody decided on, and what would pile up."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from services.applications.accounts import people
from services.applications.documents.scanner import Clean, Scanner, Unknown
from services.applications.documents.store import DocumentStore
from services.applications.referees import chasing
from services.applications.referees import store as referees
from services.applications.settings import ApplicationsSettings
from services.applications.store import checks, idempotency
from services.applications.use_cases import papers
from services.applications.use_cases.corrections import end_uncorrected
from services.applications.use_cases.offers import tell_unanswered
from services.applications.use_cases.undecided import end_undecided
from shared.kernel.clock import SystemClock
from shared.messaging.service import Sweep
from shared.persistence.database import Database

PORTION: Final = 1_000
UNDER_WAY: Final = timedelta(hours=1)
"""Bytes without a document that are younger may belong to an upload that is about to be noted."""
SIGN_INS_KEPT: Final = timedelta(days=7)
SCAN_SECONDS: Final = 60.0
SCANNED_AT_ONCE: Final = 20
GIVES_UP_AFTER: Final = 3
"""Files without an answer, one after the other, after which the scanner is taken to be away until the next time."""

Run = Callable[[datetime], Awaitable[int]]


def sweeps(db: Database, store: DocumentStore, scanner: Scanner, settings: ApplicationsSettings) -> tuple[Sweep, ...]:
    """The sweeps of this service."""
    grace = timedelta(seconds=settings.answer_grace_seconds)
    return (
        Sweep("offers", 1.0, _unanswered(db, grace)),
        Sweep("corrections", 60.0, _uncorrected(db, grace)),
        Sweep("undecided", 60.0, _undecided(db, grace)),
        Sweep("referees", 5.0, _letters(db)),
        Sweep("referee_links", 3600, _old_links(db)),
        Sweep("idempotency_keys", 3600, _old_keys(db, timedelta(days=settings.idempotency_days))),
        Sweep("sign_ins", 3600, _old_sign_ins(db)),
        Sweep("documents", 3600, _lost_bytes(db, store)),
        Sweep("scanner", 5, _unchecked(db, store, scanner)),
    )


def _unanswered(db: Database, grace: timedelta) -> Run:
    async def run(now: datetime) -> int:
        return await db.run(lambda tx: tell_unanswered(tx, before=now - grace, most=PORTION, now=now))

    return run


def _uncorrected(db: Database, grace: timedelta) -> Run:
    async def run(now: datetime) -> int:
        return await db.run(lambda tx: end_uncorrected(tx, before=now - grace, most=PORTION, now=now))

    return run


def _undecided(db: Database, grace: timedelta) -> Run:
    async def run(now: datetime) -> int:
        return await db.run(lambda tx: end_undecided(tx, before=now - grace, most=PORTION, now=now))

    return run


def _letters(db: Database) -> Run:
    async def run(now: datetime) -> int:
        reminded = await db.run(lambda tx: chasing.chase(tx, now=now, most=PORTION))
        return reminded + await db.run(lambda tx: chasing.let_go(tx, now=now, most=PORTION))

    return run


def _old_links(db: Database) -> Run:
    async def run(now: datetime) -> int:
        return await db.run(lambda tx: referees.purge_links(tx, before=now - SIGN_INS_KEPT, most=PORTION))

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


def _unchecked(db: Database, store: DocumentStore, scanner: Scanner) -> Run:
    """Files that came while the scanner was away. Where it was switched off since, they count as those that came without one."""

    async def run(_now: datetime) -> int:
        settled = silent = 0
        for document in await db.run(lambda tx: papers.unchecked(tx, most=SCANNED_AT_ONCE)):
            try:
                verdict = await scanner.scan(await store.get(document.storage_key), seconds=SCAN_SECONDS)
            except FileNotFoundError:
                continue  # removed since
            if isinstance(verdict, Unknown):
                silent += 1
                if silent == GIVES_UP_AFTER:
                    break
                continue
            clean = isinstance(verdict, Clean)
            noted = await db.run(partial(papers.checked, document_id=document.id, clean=clean))
            if noted and not clean:
                await store.delete(document.storage_key)
            settled += noted
        return settled

    return run
