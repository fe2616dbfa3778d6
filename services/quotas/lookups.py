"""Small reads that pages need beside `views`: movements of places, countries' names, a plan's policy. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.quotas.rows import ConsentRow
from services.quotas.store.terms import published
from shared.events.applications import AllotmentPolicy, Names
from shared.kernel.cells import Cell
from shared.persistence.database import Tx

_TRANSFERS: Final = text(
    "select id, at, source, target, count, cause, decision from transfer where cell = :cell "
    "and (cast(:decision as int) is null or decision = :decision) and (cast(:before as bigint) is null or id < :before) "
    "order by id desc limit :most"
)
_CONSENTS: Final = text("select country, answer, by, role, at, note from proposal_consent where proposal = :proposal order by country")
_PUT_FORWARD: Final = text("select count(*) from place where cell = any(cast(:cells as text[])) and state = 'nominated'")
_TERMS: Final = text("select terms from programme where code = any(cast(:codes as text[]))")


@dataclass(frozen=True, slots=True)
class TransferRow:
    """`count` places went from account `source` to account `target`, such as `pool:scholarship` to `free:scholarship:PE:2016`."""

    id: int
    at: datetime
    source: str
    target: str
    count: int
    cause: str
    decision: int | None


async def transfers(tx: Tx, cell: str, *, decision: int | None = None, before: int | None = None, most: int) -> tuple[TransferRow, ...]:
    """The cell's movements of places, newest first; of one decision, or those before an id (for the next page), where asked."""
    rows = await tx.execute(_TRANSFERS, {"cell": cell, "decision": decision, "before": before, "most": most})
    return tuple(TransferRow(*row) for row in rows)


async def consents(tx: Tx, proposal: UUID) -> tuple[ConsentRow, ...]:
    """The countries that are asked, by code, with their answers."""
    return tuple(ConsentRow(*row) for row in await tx.execute(_CONSENTS, {"proposal": proposal}))


async def put_forward(tx: Tx, cells: Iterable[str]) -> int:
    """How many applications were put forward in these cells and have no answer yet."""
    return int((await tx.execute(_PUT_FORWARD, {"cells": sorted(cells)})).scalar_one())


async def countries(tx: Tx, programme: str) -> Mapping[str, Names]:
    """The names of the programme's countries, by code."""
    row = (await tx.execute(_TERMS, {"codes": [programme]})).first()
    return {one.code: one.names for one in published(row.terms).countries} if row is not None else {}


async def policy(tx: Tx, programme: str) -> AllotmentPolicy:
    """The allotment policy that the programme's plan publishes."""
    row = (await tx.execute(_TERMS, {"codes": [programme]})).one()
    return published(row.terms).policy


async def country_names(tx: Tx, cells: Iterable[str]) -> Mapping[str, Names]:
    """Cell -> the names of its country, for the cells whose programme knows it."""
    wanted = {key: Cell.parse(key) for key in cells}
    rows = await tx.execute(_TERMS, {"codes": sorted({cell.programme for cell in wanted.values()})}) if wanted else ()
    known = {(terms.programme, one.code): one.names for terms in (published(row.terms) for row in rows) for one in terms.countries}
    return {key: known[cell.programme, cell.country] for key, cell in wanted.items() if (cell.programme, cell.country) in known}
