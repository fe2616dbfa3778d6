"""The quotas service, put together."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from services.quotas import api, pages
from services.quotas.access import Desk
from services.quotas.events import handle
from services.quotas.exports import Exports
from services.quotas.pages.promises import PROMISES
from services.quotas.seats import Seats
from services.quotas.settings import QuotasSettings
from services.quotas.store import checks
from services.quotas.sweeps import sweeps
from services.quotas.watch import BoardWatch
from shared.kernel.clock import Clock
from shared.messaging.backlog import lookout
from shared.messaging.service import Service
from shared.persistence.database import Database
from shared.settings import CommonSettings
from shared.web.app import WebSettings, create_web_app
from shared.web.health import health_router
from shared.web.identity import IdentityVerifier
from shared.web.operations import Watched, operations_router

NAME: Final = "quotas"
PREFIX: Final = "/quotas"
FOLDER: Final = Path(__file__).parent
PLANS: Final = {"enable_seqscan": "off"}
"""The hot tables start empty and grow within minutes; statistics of an empty table would make every batch read them whole."""


def build(settings: CommonSettings, *, clock: Clock) -> Service:
    """The service on its own database; nothing is opened or connected before its first use."""
    assert isinstance(settings, QuotasSettings), "this service has settings of its own"
    db = Database(settings.database(NAME), application_name=NAME, options=PLANS)
    app = _web(settings, clock, db)

    async def invariants() -> Mapping[str, int]:
        return await db.run(lambda tx: checks.broken(tx, clock.now()))

    async def ready() -> Mapping[str, str]:
        return {"database": await db.ready() or ""}

    handles = partial(handle, clock=clock)
    app.include_router(health_router(PREFIX, ready=ready, invariants=invariants))
    app.include_router(
        operations_router(Watched(f"{PREFIX}/operations", db, clock, handles, invariants, PROMISES, lookout(settings, NAME, db)))
    )
    return Service(NAME, db, app, handles, sweeps(db, settings), invariants)


def _web(settings: QuotasSettings, clock: Clock, db: Database) -> FastAPI:
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
    app.include_router(api.router)
    app.include_router(pages.router)
    return app
