"""The quotas service, put together. What its pages, its sweeps and its events need is loaded with the first use of each."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from services.quotas import NAME
from services.quotas.settings import QuotasSettings
from services.quotas.store import checks
from shared.kernel.clock import Clock
from shared.messaging.service import Handle, Service, Sweep
from shared.persistence.database import Database
from shared.settings import CommonSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

PLANS: Final = {"enable_seqscan": "off"}
"""The hot tables start empty and grow within minutes; statistics of an empty table would make every batch read them whole."""


def build(settings: CommonSettings, *, clock: Clock) -> Service:
    """The service on its own database; nothing is opened or connected before its first use."""
    assert isinstance(settings, QuotasSettings), "this service has settings of its own"
    db = Database(settings.database(NAME), application_name=NAME, options=PLANS)

    def make_handle() -> Handle:
        from services.quotas.events import handle

        return partial(handle, clock=clock)

    async def invariants() -> Mapping[str, int]:
        return await db.run(lambda tx: checks.broken(tx, clock.now()))

    def make_api() -> "FastAPI":
        from services.quotas.web import web

        return web(settings, clock, db, make_handle(), invariants)

    def make_sweeps() -> tuple[Sweep, ...]:
        from services.quotas.sweeps import sweeps

        return sweeps(db, settings)

    return Service(NAME, db, make_api, make_handle, make_sweeps, invariants)
