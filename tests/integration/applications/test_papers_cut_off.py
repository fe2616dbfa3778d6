"""A line that breaks in the middle of a file, on a real socket: nothing of it stays, nothing else is lost, and it is no fault of ours."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from services.applications.domain.lifecycle import State
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.applications.front import words
from tests.integration.applications.staff_pages import House, open_house
from tests.real_files import PDF, pdf_of_size
from tests.served import served

HALF = 300_000


@pytest.fixture
async def house(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(new_database, clock, tmp_path) as house:
        yield house


async def test_half_a_file_leaves_nothing_and_harms_nothing(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    browser = await house.browser("ana")
    application = await house.reach(State.DRAFT, "ana", "masters")
    path = f"/applications/{application.id}/papers/passport"
    kept = await browser.post(path, files={"file": ("kept.pdf", PDF, "application/pdf")})
    assert kept.status_code == 303
    whole = httpx2.Request("POST", "http://x/", files={"file": ("half.pdf", pdf_of_size(2 * HALF), "application/pdf")})
    body = whole.read()
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    async with served(house.front.app) as address:
        where = urlsplit(address)
        _reader, writer = await asyncio.open_connection(where.hostname, where.port)
        head = f"POST {path} HTTP/1.1\r\nHost: puente.test\r\nCookie: {cookies}\r\nContent-Length: {len(body)}\r\n"
        head += f"Origin: http://puente.test\r\nContent-Type: {whole.headers['content-type']}\r\n\r\n"
        writer.write(head.encode() + body[:HALF])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        # The next request is answered after the server has seen the end of the one before, as it stops serving only then.
        async with httpx2.AsyncClient(base_url=address, trust_env=False) as other:
            assert (await other.get("/health/live")).status_code == 200
    page = words(await browser.get(path))
    assert "kept.pdf" in page
    assert "half.pdf" not in page
    assert len(await house.front.app.state.documents.keys()) == 1
    said = capfd.readouterr()
    assert "request.failed" not in said.out + said.err
    assert "request.cut_off" in said.out + said.err
