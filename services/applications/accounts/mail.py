"""The mail with the code and the link, in the person's language."""

from email.message import EmailMessage

from services.applications.accounts.desk import Desk
from services.applications.accounts.use_cases import Asked, mail_was_not_sent
from services.applications.domain.accounts import CODE_LIFE
from shared.mail.messages import message
from shared.mail.smtp import Reason
from shared.observability.logging import get_logger
from shared.web.i18n import HTML_TAGS, speaking, translate

_ = translate
log = get_logger(__name__)


async def send_code(desk: Desk, asked: Asked) -> Reason | None:
    """Send the message. Why the mail server did not take it, or None where it did; then the code is void and the request not counted."""
    (refusal,) = await desk.mailer.send([sign_in_mail(desk, asked)])
    if refusal is None or refusal is Reason.CONNECTION_LOST:
        # A message whose connection was lost may have arrived all the same.
        return None
    log.warning("sign_in.mail_refused", reason=refusal)
    await desk.db.run(lambda tx: mail_was_not_sent(tx, asked))
    return refusal


def sign_in_mail(desk: Desk, asked: Asked) -> EmailMessage:
    """The message for `asked`. A closed account is told so, and gets no code."""
    with speaking(desk.texts, asked.language):
        subject, paragraphs = _closed() if asked.closed else _code(desk, asked)
        return message(
            sender=desk.mail_from,
            to=asked.email,
            subject=subject,
            text="\n\n".join(paragraphs),
            now=desk.clock.now(),
            language=HTML_TAGS[asked.language],
            identity=f"sign-in:{asked.attempt}",
        )


def _code(desk: Desk, asked: Asked) -> tuple[str, list[str]]:
    minutes = int(CODE_LIFE.total_seconds() // 60)
    link = f"{desk.public_url.rstrip('/')}/sign-in/link/{asked.link}"
    # The subject shows on locked screens, so the code stands in the text only.
    return _("Your code to sign in"), [
        _("Your code to sign in to Puente is:"),
        asked.code,
        _("It works once, for {minutes} minutes.", minutes=minutes),
        _("Or open this address and press the button there:"),
        link,
        _("If you did not ask for this, ignore this message: nobody can sign in without the code. Share it with nobody, not even with us."),
    ]


def _closed() -> tuple[str, list[str]]:
    return _("Your account is closed"), [
        _("Somebody asked for a code to sign in to Puente with this address. The account is closed, so there is no code."),
        _("If you think that this is a mistake, write to your country’s focal point."),
    ]
