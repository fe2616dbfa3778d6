"""Referees for programs: the applicant's own, and what the notifications service asks when it writes to one."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.api.people import tokens_of
from services.applications.domain.outcomes import NotFound
from services.applications.domain.referees import Invitee, RefereeRefused
from services.applications.problems import problem_of
from services.applications.referees.asking import invite, remind
from services.applications.referees.form import read_invitee
from services.applications.referees.tables import Referee
from services.applications.referees.telling import letterhead
from services.applications.views import dossier
from shared.observability.logging import get_logger
from shared.web.context import context_of
from shared.web.problems import Problem

log = get_logger(__name__)
router = APIRouter(prefix="/api/v1")


class MailBody(BaseModel):
    """Which mail is about to be written."""

    template: str


class LetterheadOut(BaseModel):
    """`applicant` is who asks; `link` is there for mails that bring one, and works for whoever has it."""

    email: str
    language: str
    name: str
    timezone: str
    applicant: str
    link: str


class RefereeBody(BaseModel):
    """Somebody who is asked for a letter; `replaces` is the id of one who has not written, in whose place this one comes."""

    name: str
    email: str
    relation: str
    kind: str
    language: str
    replaces: UUID | None = None


class RefereeOut(BaseModel):
    """What became of a request, for the applicant. The letter itself is never told. `unreached`: the newest mail did not arrive."""

    id: UUID
    name: str
    email: str
    relation: str
    kind: str
    language: str
    state: str
    due_at: datetime
    invited_at: datetime
    opened_at: datetime | None
    settled_at: datetime | None
    late: bool
    reason: str | None
    unreached: bool


@router.get("/applications/{application_id}/referees", tags=["form"])
async def referees(request: Request, application_id: UUID) -> list[RefereeOut]:
    """Everybody whom the applicant has asked for a letter, in the order of asking."""
    viewer = viewer_in(request, "applicant")
    found = await desk_of(request).db.run(lambda tx: dossier(tx, viewer, application_id))
    if found is None:
        raise problem_of(request, NotFound())
    return [RefereeOut.model_validate(one, from_attributes=True) for one in found.referees]


@router.post("/applications/{application_id}/referees", tags=["form"])
async def ask(request: Request, application_id: UUID, body: RefereeBody) -> RefereeOut:
    """Ask somebody for a letter; the mail goes out by itself."""
    viewer, desk = viewer_in(request, "applicant"), desk_of(request)
    found = await desk.db.run(lambda tx: dossier(tx, viewer, application_id))
    asked = found.programme.referees if found else None
    if asked is None:
        raise problem_of(request, NotFound())
    invitee = read_invitee(asked, body.model_dump(exclude={"replaces"}))
    if not isinstance(invitee, Invitee):
        raise Problem(422, code="invalid", errors=[{"pointer": f"/{k}", "code": f.code, **f.parameters} for k, f in invitee.items()])
    outcome = await desk.db.run(lambda tx: invite(tx, viewer, application_id, invitee, replaces=body.replaces, now=desk.clock.now()))
    return _out(request, outcome)


@router.post("/applications/{application_id}/referees/{referee_id}/remind", tags=["form"])
async def remind_one(request: Request, application_id: UUID, referee_id: UUID) -> RefereeOut:
    """Remind somebody who has not answered."""
    viewer, desk = viewer_in(request, "applicant"), desk_of(request)
    return _out(request, await desk.db.run(lambda tx: remind(tx, viewer, application_id, referee_id, now=desk.clock.now())))


def _out(request: Request, outcome: object) -> RefereeOut:
    """The referee as they are now, or the refusal."""
    if isinstance(outcome, Referee):
        return RefereeOut.model_validate(outcome, from_attributes=True)
    if isinstance(outcome, RefereeRefused):
        raise Problem(422, code=outcome.code, errors=[{"pointer": "/", "code": outcome.code}])
    raise problem_of(request, outcome)


@router.post("/referees/{referee_id}/address", tags=["services"])
async def address(request: Request, referee_id: UUID, body: MailBody) -> LetterheadOut:
    """For services with a token of scope `address`. Every answer is logged: who asked, about whom, never what."""
    desk = desk_of(request)
    now = desk.clock.now()
    caller = tokens_of(request).require(request, scope="address", now=now)
    found = await desk.db.run(lambda tx: letterhead(tx, referee_id, body.template, now=now))
    log.info("address.given", service=caller, referee=str(referee_id), known=found is not None, request_id=context_of(request).request_id)
    if found is None:
        raise problem_of(request, NotFound())
    return LetterheadOut(
        email=found.email,
        language=found.language,
        name=found.name,
        timezone=found.timezone,
        applicant=found.applicant,
        link=f"{desk.public_url.rstrip('/')}{found.path}" if found.path else "",
    )
