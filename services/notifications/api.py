"""The JSON API under `/messages/api/v1`: a person's own inbox, and for staff which mails went out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.notifications import use_cases
from services.notifications.office import MAY_SEND_AGAIN, STAFF, Shown, office_of, person_of, programmes_of, shown, zone_of
from services.notifications.store import reading
from services.notifications.tables import Message
from shared.web.identity import Identity, needs
from shared.web.problems import Problem

router = APIRouter(prefix="/messages/api/v1", tags=["messages"])

Person = Annotated[Identity, Depends(needs())]
Staff = Annotated[Identity, Depends(needs(*STAFF))]
Sender = Annotated[Identity, Depends(needs(*MAY_SEND_AGAIN))]
Limit = Annotated[int, Query(ge=1, le=200)]
Json = dict[str, Any]


@router.get("/inbox")
async def inbox(request: Request, who: Person, limit: Limit = 50, before: UUID | None = None) -> Json:
    """The caller's messages, newest first, in the language of the request. `next` is the `before` of the following page."""
    office, person = office_of(request), person_of(who)
    rows = await office.db.run(lambda tx: reading.inbox(tx, person, before=before, most=limit))
    unread = await office.db.run(lambda tx: reading.unread(tx, person))
    programmes, zone = await programmes_of(office), await zone_of(office, person)
    messages = [_message(shown(office, row, programmes, zone)) for row in rows]
    return {"messages": messages, "unread": unread, "next": str(rows[-1].id) if len(rows) == limit else None}


@router.get("/inbox/{message_id}")
async def one(request: Request, who: Person, message_id: UUID) -> Json:
    """One message of the caller's inbox; reading it here does not mark it as read."""
    office, person = office_of(request), person_of(who)
    row = await office.db.run(lambda tx: reading.of_inbox(tx, person, message_id))
    if row is None:
        raise Problem(404, code="not_found")
    return _message(shown(office, row, await programmes_of(office), await zone_of(office, person)))


@router.post("/inbox/{message_id}/read", status_code=204)
async def mark_read(request: Request, who: Person, message_id: UUID) -> Response:
    """Mark a message as read; again changes nothing."""
    office, now = office_of(request), office_of(request).clock.now()
    if await office.db.run(lambda tx: use_cases.open_message(tx, person_of(who), message_id, now=now)) is None:
        raise Problem(404, code="not_found")
    return Response(status_code=204)


@router.get("/outgoing")
async def outgoing(
    request: Request, _who: Staff, state: str = "", application: UUID | None = None, limit: Limit = 50, before: UUID | None = None
) -> Json:
    """Mails, newest first: to whom by id, in which state, and why not where they failed."""
    office = office_of(request)
    rows = await office.db.run(lambda tx: reading.outgoing(tx, state=state, application=application, before=before, most=limit))
    counts = await office.db.run(reading.counts)
    return {"messages": [_mail(row) for row in rows], "counts": counts, "next": str(rows[-1].id) if len(rows) == limit else None}


@router.post("/outgoing/{message_id}/resend", status_code=202)
async def resend(request: Request, who: Sender, message_id: UUID) -> Json:
    """Send a mail again. 409 where it is on its way already."""
    office, now = office_of(request), office_of(request).clock.now()
    if await office.db.run(lambda tx: reading.mail(tx, message_id)) is None:
        raise Problem(404, code="not_found")
    row = await office.db.run(lambda tx: use_cases.send_again(tx, message_id, actor=who.account_id, role=who.role, now=now))
    if row is None:
        raise Problem(409, code="on_its_way")
    return _mail(row)


def _message(one: Shown) -> Json:
    return {
        "id": str(one.id),
        "application": str(one.application),
        "template": one.template,
        "subject": one.subject,
        "text": one.body,
        "programme": one.programme,
        "country": one.country,
        "year": one.year,
        "at": one.at.isoformat(),
        "read": one.read,
        "link": one.link,
    }


def _mail(row: Message) -> Json:
    return {
        "id": str(row.id),
        "about": str(row.about),
        "application": str(row.application),
        "recipient": str(row.recipient),
        "template": row.template,
        "cell": row.cell,
        "state": row.state,
        "attempts": row.attempts,
        "reason": row.last_reason,
        "created_at": row.created_at.isoformat(),
        "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        "next_try_at": row.next_try_at.isoformat() if row.next_try_at else None,
    }
