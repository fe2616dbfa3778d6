"""Work started by time for the sake of privacy: people whose erasure is due, and what is kept no longer."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from services.applications.accounts.desk import Desk
from services.applications.documents.store import DocumentStore
from services.applications.privacy import mailing, retention
from services.applications.privacy.erasing import erase_next, put_off
from services.applications.privacy.mail import NOT_TRIED, not_tried, send
from services.applications.privacy.retention import Periods
from services.applications.settings import ApplicationsSettings
from shared.messaging.service import Sweep
from shared.observability.logging import get_logger
from shared.persistence.database import Tx, Unavailable

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
    return (
        Sweep("erasures", 5.0, _erasures(desk, store)),
        Sweep("privacy_mails", 5.0, _mails(desk)),
        Sweep("draft_warnings", 3600, _warnings(desk, periods)),
        *kinds,
    )


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
        if erased.mail:
            await send(desk, erased.mail)
        return 1

    return run


def _mails(desk: Desk) -> Run:
    async def run(now: datetime) -> int:
        claimed = await desk.db.run(lambda tx: mailing.claim(tx, now=now))
        for number, one in enumerate(claimed):
            reason = await send(desk, one)
            if reason in NOT_TRIED:
                await desk.db.run(partial(not_tried, mails=claimed[number + 1 :], reason=reason, now=now))
                return 0
        return len(claimed)

    return run


def _warnings(desk: Desk, periods: Periods) -> Run:
    async def run(now: datetime) -> int:
        async def work(tx: Tx) -> int:
            found = await retention.to_warn(tx, periods, now=now)
            mails = [mailing.new(mailing.DRAFT, *one.named, now=now, application=one.application) for one in found]
            await mailing.add(tx, mails, now=now)
            return len(found)

        # Who was not told is not noted as told: no draft goes before.
        return await desk.db.run(work)

    return run


def _retention(desk: Desk, kind: str, periods: Periods) -> Run:
    async def run(now: datetime) -> int:
        return await desk.db.run(lambda tx: retention.sweep(tx, kind, periods, now=now))

    return run
