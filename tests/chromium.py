"""Chromium of this machine, one for all tests of a process; and what people do in it on every page of ours: signing in."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
from playwright._impl._driver import compute_driver_executable
from playwright.async_api import Browser, Error, Page

from services.doctor import BROWSERS
from shared.persistence.server_process import ServerProcess
from tests.wire import connected

START_SECONDS: Final = 60.0
PLAIN_SCRIPTS: Final = "--js-flags=--no-turbofan --no-maglev"
"""Every page that is looked at begins anew, so that what is compiled for the long run never pays; without it a look costs a fifth less."""
NO_PROCESS_TO_DRAW: Final = "--in-process-gpu"
"""There is no graphics card to be kept apart from, and each picture would be handed from one process to another."""
CODE = re.compile(r"^\d{6}$", re.MULTILINE)


class NoChromium(Exception):
    """There is no Chromium on this machine."""


def program() -> str:
    """The program's path; `PUENTE_CHROMIUM` names another than those on the path. `NoChromium` where there is none."""
    found = os.environ.get("PUENTE_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise NoChromium("no Chromium here; on Debian, as root: apt-get install chromium-headless-shell")
    return found


class Shared:
    """One Chromium that tests connect to, each for contexts of its own; what a test leaves open ends with its connection.

    To start one is dearer than most of what a test does in it. It is started by the first test that asks; one that has crashed is
    replaced for the next test.
    """

    def __init__(self, chromium: str, folder: Path) -> None:
        """Nothing is started yet; its files will be in `folder`."""
        self._chromium = chromium
        self._folder = folder
        self._starts = 0
        self._address = ""
        self.server: ServerProcess | None = None

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[Browser]:
        """A connection to it. Raises `playwright.Error` where it cannot be started."""
        async with AsyncExitStack() as lasting:
            yield await self._found(lasting)

    async def _found(self, lasting: AsyncExitStack) -> Browser:
        if self.server is not None:
            try:
                return await self._connected(lasting)
            except Error:
                self.stop()
        await self._start()
        return await self._connected(lasting)

    async def _connected(self, lasting: AsyncExitStack) -> Browser:
        browser = await lasting.enter_async_context(connected(self._address))
        await (await browser.new_context()).close()  # the server answers also for a browser that is gone
        return browser

    async def _start(self) -> None:
        self._starts += 1
        order, log = self._folder / "order.json", self._folder / f"log{self._starts}"
        order.write_text(json.dumps({"executablePath": self._chromium, "headless": True, "args": [PLAIN_SCRIPTS, NO_PROCESS_TO_DRAW]}))
        command = [*compute_driver_executable(), "launch-server", "--browser", "chromium", "--config", str(order)]
        self.server = await asyncio.to_thread(ServerProcess, command, log=log, environment=os.environ)
        async with asyncio.timeout(START_SECONDS):
            while not (found := re.search(r"^ws://\S+$", log.read_text(), re.MULTILINE)):
                if not self.server.alive():
                    raise Error(f"Chromium did not start: {log.read_text()[-500:]}")
                await asyncio.sleep(0.05)
        self._address = found.group()

    def stop(self) -> None:
        """End it. Harmless to repeat."""
        if self.server is not None:
            self.server.stop()
            self.server = None


class Letters:
    """The mails of a stack, through the API of the page that shows them."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.AsyncClient(base_url=url, trust_env=False)

    async def code(self, email: str) -> str:
        """The newest sign-in code that was sent to this address; the mail is there before the page that asks for the code is."""
        for mail in (await self._client.get("/api/messages", params={"to": email})).json():
            found = CODE.search(mail["text"])
            if found:
                return found.group()
        raise AssertionError(f"no mail with a code to {email}")

    async def close(self) -> None:
        await self._client.aclose()


async def sign_in(page: Page, origin: str, letters: Letters, email: str) -> None:
    """Ask for a code, read it in the mails, enter it."""
    await page.goto(f"{origin}/sign-in")
    await page.fill("#email", email)
    await page.click("main form button")
    await page.wait_for_url("**/sign-in/code**")
    await page.fill("#code", await letters.code(email))
    async with page.expect_navigation():
        await page.click("main form button")
    assert "/sign-in" not in page.url, f"{email} is signed in"
