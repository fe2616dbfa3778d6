"""Another order of a waiting list by hand: one application ahead of another. Its reason is the proposal's."""

from collections.abc import Sequence
from uuid import UUID

from services.quotas.domain.commands import Command, Reorder
from services.quotas.proposals.kind import Filed, Kind, Params, ProposalRefused


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

    async def objection(self, _tx: object, filed: Filed[MoveAhead]) -> ProposalRefused | None:
        return None if filed.params.cell in filed.figures else ProposalRefused("unknown_cell")

    def commands(self, filed: Filed[MoveAhead]) -> Sequence[Command]:
        params = filed.params
        return (Reorder(cell=params.cell, at=filed.now, application=params.application, ahead_of=params.ahead_of),)
