"""The mail with the code and the link, in the person's language."""

from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from services.applications.accounts.desk import Desk
from services.applications.accounts.use_cases import Asked
from services.applications.domain.accounts import CODE_LIFE
from shared.web.i18n import speaking, translate

_ = translate


def sign_in_mail(desk: Desk, asked: Asked) -> EmailMessage:
    """The message for `asked`. A closed account is told so, and gets no code."""
    with speaking(desk.texts, asked.language):
        subject, paragraphs = _closed() if asked.closed else _code(desk, asked)
        message = EmailMessage()
        message["From"] = desk.mail_from
        message["To"] = asked.email
        message["Subject"] = subject
        message["Date"] = format_datetime(desk.clock.now())
        message["Message-ID"] = make_msgid(domain=desk.mail_from.rsplit("@", 1)[-1].rstrip(">") or "puente")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n\n".join(paragraphs) + "\n")
        message["Content-Language"] = asked.language
        return message


def _code(desk: Desk, asked: Asked) -> tuple[str, list[str]]:
    minutes = int(CODE_LIFE.total_seconds() // 60)
    link = f"{desk.public_url.rstrip('/')}/sign-in/link/{asked.link}"
    return _("{code} is your sign-in code", code=asked.code), [
        _("Your code to sign in to Puente is:"),
        f"    {asked.code}",
        _("It works once, for {minutes} minutes.", minutes=minutes),
        _("Or open this address and press the button there:"),
        link,
        _("If you did not ask for this, ignore this message: nobody can sign in without the code. Tell it to nobody, not even to us."),
    ]


def _closed() -> tuple[str, list[str]]:
    return _("Your account is closed"), [
        _("Somebody asked for a code to sign in to Puente with this address. The account is closed, so there is no code."),
        _("If you think that this is a mistake, write to your country's focal point."),
    ]
