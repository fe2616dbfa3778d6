"""The pages and the API of the notifications service."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi import FastAPI

from services.notifications import FOLDER, NAME, api, pages
from services.notifications.addresses import Addresses
from services.notifications.office import Office
from services.notifications.promises import PROMISES
from services.notifications.settings import NotificationsSettings
from shared.kernel.clock import Clock
from shared.messaging.backlog import lookout
from shared.messaging.service import Handle
from shared.persistence.database import Database
from shared.web.app import WebSettings, create_web_app
from shared.web.health import health_router
from shared.web.operations import Watched, operations_router
from shared.web.routes import add_routes

PREFIX: Final = "/messages"


def web(
    settings: NotificationsSettings,
    clock: Clock,
    db: Database,
    addresses: Addresses,
    handle: Handle,
    invariants: Callable[[], Awaitable[Mapping[str, int]]],
) -> FastAPI:
    """The application, on the service's database."""
    app = create_web_app(
        service=NAME,
        prefix=PREFIX,
        templates=FOLDER / "templates",
        locale=FOLDER / "locale",
        settings=WebSettings.of(settings),
        clock=clock,
    )
    app.state.office = Office(db, clock, addresses, settings.public_url)

    async def ready() -> Mapping[str, str]:
        return {"database": await db.ready() or ""}

    watched = Watched(f"{PREFIX}/operations", db, clock, handle, invariants, PROMISES, lookout(settings, NAME, db))
    add_routes(app, health_router(PREFIX, ready=ready, invariants=invariants), operations_router(watched), api.router, pages.router)
    return app
