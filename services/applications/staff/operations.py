"""What operators see: whether the service is well, what waits to be sent, and events that stopped, to be resumed or dropped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.domain.viewers import Viewer
from services.applications.events import handle
from services.applications.privacy import mailing
from services.applications.staff.kit import form_of, number_of, text_of, zone_in
from services.applications.store import checks, trail
from shared.mail.smtp import Reason
from shared.messaging import parking
from shared.messaging.service import Waits
from shared.observability.logging import get_logger
from shared.persistence.database import Tx
from shared.web.i18n import N_, ngettext, translate
from shared.web.identity import require
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
log = get_logger(__name__)
router = APIRouter(include_in_schema=False)

PATH: Final = "/operations"
REASON_MAX: Final = 500
KEYS_SHOWN: Final = 100
HEALTH: Final = (
    (N_("Applications"), "/health"),
    (N_("Places"), "/quotas/health"),
    (N_("Messages"), "/messages/health"),
)
REASONS: Final[Mapping[str, str]] = {
    "behind": N_("Waits behind an earlier event"),
    "waits": N_("Waits for something that is not known yet"),
    "handler_failed": N_("Handling it failed"),
    "unknown_type": N_("Nobody here knows this kind of event"),
    "wrong_producer": N_("It came from a service that may not send it"),
    "malformed": N_("It cannot be read"),
    "malformed_data": N_("It cannot be read"),
    "oversize": N_("It is too large"),
}
LATE_AFTER: Final = timedelta(hours=1)
"""A mail about somebody's data that has waited longer is shown: something is wrong with the mail server, or with the address."""
LOST_SHOWN: Final = timedelta(days=90)
MAILS: Final[Mapping[str, str]] = {
    mailing.ASKED: N_("Deletion of an account was asked for"),
    mailing.KEPT: N_("The account stays after all"),
    mailing.DONE: N_("An account was deleted"),
    mailing.DRAFT: N_("An unsent application will be removed"),
}
MAIL_REASONS: Final[Mapping[str, str]] = {
    Reason.ADDRESS_REFUSED: N_("The mail server knows no such address"),
    Reason.MESSAGE_REFUSED: N_("The mail server refuses the message"),
    Reason.REFUSED_FOR_NOW: N_("The mail server put it off each time"),
    Reason.SENDER_REFUSED: N_("The mail server refuses our sender: see PUENTE_MAIL_FROM"),
    Reason.SIGN_IN_REFUSED: N_("The mail server refuses our sign-in: see PUENTE_SMTP_USERNAME and PUENTE_SMTP_PASSWORD"),
    Reason.SERVER_AWAY: N_("The mail server could not be reached: see PUENTE_SMTP_HOST and PUENTE_SMTP_PORT"),
    Reason.CONNECTION_LOST: N_("The mail server broke off each time"),
}
PROMISES: Final[Mapping[str, str]] = {
    "every submitted application has a receipt and a moment": N_("Every application that was sent has a receipt and a moment"),
    "the timeline ends where the application is": N_("Every timeline ends where its application stands"),
    "every move continues where the one before it led": N_("Every move begins where the one before it led"),
    "facts are counted without a gap": N_("What other services are told is counted without a gap"),
    "an offer has its deadline and its version": N_("Every offer has a deadline and a version"),
    "one slate rank is given once": N_("No number of a slate is given twice"),
    "no copy of a submission was given up": N_("Every application that was sent has its PDF, or will have it"),
    "a letter that has arrived is there": N_("Every letter that has arrived is there"),
    "every programme in force has its plan": N_("Every programme in force has its plan"),
}
"""The live checks of this service, by the names that `puente check` prints."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key that stopped, with its events in the order in which they would be resumed."""

    key: str
    waits_for: str
    events: tuple[parking.Parked, ...]


@dataclass(frozen=True, slots=True)
class State:
    """How the service is."""

    checks: Mapping[str, int]
    awaiting: int
    unsent: trail.Unsent
    heard: tuple[trail.Heard, ...]
    keys: tuple[Key, ...]
    more: int
    zone: str
    late: mailing.Late
    lost: tuple[mailing.Lost, ...]


def operator(request: Request) -> Viewer:
    """The operator who asks; nobody else may know what is here."""
    require(request, "operator", hidden=True)
    return viewer_in(request, "operator")


async def read(tx: Tx, request: Request, viewer: Viewer, now: datetime) -> State:
    by_key: dict[str, list[parking.Parked]] = {}
    for one in await parking.listing(tx):
        by_key.setdefault(one.key, []).append(one)
    keys = [Key(key, found[0].waits_for or "", tuple(found)) for key, found in by_key.items()]
    return State(
        checks=await checks.broken(tx),
        awaiting=await checks.awaiting(tx),
        unsent=await trail.unsent(tx),
        heard=tuple(await trail.heard(tx)),
        keys=tuple(keys[:KEYS_SHOWN]),
        more=max(0, len(keys) - KEYS_SHOWN),
        zone=await zone_in(tx, request, viewer),
        late=await mailing.late(tx, before=now - LATE_AFTER),
        lost=tuple(await mailing.lost(tx, since=now - LOST_SHOWN)),
    )


@router.get("/operations")
async def operations_page(request: Request) -> Response:
    operator(request)
    resumed = request.query_params.get("resumed", "")
    said = ""
    if resumed.isdecimal() and len(resumed) < 7:
        said = ngettext("It goes on: {n} event was handled.", "It goes on: {n} events were handled.", int(resumed))
    elif request.query_params.get("dropped"):
        said = _("The event is dropped. Resume its key to go on.")
    return await draw(request, said=said)


async def draw(request: Request, *, status: int = 200, said: str = "", others: tuple[str, ...] = ()) -> Response:
    desk, viewer = desk_of(request), operator(request)
    now = desk.clock.now()
    found = await desk.db.run(lambda tx: read(tx, request, viewer, now))
    broken = {name: number for name, number in found.checks.items() if number}
    return render(
        request,
        "staff/operations.html",
        status=status,
        found=found,
        broken=broken,
        health=[(_(name), path) for name, path in HEALTH],
        reason_words=reason_words,
        promise_words=lambda name: _(PROMISES[name]),
        mail_words=lambda kind: _(MAILS[kind]),
        mail_reason=lambda reason: _(MAIL_REASONS[reason]),
        now=now,
        said=said,
        others=list(others),
        oldest=_age(found.unsent.since, now),
    )


def reason_words(one: parking.Parked) -> str:
    return _(REASONS[one.reason_code]) if one.reason_code in REASONS else one.reason_code


def _age(since: datetime | None, now: datetime) -> int:
    """Whole seconds since then."""
    return 0 if since is None else max(0, int((now - since).total_seconds()))


@router.post("/operations/resume")
async def resume(request: Request) -> Response:
    """Go on with a key, in order; where its first event fails again, nothing of it was done."""
    viewer, desk = operator(request), desk_of(request)
    key = text_of(await form_of(request), "key", 300)
    if not await desk.db.run(lambda tx: parking.locked(tx, [key])):
        return await draw(request, status=409, others=(_("“{key}” is not stopped any more. Nothing was changed.", key=key),))
    try:
        done = await parking.resume(desk.db, handle, key, now=desk.clock.now(), actor=str(viewer.account_id))
    except Waits as waits:
        said = _("“{key}” stays stopped: it waits for {what}, and goes on by itself once that is known.", key=key, what=waits.what)
        return await draw(request, status=409, others=(said,))
    except Exception as error:
        log.warning("events.resume_failed", key=key, exc_info=error)
        said = _("“{key}” stays stopped: its first event failed again ({error}). Nothing of it was done.", key=key, error=_error(error))
        return await draw(request, status=409, others=(said,))
    return RedirectResponse(f"{PATH}?{urlencode({'resumed': done})}", 303)


def _error(error: Exception) -> str:
    """The error's kind; its text only where it is known to hold nobody's data."""
    known: Any = isinstance(error, parking.ResumeFailed) or getattr(error, "safe_text", False)
    return str(error) if known else type(error).__name__


@router.post("/operations/drop")
async def drop(request: Request) -> Response:
    """Give up one stopped event for good, for a reason that is written down."""
    viewer, desk = operator(request), desk_of(request)
    form = await form_of(request)
    number, reason = number_of(text_of(form, "event", 12)), text_of(form, "reason", REASON_MAX)
    if number is None:
        raise Problem(422, code="invalid")
    if not reason:
        return await draw(request, status=422, others=(_("Write why event {number} is dropped: it stays in the audit.", number=number),))
    now = desk.clock.now()
    dropped = await desk.db.run(lambda tx: parking.drop(tx, number, now=now, actor=str(viewer.account_id), reason=reason))
    if not dropped:
        return await draw(request, status=409, others=(_("Event {number} is not stopped any more. Nothing was changed.", number=number),))
    return RedirectResponse(f"{PATH}?dropped=1", 303)
