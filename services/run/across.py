"""Live checks that no service can make alone: that they tell the same, that no approval is lost, that no event holds an address."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import TextClause, text

from shared.messaging import outbox
from shared.messaging.service import Service
from shared.persistence.database import Tx

PROMISES: Final[Mapping[str, str]] = {
    "cells that applications and quotas tell differently": "Applications and places tell the same of every cell",
    "approvals that quotas has not answered": "Every approval has its answer from the places service, or awaits it",
    "events that hold an email address": "No event holds an email address",
}
"""What is checked here, by the names that `puente check` prints."""
LOOKS: Final = 20
LOOK_SECONDS: Final = 0.5
"""What is under way looks like a difference; only one that stays for ten seconds is one."""

_TOLD: Final = text(
    "select programme || ':' || country || ':' || year as cell, state, count(*) from application "
    "where state in ('waiting', 'offered', 'accepted', 'placed', 'ended') and not gave_back group by 1, 2"
)
_HELD: Final = text("select cell, state, count(*) from place where state in ('waiting', 'offered', 'taken') group by 1, 2")
_ASKED: Final = text(
    "select programme || ':' || country || ':' || year as cell, count(*) from application where state = 'approved' group by 1"
)
_PARKED: Final = text("select key from parked_key")
_ADDRESSES: Final = text(
    "select (select count(*) from outbox where convert_from(value, 'UTF8') ~ :address) "
    "+ (select count(*) from parked_event where value is not null and convert_from(value, 'UTF8') ~ :address)"
)
_ADDRESS: Final = r"[[:alnum:]._%+-]+@[[:alnum:]-]+\.[[:alpha:]]{2,}"


async def check(services: Mapping[str, Service]) -> dict[str, int]:
    """Name of each check -> how many rows break it. Takes up to ten seconds where something differs."""
    applications, quotas = services["applications"], services["quotas"]
    told, lost = 0, 0
    for _ in range(LOOKS):
        told, lost = await _differences(applications, quotas), await _unanswered(applications, quotas)
        if not told and not lost:
            break
        await asyncio.sleep(LOOK_SECONDS)
    addresses = 0
    for service in services.values():
        addresses += await service.db.run(_with_addresses)
    return dict(zip(PROMISES, (told, lost, addresses), strict=True))


async def _differences(applications: Service, quotas: Service) -> int:
    """Cells in which the numbers of those who wait, hold an offer or hold a place are not the same in both services."""
    # An acceptance is an offer until quotas has taken note; a stay that is over still holds its place of the year.
    told = await _by_cell(applications, _TOLD, {"accepted": "offered", "placed": "taken", "ended": "taken"})
    held = await _by_cell(quotas, _HELD, {})
    return sum(1 for cell in told.keys() | held.keys() if told.get(cell, {}) != held.get(cell, {}))


async def _by_cell(service: Service, statement: TextClause, kinds: Mapping[str, str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for cell, state, count in await _rows(service, statement):
        kind = kinds.get(state, state)
        figures = found.setdefault(cell, {})
        figures[kind] = figures.get(kind, 0) + count
    return found


async def _unanswered(applications: Service, quotas: Service) -> int:
    """Approvals that wait for an answer although all events are sent and their cell is not stopped."""
    for service in (applications, quotas):
        if (await service.db.run(outbox.unsent)).number:
            return 0
    parked = {key for service in (applications, quotas) for (key,) in await _rows(service, _PARKED)}
    return sum(count for cell, count in await _rows(applications, _ASKED) if cell not in parked)


async def _rows(service: Service, statement: TextClause) -> Sequence[Any]:
    async def work(tx: Tx) -> Sequence[Any]:
        return (await tx.execute(statement)).all()

    return await service.db.run(work)


async def _with_addresses(tx: Tx) -> int:
    return int((await tx.execute(_ADDRESSES, {"address": _ADDRESS})).scalar_one())
