"""A text becomes a mail: the same words as plain text and as HTML, with headers that mail programs and filters understand."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from shared.mail.messages import mailbox, message

NOW = datetime(2016, 2, 10, 14, 30, tzinfo=UTC)
SENDER = "Puente <no-reply@puente.example.org>"


def made(
    text: str = "Hello,\n\nwords.", *, identity: str = "one", subject: str = "Your application", to: str = "a@example.org"
) -> EmailMessage:
    return message(sender=SENDER, to=to, subject=subject, text=text, now=NOW, language="es", identity=identity)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_same_identity_gives_the_same_message_id() -> None:
    """A repeated mail is recognised by it; another message has another one."""
    assert made()["Message-ID"] == made()["Message-ID"]
    assert made()["Message-ID"] != made(identity="two")["Message-ID"]
    assert made()["Message-ID"].endswith("@puente.example.org>")


def test_it_says_that_a_machine_wrote_it_and_when() -> None:
    """So that nobody's holiday notice answers."""
    mail = made()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Wed, 10 Feb 2016 14:30:00 +0000"
    assert mail["Content-Language"] == "es"


def test_headers_that_were_made_for_an_earlier_mail_are_as_if_made_anew() -> None:
    """Mails share them, and what is written into one mail is in no other."""
    to = mailbox("Ana Núñez, de la Cruz", "a@example.org")
    first, second = made(to=to, subject="Su solicitud " * 9), made(to=to, subject="您的申请", identity="two")
    written = first.as_bytes()
    for mail in (first, second, *first.iter_parts()):
        for name, value in mail.items():
            anew = EmailMessage(policy=SMTP)
            anew[name] = str(value)
            assert mail.policy.fold(name, value) == SMTP.fold(name, anew[name])
    assert second.get_boundary() is None
    assert second.as_bytes() != written
    assert second.get_boundary() != first.get_boundary()


def test_both_parts_hold_the_same_words_and_markup_in_a_text_stays_text() -> None:
    """What a text holds is never taken for markup."""
    mail = made('Dear A & B <b>,\n\nReasons:\n- one "x"\n- two\n\nSee http://127.0.0.1:8080/applications/1?a=b&c=d.')
    assert "Dear A & B <b>," in part(mail, "plain")
    page = part(mail, "html")
    assert "Dear A &amp; B &lt;b&gt;," in page
    assert "<li>one &quot;x&quot;</li><li>two</li>" in page
    assert '<a href="http://127.0.0.1:8080/applications/1?a=b&amp;c=d" style' in page
    assert "</a>.</p>" in page


def test_no_name_or_subject_can_add_a_header() -> None:
    """Line breaks in what people typed are only spaces."""
    mail = made(subject="One\r\nBcc: x@example.org", to=mailbox("Ana\r\nBcc: x@example.org", "a@example.org"))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "One Bcc: x@example.org"
    assert "\nBcc" not in mail.as_string()
    assert made(subject="Une place\u00a0: \r\n répondez")["Subject"] == "Une place\u00a0: répondez", "where no line breaks, none breaks"


def test_any_name_goes_with_its_address_or_is_left_out() -> None:
    """A name may hold quotes, commas and any script; an address that cannot be written with a name is used alone."""
    assert 'José "El" Núñez' in made(to=mailbox('José "El" Núñez', "a@example.org"))["To"].addresses[0].display_name
    assert mailbox("李明", "li@example.org") == "李明 <li@example.org>"
    assert mailbox("", "a@example.org") == "a@example.org"
    assert mailbox("Ana", "not an address") == "not an address"
