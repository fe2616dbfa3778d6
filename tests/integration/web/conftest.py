"""The demonstration application, a client for it, and a served copy with a browser to look at it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page

from shared.kernel.clock import ManualClock
from shared.web.identity import IDENTITY_COOKIE, IdentityIssuer
from shared.web.keys import ensure_key_pair
from tests.integration.web import demo
from tests.served import served

NOW = datetime(2016, 3, 20, 9, tzinfo=UTC)
OpenPage = Callable[..., Awaitable[Page]]
"""path, width=1280, role=None, javascript=True -> the page, loaded."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def app(tmp_path: Path, clock: ManualClock) -> FastAPI:
    ensure_key_pair(tmp_path, "identity")
    return demo.build(tmp_path, clock)


@pytest.fixture
def identity(tmp_path: Path, app: FastAPI, clock: ManualClock) -> Callable[[str], str]:
    """Role -> a token that is valid now."""
    issuer = IdentityIssuer.from_folder(tmp_path)
    return lambda role: issuer.issue(account_id="a1", role=role, country="PE", language="pt", session_id="s1", now=clock.now())


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://puente.example.org") as opened:
        yield opened


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """Where the application is served on this machine."""
    async with served(app) as address:
        yield address


@pytest.fixture
async def open_page(address: str, browser: Browser, identity: Callable[[str], str]) -> OpenPage:
    async def open_one(path: str, *, width: int = 1280, role: str | None = None, javascript: bool = True) -> Page:
        context = await browser.new_context(viewport={"width": width, "height": 800}, locale="es-PE", java_script_enabled=javascript)
        if role:
            await context.add_cookies([{"name": IDENTITY_COOKIE, "value": identity(role), "url": address}])
        page = await context.new_page()
        await page.goto(address + path)
        return page

    return open_one
