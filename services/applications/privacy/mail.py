"""What a person is told about the end of their data: that it was asked for, and that it was done. Sent at once, and kept nowhere."""

from datetime import datetime
from email.message import EmailMessage

from services.applications.accounts.desk import Desk
from services.applications.privacy.retention import Warned
from shared.mail.messages import message
from shared.mail.smtp import Reason
from shared.observability.logging import get_logger
from shared.web.formats import format_date
from shared.web.i18n import HTML_TAGS, speaking, translate

_ = translate
log = get_logger(__name__)


async def tell_asked(desk: Desk, *, email: str, language: str, due_at: datetime) -> None:
    """It was asked for, and can be taken back; whoever did not ask learns of it in time."""
    with speaking(desk.texts, language):
        day = format_date(due_at)
        link = f"{desk.public_url.rstrip('/')}/account/delete"
        made = _made(
            desk,
            email,
            language,
            _("Your account will be deleted on {day}", day=day),
            [
                _(
                    "You asked us to delete your account and what you sent us. It will be done on {day}.",
                    day=day,
                ),
                _("If you do not want that, sign in before that day and press “Keep my account”:"),
                link,
                _("If you do nothing, your applications are withdrawn on that day, and what you wrote and sent is removed for good."),
            ],
        )
    await _send(desk, made)


async def tell_done(desk: Desk, *, email: str, language: str) -> None:
    """It was done. This is the last use of the address."""
    with speaking(desk.texts, language):
        made = _made(
            desk,
            email,
            language,
            _("Your account is deleted"),
            [
                _("Your account, your answers and your documents are removed, and we no longer have this address."),
                _("What stays are numbers and dates without your name, so that the places can be counted and checked."),
                _("You can begin anew at any time."),
            ],
        )
    await _send(desk, made)


async def tell_draft_goes(desk: Desk, one: Warned) -> bool:
    """A draft that was never sent will be removed; whether the mail server took the message, or never will."""
    with speaking(desk.texts, one.language):
        day = format_date(one.goes_at)
        made = _made(
            desk,
            one.email,
            one.language,
            _("Your unsent application will be removed on {day}", day=day),
            [
                _("You began an application and did not send it before the call closed. We remove what you wrote on {day}.", day=day),
                _("If you want to keep a copy for yourself, sign in before that day and open this page:"),
                f"{desk.public_url.rstrip('/')}/account/data",
            ],
        )
    refusal = await _send(desk, made)
    return refusal is None or refusal.permanent


def _made(desk: Desk, email: str, language: str, subject: str, paragraphs: list[str]) -> EmailMessage:
    now = desk.clock.now()
    return message(
        sender=desk.mail_from,
        to=email,
        subject=subject,
        text="\n\n".join(paragraphs),
        now=now,
        language=HTML_TAGS[language],
        identity=f"erasure:{email}:{subject}:{now.isoformat()}",
    )


async def _send(desk: Desk, made: EmailMessage) -> Reason | None:
    (refusal,) = await desk.mailer.send([made])
    if refusal is not None:
        log.warning("erasure.mail_refused", reason=refusal)
    return refusal
