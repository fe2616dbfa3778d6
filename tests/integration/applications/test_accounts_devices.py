"""Where somebody is signed in, and the end of it: one browser, or all; and how long a session has left."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from services.applications.accounts import session_layer
from services.applications.domain.devices import device_of
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, opened, words

PHONE = "Mozilla/5.0 (Linux; Android 14; SM-A145M) AppleWebKit/537.36 SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"
DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications"), clock, tmp_path) as front:
        yield front


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (PHONE, "Samsung Internet, Android"),
        (DESK, "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; ...) Mobile/15E148 MicroMessenger/8.0.5(0x18000528) Safari/1", "WeChat, iPhone"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_is_known_by_two_words(said: str, known: str) -> None:
    assert device_of(said) == known


async def test_one_browser_is_signed_out_from_another(front: Front) -> None:
    async with front.browser() as desk, front.browser() as phone, front.browser() as stranger:
        desk.headers["User-Agent"], phone.headers["User-Agent"] = DESK, PHONE
        await front.sign_in(phone, "ana@example.org")
        front.clock.move(timedelta(minutes=10))
        await front.sign_in(desk, "ana@example.org")
        page = await desk.get("/account")
        assert "Firefox, Linux This one" in words(page)
        assert "Samsung Internet, Android Signed in" in words(page)
        (there,) = re.findall(r'action="(/account/sessions/[0-9a-f-]{36})"', page.text)
        await front.sign_in(stranger, "ben@example.org")
        assert (await stranger.post(there)).status_code == 404
        assert (await stranger.post("/account/sessions/none")).status_code == 404
        front.clock.move(timedelta(seconds=61))
        assert (await phone.get("/account")).status_code == 200
        ended = await desk.post(there)
        assert ended.headers["location"] == "/account?ended=1#devices"
        after = await desk.get("/account?ended=1")
        assert "That browser is signed out" in words(after)
        assert "Samsung" not in words(after)
        front.clock.move(timedelta(seconds=61))
        assert (await phone.get("/account")).status_code == 303
        assert (await desk.get("/account")).status_code == 200


@pytest.mark.parametrize("refreshed", [False, True], ids=["looked at", "asked anew who it is"])
async def test_what_was_slow_to_come_is_not_done_where_its_session_was_ended_meanwhile(
    front: Front, monkeypatch: pytest.MonkeyPatch, refreshed: bool
) -> None:
    monkeypatch.setattr(session_layer, "SLOW_SECONDS", 0.0)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with front.browser() as phone, front.browser() as desk:
        await front.sign_in(phone, "ana@example.org")
        await front.sign_in(desk, "ana@example.org")
        if refreshed:
            front.clock.move(timedelta(seconds=61))

        async def body(ends: bool) -> AsyncIterator[bytes]:
            yield b"language=es&timezone=America/Lima&name=Ana"
            if ends:
                await desk.post("/sign-out", data={"everywhere": "yes"})
            yield b" Quispe"

        done = await phone.post("/account", content=body(ends=False), headers=form)
        assert done.status_code == 303 and "Quispe" in (await phone.get("/account")).text
        await phone.post("/account", data={"language": "es", "timezone": "America/Lima", "name": "Ana"})
        sent = await phone.post("/account", content=body(ends=True), headers=form)
        assert sent.headers["location"].startswith("/sign-in")
        name = await front.db.run(lambda tx: tx.scalar(text("select name from account where email = 'ana@example.org'")))
        assert name == "Ana"
        assert (await phone.get("/account")).headers["location"].startswith("/sign-in")


async def test_a_session_says_how_long_it_has_left_and_asking_lengthens_nothing(front: Front) -> None:
    async with front.browser() as browser:
        assert (await browser.get("/session/left")).json() == {"seconds": 0, "firm": True}
        await front.sign_in(browser, "ana@example.org")
        for _ in range(23):
            front.clock.move(timedelta(minutes=5))
            left = (await browser.get("/session/left")).json()
        assert left == {"seconds": 300, "firm": False}
        assert (await browser.post("/session")).json() == {"seconds": 7200, "firm": False}
        for _ in range(5):
            front.clock.move(timedelta(minutes=110))
            assert (await browser.post("/session")).status_code == 200
        assert (await browser.get("/session/left")).json() == {"seconds": 55 * 60, "firm": True}
        front.clock.move(timedelta(hours=1))
        assert (await browser.get("/session/left")).json() == {"seconds": 0, "firm": True}
        assert (await browser.post("/session")).status_code == 303
