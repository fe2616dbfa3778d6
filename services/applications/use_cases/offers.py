"""The applicant answers an offer, lets it pass, or withdraws."""

from datetime import datetime
from uuid import UUID

from services.applications.domain.lifecycle import REASON_NEEDED, Act, State
from services.applications.domain.outcomes import OfferPassed, OfferReplaced, ReasonsWrong
from services.applications.domain.viewers import Viewer
from services.applications.store import overdue
from services.applications.use_cases.steps import Done, Refused, Standing, advance, begin, cell_of, facts_of, wrong_reasons
from shared.events.applications import ApplicationWithdrawn, OfferAccepted, OfferDeclined, OfferUnanswered
from shared.events.catalogue import event
from shared.messaging import outbox
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
    if now > application.answer_by or application.passed_version == place_version:
        return OfferPassed(application.answer_by)
    kind = OfferAccepted if act is Act.ACCEPT else OfferDeclined
    fact = kind(**facts_of(application), place_version=place_version)
    return await advance(tx, standing, viewer, now=now, fact=fact, detail={"place_version": place_version})


async def tell_unanswered(tx: Tx, *, before: datetime, most: int, now: datetime) -> int:
    """Tell quotas of offers whose deadline was earlier than `before` and that nobody has answered; returns how many, at most `most`.

    Only this service knows that no answer was given: an acceptance may be on its way to quotas for as long as a broker is away. Told
    under the row's lock, once for each offer; an answer that comes after it is refused.
    """
    due = await overdue.unanswered(tx, before=before, most=most)
    told = []
    for application in due:
        assert application.offer_version is not None and application.answer_by is not None, "an offer has a version and a deadline"
        application.passed_version = application.offer_version
        fact = OfferUnanswered(**facts_of(application), place_version=application.offer_version, answer_by=application.answer_by)
        subject, version = f"offer:{application.id}", application.offer_version
        told.append(event(fact, subject=subject, version=version, key=cell_of(application).key, at=now))
    await tx.flush()
    await outbox.add(tx, *told)
    return len(told)


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
    application.correct_by = None
    told = standing.moved.event is not None
    fact = ApplicationWithdrawn(**facts_of(application), by_role=viewer.role, from_state=source) if told else None
    detail = {"reasons": [reason]} if reason else {}
    return await advance(tx, standing, viewer, now=now, fact=fact, detail=detail)
