"""A change of a target needs two people: one proposes, another adopts or rejects. Both acts leave an audit row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from services.quotas.domain.commands import SetTarget
from services.quotas.store.programmes import fund
from services.quotas.use_cases import apply
from shared.kernel.ids import new_id
from shared.persistence import audit
from shared.persistence.database import Tx

SYSTEM: Final = "system"
"""Who proposes what a new version of a plan asks for and may not do by itself."""
REASON_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Proposed:
    """The proposal is filed and waits for another person."""

    proposal: UUID


@dataclass(frozen=True, slots=True)
class Decided:
    """The proposal was adopted or rejected."""

    proposal: UUID
    state: str


@dataclass(frozen=True, slots=True)
class ProposalRefused:
    """Nothing changed. `reason` is one of unknown_cell, unknown_proposal, unchanged, no_reason, bad_target, not_open, same_person, stale,
    pool_short; `figures` are those that explain it, such as `pool` and `wanted`, or `seen_target` beside `target`."""

    reason: str
    figures: Mapping[str, int] = field(default_factory=dict)


_CELL: Final = text("select target, free, offered, taken, waiting, last_decision from cell where key = :cell and listed")
_LOCKED_CELL: Final = text(f"{_CELL.text} for no key update")
_BOOKS: Final = text(
    "select p.funded, a.balance from programme p join account a on a.key = 'pool:' || p.code "
    "where p.code = :programme for no key update of a"
)
_FILE: Final = text(
    "insert into proposal (id, kind, programme, cell, target, seen, reason, proposed_by, proposed_at) "
    "values (:id, :kind, :programme, :cell, :target, cast(:seen as jsonb), :reason, :by, :at)"
)
_OPEN: Final = text("select * from proposal where id = :id for update")
_SETTLE: Final = text("update proposal set state = :state, decided_by = :by, decided_at = :at, note = :note where id = :id")


async def propose(tx: Tx, cell: str, target: int, reason: str, *, by: str, role: str, now: datetime) -> Proposed | ProposalRefused:
    """Ask for another target of a cell. Whether the pool can give it is judged when it is adopted, and shown before."""
    if not 0 <= target <= 1_000_000:
        return ProposalRefused("bad_target", {"target": target})
    if not reason.strip():
        return ProposalRefused("no_reason")
    figures = await _figures(tx, cell)
    if figures is None:
        return ProposalRefused("unknown_cell")
    if figures["target"] == target:
        return ProposalRefused("unchanged", {"target": target})
    proposal = await file_proposal(
        tx, kind="allotment_change", programme=cell.partition(":")[0], cell=cell, target=target, by=by, reason=reason, at=now
    )
    detail = {"proposal": proposal, "before": figures["target"], "target": target}
    await audit.record(tx, at=now, actor=by, role=role, act="allotment.propose", subject=cell, detail=detail)
    return Proposed(proposal)


async def approve(
    tx: Tx, proposal: UUID, *, by: str, role: str, seen_decision: int, note: str = "", now: datetime
) -> Decided | ProposalRefused:
    """Adopt a proposal. `seen_decision` is the cell's last decision as it was shown to whoever adopts.

    Where the cell was decided upon since, nothing happens, and the figures when it was proposed and now are the answer.
    """
    found = await _open(tx, proposal, by)
    if isinstance(found, ProposalRefused):
        return found
    if found.kind == "total_change":
        return await _approve_total(tx, found, by=by, role=role, note=note, now=now)
    figures = await _figures(tx, found.cell, lock=True)
    if figures is None:
        return ProposalRefused("unknown_cell")
    if figures["last_decision"] != seen_decision:
        return ProposalRefused("stale", {**{f"seen_{name}": figure for name, figure in found.seen.items()}, **figures})
    verdict = await apply(tx, [SetTarget(cell=found.cell, at=now, target=found.target)])
    if verdict.short:
        return ProposalRefused("pool_short", {"pool": verdict.short[0].pool, "wanted": verdict.short[0].wanted})
    return await _settle(tx, found, "approved", by=by, role=role, note=note, now=now, before=figures["target"])


async def reject(tx: Tx, proposal: UUID, *, by: str, role: str, note: str = "", now: datetime) -> Decided | ProposalRefused:
    """Turn a proposal down; nothing changes in the books. Another person than the proposer does it."""
    found = await _open(tx, proposal, by)
    if isinstance(found, ProposalRefused):
        return found
    return await _settle(tx, found, "rejected", by=by, role=role, note=note, now=now)


async def file_proposal(tx: Tx, *, kind: str, programme: str, cell: str | None, target: int, by: str, reason: str, at: datetime) -> UUID:
    """File a proposal with the cell's figures as they are now; its id."""
    proposal = new_id()
    seen = await _figures(tx, cell) if cell is not None else None
    row = {"id": proposal, "kind": kind, "programme": programme, "cell": cell, "target": target, "by": by, "at": at}
    await tx.execute(_FILE, {**row, "seen": json.dumps(seen or {}), "reason": reason.strip()[:REASON_MAX]})
    return proposal


async def _approve_total(tx: Tx, found: Row[Any], *, by: str, role: str, note: str, now: datetime) -> Decided | ProposalRefused:
    """Take out of the pool what the plan has no more; all of it, or nothing."""
    books = (await tx.execute(_BOOKS, {"programme": found.programme})).one()
    wanted = books.funded - found.target
    if wanted > books.balance:
        return ProposalRefused("pool_short", {"pool": books.balance, "wanted": wanted})
    await fund(tx, found.programme, found.target, at=now)
    return await _settle(tx, found, "approved", by=by, role=role, note=note, now=now, before=books.funded)


async def _open(tx: Tx, proposal: UUID, by: str) -> Row[Any] | ProposalRefused:
    found = (await tx.execute(_OPEN, {"id": proposal})).first()
    if found is None:
        return ProposalRefused("unknown_proposal")
    if found.state != "open":
        return ProposalRefused("not_open")
    if found.proposed_by == by:
        return ProposalRefused("same_person")
    return found


async def _figures(tx: Tx, cell: str, *, lock: bool = False) -> dict[str, int] | None:
    row = (await tx.execute(_LOCKED_CELL if lock else _CELL, {"cell": cell})).first()
    return dict(row._mapping) if row is not None else None


async def _settle(
    tx: Tx, found: Row[Any], state: str, *, by: str, role: str, note: str, now: datetime, before: int | None = None
) -> Decided:
    await tx.execute(_SETTLE, {"id": found.id, "state": state, "by": by, "at": now, "note": note.strip()[:REASON_MAX]})
    act = f"allotment.{'approve' if state == 'approved' else 'reject'}"
    detail = {"proposal": found.id, "proposed_by": found.proposed_by, "before": before, "target": found.target}
    await audit.record(tx, at=now, actor=by, role=role, act=act, subject=found.cell or found.programme, detail=detail)
    return Decided(found.id, state)
