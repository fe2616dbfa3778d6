"""Another order of a waiting list by hand: one application ahead of another. Its reason is the proposal's."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.quotas.domain.commands import Command, Reorder
from services.quotas.proposals.kind import Filed, Kind, Params, ProposalRefused
from shared.persistence.database import Tx

_OWN: Final = text(
    "select exists (select from place where application = any(cast(:applications as uuid[])) and cast(person as text) = :by)"
)


class MoveAhead(Params, frozen=True, kw_only=True):
    """`application`, who waits in `cell`, shall stand directly ahead of `ahead_of`, who waits there too."""

    cell: str
    application: UUID
    ahead_of: UUID


class ReorderList(Kind[MoveAhead]):
    name, params, act = "reorder", MoveAhead, "list"
    strict = True

    def programme(self, params: MoveAhead) -> str:
        return params.cell.partition(":")[0]

    async def cells(self, _tx: object, params: MoveAhead) -> tuple[str, ...]:
        return (params.cell,)

    async def objection(self, tx: Tx, filed: Filed[MoveAhead]) -> ProposalRefused | None:
        """Neither who proposes it nor who adopts it may be one of the two: an account keeps its id when it becomes one of staff."""
        if filed.params.cell not in filed.figures:
            return ProposalRefused("unknown_cell")
        both = [filed.params.application, filed.params.ahead_of]
        own = (await tx.execute(_OWN, {"applications": both, "by": filed.by})).scalar_one()
        return ProposalRefused("own_application") if own else None

    def commands(self, filed: Filed[MoveAhead]) -> Sequence[Command]:
        params = filed.params
        return (Reorder(cell=params.cell, at=filed.now, application=params.application, ahead_of=params.ahead_of),)
