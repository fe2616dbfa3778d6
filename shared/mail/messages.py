"""Makes an e-mail out of a text: plain, and as simple HTML from the same text, so that the two never differ.

A subject holds no personal data (it shows on locked screens and in logs); that is up to whoever writes the text.
"""

import html
import re
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Final

from shared.kernel.ids import derived_id
from shared.kernel.writing import NO_BREAK

_LINK: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_PAGE: Final = (
    '<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title></head>"
    '<body style="margin:0;padding:24px 16px;background:#f6f3ec;color:#13282b;font:16px/1.55 system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Arial,sans-serif">'  # noqa: E501
    '<div style="max-width:36em;margin:0 auto;padding:24px 28px;background:#ffffff;border-top:4px solid #0c6b68;border-radius:6px;overflow-wrap:anywhere">\n{body}\n</div>'  # noqa: E501
    "</body></html>\n"
)


class _Headers(HeaderRegistry):
    """Headers as texts make them. Most mails have the same sender and kinds of content, and a header never changes once it is made.

    The `email` package makes a class for each header of each mail and reads its text anew: three quarters of what a mail cost.
    """

    @lru_cache(maxsize=64)  # noqa: B019 (the one registry stays as long as the process)
    def __getitem__(self, name: str) -> type[BaseHeader]:
        return super().__getitem__(name)

    @lru_cache(maxsize=256)  # noqa: B019
    def __call__(self, name: str, value: str) -> BaseHeader:
        return super().__call__(name, value)


_POLICY: Final = SMTP.clone(header_factory=_Headers())


def message(
    *,
    sender: str,
    to: str,
    subject: str,
    text: str,
    now: datetime,
    language: str,
    identity: str,
) -> EmailMessage:
    """One message. `sender` and `to` are addresses, a name before them where wanted; `language` is a BCP 47 tag.

    `identity` says which message this is: the same one gives the same Message-ID however often it is sent, so that a mail
    program shows a repetition once. Paragraphs of `text` are parted by empty lines; lines that begin with `- ` make a list.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject = NO_BREAK.join(" ".join(part.split()) for part in subject.split(NO_BREAK))
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(identity, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    body = text.strip() + "\n"
    mail.set_content(body)
    mail.add_alternative(as_html(subject, body, language), subtype="html")
    mail["Content-Language"] = language
    return mail


def message_id(identity: str, sender: str) -> str:
    """The Message-ID that belongs to `identity`, in the sender's domain."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{derived_id('mail', identity)}@{domain}>"


def mailbox(name: str, address: str) -> str:
    """`name` and `address` as one header value; the address alone where the two do not go together (a name may be anything)."""
    try:
        return str(Address(display_name=" ".join(name.split()), addr_spec=address)) if name.strip() else address
    except (ValueError, IndexError):
        return address


def as_html(title: str, text: str, language: str) -> str:
    """The page of the HTML part. Everything in it is escaped; addresses become links."""
    blocks = [_block(block) for block in re.split(r"\n\s*\n", text.strip())]
    return _PAGE.format(language=html.escape(language), title=html.escape(title), body="\n".join(blocks))


def _block(block: str) -> str:
    """A paragraph, with the list that its last lines make."""
    lines = block.strip().splitlines()
    first_item = next((number for number, line in enumerate(lines) if line.startswith("- ")), len(lines))
    parts = []
    if first_item:
        parts.append(f'<p style="margin:0 0 16px">{"<br>".join(_linked(line) for line in lines[:first_item])}</p>')
    if first_item < len(lines):
        items = "".join(f"<li>{_linked(line.removeprefix('- '))}</li>" for line in lines[first_item:])
        parts.append(f'<ul style="margin:0 0 16px;padding-left:1.3em">{items}</ul>')
    return "".join(parts)


def _linked(line: str) -> str:
    made, end = [], 0
    for found in _LINK.finditer(line):
        address = html.escape(found.group())
        made.append(html.escape(line[end : found.start()]))
        made.append(f'<a href="{address}" style="color:#0a5f66">{address}</a>')
        end = found.end()
    return "".join([*made, html.escape(line[end:])])
