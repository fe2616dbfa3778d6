"""Sends e-mail through the mail server that the settings name: one connection a batch, and an answer for every message.

What the server said about one message never stops the others. A reason says whether trying again can help.
"""

import asyncio
import time
from collections.abc import Sequence
from email.message import EmailMessage
from enum import StrEnum
from typing import Final

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from shared.observability.logging import get_logger
from shared.settings import CommonSettings

log = get_logger(__name__)

CONNECT_SECONDS: Final = 10.0
MESSAGE_SECONDS: Final = 20.0
"""The longest that one message may take, from the first command to the server's answer."""
BATCH_SECONDS: Final = 60.0
"""After this long no further message of a batch is begun, so that a slow server cannot hold a batch for ever."""


class Reason(StrEnum):
    """Why a message was not accepted. Stable codes; no text of the server's, because that repeats addresses."""

    ADDRESS_REFUSED = "address_refused"
    MESSAGE_REFUSED = "message_refused"
    REFUSED_FOR_NOW = "refused_for_now"
    SENDER_REFUSED = "sender_refused"
    SIGN_IN_REFUSED = "sign_in_refused"
    SERVER_AWAY = "server_away"
    CONNECTION_LOST = "connection_lost"
    """The connection ended while the message was under way: it may have arrived all the same."""

    @property
    def permanent(self) -> bool:
        """Whether sending the same message to the same address again is useless. A wrong sender or sign-in is ours to mend."""
        return self in (Reason.ADDRESS_REFUSED, Reason.MESSAGE_REFUSED)


class Mailer:
    """Sends to the mail server of `settings`. Holds no connection between batches; safe for concurrent calls."""

    def __init__(
        self,
        settings: CommonSettings,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        message_seconds: float = MESSAGE_SECONDS,
        batch_seconds: float = BATCH_SECONDS,
    ) -> None:
        self._settings = settings
        self._connect_seconds = connect_seconds
        self._message_seconds = message_seconds
        self._batch_seconds = batch_seconds

    async def send(self, messages: Sequence[EmailMessage]) -> list[Reason | None]:
        """Offer each message to the server, in order; for each None where it was accepted, else the reason. Raises nothing.

        Returns within `batch_seconds` and the time of one message. A connection that is lost is made anew, once for each
        message that was accepted since; where that fails too, the rest is `SERVER_AWAY` and was not tried.
        """
        answers: list[Reason | None] = []
        started = time.monotonic()
        client: aiosmtplib.SMTP | None = None
        lost_in_a_row = 0
        try:
            for message in messages:
                if time.monotonic() - started > self._batch_seconds or lost_in_a_row > 1:
                    break
                if client is None:
                    client, reason = await self._connect()
                    if client is None:
                        answers += [reason] * (len(messages) - len(answers))
                        break
                answer = await self._offer(client, message)
                answers.append(answer)
                lost_in_a_row = lost_in_a_row + 1 if answer is Reason.CONNECTION_LOST else 0
                if answer is Reason.CONNECTION_LOST:
                    client.close()
                    client = None
        finally:
            if client is not None:
                await _leave(client)
        answers += [Reason.SERVER_AWAY] * (len(messages) - len(answers))
        refused = [answer for answer in answers if answer is not None]
        if refused:
            log.warning("mail.not_accepted", count=len(refused), batch=len(messages), reason=refused[0], host=self._settings.smtp_host)
        return answers

    async def _connect(self) -> tuple[aiosmtplib.SMTP | None, Reason | None]:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username or None,
            password=settings.smtp_password.get_secret_value() or None,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            timeout=self._message_seconds,
        )
        try:
            async with asyncio.timeout(self._connect_seconds):
                await client.connect()
        except SMTPAuthenticationError as error:
            log.error("mail.sign_in_refused", code=error.code, host=settings.smtp_host)
            client.close()
            return None, Reason.SIGN_IN_REFUSED
        except (SMTPException, OSError) as error:
            log.warning("mail.server_away", host=settings.smtp_host, port=settings.smtp_port, error=type(error).__name__)
            client.close()
            return None, Reason.SERVER_AWAY
        return client, None

    async def _offer(self, client: aiosmtplib.SMTP, message: EmailMessage) -> Reason | None:
        try:
            async with asyncio.timeout(self._message_seconds):
                await client.send_message(message)
        except SMTPRecipientsRefused as error:
            return _of_code(error.recipients[0].code, Reason.ADDRESS_REFUSED)
        except SMTPSenderRefused as error:
            return _of_code(error.code, Reason.SENDER_REFUSED)
        except SMTPResponseException as error:
            return _of_code(error.code, Reason.MESSAGE_REFUSED)
        except (SMTPNotSupported, ValueError):
            return Reason.ADDRESS_REFUSED  # an address that this server, or no server, can be given
        except (SMTPException, OSError):
            return Reason.CONNECTION_LOST
        return None


def _of_code(code: int, permanent: Reason) -> Reason:
    """5xx is for good; 4xx says to come back; 421 says that the server leaves."""
    if code == 421:
        return Reason.CONNECTION_LOST
    return permanent if 500 <= code < 600 else Reason.REFUSED_FOR_NOW


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; every message was answered before, so a server that does not answer this one changes nothing."""
    try:
        async with asyncio.timeout(2):
            await client.quit()
    except (SMTPException, OSError):
        client.close()
