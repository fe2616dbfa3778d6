"""A copy of one's data: everything of one's own, nobody else's, and only for whoever reads the person's mail."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx2
from sqlalchemy import text

from services.applications.documents.store import DocumentStore
from services.applications.domain.lifecycle import State
from shared.web.archives import PIECE_BYTES, zipped
from tests.integration.applications.front import Front, attempt_of, words
from tests.integration.applications.people import World
from tests.integration.applications.test_privacy import ANA, front, person_of

__all__ = ["front"]


def unpacked(answer: httpx2.Response) -> dict[str, bytes]:
    assert answer.status_code == 200, words(answer)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "no-store" in answer.headers["cache-control"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def test_a_copy_has_everything_and_nobody_elses(front: Front, world: World) -> None:
    async with front.browser("es") as browser, front.browser() as other:
        await front.sign_in(browser, ANA)
        ana = await person_of(world)
        _person, application = await world.reach(State.OFFERED, ana)
        bytes_of = b"%PDF-1.7 " + b"x" * 700_000
        key = await DocumentStore(front.settings.documents_folder).put(application.id, bytes_of)
        await world.db.run(lambda tx: tx.execute(text("update document set storage_key = :key where kind = 'passport'"), {"key": key}))
        page = await browser.get("/account/data")
        assert page.status_code == 200
        files = unpacked(await browser.post("/account/data"))
        data = json.loads(files["mis-datos.json"])
        assert data["account"]["email"] == ANA
        (one,) = data["applications"]
        assert one["id"] == str(application.id)
        assert one["answers"]
        assert one["score_thousandths"] == application.score
        assert [entry["act"] for entry in one["timeline"]][:2] == ["start", "submit"]
        assert not any("score" in entry or "slate_rank" in entry for entry in one["timeline"])
        passport = next(paper for paper in one["documents"] if paper["kind"] == "passport")
        assert files[passport["in_this_archive"]] == bytes_of
        readable = files["mis-datos.html"].decode()
        assert application.receipt is not None
        assert application.receipt in readable
        assert "http" not in readable.replace("http-equiv", ""), "the page needs nothing from anywhere"
        await front.sign_in(other, "eva@example.org")
        assert str(application.id) not in (await other.post("/account/data")).content.decode("latin-1")


async def test_a_score_that_was_not_decided_upon_is_not_told(front: Front, world: World) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        _person, application = await world.reach(State.NOMINATED, await person_of(world))
        await world.score(application.id)
        files = unpacked(await browser.post("/account/data"))
        (one,) = json.loads(files["my-data.json"])["applications"]
        assert one["score_thousandths"] is None
        assert "sound" not in files["my-data.json"].decode(), "notes by reviewers are not in it"


async def test_an_old_session_needs_a_new_code_first(front: Front, world: World) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        front.clock.move(timedelta(minutes=61))
        assert (await browser.post("/account/data")).headers["location"] == "/account/data"
        assert (await browser.post("/account/delete", data={"sure": "yes"})).headers["location"] == "/account/delete"
        page = await browser.get("/account/data")
        assert "more than an hour ago" in words(page)
        assert 'action="/account/data"' not in page.text
        asked = await browser.post("/account/confirm", data={"return": "/account/data"})
        entered = await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": front.code(ANA)})
        assert entered.headers["location"] == "/account/data"
        unpacked(await browser.post("/account/data"))


async def test_copies_are_throttled(front: Front, world: World) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        statuses = [(await browser.post("/account/data")).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        front.clock.move(timedelta(minutes=59))
        assert (await browser.post("/account/data")).status_code == 429


async def test_nobody_who_is_not_signed_in_gets_a_copy(front: Front) -> None:
    async with front.browser() as browser:
        for path in ("/account/data", "/account/delete", "/account/keep", "/account/confirm"):
            assert (await browser.post(path)).headers["location"].startswith("/sign-in"), path


async def test_a_copy_comes_in_pieces(world: World, tmp_path: Path) -> None:
    """However large the documents are, no more than a piece of one is held."""
    documents = DocumentStore(tmp_path)
    big = bytes(range(256)) * 40_000
    keys = [await documents.put(UUID(int=number), big) for number in range(3)]

    async def entries() -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
        for key in keys:
            yield f"{key}.pdf", documents.pieces(key)

    pieces = [piece async for piece in zipped(entries(), world.now)]
    assert max(map(len, pieces)) < 3 * PIECE_BYTES
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [big] * 3
