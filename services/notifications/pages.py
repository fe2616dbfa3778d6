"""Pages for people: an applicant's inbox, and for staff the mails that went out, with those that failed and why."""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.notifications import use_cases
from services.notifications.addresses import Contact
from services.notifications.delivery import terms_of
from services.notifications.office import (
    MAY_SEND_AGAIN,
    STAFF,
    focal_of,
    id_in,
    id_or_none,
    known_of,
    office_of,
    person_of,
    programmes_of,
    shown,
    zone_of,
)
from services.notifications.store import reading
from services.notifications.tables import STATES
from services.notifications.wording import wordings
from shared.kernel.cells import Cell
from shared.web.archives import as_archive, of_texts
from shared.web.formats import BEIJING
from shared.web.i18n import N_, current_language, translate
from shared.web.identity import require
from shared.web.pages import Pages, render
from shared.web.problems import Problem, Redirect

_ = translate
router = APIRouter(include_in_schema=False)

PAGE: Final = 25
STATE_NAMES: Final[Mapping[str, str]] = {
    "created": N_("waiting to be sent"),
    "sending": N_("being sent"),
    "sent": N_("sent"),
    "failed_temporarily": N_("put off"),
    "failed": N_("failed"),
}
COLOURS: Final[Mapping[str, str]] = {"created": "", "sending": "blue", "sent": "green", "failed_temporarily": "amber", "failed": "red"}
AGAIN: Final[Mapping[str, str]] = {"created": "soon", "sending": "soon", "sent": "sent"}
"""A mail's state -> how far it is that it is sent again, where there is something to say."""
REASONS: Final[Mapping[str, str]] = {
    "address_refused": N_("The mail server says that this address accepts no mail."),
    "message_refused": N_("The mail server does not accept this message."),
    "refused_for_now": N_("The mail server asks to try again later."),
    "sender_refused": N_("The mail server does not accept mail from our sender address: check PUENTE_MAIL_FROM."),
    "sign_in_refused": N_("The mail server does not accept our user name and password: check PUENTE_SMTP_USERNAME."),
    "server_away": N_("The mail server does not answer."),
    "connection_lost": N_("The connection ended before the mail server had answered."),
    "no_address": N_("The person has no address any more: the account was closed or erased."),
    "applications_away": N_("The applications service could not be asked for the address."),
    "text_missing": N_("The message could not be put into words: the log says why."),
}
"""Reason code -> what it means and, where somebody can, what to do."""


@router.get("/messages")
async def inbox(request: Request) -> Response:
    """The reader's messages, newest first."""
    who = require(request)
    if who.role in STAFF:
        raise Redirect("/messages/outgoing")
    office, person = office_of(request), person_of(who)
    before = id_or_none(request.query_params.get("before"))
    rows = await office.db.run(lambda tx: reading.inbox(tx, person, before=before, most=PAGE + 1))
    unread = await office.db.run(lambda tx: reading.unread(tx, person))
    programmes = await programmes_of(office)
    zone, ask = await known_of(office, person, rows[0].application) if rows else ("UTC", Contact())
    messages = [shown(office, row, programmes, zone) for row in rows[:PAGE]]
    return render(
        request,
        "inbox.html",
        messages=messages,
        contact=lambda: focal_of(ask, messages[0] if messages else None),
        unread=unread,
        zone=zone,
        newest="/messages" if before else "",
        older=f"/messages?before={rows[PAGE - 1].id}" if len(rows) > PAGE else "",
    )


@router.get("/messages/outgoing")
async def outgoing(request: Request) -> Response:
    """Mails that went out or are to go out; the filter is in the address."""
    who = require(request, *STAFF, hidden=True)
    office, asked = office_of(request), request.query_params
    state = asked.get("state", "") if asked.get("state") in STATES else ""
    application, before = id_or_none(asked.get("application", "").strip()), id_or_none(asked.get("before"))
    rows = await office.db.run(lambda tx: reading.outgoing(tx, state=state, application=application, before=before, most=PAGE + 1))
    counts = await office.db.run(reading.counts)
    # What is said of a mail that was just sent again goes by its state: a page that is loaded again keeps its address.
    mail = id_or_none(asked.get("mail"))
    row = await office.db.run(lambda tx: reading.mail(tx, mail)) if mail else None
    again = AGAIN.get(row.state, "") if row else ""
    programmes, language = await programmes_of(office), current_language()
    subjects = {name: template.subject for name, template in wordings()[language].templates.items()}
    kept = {"state": state, "application": str(application) if application else ""}

    def where(cell: Cell) -> str:
        known = programmes.get(cell.programme)
        return (known.names.get(language) if known else None) or cell.programme

    def country(cell: Cell) -> str:
        known = programmes.get(cell.programme)
        return (terms_of(known).countries.get(cell.country, {}).get(language) if known else None) or cell.country

    return render(
        request,
        "outgoing.html",
        zone=BEIJING,
        rows=[(row, subjects.get(row.template, row.template), Cell.parse(row.cell)) for row in rows[:PAGE]],
        where=where,
        country=country,
        counts={name: counts.get(name, 0) for name in STATES},
        state=state,
        application=kept["application"],
        state_names=STATE_NAMES,
        colours=COLOURS,
        reasons=REASONS,
        may_send_again=who.role in MAY_SEND_AGAIN,
        # One that was sent is offered again only where somebody looks for one person's mails, not in the whole list.
        resendable=[name for name in use_cases.RESENDABLE if name != "sent" or application],
        done=asked.get("done", "") if again else "",
        again=again,
        newest=f"/messages/outgoing?{urlencode(kept)}" if before else "",
        older=f"/messages/outgoing?{urlencode({**kept, 'before': str(rows[PAGE - 1].id)})}" if len(rows) > PAGE else "",
    )


@router.post("/messages/outgoing/{message_id}/resend")
async def resend(request: Request, message_id: str) -> Response:
    """Send one mail again; somebody who presses twice sends it once."""
    who = require(request, *MAY_SEND_AGAIN, hidden=True)
    office, found, form = office_of(request), id_in(message_id), await request.form()
    now, state = office.clock.now(), str(form.get("state", ""))
    if await office.db.run(lambda tx: reading.mail(tx, found)) is None:
        raise Problem(404, code="not_found")
    row = await office.db.run(lambda tx: use_cases.send_again(tx, found, actor=who.account_id, role=who.role, now=now))
    query = {"state": state if state in STATES else "", "done": "resend" if row is not None else "on_its_way", "mail": str(found)}
    return RedirectResponse(f"/messages/outgoing?{urlencode(query)}", 303)


@router.post("/messages/mine")
async def mine(request: Request) -> Response:
    """All of the reader's messages, to read and for programs, as an archive to save."""
    who = require(request)
    office, person = office_of(request), person_of(who)
    now = office.clock.now()
    rows = await office.db.run(lambda tx: reading.whole_inbox(tx, person))
    programmes, zone = await programmes_of(office), await zone_of(office, person)
    messages = [shown(office, row, programmes, zone) for row in rows]
    told: list[dict[str, object]] = [
        {"id": str(one.id), "application": str(one.application), "at": one.at.isoformat(), "subject": one.subject, "text": one.body}
        for one in messages
    ]
    name = _("my-messages")
    drawn: Pages = request.app.state.pages
    page = drawn.text(request, "my_messages.html", messages=messages, zone=zone, now=now)
    texts = [(f"{name}.html", page), (f"{name}.json", json.dumps(told, ensure_ascii=False, indent=1))]
    return as_archive(f"{name}-{now:%Y-%m-%d}.zip", of_texts(texts), now)


@router.get("/messages/{message_id}")
async def message(request: Request, message_id: str) -> Response:
    """One message of the reader's own inbox, which is read by that."""
    who = require(request)
    office, person, found = office_of(request), person_of(who), id_in(message_id)
    now = office.clock.now()
    row = await office.db.run(lambda tx: use_cases.open_message(tx, person, found, now=now))
    if row is None:
        raise Problem(404, code="not_found")
    zone, ask = await known_of(office, person, row.application)
    drawn = shown(office, row, await programmes_of(office), zone)
    return render(request, "message.html", message=drawn, zone=zone, contact=lambda: focal_of(ask, drawn))
