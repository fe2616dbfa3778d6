"""The JSON API under `/quotas/api/v1`. Figures and decisions are public, with applicants as ids; proposals are the officers'."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.responses import StreamingResponse

from services.quotas import exports, lookups, proposals, views
from services.quotas.access import MAY_PROPOSE, MAY_PROPOSE_PARTICIPATION, address_of, desk_of, may_file
from services.quotas.foresight import Foreseen, foresee
from services.quotas.problems import problem_of
from services.quotas.proposals import Decided, ProposalRefused, Proposed
from services.quotas.proposals.counter import propose_counter
from services.quotas.proposals.described import every_kind
from services.quotas.proposals.kind import Params
from services.quotas.proposals.once import once
from services.quotas.proposals.participation import consent
from services.quotas.rows import CellRow
from services.quotas.seats import NoSeat
from shared.kernel.writing import unsteered_value
from shared.persistence.database import Tx
from shared.web.identity import Identity, needs, refuse
from shared.web.problems import Problem

router = APIRouter(prefix="/quotas/api/v1", tags=["quotas"])

Officer = Annotated[Identity, Depends(needs(*MAY_PROPOSE))]
Proposer = Annotated[Identity, Depends(needs(*MAY_PROPOSE_PARTICIPATION))]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=200)]
UNSTEERED: Final = BeforeValidator(unsteered_value)
Kind = Annotated[str, StringConstraints(max_length=40), Field(json_schema_extra={"enum": [*proposals.KINDS]})]
Asked = Annotated[dict[str, Any], Field(json_schema_extra={"anyOf": [*every_kind()]})]
Json = dict[str, Any]
JSON_LINES = "application/jsonl"
NUMBER_MAX = 2**31 - 1
"""The highest number that a decision can have."""
After = Annotated[int, Query(ge=0, le=NUMBER_MAX)]
Most = Annotated[int, Query(ge=1, le=views.PAGE)]


class ProposalBody(BaseModel):
    """What is proposed, with the reason for it. What `params` holds depends on the kind; the schema of each is in `docs/proposals.md`."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    params: Asked
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=proposals.REASON_MAX), UNSTEERED]


class PreviewBody(BaseModel):
    """What would be proposed."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    params: Asked


class ReasonBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=proposals.REASON_MAX), UNSTEERED]


class ConsentBody(BaseModel):
    """A country's answer to a request to return. An officer who enters an answer in writing says in `note` where it stands."""

    model_config = ConfigDict(extra="forbid")
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    answer: Literal["yes", "no"]
    note: Annotated[str, StringConstraints(max_length=proposals.REASON_MAX), UNSTEERED] = ""


class DecisionBody(BaseModel):
    """What the second person says. `state` names the state of the books that the effect was computed on, as it was shown to that person."""

    model_config = ConfigDict(extra="forbid")
    state: Annotated[str, StringConstraints(max_length=64)] = ""
    note: Annotated[str, StringConstraints(max_length=proposals.REASON_MAX), UNSTEERED] = ""


@router.get("/programmes")
async def programmes(request: Request) -> Json:
    """Every programme with its places, its pool and its years."""
    found = await desk_of(request).db.run(views.programmes)
    return {"programmes": [asdict(one) | {"names": _texts(one.names), "example_note": _texts(one.example_note)} for one in found]}


@router.get("/board")
async def board(request: Request, programme: str, year: int) -> Json:
    """A programme's cells of one year."""
    desk = desk_of(request)
    found = await desk.db.run(lambda tx: views.board(tx, programme, year, now=desk.clock.now()))
    if found is None:
        raise Problem(404, code="unknown_board")
    return {"programme": programme, "year": year, "example": found.programme.example, "cells": [_cell(cell) for cell in found.cells]}


@router.get("/cells/{key}")
async def cell(request: Request, key: str) -> Json:
    """One cell with its figures and its waiting list."""
    desk = desk_of(request)

    async def read(tx: Tx) -> Json | None:
        found = await views.cell(tx, key, now=desk.clock.now())
        return _cell(found) | {"list": [asdict(one) for one in await views.waiting_list(tx, key, now=desk.clock.now())]} if found else None

    return _found(await desk.db.run(read), "unknown_cell")


@router.get("/cells/{key}/decisions")
async def decisions(request: Request, key: str, after: After = 0, most: Most = views.PAGE) -> Json:
    """The cell's decisions from the oldest on, each as canonical record and hash, so that anybody can check the chain; `next` continues."""
    desk = desk_of(request)

    async def read(tx: Tx) -> Json | None:
        if await views.cell(tx, key, now=desk.clock.now()) is None:
            return None
        links = await views.chain(tx, key, after=after, most=most)
        return {"cell": key, "decisions": [{"record": r, "hash": h} for r, h in links], "next": after + len(links) if links else None}

    return _found(await desk.db.run(read), "unknown_cell")


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": {JSON_LINES: {}}}, 503: {}})
async def export(request: Request, programme: str | None = None, cell: str | None = None) -> StreamingResponse:
    """Decisions and transfers of everything, of a programme or of a cell, as a file that `puente verify` checks (docs/verifying.md)."""
    desk = desk_of(request)
    try:
        covers = exports.scope_of(programme, cell)
        made = await desk.exports.open(covers, desk.clock.now(), address_of(request))
    except exports.UnknownScope as error:
        raise Problem(404, code="unknown_scope") from error
    except NoSeat as error:
        raise Problem(503, code="busy", headers={"retry-after": "60"}) from error
    name = f"puente-decisions{'-' if covers else ''}{covers.replace(':', '-')}.jsonl"
    return StreamingResponse(made, media_type=JSON_LINES, headers={"content-disposition": f'attachment; filename="{name}"'})


@router.get("/proposals")
async def proposed(request: Request, _who: Officer, state: str | None = None) -> Json:
    """Proposals, newest first."""
    found = await desk_of(request).db.run(lambda tx: views.proposals(tx, state=state))
    return {"proposals": [asdict(one) | {"stale": one.stale} for one in found]}


@router.post("/proposals/preview")
async def preview(request: Request, who: Proposer, body: PreviewBody) -> Json:
    """What a proposal would do if it were adopted now; nothing is filed."""
    desk, now, params = desk_of(request), desk_of(request).clock.now(), _params(request, who, body.kind, body.params)
    foreseen = await desk.db.run(lambda tx: foresee(tx, body.kind, params, by=who.account_id, now=now))
    if foreseen.refused is not None:
        raise problem_of(foreseen.refused)
    return _effect(foreseen)


@router.get("/proposals/{proposal}")
async def one_proposal(request: Request, who: Officer, proposal: UUID) -> Json:
    """One proposal; while it is open, with what adopting it now would do, and the state of the books that this is computed on."""
    desk, now = desk_of(request), desk_of(request).clock.now()

    async def read(tx: Tx) -> Json | None:
        row = next(iter(await views.proposals(tx, proposal=proposal)), None)
        if row is None:
            return None
        answer = asdict(row) | {"stale": row.stale, "consents": [asdict(one) for one in await lookups.consents(tx, proposal)]}
        params = proposals.params_of(row.kind, row.params)
        if row.state != "open" or isinstance(params, ProposalRefused):
            return answer
        return answer | {"effect": _effect(await foresee(tx, row.kind, params, by=row.proposed_by, now=now))}

    return _found(await desk.db.run(read), "unknown_proposal")


@router.post("/proposals", status_code=201)
async def propose(request: Request, who: Proposer, body: ProposalBody, key: Key) -> Json:
    """Propose a change; the same key gives the same proposal."""
    desk, now, params = desk_of(request), desk_of(request).clock.now(), _params(request, who, body.kind, body.params)

    async def file(tx: Tx) -> Proposed | ProposalRefused:
        return await proposals.propose(tx, body.kind, params, body.reason, by=who.account_id, role=who.role, now=now)

    return _done(await desk.db.run(lambda tx: once(tx, who.account_id, key, body.model_dump(), now, file)))


@router.post("/proposals/{proposal}/counter", status_code=201)
async def counter(request: Request, who: Officer, proposal: UUID, body: ReasonBody, key: Key) -> Json:
    """Propose what undoes an adopted proposal; the same key gives the same proposal."""
    desk, now = desk_of(request), desk_of(request).clock.now()

    async def file(tx: Tx) -> Proposed | ProposalRefused:
        return await propose_counter(tx, proposal, body.reason, by=who.account_id, role=who.role, now=now)

    return _done(await desk.db.run(lambda tx: once(tx, who.account_id, key, {"counter": str(proposal), **body.model_dump()}, now, file)))


@router.post("/proposals/{proposal}/consent")
async def answer_for_country(request: Request, who: Proposer, proposal: UUID, body: ConsentBody) -> Json:
    """Say whether another country may return; a coordinator says it for the own country."""
    desk, now = desk_of(request), desk_of(request).clock.now()
    if who.role == "coordinator" and who.country != body.country:
        raise refuse(request)

    async def work(tx: Tx) -> ProposalRefused | None:
        return await consent(tx, proposal, body.country, body.answer, by=who.account_id, role=who.role, note=body.note, now=now)

    refused = await desk.db.run(work)
    if refused is not None:
        raise problem_of(refused)
    return {"proposal": str(proposal), "country": body.country, "answer": body.answer}


@router.get("/participation/{programme}")
async def participation(request: Request, programme: str) -> Json:
    """Who takes part in a programme, from when to when and in what, as the plan says and as was adopted since."""
    found = await desk_of(request).db.run(lambda tx: views.participation(tx, programme))
    return _found({"programme": programme, "participation": [asdict(one) for one in found]} if found else None, "unknown_programme")


@router.post("/proposals/{proposal}/approve")
async def approve(request: Request, who: Officer, proposal: UUID, body: DecisionBody) -> Json:
    """Adopt somebody else's proposal."""
    desk, now = desk_of(request), desk_of(request).clock.now()
    return _done(
        await desk.db.run(
            lambda tx: proposals.approve(tx, proposal, by=who.account_id, role=who.role, seen=body.state, note=body.note, now=now)
        )
    )


@router.post("/proposals/{proposal}/reject")
async def reject(request: Request, who: Officer, proposal: UUID, body: DecisionBody) -> Json:
    """Turn somebody else's proposal down."""
    desk, now = desk_of(request), desk_of(request).clock.now()
    return _done(await desk.db.run(lambda tx: proposals.reject(tx, proposal, by=who.account_id, role=who.role, note=body.note, now=now)))


def _params(request: Request, who: Identity, kind: str, raw: Mapping[str, Any]) -> Params:
    params = proposals.params_of(kind, raw)
    if isinstance(params, ProposalRefused):
        raise problem_of(params)
    if not may_file(who, kind, params):
        raise refuse(request)
    return params


def _effect(foreseen: Foreseen) -> Json:
    """What would happen, as JSON; where it could not be adopted, the code of the reason."""
    effect: Json = jsonable_encoder(asdict(foreseen)) | {"told": foreseen.told}
    return effect


def _done(outcome: Mapping[str, Any] | Proposed | Decided | ProposalRefused) -> Json:
    if isinstance(outcome, ProposalRefused):
        raise problem_of(outcome)
    answer: Json = jsonable_encoder(outcome if isinstance(outcome, Mapping) else asdict(outcome))
    return answer


def _found(answer: Json | None, code: str) -> Json:
    if answer is None:
        raise Problem(404, code=code)
    return answer


def _cell(cell: CellRow) -> Json:
    return asdict(cell) | {"names": _texts(cell.names), "held": cell.held, "over": cell.over}


def _texts(names: Any) -> dict[str, str]:
    return {language: getattr(names, language) for language in ("en", "es", "pt", "fr", "zh", "nl")}
