"""Files that do not come through: on a line that breaks, of which nothing stays, and where more come at once than there is room for."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from services.applications import uploads
from services.applications.documents.receiving import Reads, Received, UploadRefused, receive
from services.applications.documents.room import Room
from services.applications.domain.lifecycle import State
from tests.integration.applications.front import words
from tests.integration.applications.staff_pages import House
from tests.real_files import PDF, pdf_of_size
from tests.served import served

HALF = 300_000


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


async def until_it_waits(room: Room, request: asyncio.Task[httpx2.Response]) -> None:
    while not room.waiting:
        assert not request.done(), request.result()
        await asyncio.sleep(0)


async def test_a_file_waits_unread_for_its_place_and_beyond_the_line_it_is_told_when_to_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place, and one who may wait for it: nothing of a file is read before its turn, and the third is refused with words."""
    room = house.front.app.state.room = Room(1, 1)
    read: list[str | None] = []

    async def reads(upload: Reads, filename: str | None, **limits: Any) -> Received | UploadRefused:
        assert room.waiting == 0, "it has its place"
        read.append(filename)
        return await receive(upload, filename, **limits)

    monkeypatch.setattr(uploads, "receive", reads)

    def file(name: str) -> dict[str, tuple[str, bytes, str]]:
        return {"file": (name, PDF, "application/pdf")}

    browser = await house.browser("ana")
    application = await house.reach(State.DRAFT, "ana", "masters")
    link = f"/applications/{application.id}/papers/transcripts"
    async with room.place():
        waits = asyncio.create_task(browser.post(link, files=file("second.pdf")))
        await until_it_waits(room, waits)
        third = await browser.post(link, files=file("third.pdf"))
        assert (third.status_code, third.headers["retry-after"]) == (503, "30")
        assert "this file was not taken" in words(third)
        assert read == []
    assert (await waits).status_code == 303
    assert (await browser.post(link, files=file("third.pdf"))).status_code == 303
    assert read == ["second.pdf", "third.pdf"]
    async with room.place():
        gives_up = asyncio.create_task(browser.post(link, files=file("fourth.pdf")))
        await until_it_waits(room, gives_up)
        gives_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gives_up
        assert room.waiting == 0, "who goes away waits no longer"
