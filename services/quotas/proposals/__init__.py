"""A change of places or of participation needs two people: one proposes, with the effect in view, another adopts or rejects.

Both acts leave an audit row. Whoever adopts says which state of the books was shown to them; where it has changed since, nothing happens.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, text

from services.quotas.domain.model import OFFERED, REFUSED, Verdict
from services.quotas.proposals.kind import NEWER_PLAN, REASON_MAX, SYSTEM, Decided, Filed, Kind, Params, ProposalRefused, Proposed
from services.quotas.proposals.kinds import KINDS
from services.quotas.store import locks
from services.quotas.store.load import first_wanted
from services.quotas.store.terms import load_terms
from shared.kernel.ids import new_id
from shared.persistence import audit
from shared.persistence.database import Tx, driver

__all__ = [
    "KINDS", "NEWER_PLAN", "REASON_MAX", "SYSTEM", "Decided", "ProposalRefused", "Proposed", "approve", "file_proposal", "opened",
    "params_of", "propose", "reject", "void",
]  # fmt: skip

FIGURES: Final = ("target", "free", "offered", "taken", "waiting", "last_decision")

_LOOK: Final = text(
    f"select key, {', '.join(FIGURES)} from cell where key = any(cast(:cells as text[])) and listed order by key"  # noqa: S608 - constants
)
_POOL: Final = text("select coalesce((select balance from account where key = 'pool:' || :programme), 0) as pool")
_FILE: Final = text(
    "insert into proposal (id, kind, programme, cell, cells, params, seen, counters, reason, proposed_by, proposed_role, proposed_at) "
    "values (:id, :kind, :programme, :cell, :cells, cast(:params as jsonb), cast(:seen as jsonb), :counters, :reason, :by, :role, :at)"
)
_OPEN: Final = text("select * from proposal where id = :id for update")
_OF_SYSTEM: Final = text(
    "select * from proposal where programme = :programme and kind = :kind and state = 'open' and proposed_by = :system "
    "order by id for update"
)
_SETTLE: Final = text(
    "update proposal set state = :state, decided_by = :by, decided_at = :at, note = :note, outcome = cast(:outcome as jsonb) where id = :id"
)


def params_of(kind: str, raw: Mapping[str, Any]) -> Params | ProposalRefused:
    """What a proposal of the kind asks for, read from JSON; refused where there is no such kind, or what is asked does not fit it."""
    known = KINDS.get(kind)
    if known is None:
        return ProposalRefused("unknown_kind", {"kinds": ", ".join(sorted(KINDS))})
    try:
        params: Params = msgspec.convert(raw, known.params)
    except msgspec.ValidationError as error:
        return ProposalRefused("bad_params", {"fault": str(error)})
    return params


async def opened(tx: Tx, kind: str, params: Params, *, by: str, now: datetime, proposal: UUID | None = None) -> Filed[Any]:
    """What the proposal is about, with the figures of its cells as they are now."""
    known = KINDS[kind]
    rows = await tx.execute(_LOOK, {"cells": list(await known.cells(tx, params))})
    figures = {row.key: {name: getattr(row, name) for name in FIGURES} for row in rows}
    programme, basis = known.programme(params), await known.basis(tx, params)
    terms = (await load_terms(await driver(tx), [programme]))[programme] if figures else None
    return Filed(programme, params, figures, now, by, proposal, basis, terms)


async def propose(
    tx: Tx, kind: str, params: Params, reason: str, *, by: str, role: str, now: datetime, counters: UUID | None = None
) -> Proposed | ProposalRefused:
    """File a proposal. What can never be is refused at once; where the kind is not strict, a lack of places is judged at its adoption."""
    if not reason.strip():
        return ProposalRefused("no_reason")
    known, filed = KINDS[kind], await opened(tx, kind, params, by=by, now=now)
    refused = await known.objection(tx, filed)
    if refused is None and known.strict:
        refused = short_of(await looked(tx, known, filed))
    if refused is not None:
        return refused
    proposal = await file_proposal(tx, kind, params, by=by, role=role, reason=reason, at=now, counters=counters)
    await known.filed(tx, filed, proposal)
    detail = {"proposal": proposal, "kind": kind, **msgspec.to_builtins(params)}
    subject = known.subject(params, sorted(filed.figures))
    await audit.record(tx, at=now, actor=by, role=role, act=f"{known.act}.propose", subject=subject, detail=detail)
    return Proposed(proposal)


async def file_proposal(
    tx: Tx, kind: str, params: Params, *, by: str, reason: str, at: datetime, role: str = "", counters: UUID | None = None
) -> UUID:
    """File a proposal with the figures as they are now; its id. `role`: in which somebody files it, empty where a plan does."""
    proposal, known = new_id(), KINDS[kind]
    filed = await opened(tx, kind, params, by=by, now=at)
    pool = (await tx.execute(_POOL, {"programme": filed.programme})).one().pool
    cells = await known.cells(tx, params)
    row = {
        "id": proposal,
        "kind": kind,
        "programme": filed.programme,
        "cell": cells[0] if len(cells) == 1 else None,
        "cells": list(cells),
        "params": msgspec.json.encode(params).decode(),
        "seen": json.dumps({"cells": filed.figures, "pool": pool}),
        "counters": counters,
        "by": by,
        "role": role,
        "at": at,
        "reason": reason.strip()[:REASON_MAX],
    }
    await tx.execute(_FILE, row)
    return proposal


async def approve(tx: Tx, proposal: UUID, *, by: str, role: str, seen: str, note: str = "", now: datetime) -> Decided | ProposalRefused:
    """Adopt a proposal. `seen` is the state of its cells (`Filed.state`) that was shown to whoever adopts.

    Where one of them was decided upon since, nothing happens. What cannot be done whole is not done at all.
    """
    found = await _open(tx, proposal, by)
    if isinstance(found, ProposalRefused):
        return found
    known = KINDS[found.kind]
    params = msgspec.convert(found.params, known.params)
    filed = await _locked(tx, found.kind, params, by=by, now=now, proposal=proposal)
    if filed.state != seen:
        return ProposalRefused("stale")
    refused = await known.objection(tx, filed)
    if refused is not None:
        return refused
    connection = await driver(tx)
    await connection.execute("savepoint adopting")
    verdict = await known.carry_out(tx, filed)
    refused = short_of(verdict)
    if refused is not None:
        await connection.execute("rollback to savepoint adopting")
        return refused
    return await _settle(tx, found, "approved", by=by, role=role, note=note, now=now, outcome=_outcome(filed, verdict))


async def reject(tx: Tx, proposal: UUID, *, by: str, role: str, note: str = "", now: datetime) -> Decided | ProposalRefused:
    """Turn a proposal down; nothing changes in the books. Another person than the proposer does it."""
    found = await _open(tx, proposal, by)
    if isinstance(found, ProposalRefused):
        return found
    return await _settle(tx, found, "rejected", by=by, role=role, note=note, now=now)


async def void(tx: Tx, programme: str, kind: str, *, note: str, now: datetime) -> None:
    """Close what the system proposed of that kind and nobody has decided: another version of the plan says something else by now."""
    for found in (await tx.execute(_OF_SYSTEM, {"programme": programme, "kind": kind, "system": SYSTEM})).all():
        await _settle(tx, found, "rejected", by=NEWER_PLAN, role=SYSTEM, note=note, now=now)


async def looked(tx: Tx, kind: Kind[Any], filed: Filed[Any]) -> Verdict:
    """What carrying it out now would come to, decided by the core on the books as they are; then all of it is taken back."""
    connection = await driver(tx)
    await connection.execute("savepoint foresight")
    verdict = await kind.look(tx, filed)
    await connection.execute("rollback to savepoint foresight")
    return verdict


def short_of(verdict: Verdict) -> ProposalRefused | None:
    """Why it could not be done, where the core says so."""
    if not verdict.short:
        return None
    short = verdict.short[0]
    return ProposalRefused(short.reason, {"has": short.has, "wanted": short.wanted})


async def _locked(tx: Tx, kind: str, params: Params, *, by: str, now: datetime, proposal: UUID) -> Filed[Any]:
    """The proposal with the figures of its cells, which stand still from now on, and with them all that it will be decided with.

    Which these are is found without a lock; where they are others by the time they are locked, the state is another one too.
    """
    known, connection = KINDS[kind], await driver(tx)
    before = await opened(tx, kind, params, by=by, now=now, proposal=proposal)
    if known.of_programme:
        await locks.programme(connection, before.programme)
    wanted = await first_wanted(connection, known.commands(before))
    await locks.cells(connection, wanted.cells.union(await known.cells(tx, params)))
    return await opened(tx, kind, params, by=by, now=now, proposal=proposal)


async def _open(tx: Tx, proposal: UUID, by: str) -> Row[Any] | ProposalRefused:
    found = (await tx.execute(_OPEN, {"id": proposal})).first()
    if found is None:
        return ProposalRefused("unknown_proposal")
    if found.state != "open":
        return ProposalRefused("not_open")
    if found.proposed_by == by:
        return ProposalRefused("same_person")
    return found


def _outcome(filed: Filed[Any], verdict: Verdict) -> dict[str, Any]:
    """What the adoption did: the cells' figures before it, and how many were offered a place or refused by it, by cell."""
    told: dict[str, dict[str, int]] = {OFFERED: {}, REFUSED: {}}
    for decision in verdict.decisions:
        counted = told.get(decision.outcome.kind)
        if counted is not None:
            counted[decision.cell] = counted.get(decision.cell, 0) + 1
    return {"cells": filed.figures, **told}


async def _settle(
    tx: Tx, found: Row[Any], state: str, *, by: str, role: str, note: str, now: datetime, outcome: Mapping[str, Any] | None = None
) -> Decided:
    kept = {"state": state, "by": by, "at": now, "note": note.strip()[:REASON_MAX], "outcome": json.dumps(outcome or {})}
    await tx.execute(_SETTLE, {"id": found.id, **kept})
    act = f"{KINDS[found.kind].act}.{'approve' if state == 'approved' else 'reject'}"
    subject = KINDS[found.kind].subject(msgspec.convert(found.params, KINDS[found.kind].params), found.cells)
    detail = {"proposal": found.id, "kind": found.kind, "proposed_by": found.proposed_by, **found.params, **(outcome or {})}
    await audit.record(tx, at=now, actor=by, role=role, act=act, subject=subject, detail=detail)
    return Decided(found.id, state)
