"""A mail server that delivers to nobody: it keeps what it is given in a folder, for demonstrations and tests.

Only on this machine. The newest 5,000 mails are kept; a restart on the same folder shows them again. `sink_pages.sink_app`
shows them to people and programs. Tests make it refuse and break off as real servers do.
"""

import asyncio
import codecs
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import compat32, default
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.kernel.ids import new_id

HOST: Final = "127.0.0.1"
MAILS_MAX: Final = 5_000
MAIL_BYTES_MAX: Final = 2 * 1024 * 1024
WAIT_SECONDS: Final = 60.0
"""How long a mail is waited for; a machine under load may take most of it."""
ENVELOPE: Final = "X-Puente-Sink-To"
"""The header that keeps whom the mail was handed in for, which its own headers need not say."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that was accepted. `id` sorts by arrival; `recipients` are lower-case; `date` is the sender's, where that is a date."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    date: datetime | None
    message_id: str
    language: str
    text: str


class MailSink:
    """Use as `async with MailSink(folder) as sink`, or `start` and `stop` by hand. All in one event loop."""

    def __init__(self, folder: Path, *, port: int = 0, most: int = MAILS_MAX) -> None:
        """`port` 0 takes a free one. `folder` is made where it is missing; at most `most` mails stay in it."""
        self.folder = folder
        self.port = port
        self.most = most
        self._recipients: dict[str, tuple[str, ...]] = {}
        """Of each mail by its id, the oldest first."""
        self._read: dict[str, Mail] = {}
        """What somebody asked for: most mails are to nobody who is there."""
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.BaseTransport] = set()
        self._arrived = asyncio.Condition()
        self.refusing: Callable[[str], str | None] = lambda _recipient: None
        """For tests: a recipient -> the answer that refuses it, such as `550 5.1.1 nobody here`, or None."""
        self.breaking_off: Callable[[str], bool] = lambda _recipient: False
        """For tests: a recipient -> whether the connection ends after the mail was stored and before that is said."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def start(self) -> None:
        """See what the folder holds, then listen; `OSError` where the port is taken."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in sorted(self.folder.glob("*.eml"))[-self.most :]:
            try:
                with path.open("rb") as file:
                    self._recipients[path.stem] = _recipients(file.readline())
            except FileNotFoundError:
                continue  # somebody else empties the folder
            except OSError:
                self._recipients[path.stem] = ()  # shown as one that cannot be read
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Conversation(self, loop), HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and end what is under way."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for transport in tuple(self._open):
                transport.close()
            await server.wait_closed()

    # ------------------------------------------------------------------------------------------------------ reading

    def ids(self, to: str = "") -> Iterator[str]:
        """Of the mails, newest first; only those to addresses that contain `to`, where that is given."""
        wanted = to.strip().lower()
        for mail_id, recipients in reversed(tuple(self._recipients.items())):
            if not wanted or any(wanted in recipient for recipient in recipients):
                yield mail_id

    def mails(self, to: str = "") -> Iterator[Mail]:
        """The mails of `ids`."""
        return filter(None, map(self.mail, self.ids(to)))

    def mail(self, mail_id: str) -> Mail | None:
        """The mail, read now where it was not before; None where there is none of this id, or none any more.

        One whose file cannot be read says so in its subject and text, and is tried again the next time.
        """
        if mail_id in self._read:
            return self._read[mail_id]
        try:
            content = self._content(mail_id)
        except KeyError:
            return None
        except OSError as error:
            return _summary(mail_id, self._instead(mail_id, error))
        return self._read.setdefault(mail_id, _summary(mail_id, content))

    def raw(self, mail_id: str) -> EmailMessage:
        """The whole mail; `KeyError` where there is none of this id, or none any more."""
        try:
            return _parsed(self._content(mail_id))
        except OSError as error:
            return _parsed(self._instead(mail_id, error))

    def _content(self, mail_id: str) -> bytes:
        """`KeyError` where there is none of this id, or no file any more: then it is forgotten."""
        if mail_id in self._recipients:
            with contextlib.suppress(FileNotFoundError):
                return self._path(mail_id).read_bytes()
        self._recipients.pop(mail_id, None)
        self._read.pop(mail_id, None)
        raise KeyError(mail_id)

    def _instead(self, mail_id: str, error: OSError) -> bytes:
        """A mail in the place of one whose file cannot be read."""
        why = f"{self._path(mail_id)} cannot be read: {error.strerror}. Let this account read it, and reload the page."
        to = f"{ENVELOPE}: {', '.join(self._recipients[mail_id])}"
        heads = (to, "Subject: This mail cannot be read", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
        return "\r\n".join((*heads, "", why, "")).encode(errors="replace")

    def __len__(self) -> int:
        return len(self._recipients)

    async def wait_for(
        self, to: str, predicate: Callable[[Mail], bool] = lambda _mail: True, *, timeout_seconds: float = WAIT_SECONDS
    ) -> Mail:
        """The newest mail to `to` that fits, as soon as there is one; `TimeoutError` where none comes in time."""

        def found() -> Mail | None:
            return next((mail for mail in self.mails(to) if predicate(mail)), None)

        async with asyncio.timeout(timeout_seconds), self._arrived:
            mail = await self._arrived.wait_for(found)
            assert mail is not None, "just found"
            return mail

    # ------------------------------------------------------------------------------------------------------ keeping

    async def keep(self, content: bytes, recipients: list[str]) -> str:
        """Store one mail and wake whoever waits for it; the oldest go where there are too many. Returns its id."""
        envelope = f"{ENVELOPE}: {', '.join(recipients).lower()}".encode() + b"\r\n"
        mail_id = new_id().hex
        beside = self.folder / f"{mail_id}.part"
        beside.write_bytes(envelope + content)
        beside.replace(self._path(mail_id))
        self._recipients[mail_id] = _recipients(envelope)
        while len(self._recipients) > self.most:
            oldest = next(iter(self._recipients))
            del self._recipients[oldest]
            self._read.pop(oldest, None)
            with contextlib.suppress(OSError):  # a new mail is kept all the same
                self._path(oldest).unlink()
        async with self._arrived:
            self._arrived.notify_all()
        return mail_id

    def _path(self, mail_id: str) -> Path:
        return self.folder / f"{mail_id}.eml"

    # ------------------------------------------------------------------------- what aiosmtpd calls, by these names

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:
        refusal = self.refusing(address.lower())
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        content: Any = envelope.content
        await self.keep(content if isinstance(content, bytes) else str(content).encode(), list(envelope.rcpt_tos))
        if any(self.breaking_off(recipient.lower()) for recipient in envelope.rcpt_tos):
            transport = server.transport
            assert isinstance(transport, asyncio.WriteTransport), "a conversation that is under way has a connection"
            transport.abort()
        return "250 OK, kept and delivered to nobody"


class _Conversation(SMTP):
    """One connection; the sink knows those that are open, so that it can end them."""

    def __init__(self, sink: MailSink, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            sink,
            data_size_limit=MAIL_BYTES_MAX,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Puente mail sink",
            timeout=60,
            loop=loop,
        )
        self._sink = sink

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink._open.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sink._open.discard(self.transport)
        super().connection_lost(error)


def _parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


def _recipients(envelope: bytes) -> tuple[str, ...]:
    """Whom a mail was handed in for, as the first line of its file says."""
    name, _, addresses = envelope.decode("utf-8", "replace").partition(":")
    return tuple(filter(None, map(str.strip, addresses.split(",")))) if name == ENVELOPE else ()


def _summary(mail_id: str, content: bytes) -> Mail:
    """What lists need. Read in the older way of the `email` package, which is many times quicker than the newer one."""
    message = message_from_bytes(content, policy=compat32)
    headers = {name.lower(): value for name, value in reversed(list(message.raw_items()))}

    def header(name: str) -> str:
        plain = headers.get(name.lower(), "").encode("ascii", "surrogateescape").decode("utf-8", "replace")
        try:
            return " ".join(str(make_header(decode_header(plain))).split())
        except (HeaderParseError, LookupError, ValueError):
            return plain  # something that no mail program can read either

    return Mail(
        id=mail_id,
        sender=header("From"),
        recipients=_recipients(content.partition(b"\n")[0]),
        subject=header("Subject"),
        date=_date(header("Date")),
        message_id=header("Message-ID"),
        language=header("Content-Language"),
        text=_text(message),
    )


def _text(message: Message) -> str:
    """The first part that is plain text, decoded; what cannot be decoded is marked and not refused."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            body = part.get_payload(decode=True)
            charset = part.get_content_charset() or "utf-8"
            return (
                codecs.decode(body, charset if _known(charset) else "utf-8", "replace").replace("\r\n", "\n")
                if isinstance(body, bytes)
                else ""
            )
    return ""


def _known(charset: str) -> bool:
    try:
        codecs.lookup(charset)
    except LookupError:
        return False
    return True


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
