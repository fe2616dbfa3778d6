"""Small reads that pages need beside `views`: movements of places, countries' names, what followed from an act. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.quotas.store.terms import published
from shared.events.applications import Names
from shared.kernel.cells import Cell
from shared.persistence.database import Tx

_TRANSFERS: Final = text(
    "select id, at, source, target, count, cause, decision from transfer where cell = :cell "
    "and (cast(:decision as int) is null or decision = :decision) and (cast(:before as bigint) is null or id < :before) "
    "order by id desc limit :most"
)
_TERMS: Final = text("select terms from programme where code = any(cast(:codes as text[]))")
_OFFERED: Final = text(
    "select number, application from decision where cell = :cell and at = :at and outcome = 'offered' and number > :after order by number"
)
_FIRST: Final = text("select max(number) as number from decision where cell = :cell and at = :at and outcome = 'target_set'")


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


async def country_names(tx: Tx, cells: Iterable[str]) -> Mapping[str, Names]:
    """Cell -> the names of its country, for the cells whose programme knows it."""
    wanted = {key: Cell.parse(key) for key in cells}
    rows = await tx.execute(_TERMS, {"codes": sorted({cell.programme for cell in wanted.values()})}) if wanted else ()
    known = {(terms.programme, one.code): one.names for terms in (published(row.terms) for row in rows) for one in terms.countries}
    return {key: known[cell.programme, cell.country] for key, cell in wanted.items() if (cell.programme, cell.country) in known}


async def offered_by_change(tx: Tx, cell: str, at: datetime) -> tuple[UUID, ...]:
    """The applications that were offered a place by the change of the target at that moment, in the order of their rank."""
    first = (await tx.execute(_FIRST, {"cell": cell, "at": at})).one().number
    if first is None:
        return ()
    rows = await tx.execute(_OFFERED, {"cell": cell, "at": at, "after": first})
    return tuple(row.application for row in rows)
