"""Work started by time for the sake of privacy: people whose erasure is due, and what is kept no longer."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.applications.accounts.desk import Desk
from services.applications.documents.store import DocumentStore
from services.applications.privacy import retention
from services.applications.privacy.erasing import erase_next, put_off
from services.applications.privacy.mail import tell_done, tell_draft_goes
from services.applications.privacy.retention import Periods
from services.applications.settings import ApplicationsSettings
from shared.messaging.service import Sweep
from shared.observability.logging import get_logger
from shared.persistence.database import Unavailable

log = get_logger(__name__)

Run = Callable[[datetime], Awaitable[int]]


def periods_of(settings: ApplicationsSettings) -> Periods:
    """How long each is kept."""
    days = (settings.retention_drafts_days, settings.retention_papers_days, settings.retention_accounts_days)
    return Periods(*(timedelta(days=one) for one in days))


def privacy_sweeps(desk: Desk, store: DocumentStore, settings: ApplicationsSettings) -> tuple[Sweep, ...]:
    """The sweeps; `desk` sends the mails."""
    periods = periods_of(settings)
    kinds = (Sweep(f"retention_{kind}", 3600, _retention(desk, kind, periods)) for kind in retention.KINDS)
    return (Sweep("erasures", 5.0, _erasures(desk, store)), Sweep("draft_warnings", 3600, _warnings(desk, periods)), *kinds)


def _erasures(desk: Desk, store: DocumentStore) -> Run:
    async def run(now: datetime) -> int:
        try:
            erased = await desk.db.run(lambda tx: erase_next(tx, now=now))
        except Unavailable:
            raise
        except Exception as error:
            # Whatever stands against this person's erasure must not keep everybody else's waiting.
            log.error("erasure.failed", exc_info=error)
            await desk.db.run(lambda tx: put_off(tx, now=now))
            return 1
        if erased is None:
            return 0
        # A worker that dies here leaves bytes behind that nothing refers to; the sweep of documents removes those.
        for key in erased.keys:
            await store.delete(key)
        if erased.email:
            await tell_done(desk, email=erased.email, language=erased.language)
        return 1

    return run


def _warnings(desk: Desk, periods: Periods) -> Run:
    async def run(now: datetime) -> int:
        found = await desk.db.run(lambda tx: retention.to_warn(tx, periods, now=now))
        # Who could not be told is not noted, and is told at the next time: no draft goes before.
        told = [one.application for one in found if await tell_draft_goes(desk, one)]
        if told:
            await desk.db.run(lambda tx: retention.warned(tx, told, now=now))
        return len(told)

    return run


def _retention(desk: Desk, kind: str, periods: Periods) -> Run:
    async def run(now: datetime) -> int:
        return await desk.db.run(lambda tx: retention.sweep(tx, kind, periods, now=now))

    return run
