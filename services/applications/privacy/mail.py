"""What a person is told about the end of their data: that it was asked for, that it was done, that a draft goes; and the sending of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from services.applications.accounts.desk import Desk
from services.applications.privacy import mailing
from services.applications.privacy.mailing import ASKED, DONE, DRAFT, TRIES_MAX, Waiting
from services.applications.privacy.retention import WARNED_BEFORE
from shared.mail.messages import message
from shared.mail.smtp import Reason
from shared.observability.logging import get_logger
from shared.web.formats import format_date
from shared.web.i18n import HTML_TAGS, speaking, translate

_ = translate
log = get_logger(__name__)

AT_LEAST: Final[Mapping[str, timedelta]] = {ASKED: timedelta(days=1), DONE: timedelta(0), DRAFT: WARNED_BEFORE}
"""Between a mail and the day that it names, however late the mail server takes it: time to do something about it."""
NOT_TRIED: Final = frozenset({Reason.SERVER_AWAY, Reason.SIGN_IN_REFUSED, Reason.SENDER_REFUSED})
"""Reasons that say nothing about the address."""


async def send(desk: Desk, one: Waiting) -> bool:
    """Offer one mail to the server, and note what became of it. False where the server is not to be had: others need not be tried."""
    now = desk.clock.now()
    day = max(one.day, now + AT_LEAST[one.kind])
    (refusal,) = await desk.mailer.send([_mail(desk, one, day)])
    if refusal in NOT_TRIED:
        await desk.db.run(lambda tx: mailing.put_off(tx, one, counted=False, now=now))
        return False
    given_up = refusal is not None and (refusal.permanent or one.tries + 1 >= TRIES_MAX)
    if refusal is not None:
        log.warning("privacy.mail_refused", kind=one.kind, reason=refusal, tries=one.tries + 1, given_up=given_up)
    if refusal is None or given_up:
        await desk.db.run(lambda tx: mailing.ended(tx, one, day=day, now=now))
    else:
        await desk.db.run(lambda tx: mailing.put_off(tx, one, counted=True, now=now))
    return True


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


WORDS: Final = {ASKED: _asked, DONE: _done, DRAFT: _draft}
"""Kind of mail -> its subject and paragraphs, of the pages' address and the day."""
