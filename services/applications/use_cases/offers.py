"""The applicant answers an offer, or withdraws."""

from datetime import datetime
from uuid import UUID

from services.applications.domain.lifecycle import REASON_NEEDED, Act, State
from services.applications.domain.outcomes import OfferPassed, OfferReplaced, ReasonsWrong
from services.applications.domain.viewers import Viewer
from services.applications.use_cases.steps import Done, Refused, Standing, advance, begin, facts_of, wrong_reasons
from shared.events.applications import ApplicationWithdrawn, OfferAccepted, OfferDeclined
from shared.persistence.database import Tx


async def accept_offer(
    tx: Tx, viewer: Viewer, application_id: UUID, *, place_version: int, now: datetime
) -> Done | Refused | OfferPassed | OfferReplaced:
    """Accept the offer that the form showed (`place_version`), until its deadline, which is inside."""
    return await _answer(tx, viewer, application_id, Act.ACCEPT, place_version, now)


async def decline_offer(
    tx: Tx, viewer: Viewer, application_id: UUID, *, place_version: int, now: datetime
) -> Done | Refused | OfferPassed | OfferReplaced:
    """Decline the offer that the form showed (`place_version`), until its deadline, which is inside."""
    return await _answer(tx, viewer, application_id, Act.DECLINE, place_version, now)


async def _answer(
    tx: Tx, viewer: Viewer, application_id: UUID, act: Act, place_version: int, now: datetime
) -> Done | Refused | OfferPassed | OfferReplaced:
    standing = await begin(tx, viewer, application_id, act, expected_version=None)
    if not isinstance(standing, Standing):
        return standing
    application = standing.application
    assert application.answer_by is not None, "an offered application has a deadline"
    if application.offer_version != place_version:
        return OfferReplaced()
    if now > application.answer_by:
        return OfferPassed(application.answer_by)
    kind = OfferAccepted if act is Act.ACCEPT else OfferDeclined
    fact = kind(**facts_of(application), place_version=place_version)
    return await advance(tx, standing, viewer, now=now, fact=fact, detail={"place_version": place_version})


async def withdraw(
    tx: Tx, viewer: Viewer, application_id: UUID, *, reason: str | None = None, expected_version: int | None, now: datetime
) -> Done | Refused | ReasonsWrong:
    """Withdraw; whatever is held goes back. After a place was taken a reason (code of the programme) is needed."""
    standing = await begin(tx, viewer, application_id, Act.WITHDRAW, expected_version=expected_version)
    if not isinstance(standing, Standing):
        return standing
    application = standing.application
    source = State(application.state)
    if reason or (source, Act.WITHDRAW) in REASON_NEEDED:
        wrong = wrong_reasons(standing.programme, "withdrawal", [reason] if reason else [])
        if wrong:
            return wrong
    application.reasons = [reason] if reason else []
    told = standing.moved.event is not None
    fact = ApplicationWithdrawn(**facts_of(application), by_role=viewer.role, from_state=source) if told else None
    detail = {"reasons": [reason]} if reason else {}
    return await advance(tx, standing, viewer, now=now, fact=fact, detail=detail)
