"""What was adopted is never taken back. It is undone by a counter-move, which is a proposal like any other."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from services.quotas.proposals import KINDS, propose
from services.quotas.proposals.kind import Params, ProposalRefused, Proposed
from shared.persistence.database import Tx

_ADOPTED: Final = text("select kind, params, outcome, state from proposal where id = :id")


async def counter_of(tx: Tx, proposal: UUID) -> tuple[str, Params] | ProposalRefused:
    """Kind and parameters of the proposal that would undo an adopted one."""
    row = (await tx.execute(_ADOPTED, {"id": proposal})).first()
    if row is None:
        return ProposalRefused("unknown_proposal")
    if row.state != "approved":
        return ProposalRefused("no_counter")
    kind = KINDS[row.kind]
    return kind.counter(msgspec.convert(row.params, kind.params), row.outcome) or ProposalRefused("no_counter")


async def propose_counter(tx: Tx, proposal: UUID, reason: str, *, by: str, role: str, now: datetime) -> Proposed | ProposalRefused:
    """File the counter-move of an adopted proposal."""
    found = await counter_of(tx, proposal)
    if isinstance(found, ProposalRefused):
        return found
    kind, params = found
    return await propose(tx, kind, params, reason, by=by, role=role, now=now, counters=proposal)
