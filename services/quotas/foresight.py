"""What a change of a target would come to: the very decision is made, looked at, and taken back before anybody sees it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.quotas.domain.commands import SetTarget
from services.quotas.domain.model import OFFERED
from services.quotas.use_cases import apply
from shared.persistence.database import Tx, driver


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The cell's figures after the change, what the pool gains (or loses, below 0), and who would be offered a place, best ranked first.

    Where the pool cannot give enough, `wanted` is what would be needed; then nothing changes.
    """

    free: int
    offered: int
    taken: int
    waiting: int
    pool_gains: int
    promoted: tuple[UUID, ...] = ()
    wanted: int | None = None


async def foresee(tx: Tx, cell: str, target: int, *, now: datetime) -> Foreseen | None:
    """What adopting this target now would do; none where the cell as it is would stay as it is."""
    connection = await driver(tx)
    await connection.execute("savepoint foresight")
    verdict = await apply(tx, [SetTarget(cell=cell, at=now, target=target)])
    await connection.execute("rollback to savepoint foresight")
    if verdict.short:
        return Foreseen(0, 0, 0, 0, 0, wanted=verdict.short[0].wanted)
    after = next((one for one in verdict.cells if one.key == cell), None)
    if after is None:
        return None
    promoted = tuple(d.application for d in verdict.decisions if d.outcome.kind == OFFERED and d.cell == cell and d.application is not None)
    gained = verdict.pools.get(after.programme, 0)
    return Foreseen(after.free, after.offered, after.taken, after.waiting, gained, promoted)
