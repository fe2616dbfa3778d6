"""The one thing that another service asks of this one: where to write to a person, at the moment of writing."""

from uuid import UUID

from fastapi import APIRouter, Request

from services.applications.accounts import people
from services.applications.accounts.desk import desk_of
from services.applications.api.shapes import AddressOut
from services.applications.domain.outcomes import NotFound
from services.applications.problems import problem_of
from shared.observability.logging import get_logger
from shared.web.context import context_of
from shared.web.keys import KeyMissing
from shared.web.problems import Problem
from shared.web.service_tokens import ServiceTokenVerifier

log = get_logger(__name__)
router = APIRouter(prefix="/api/v1/people", tags=["services"])


@router.get("/{person_id}/address")
async def address(request: Request, person_id: UUID) -> AddressOut:
    """For services with a token of scope `address`. Every answer is logged: who asked, about whom, never what."""
    desk = desk_of(request)
    caller = tokens_of(request).require(request, scope="address", now=desk.clock.now())
    found = await desk.db.run(lambda tx: people.address_of(tx, person_id))
    log.info("address.given", service=caller, person=str(person_id), known=found is not None, request_id=context_of(request).request_id)
    if found is None:
        raise problem_of(request, NotFound())
    return AddressOut(email=found.email, language=found.language, name=found.name, timezone=found.timezone)


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
