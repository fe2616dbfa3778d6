"""Applying: start, save a page, attach, submit; and reading what one may see."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, UploadFile
from starlette.responses import Response

from services.applications import agreements, submissions, use_cases, views
from services.applications.access import viewer_in
from services.applications.accounts import people
from services.applications.accounts.desk import desk_of
from services.applications.api.shapes import (
    ApplicationOut,
    Code,
    DossierOut,
    Key,
    StartBody,
    SubmitBody,
    SubmittedOut,
    application_out,
    dossier_out,
)
from services.applications.domain.lifecycle import EDITABLE
from services.applications.domain.outcomes import NotFound
from services.applications.domain.viewers import Viewer
from services.applications.problems import problem_of
from services.applications.store import applications as store
from services.applications.store import lists
from services.applications.store.work import numbered
from services.applications.uploads import UploadRefused, take
from services.applications.use_cases import Done, Ready, Submission, Submitted
from shared.persistence.database import Tx
from shared.web.i18n import N_
from shared.web.problems import Problem

router = APIRouter(prefix="/api/v1/applications", tags=["applications"])


@router.get("")
async def applications(
    request: Request,
    programme: str = "",
    year: Annotated[int, Query(ge=0, le=9999)] = 0,
    country: str = "",
    state: Annotated[list[str] | None, Query(max_length=20)] = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=lists.PAGE_MAX)] = 50,
) -> list[ApplicationOut]:
    """An applicant's own, drafts too; for staff the submitted ones that they may see, earliest first; `after` is the last id of a page."""
    viewer = viewer_in(request)
    if viewer.role == "applicant":
        lines = await desk_of(request).db.run(lambda tx: views.mine(tx, viewer))
        return [application_out(line.application, for_staff=False) for line in lines]
    wanted = lists.Wanted(programme=programme, year=year, country=country, states=tuple(state or ()))

    async def read(tx: Tx) -> tuple[list[lists.Listed] | None, dict[UUID, int]]:
        found = await views.listed(tx, viewer, wanted, after=after, limit=limit)
        return found, await numbered(tx, [one.application for one in found or ()])

    found, numbers = await desk_of(request).db.run(read)
    if found is None:
        raise problem_of(request, NotFound())
    return [application_out(one.application, for_staff=True, slate_rank=numbers.get(one.application.id)) for one in found]


@router.post("", status_code=201)
async def start(request: Request, body: StartBody) -> ApplicationOut:
    """Begin a draft."""
    viewer, desk = viewer_in(request, "applicant"), desk_of(request)

    async def begin(tx: Tx) -> object:
        outcome = await use_cases.start_draft(tx, viewer, now=desk.clock.now(), **body.model_dump())
        if isinstance(outcome, Done):
            await people.settle_zone(tx, viewer.account_id, body.country)
        return outcome

    outcome = await desk.db.run(begin)
    if not isinstance(outcome, Done):
        raise problem_of(request, outcome)
    return application_out(outcome.application, for_staff=False)


@router.get("/{application_id}")
async def application(request: Request, application_id: UUID) -> DossierOut:
    """One application whole."""
    viewer = viewer_in(request)

    async def read(tx: Tx) -> tuple[views.Dossier | None, dict[UUID, int]]:
        found = await views.dossier(tx, viewer, application_id)
        return found, await numbered(tx, [found.application] if found else [])

    found, numbers = await desk_of(request).db.run(read)
    if found is None:
        raise problem_of(request, NotFound())
    return dossier_out(found, for_staff=viewer.role != "applicant", slate_rank=numbers.get(application_id))


@router.put("/{application_id}/pages/{page}", status_code=204)
async def save_page(
    request: Request, application_id: UUID, page: str, body: dict[Code, str], version: Annotated[int | None, Query(ge=0)] = None
) -> Response:
    """Save one page of the form, its fields as the page's own form sends them (`/api/v1/programmes` names them); a group's as
    `group-1-question`. `version` is the page's version that the caller saw, 0 for one that was never saved: 409 where it was
    saved since. Without it the last one wins.
    """
    viewer, desk = viewer_in(request, "applicant"), desk_of(request)
    outcome = await desk.db.run(lambda tx: use_cases.save_page(tx, viewer, application_id, page, body, seen=version, now=desk.clock.now()))
    if not isinstance(outcome, Done):
        raise problem_of(request, outcome)
    return Response(status_code=204)


@router.put("/{application_id}/documents/{kind}", status_code=204)
async def attach(request: Request, application_id: UUID, kind: str, file: UploadFile) -> Response:
    """Attach a file: in the place of the one before it where the paper is of one file, beside the others where it is of several."""
    viewer = viewer_in(request, "applicant", "coordinator")
    outcome = await take(request, viewer, application_id, kind, file, file.filename)
    if isinstance(outcome, UploadRefused):
        shown = {"filename": outcome.filename, "size_bytes": outcome.size_bytes, "content_type": outcome.content_type}
        expected = {"accepted": outcome.accepted, "max_bytes": outcome.max_bytes, "max_files": outcome.max_files}
        raise Problem(422, code=f"upload_{outcome.code}", errors=[{"pointer": "/file", "code": outcome.code, **shown, **expected}])
    if not isinstance(outcome, Done):
        raise problem_of(request, outcome)
    return Response(status_code=204)


@router.delete("/{application_id}/documents/{kind}", status_code=204)
async def detach(request: Request, application_id: UUID, kind: str, document: UUID | None = None) -> Response:
    """Take a file back; every one of this kind, where none is named."""
    viewer, desk = viewer_in(request, "applicant", "coordinator"), desk_of(request)
    outcome = await desk.db.run(
        lambda tx: use_cases.remove_document(tx, viewer, application_id, kind, document_id=document, now=desk.clock.now())
    )
    if not isinstance(outcome, Done):
        raise problem_of(request, outcome)
    return Response(status_code=204)


@router.post("/{application_id}/rehearsal", status_code=204)
async def rehearse(request: Request, application_id: UUID, body: SubmitBody | None = None) -> Response:
    """Whether it could be handed in now, without doing it: 204, or the very refusal that a submission would meet. What is agreed to is
    looked at where there is a `body`.
    """
    viewer, desk = viewer_in(request, "applicant"), desk_of(request)
    if body is not None and not _agrees(body):
        _ = await _sent_before(request, viewer, application_id)
    outcome = await submissions.rehearse(request, viewer, application_id, now=desk.clock.now())
    if not isinstance(outcome, Ready):
        raise problem_of(request, outcome)
    return Response(status_code=204)


@router.post("/{application_id}/submission", response_model=SubmittedOut)
async def submit(
    request: Request, application_id: UUID, idempotency_key: Annotated[Key, Header()], body: SubmitBody | None = None
) -> Response:
    """Hand it in. The same `Idempotency-Key` gives the same answer, with one effect. `body` says what the person agrees to, as the
    form's declaration does: 422 with the versions in force where it is not these.
    """
    viewer, desk = viewer_in(request, "applicant"), desk_of(request)
    now = desk.clock.now()
    version = None if _agrees(body) else await _sent_before(request, viewer, application_id)
    agreed, language = (body.agreed, body.language) if body else ({}, "")
    asked = Submission(viewer, application_id, idempotency_key, now, expected_version=version, agreed=agreed, language=language)
    outcome = await submissions.hand_in(request, asked)
    if not isinstance(outcome, Submitted):
        raise problem_of(request, outcome)
    receipt = SubmittedOut(application=outcome.application_id, receipt=outcome.receipt, submitted_at=outcome.submitted_at)
    return Response(receipt.model_dump_json(), media_type="application/json")  # encoded once, as many send in the same minute


def _agrees(body: SubmitBody | None) -> bool:
    """Whether it agrees to every text in the version that is in force."""
    return body is not None and body.agreed == agreements.versions_in_force()


async def _sent_before(request: Request, viewer: Viewer, application_id: UUID) -> int:
    """The version of an application that was sent already: a repeat is answered as before, for it agrees to what was in force then.
    A refusal where it was not sent.
    """
    found = await desk_of(request).db.run(lambda tx: store.find(tx, viewer, application_id))
    if found is None or found.state in EDITABLE:
        raise _not_agreed() if found else problem_of(request, NotFound())
    return found.version


def _not_agreed() -> Problem:
    """The refusal that names each text with the version that has to be agreed to."""
    wanted = agreements.versions_in_force()
    errors = [{"pointer": f"/agreed/{kind}", "code": "agreement_required", "version": version} for kind, version in wanted.items()]
    detail = N_(
        "Send what the person agrees to, the declaration and the privacy notice in the versions in force, and the language they read."
    )
    return Problem(422, N_("Something has to be agreed to first"), detail, code="agreement_required", errors=errors)
