"""Mail goes over a real connection to a real mail server, and what that server says comes back for each message."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from shared.mail.messages import message
from shared.mail.sink import MailSink
from shared.mail.smtp import Mailer, Reason
from shared.settings import CommonSettings

NOW = datetime(2016, 2, 10, 14, 30, tzinfo=UTC)


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[MailSink]:
    async with MailSink(tmp_path / "mails") as running:
        yield running


def mailer(port: int, **limits: float) -> Mailer:
    return Mailer(CommonSettings(smtp_port=port), **limits)


def mails(*recipients: str) -> list[EmailMessage]:
    return [
        message(
            sender="Puente <no-reply@puente.example.org>",
            to=to,
            subject=f"For {to}",
            text=f"Hello {to}",
            now=NOW,
            language="en",
            identity=to,
        )
        for to in recipients
    ]


async def test_a_batch_arrives_in_order_over_one_connection(sink: MailSink) -> None:
    """Every message is accepted and none is changed."""
    assert await mailer(sink.port).send(mails("a@example.org", "b@example.org", "ñ@example.org")) == [None, None, None]
    assert [mail.recipients for mail in sink.mails()] == [("ñ@example.org",), ("b@example.org",), ("a@example.org",)]
    first = next(sink.mails("a@example.org"))
    assert (first.subject, first.text, first.date) == ("For a@example.org", "Hello a@example.org\n", NOW)


async def test_a_refused_address_is_told_from_one_to_try_again_and_stops_nobody(sink: MailSink) -> None:
    """5xx is for good, 4xx is for now, and the others of the batch arrive."""
    sink.refusing = {"gone@example.org": "550 5.1.1 nobody here", "busy@example.org": "451 4.3.0 come back"}.get
    answers = await mailer(sink.port).send(mails("a@example.org", "gone@example.org", "busy@example.org", "b@example.org"))
    assert answers == [None, Reason.ADDRESS_REFUSED, Reason.REFUSED_FOR_NOW, None]
    assert [reason.permanent for reason in answers if reason] == [True, False]
    assert len(sink) == 2


async def test_a_connection_that_ends_after_accepting_is_not_taken_for_a_success(sink: MailSink) -> None:
    """Whether it arrived is not known, so it is tried again; the next message gets a new connection."""
    sink.breaking_off = lambda recipient: recipient == "b@example.org"
    answers = await mailer(sink.port).send(mails("a@example.org", "b@example.org", "c@example.org"))
    assert answers == [None, Reason.CONNECTION_LOST, None]
    assert not Reason.CONNECTION_LOST.permanent
    assert len(sink) == 3


async def test_a_server_that_always_breaks_off_is_left_after_two(sink: MailSink) -> None:
    """The rest is not tried, and so not sent twice later."""
    sink.breaking_off = lambda _recipient: True
    answers = await mailer(sink.port).send(mails(*(f"p{n}@example.org" for n in range(5))))
    assert answers == [Reason.CONNECTION_LOST, Reason.CONNECTION_LOST, *[Reason.SERVER_AWAY] * 3]
    assert len(sink) == 2


async def test_no_server_is_a_reason_and_not_an_error(unused_tcp_port: int) -> None:
    assert await mailer(unused_tcp_port).send(mails("a@example.org", "b@example.org")) == [Reason.SERVER_AWAY, Reason.SERVER_AWAY]
    assert await mailer(unused_tcp_port).send([]) == []


@pytest.fixture
async def mute_server() -> AsyncIterator[Callable[[bytes], Awaitable[int]]]:
    """A server that says one thing and then nothing."""
    servers: list[asyncio.Server] = []
    closing = asyncio.Event()

    async def start(greeting: bytes) -> int:
        async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(greeting)
            await closing.wait()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield start
    closing.set()
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_a_server_that_falls_silent_holds_nobody_up(mute_server: Callable[[bytes], Awaitable[int]]) -> None:
    """Both before its greeting and after it."""
    silent = mailer(await mute_server(b""), connect_seconds=0.05)
    assert await silent.send(mails("a@example.org")) == [Reason.SERVER_AWAY]
    talker = mailer(await mute_server(b"220 hello\r\n250 fine\r\n"), message_seconds=0.05)
    assert await talker.send(mails("a@example.org", "b@example.org", "c@example.org")) == [
        Reason.CONNECTION_LOST,
        Reason.CONNECTION_LOST,
        Reason.SERVER_AWAY,
    ]


async def test_a_slow_batch_ends_in_time(sink: MailSink) -> None:
    """What was not begun within the batch's time waits for the next batch."""
    assert await mailer(sink.port, batch_seconds=-1).send(mails("a@example.org")) == [Reason.SERVER_AWAY]
    assert len(sink) == 0


async def test_an_encrypted_connection_that_is_asked_for_is_insisted_on(sink: MailSink) -> None:
    """A server without TLS is given neither the password nor the mail."""
    settings = CommonSettings(smtp_port=sink.port, smtp_security="starttls")
    assert await Mailer(settings).send(mails("a@example.org")) == [Reason.SERVER_AWAY]
    assert len(sink) == 0
