"""The notifications service, put together. What its pages, its sweeps and its events need is loaded with the first use of each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from services.notifications import NAME
from services.notifications.settings import NotificationsSettings
from services.notifications.store import checks
from shared.kernel.clock import Clock
from shared.messaging.service import Handle, Service, Sweep
from shared.persistence.database import Database
from shared.settings import CommonSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from services.notifications.addresses import Addresses

PLANS: Final = {"enable_seqscan": "off"}
"""The tables start empty and grow within minutes; statistics of an empty table would make every look for due mails read it whole."""


def build(settings: CommonSettings, *, clock: Clock) -> Service:
    """The service on its own database; nothing is opened or connected before its first use."""
    assert isinstance(settings, NotificationsSettings), "this service has settings of its own"
    db = Database(settings.database(NAME), application_name=NAME, options=PLANS)

    def make_handle() -> Handle:
        from services.notifications.events import handle

        return handle

    async def invariants() -> Mapping[str, int]:
        return await db.run(checks.broken)

    def make_api() -> "FastAPI":
        from services.notifications.web import web

        return web(settings, clock, db, _addresses(settings, clock), make_handle(), invariants)

    def make_sweeps() -> tuple[Sweep, ...]:
        from services.notifications.delivery import Post
        from services.notifications.sweeps import sweeps
        from shared.mail.smtp import Mailer

        addresses = _addresses(settings, clock)
        return sweeps(Post(db, Mailer(settings), addresses, settings.public_url, settings.mail_from, settings.mail_tries))

    return Service(NAME, db, make_api, make_handle, make_sweeps, invariants)


def _addresses(settings: NotificationsSettings, clock: Clock) -> "Addresses":
    from services.notifications.addresses import Addresses
    from shared.web.service_tokens import ServiceTokens

    tokens = ServiceTokens.from_folder(settings.keys_folder, NAME)
    return Addresses(settings.applications_url or settings.public_url, tokens, clock.now)
