"""What was typed is there after the sign-in: where a session ended under it, and where there was none yet."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx2
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text

from services.applications.accounts import people
from services.applications.accounts.session_layer import LOOKS_ITSELF
from services.applications.pages import entries, questions
from shared.kernel.clock import ManualClock
from shared.web.identity import IDENTITY_COOKIE
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, opened, words
from tests.integration.applications.people import PROGRAMME, good_form, with_the_plan

ANA = "ana@example.org"
BEGIN = f"/programmes/{PROGRAMME}/begin?country=PE"
IDENTITY = good_form()["identity"]


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path) as front:
        yield front


async def begun(front: Front, browser: httpx2.AsyncClient) -> str:
    await front.sign_in(browser, ANA)
    started = await browser.post(f"/programmes/{PROGRAMME}/start", data={"country": "PE"})
    return started.headers["location"].removesuffix("/tasks")


def form_of(page: httpx2.Response) -> tuple[str, dict[str, str]]:
    """The kept form on the page: where it goes, and its fields."""
    found = re.search(r'<main.*?<form method="post" action="([^"]+)">(.*?)</form>', page.text, re.DOTALL)
    assert found, words(page)
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[2], re.DOTALL)
    return unescape(found[1]), {unescape(name): unescape(value) for name, value in fields}


async def rows(front: Front) -> list[tuple[bytes, object]]:
    found = await front.db.run(lambda tx: tx.execute(text("select sealed, account_id from kept_form")))
    return [(bytes(row.sealed), row.account_id) for row in found]


async def test_a_page_sent_after_the_session_ended_is_saved_after_the_sign_in(front: Front) -> None:
    typed = {**good_form()["contact"], "city": "Iñapari “del río” & <b>\r\nsegunda línea"}
    async with front.browser() as browser:
        path = await begun(front, browser)
        front.clock.move(timedelta(hours=3))
        sent = await browser.post(f"{path}/pages/contact?then=check", data=typed)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?return=%2Fkept")
        assert "What you typed is kept" in words(await browser.get(sent.headers["location"]))
        ((sealed, _account),) = await rows(front)
        assert b"apari" not in sealed, "the database cannot read what was typed"
        entered = await front.sign_in(browser, ANA, back="/kept")
        assert entered.headers["location"] == "/kept"
        where, fields = form_of(await browser.get("/kept"))
        assert (where, fields) == (f"{path}/pages/contact?then=check", typed)
        saved = await browser.post(where, data=fields)
        assert saved.headers["location"].startswith(f"{path}/check")
        assert "Iñapari" in (await browser.get(f"{path}/pages/contact")).text
        assert await rows(front) == [], "what was sent again is not kept any longer"
        assert "Nothing is kept here" in words(await browser.get("/kept"))


async def test_a_page_sent_after_it_was_signed_out_elsewhere_is_not_saved_and_not_lost(front: Front) -> None:
    typed = {**good_form()["contact"], "city": "Iñapari"}
    async with front.browser() as browser, front.browser() as other:
        path = await begun(front, browser)
        await front.sign_in(other, ANA)
        there = dict(browser.cookies)
        await other.post("/sign-out", data={"everywhere": "yes"})
        sent = await browser.post(f"{path}/pages/contact", data=typed)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?return=%2Fkept")
        assert IDENTITY_COOKIE not in browser.cookies
        await front.sign_in(browser, ANA, back="/kept")
        assert form_of(await browser.get("/kept")) == (f"{path}/pages/contact", typed)
        assert "Iñapari" not in (await browser.get(f"{path}/pages/contact")).text
        every = (*questions.router.routes, *entries.router.routes)
        asked = [one for one in every if isinstance(one, APIRoute) and LOOKS_ITSELF.match(one.path)]
        assert len(asked) == len(every) == 8, "each looks by itself"
        for route in asked:
            here = route.path.format(application_id=path.rsplit("/", 1)[-1], key="education", entry="new")
            for method in route.methods or ():
                other.cookies.clear()
                other.cookies.update(there)
                answer = await other.request(method, here, data={"institution": "Colegio"} if method == "POST" else None)
                assert answer.headers.get("location", "").startswith("/sign-in"), (method, here)


async def test_another_form_leaves_what_is_kept_where_it_is(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        front.clock.move(timedelta(hours=3))
        await browser.post(f"{path}/pages/contact", data={"city": "Iñapari"})
        await front.sign_in(browser, ANA)
        details = await browser.post("/account", data={"name": "Ana", "language": "es", "timezone": "America/Lima"})
        assert details.status_code == 303
        where, fields = form_of(await browser.get("/kept"))
        assert (where, fields) == (f"{path}/pages/contact", {"city": "Iñapari"})


async def test_what_was_typed_is_shown_to_nobody_else(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        front.clock.move(timedelta(hours=3))
        await browser.post(f"{path}/pages/contact", data={"city": "Secreto"})
        secret = dict(browser.cookies)["puente_kept"]
        await front.sign_in(browser, "ben@example.org")
        assert "Secreto" not in (await browser.get("/kept")).text
    async with front.browser() as other:
        await front.sign_in(other, ANA)
        assert "Nothing is kept here" in words(await other.get("/kept")), "another browser has not the secret"
        other.cookies.set("puente_kept", secret[:-4] + "AAAA")
        assert "Nothing is kept here" in words(await other.get("/kept"))


async def test_a_draft_is_begun_by_a_stranger_and_claimed_by_signing_in(front: Front) -> None:
    async with front.browser() as browser:
        sent = await browser.post(BEGIN, data=IDENTITY)
        assert sent.headers["location"] == "/sign-in?return=%2Fkept"
        assert [account for _sealed, account in await rows(front)] == [None]
        assert await _count(front, "application") == 0
        await front.sign_in(browser, ANA, back="/kept")
        where, fields = form_of(await browser.get("/kept"))
        started = await browser.post(where, data=fields)
        assert started.headers["location"].endswith("/tasks")
        assert await _count(front, "application") == 1


async def test_what_is_kept_goes_after_two_hours_or_when_it_is_thrown_away(front: Front) -> None:
    async with front.browser() as browser:
        for _ in range(2):
            await browser.post(BEGIN, data=IDENTITY)
        await front.sign_in(browser, ANA, back="/kept")
        thrown = await browser.post("/kept")
        assert thrown.status_code == 303
        assert "puente_kept" not in dict(browser.cookies)
        assert len(await rows(front)) == 1, "the first one's secret was lost with its cookie"
        now = front.clock.move(timedelta(hours=2))
        await front.db.run(lambda tx: people.clean(tx, before=now - timedelta(days=7), now=now))
        assert await rows(front) == []


async def test_too_much_and_too_many_are_not_kept_and_the_way_leads_back_to_the_page(front: Front) -> None:
    async with front.browser() as browser:
        back = f"/sign-in?return=%2Fprogrammes%2F{PROGRAMME}%2Fbegin%3Fcountry%3DPE"
        large = await browser.post(BEGIN, data={**IDENTITY, "x": "a" * 70_000})
        assert large.headers["location"] == back
        file = await browser.post(BEGIN, data=IDENTITY, files={"file": ("a.pdf", b"%PDF", "application/pdf")})
        assert file.headers["location"] == back
        script = await browser.post(BEGIN, data=IDENTITY, headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"})
        assert script.headers["location"] == back
        many = await browser.post("/account", data={f"field{number}": "" for number in range(1_100)})
        assert many.headers["location"] == "/sign-in?return=%2Faccount", "more fields than any form of ours has"
        assert await rows(front) == []
        for _ in range(70):
            await browser.post(BEGIN, data=IDENTITY)
        assert len(await rows(front)) == 60


async def test_a_form_of_another_service_is_kept_on_its_way_to_an_identity(front: Front) -> None:
    async with front.browser() as browser:
        sent = await browser.post("/identity?return=/quotas/proposals%3Fa%3D1", data={"country": "PE"})
        assert sent.headers["location"] == "/sign-in?return=%2Fkept"
        await front.sign_in(browser, ANA, back="/kept")
        assert form_of(await browser.get("/kept")) == ("/quotas/proposals?a=1", {"country": "PE"})


async def _count(front: Front, table: str) -> int:
    return int((await front.db.run(lambda tx: tx.execute(text(f"select count(*) from {table}")))).scalar_one())
