"""Another capacity for a limit than the plan's: seats of a course, holders at a time, the part of a channel, the cap on nominations."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from services.quotas.domain.commands import Command, SetLimit
from services.quotas.domain.limits import Named, named
from services.quotas.proposals.kind import PLACES_MAX, Filed, Kind, Params, ProposalRefused
from services.quotas.store.room import limits_of
from shared.persistence.database import Tx, driver

_THAT_WAIT: Final = text(
    "select key from cell where programme = :programme and listed and waiting > 0 "
    "and (cast(:country as text) is null or country = :country) and (cast(:year as int) is null or year = :year) order by key"
)


class LimitChange(Params, frozen=True, kw_only=True):
    """Another capacity for the limit `limit`, seen from the cell `cell`; none gives it back to the plan.

    `allow_over`: also one below what is held, so that no new place draws on it before it is met.
    """

    cell: str
    limit: str
    capacity: int | None = None
    allow_over: bool = False


class ChangeLimit(Kind[LimitChange]):
    name, params, act = "limit_change", LimitChange, "limit"

    def programme(self, params: LimitChange) -> str:
        return params.cell.partition(":")[0]

    async def cells(self, tx: Tx, params: LimitChange) -> tuple[str, ...]:
        """The limit's own cell; or, of a limit of several, the one that it was seen from and those in which somebody waits."""
        limit = named(params.limit)
        if limit is None or not limit.kind.crosses:
            return (params.cell,)
        where = {"country": limit.country if "country" in limit.kind.fields else None, "year": limit.year or None}
        rows = await tx.execute(_THAT_WAIT, {"programme": limit.programme, **where})
        return tuple(sorted({params.cell, *(row.key for row in rows)}))

    async def objection(self, tx: Tx, filed: Filed[LimitChange]) -> ProposalRefused | None:
        wanted = filed.params.capacity
        if wanted is not None and not 0 <= wanted <= PLACES_MAX:
            return ProposalRefused("bad_capacity", {"capacity": wanted})
        if filed.params.cell not in filed.figures:
            return ProposalRefused("unknown_cell")
        limits = {one.key: one for one in await limits_of(await driver(tx), filed.params.cell)}
        limit = limits.get(filed.params.limit)
        if limit is None:
            return ProposalRefused("unknown_limit", {"limits": ", ".join(limits) or "-"})
        if limit.fixed == wanted:
            return ProposalRefused("limit_unchanged", {"capacity": "-" if limit.capacity is None else limit.capacity})
        there_would_be = limit.planned if wanted is None else wanted
        if there_would_be is not None and there_would_be < limit.used and not filed.params.allow_over:
            return ProposalRefused("limit_below_used", {"used": limit.used, "capacity": there_would_be})
        return None

    def commands(self, filed: Filed[LimitChange]) -> Sequence[Command]:
        limit = named(filed.params.limit)
        assert isinstance(limit, Named), "what is no limit was objected to"
        home = limit.home(int(filed.params.cell.rpartition(":")[2]))
        return (SetLimit(cell=home, at=filed.now, key=filed.params.limit, capacity=filed.params.capacity),)
