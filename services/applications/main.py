"""The applications service, put together. What its pages, its sweeps and its events need is loaded with the first use of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from services.applications import FOLDER, NAME
from services.applications.domain.accounts import Rules, Window
from services.applications.settings import ApplicationsSettings
from services.applications.store import checks
from shared.kernel.clock import Clock
from shared.messaging.service import Handle, Service, Sweep
from shared.persistence.database import Database
from shared.settings import CommonSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from services.applications.accounts.desk import Desk

WINDOW: Final = timedelta(minutes=15)
"""Over which sign-ins from one network address are counted."""


@dataclass(frozen=True)
class Applications(Service):
    """The service, and the desk where people sign in: for its pages and sweeps, and for a command that has to know who agrees."""

    desk: "Callable[[], Desk]"


def build(settings: CommonSettings, *, clock: Clock) -> Applications:
    """The service on its own database; nothing is opened or connected before its first use."""
    assert isinstance(settings, ApplicationsSettings), "this service has settings of its own"
    db = Database(settings.database(NAME), application_name=NAME)

    def make_handle() -> Handle:
        from services.applications.events import handle

        return handle

    async def invariants() -> Mapping[str, int]:
        return await db.run(checks.broken)

    @cache
    def desk() -> "Desk":
        return _desk(settings, clock, db)

    def make_api() -> "FastAPI":
        from services.applications.web import web

        return web(settings, clock, desk(), make_handle(), invariants)

    def make_sweeps() -> tuple[Sweep, ...]:
        return _sweeps(settings, desk())

    return Applications(NAME, db, make_api, make_handle, make_sweeps, invariants, desk)


def _desk(settings: ApplicationsSettings, clock: Clock, db: Database) -> "Desk":
    from services.applications.accounts.desk import Desk
    from shared.mail.smtp import Mailer
    from shared.web.i18n import SHARED_LOCALE, Texts
    from shared.web.identity import IdentityIssuer

    rules = Rules(
        idle=timedelta(minutes=settings.session_idle_minutes),
        requests_per_ip=Window(settings.codes_asked_per_address, WINDOW),
        codes_per_ip=Window(settings.codes_tried_per_address, WINDOW),
        erasure_grace=timedelta(days=settings.erasure_grace_days),
    )
    issuer = IdentityIssuer.from_folder(settings.keys_folder)
    texts = Texts.load(FOLDER / "locale", SHARED_LOCALE)
    return Desk(db, clock, Mailer(settings), issuer, texts, settings.public_url, settings.mail_from, rules)


def _sweeps(settings: ApplicationsSettings, desk: "Desk") -> tuple[Sweep, ...]:
    from services.applications.copies.making import sweep as copies
    from services.applications.documents.scanner import Scanner
    from services.applications.documents.store import DocumentStore
    from services.applications.privacy.sweeps import privacy_sweeps
    from services.applications.sweeps import sweeps

    documents = DocumentStore(settings.documents_folder)
    common = sweeps(desk.db, documents, Scanner(settings.documents_scanner), settings)
    return (*common, copies(desk.db, documents, desk.texts), *privacy_sweeps(desk, documents, settings))
