"""The one thing that another service asks of this one: where to write to a person, at the moment of writing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.applications.accounts import people
from services.applications.accounts.desk import desk_of
from services.applications.api.shapes import AddressOut, ContactOut
from services.applications.domain.courses import COURSE
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import NotFound
from services.applications.domain.viewers import Viewer
from services.applications.problems import problem_of
from services.applications.store import applications as store
from services.applications.store.copies import last_returned
from services.applications.use_cases.steps import terms_of
from services.applications.views import owed
from shared.observability.logging import get_logger
from shared.persistence.database import Tx
from shared.web.context import context_of
from shared.web.keys import KeyMissing
from shared.web.problems import Problem
from shared.web.service_tokens import SUBJECTS_MOST, ServiceTokenVerifier

log = get_logger(__name__)
router = APIRouter(prefix="/api/v1/people", tags=["services"])


@router.get("/{person_id}/address")
async def address(
    request: Request, person_id: UUID, application: Annotated[list[UUID] | None, Query(max_length=SUBJECTS_MOST)] = None
) -> AddressOut:
    """For services with a token of scope `address`, with what mails about these applications name, where they are the person's own.

    Every answer is logged: who asked, about whom, never what.
    """
    desk = desk_of(request)
    caller = tokens_of(request).require(request, scope="address", now=desk.clock.now())
    found, contacts = await desk.db.run(lambda tx: _both(tx, person_id, application or []))
    log.info("address.given", service=caller, person=str(person_id), known=found is not None, request_id=context_of(request).request_id)
    if found is None:
        raise problem_of(request, NotFound())
    return AddressOut(email=found.email, language=found.language, name=found.name, timezone=found.timezone, applications=contacts)


async def _both(tx: Tx, person: UUID, applications: list[UUID]) -> tuple[people.Address | None, dict[str, ContactOut]]:
    found = await people.address_of(tx, person)
    return found, {str(one): await _contact(tx, person, one, found.language) for one in applications} if found else {}


async def _contact(tx: Tx, person: UUID, application_id: UUID, language: str) -> ContactOut:
    viewer = Viewer(person, "applicant")
    application = await store.find(tx, viewer, application_id)
    if application is None:
        return ContactOut(receipt="", focal_point="", focal_phone="", papers=[])
    terms = await terms_of(tx, application.programme)
    country, question = terms.plan.country(application.country), terms.programme.question(COURSE)
    course = question.option(application.course) if question and application.course else None
    returned = await last_returned(tx, application.id) if application.state == State.RETURNED else None
    marks = returned.marks if returned else ()
    return ContactOut(
        receipt=application.receipt or "",
        focal_point=country.focal_point if country else "",
        focal_phone=country.focal_phone if country else "",
        papers=[paper.names[language] for paper in await owed(tx, viewer, terms.programme, application)],
        marked=[names[language] for one in marks if (names := terms.programme.place_names(one)) is not None],
        course=course.label[language] if course else "",
        choice=application.listed.index(course.key) + 1 if course else 0,
        listed=len(application.listed),
    )


def tokens_of(request: Request) -> ServiceTokenVerifier:
    """Made at the first request: the caller's public key is there once the caller has started."""
    found: ServiceTokenVerifier | None = getattr(request.app.state, "service_tokens", None)
    if found is None:
        try:
            found = ServiceTokenVerifier.from_folder(request.app.state.settings.keys_folder, "applications", "notifications")
        except KeyMissing as missing:
            log.warning("service_tokens.key_missing", reason=str(missing))
            raise Problem(503, code="key_missing") from None
        request.app.state.service_tokens = found
    return found
