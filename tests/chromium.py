"""Chromium of this machine, and what people do in it on every page of ours: signing in."""

import os
import re
import shutil

import httpx2
from playwright.async_api import Page

CODE = re.compile(r"^\d{6}$", re.MULTILINE)


class NoChromium(Exception):
    """There is no Chromium on this machine."""


def program() -> str:
    """The program's path; `PUENTE_CHROMIUM` names another than those on the path. `NoChromium` where there is none."""
    found = os.environ.get("PUENTE_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        raise NoChromium("no Chromium here; on Debian, as root: apt-get install chromium")
    return found


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
