"""The pages and the API of the quotas service."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi import FastAPI

from services.quotas import FOLDER, NAME, api, pages
from services.quotas.access import Desk
from services.quotas.exports import Exports
from services.quotas.promises import PROMISES
from services.quotas.seats import Seats
from services.quotas.settings import QuotasSettings
from services.quotas.watch import BoardWatch
from shared.kernel.clock import Clock
from shared.messaging.backlog import lookout
from shared.messaging.service import Handle
from shared.persistence.database import Database
from shared.web.app import WebSettings, create_web_app
from shared.web.health import health_router
from shared.web.identity import IdentityVerifier
from shared.web.operations import Watched, operations_router
from shared.web.routes import add_routes

PREFIX: Final = "/quotas"


def web(
    settings: QuotasSettings, clock: Clock, db: Database, handle: Handle, invariants: Callable[[], Awaitable[Mapping[str, int]]]
) -> FastAPI:
    """The application, on the service's database."""
    app = create_web_app(
        service=NAME,
        prefix=PREFIX,
        templates=FOLDER / "templates",
        locale=FOLDER / "locale",
        settings=WebSettings.of(settings),
        clock=clock,
        verifier=IdentityVerifier.from_folder(settings.keys_folder),
    )
    seats = Seats(settings.board_listeners_max, settings.board_listeners_each)
    watch = BoardWatch(db, clock, seats=seats)
    app.state.desk = Desk(db, clock, Exports(db), watch)

    async def ready() -> Mapping[str, str]:
        return {"database": await db.ready() or ""}

    watched = Watched(f"{PREFIX}/operations", db, clock, handle, invariants, PROMISES, lookout(settings, NAME, db))
    add_routes(app, api.router, pages.router, health_router(PREFIX, ready=ready, invariants=invariants), operations_router(watched))
    return app
