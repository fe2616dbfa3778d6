"""What a person is told about the end of their data: that it was asked for, taken back or done, that a draft goes; and the sending."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from services.applications.accounts.desk import Desk
from services.applications.privacy import mailing
from services.applications.privacy.mailing import ASKED, DONE, DRAFT, KEPT, TRIES_MAX, Waiting
from services.applications.privacy.retention import WARNED_BEFORE
from shared.mail.messages import message
from shared.mail.smtp import Reason
from shared.observability.logging import get_logger
from shared.persistence.database import Tx
from shared.web.formats import format_date
from shared.web.i18n import HTML_TAGS, speaking, translate

_ = translate
log = get_logger(__name__)

AT_LEAST: Final[Mapping[str, timedelta]] = {ASKED: timedelta(days=1), DRAFT: WARNED_BEFORE}
"""Between a mail and the day that it names, however late the mail server takes it: time to do something about it."""
NOT_TRIED: Final = frozenset({Reason.SERVER_AWAY, Reason.SIGN_IN_REFUSED, Reason.SENDER_REFUSED})
"""Reasons that say nothing about the address."""


async def send(desk: Desk, one: Waiting) -> Reason | None:
    """Offer one mail to the server, and note what became of it. Where the answer is one of `NOT_TRIED`, others need not be tried."""
    now = desk.clock.now()
    day = _day(one, now)
    (refusal,) = await desk.mailer.send([_mail(desk, one, day)])
    if refusal in NOT_TRIED:
        await desk.db.run(lambda tx: not_tried(tx, [one], reason=refusal, now=now))
    elif refusal is None:
        await desk.db.run(lambda tx: mailing.ended(tx, one, day=day, now=now))
    else:
        given_up = refusal.permanent or one.tries + 1 >= TRIES_MAX or one.out_of_time(now)
        log.warning("privacy.mail_refused", kind=one.kind, reason=refusal, tries=one.tries + 1, given_up=given_up)
        if given_up:
            await desk.db.run(lambda tx: mailing.ended(tx, one, day=day, now=now, lost=refusal))
        else:
            await desk.db.run(lambda tx: mailing.put_off(tx, one, counted=True, now=now))
    return refusal


async def not_tried(tx: Tx, mails: Sequence[Waiting], *, reason: Reason, now: datetime) -> None:
    """Note that there was no server that takes mails. Those that have waited for long enough wait no longer."""
    for one in mails:
        if one.out_of_time(now):
            log.error("privacy.mail_given_up", kind=one.kind, reason=reason)
            await mailing.ended(tx, one, day=_day(one, now), now=now, lost=reason)
        else:
            await mailing.put_off(tx, one, counted=False, now=now)


def _day(one: Waiting, now: datetime) -> datetime:
    """The day that the mail names where it goes out now."""
    return max(one.day, now + AT_LEAST[one.kind]) if one.kind in AT_LEAST else one.day


def _mail(desk: Desk, one: Waiting, day: datetime) -> EmailMessage:
    with speaking(desk.texts, one.language):
        subject, paragraphs = WORDS[one.kind](desk.public_url.rstrip("/"), format_date(day))
    return message(
        sender=desk.mail_from,
        to=one.email,
        subject=subject,
        text="\n\n".join(paragraphs),
        now=desk.clock.now(),
        language=HTML_TAGS[one.language],
        identity=f"privacy:{one.id}",
    )


def _asked(address: str, day: str) -> tuple[str, list[str]]:
    """It was asked for, and can be taken back; whoever did not ask learns of it in time."""
    return _("Your account will be deleted on {day}", day=day), [
        _("You asked us to delete your account and what you sent us. It will be done on {day}.", day=day),
        _("If you do not want that, sign in before that day and press “Keep my account”:"),
        f"{address}/account/delete",
        _("If you do nothing, your applications are withdrawn on that day, and what you wrote and sent is removed for good."),
    ]


def _kept(address: str, day: str) -> tuple[str, list[str]]:
    """It was taken back while the mail about it was on its way. This one says which counts, whichever is read last."""
    return _("Your account stays"), [
        _("On {day} you pressed “Keep my account”. Your account and your applications stay as they are.", day=day),
        _("A message that your account will be deleted may cross with this one. If you did not ask anew since, it no longer counts."),
        _("What counts stands here:"),
        f"{address}/account",
    ]


def _done(_address: str, _day: str) -> tuple[str, list[str]]:
    """It was done. This is the last use of the address."""
    return _("Your account is deleted"), [
        _("Your account, your answers and your documents are removed, and we no longer have this address."),
        _("What stays are numbers and dates without your name, so that the places can be counted and checked."),
        _("You can begin anew at any time."),
    ]


def _draft(address: str, day: str) -> tuple[str, list[str]]:
    """A draft that was never sent will be removed."""
    return _("Your unsent application will be removed on {day}", day=day), [
        _("You began an application and did not send it before the call closed. We remove what you wrote on {day}.", day=day),
        _("If you want to keep a copy for yourself, sign in before that day and open this page:"),
        f"{address}/account/data",
    ]


WORDS: Final = {ASKED: _asked, KEPT: _kept, DONE: _done, DRAFT: _draft}
"""Kind of mail -> its subject and paragraphs, of the pages' address and the day."""
