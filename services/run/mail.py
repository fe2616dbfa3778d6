"""The mail sink of a stack: it takes every mail, delivers to nobody, and shows them on a page."""

import asyncio
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from services.run import ports
from services.run.home import Home
from services.run.serving import serve_app
from shared.mail.sink import MAILS_MAX, Mail, MailSink
from shared.mail.sink_pages import sink_app

_CODE: Final = re.compile(r"(?m)^\s*(\d{6})\s*$")
_LETTER: Final = re.compile(r"https?://\S+/letter/\S+")


class MailDesk:
    """The sink and its page, for as long as it is open. Meets `acting.Letterbox`."""

    def __init__(self, home: Home, port: int, say: Callable[[str], None], *, public_url: str = "", most: int = MAILS_MAX) -> None:
        self.sink = MailSink(home.mails, most=most)
        self._home = home
        self.url = ""
        self._wanted = port
        self._say = say
        self._public_url = public_url
        self._stop = asyncio.Event()
        self._exit = AsyncExitStack()

    @property
    def smtp_port(self) -> int:
        return self.sink.port

    async def __aenter__(self) -> Self:
        listener = ports.listen(self._wanted, "the page with the mails", self._say)
        self._exit.callback(listener.close)
        self.url = f"http://{ports.HOST}:{listener.getsockname()[1]}"
        await self._exit.enter_async_context(self.sink)
        pages = asyncio.create_task(serve_app(sink_app(self.sink, home=self._public_url), self._stop, sockets=[listener]))
        self._exit.push_async_callback(asyncio.wait, [pages])
        self._exit.callback(self._stop.set)
        self._home.mail_page.write_text(self.url)
        self._exit.callback(self._home.mail_page.unlink, missing_ok=True)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._exit.aclose()

    @staticmethod
    def code_in(mail: Mail) -> str | None:
        """The sign-in code in a mail, if it is one that brings one."""
        found = _CODE.search(mail.text)
        return found.group(1) if found else None

    async def code(self, email: str) -> str:
        """The sign-in code in the newest mail to `email` that has one on a line of its own; waits for it, within bounds."""
        mail = await self.sink.wait_for(email, lambda one: self.code_in(one) is not None)
        code = self.code_in(mail)
        assert code is not None, "just looked for"
        return code

    async def letter_link(self, email: str) -> str:
        """The link in the newest mail that asks `email` for a letter; waits for it, within bounds."""
        mail = await self.sink.wait_for(email, lambda one: _LETTER.search(one.text) is not None)
        found = _LETTER.search(mail.text)
        assert found is not None, "just looked for"
        return found.group(0)
