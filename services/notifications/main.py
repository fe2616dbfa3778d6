"""The notifications service, put together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from services.notifications import api, pages
from services.notifications.addresses import Addresses
from services.notifications.delivery import Post
from services.notifications.events import handle
from services.notifications.office import Office
from services.notifications.promises import PROMISES
from services.notifications.settings import NotificationsSettings
from services.notifications.store import checks
from services.notifications.sweeps import sweeps
from shared.kernel.clock import Clock
from shared.mail.smtp import Mailer
from shared.messaging.backlog import lookout
from shared.messaging.service import Service
from shared.persistence.database import Database
from shared.settings import CommonSettings
from shared.web.app import WebSettings, create_web_app
from shared.web.health import health_router
from shared.web.operations import Watched, operations_router
from shared.web.service_tokens import ServiceTokens

NAME: Final = "notifications"
PREFIX: Final = "/messages"
FOLDER: Final = Path(__file__).parent
PLANS: Final = {"enable_seqscan": "off"}
"""The tables start empty and grow within minutes; statistics of an empty table would make every look for due mails read it whole."""


def build(settings: CommonSettings, *, clock: Clock) -> Service:
    """The service on its own database; nothing is opened or connected before its first use."""
    assert isinstance(settings, NotificationsSettings), "this service has settings of its own"
    db = Database(settings.database(NAME), application_name=NAME, options=PLANS)
    tokens = ServiceTokens.from_folder(settings.keys_folder, NAME)
    addresses = Addresses(settings.applications_url or settings.public_url, tokens, clock.now)
    post = Post(db, Mailer(settings), addresses, settings.public_url, settings.mail_from, settings.mail_tries)
    app = create_web_app(
        service=NAME,
        prefix=PREFIX,
        templates=FOLDER / "templates",
        locale=FOLDER / "locale",
        settings=WebSettings.of(settings),
        clock=clock,
    )
    app.state.office = Office(db, clock, addresses, settings.public_url)

    async def invariants() -> Mapping[str, int]:
        return await db.run(checks.broken)

    async def ready() -> Mapping[str, str]:
        return {"database": await db.ready() or ""}

    app.include_router(health_router(PREFIX, ready=ready, invariants=invariants))
    app.include_router(
        operations_router(Watched(f"{PREFIX}/operations", db, clock, handle, invariants, PROMISES, lookout(settings, NAME, db)))
    )
    app.include_router(api.router)
    app.include_router(pages.router)
    return Service(NAME, db, app, handle, sweeps(post), invariants)
