"""Files of an application's papers, on the pages: several, checked, refused, replaced, removed; nobody else's, and nothing of it lost."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from services.applications.sweeps import sweeps
from shared.kernel.clock import ManualClock
from shared.persistence.database import Tx
from tests.conftest import NewDatabase
from tests.integration.applications.front import AGREED, Front, opened, words
from tests.integration.applications.people import the_plan, with_the_plan
from tests.integration.applications.test_pages_applicant import begun, filled, hidden
from tests.integration.applications.test_scanner import EICAR, Daemon, running
from tests.real_files import JPEG, PDF, PNG, pdf_of, pdf_of_size, pdf_that_holds, photograph

LONG = "título 🎓 " + "n" * 300 + ".pdf"
SEVERAL = "transcripts"
ONE = "passport"


@pytest.fixture
async def daemon() -> AsyncIterator[Daemon]:
    async with running(Daemon()) as daemon:
        yield daemon


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path, daemon: Daemon) -> AsyncIterator[Front]:
    """The whole application with the shipped plan and a virus scanner."""
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path, documents_scanner=daemon.address) as front:
        yield front


async def rows(front: Front, statement: str) -> list[tuple[object, ...]]:
    async def work(tx: Tx) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await tx.execute(text(statement))]

    return await front.db.run(work)


async def sweep(front: Front, name: str) -> int:
    """Run one sweep of the service's as its worker would."""
    state = front.app.state
    found = {one.name: one for one in sweeps(front.db, state.documents, state.scanner, front.settings)}
    return await found[name].run(front.clock.now())


async def stored(front: Front) -> int:
    """Files in the folder of documents."""
    return len(await front.app.state.documents.keys())


def ids(page: httpx2.Response) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="document" value="([0-9a-f-]{36})"', page.text)))


async def test_several_files_are_added_at_once_one_replaced_and_one_removed(front: Front) -> None:
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/{SEVERAL}"
        added = await browser.post(link, files=[("file", (f"{n}.pdf", pdf_of(n), "application/pdf")) for n in (1, 2, 3)])
        assert added.status_code == 303, words(added)
        page = await browser.get(added.headers["location"])
        assert [f"{n}.pdf" in words(page) for n in (1, 2, 3)] == [True] * 3
        assert "Clear photographs are enough." in words(page) and "If pictures" not in words(page), "the plan takes them"
        assert "2 pages" in words(page)
        first, second, third = ids(page)
        asking = await browser.get(f"{link}?replace={second}")
        assert "in place of “2.pdf”" in words(asking)
        await browser.post(link, data={"replaces": second}, files={"file": ("new.jpg", JPEG, "image/jpeg")})
        await browser.post(f"{link}/remove", data={"document": first})
        page = await browser.get(link)
        assert "3.pdf" in words(page)
        assert "new.jpg" in words(page)
        assert "1.pdf" not in words(page)
        assert "2.pdf" not in words(page)
        await browser.post(link, data={"replaces": third}, files={"file": ("again.jpg", JPEG, "image/jpeg")})
        assert len(ids(await browser.get(link))) == 1, "that file is here already, and the one that it replaces is gone all the same"


async def test_one_that_is_refused_does_not_keep_the_others_out(front: Front) -> None:
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/{SEVERAL}"
        files = [
            ("file", ("good.pdf", PDF, "")),
            ("file", ("bad.pdf", b"MZ\x90\x00" + b"\0" * 99, "")),
            ("file", ("better.pdf", pdf_of(2), "")),
        ]
        refused = await browser.post(link, files=files)
        assert refused.status_code == 422
        assert "“bad.pdf”" in words(refused)
        assert len(ids(refused)) == 2


async def test_no_more_files_than_the_plan_allows(front: Front) -> None:
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/{SEVERAL}"
        most = next(paper.max_files for paper in the_plan().programmes[2].documents if paper.key == SEVERAL)
        files = [("file", (f"{n}.pdf", pdf_of(n), "application/pdf")) for n in range(1, most + 2)]
        refused = await browser.post(link, files=files)
        assert refused.status_code == 422
        assert f"{most} files are here already" in words(refused)
        assert len(ids(await browser.get(link))) == most
        assert "remove one first" in words(await browser.get(link))
        assert await stored(front) == most, "the bytes of the one that was refused are gone"


async def test_the_same_upload_twice_is_one_file(front: Front) -> None:
    """A retry after an answer that was lost; a photograph is written anew, and still known again."""
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/{SEVERAL}"
        for _ in range(2):
            assert (await browser.post(link, files={"file": ("p.jpg", JPEG, "image/jpeg")})).status_code == 303
        assert len(ids(await browser.get(link))) == 1
        assert (await rows(front, "select content_type, pages, state from document")) == [("image/jpeg", 1, "ready")]


async def test_a_script_that_sends_one_by_one_gets_json(front: Front) -> None:
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/{ONE}"
        headers = {"Accept": "application/json"}
        added = await browser.post(link, files={"file": ("p.png", PNG, "image/png")}, headers=headers)
        assert added.json()["then"].endswith(f"/tasks?added={ONE}")
        refused = await browser.post(link, files={"file": ("p.pdf", PDF[:-9], "application/pdf")}, headers=headers)
        assert refused.status_code == 422
        assert ["is not complete" in error for error in refused.json()["errors"]] == [True]
        assert "p.png" in words(await browser.get(link))
        for query, to in (("?then=check", "/check"), ("", "/tasks")):
            assert (await browser.post(link + query, data={})).headers["location"].endswith(to), "who adds nothing goes back"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/passwd", "passwd.jpg"),
        ("..\\..\\boot.ini", "boot.ini.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe.jpg"),
        (LONG, None),
        ("\u202e\u200b", "document.jpg"),
        ("<b>x</b>.jpg", "b>.jpg"),
    ],
)
async def test_names_that_bite_are_tamed(front: Front, name: str, kept: str | None) -> None:
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/{ONE}"
        added = await browser.post(link, files={"file": (name, photograph(), "image/jpeg")})
        assert added.status_code == 303, words(added)
        [(found,)] = await rows(front, "select filename from document")
        assert isinstance(found, str)
        assert kept in (None, found)
        assert len(found) <= 120
        assert not set(found) & set("/\\\u202e\u200b\n\r\0")
        page = await browser.get(link)
        assert "<b>" not in page.text


async def test_nobody_reaches_anothers_files_and_forged_ids_are_nothing(front: Front) -> None:
    async with front.browser() as ana, front.browser() as ben:
        link = f"{await begun(front, ana)}/papers/{SEVERAL}"
        await ana.post(link, files={"file": ("mine.pdf", PDF, "application/pdf")})
        [mine] = ids(await ana.get(link))
        own = f"{await begun(front, ben, 'ben@example.org')}/papers/{SEVERAL}"
        assert (await ben.get(link)).status_code == 404
        assert (await ben.post(link, files={"file": ("x.pdf", PDF, "application/pdf")})).status_code == 404
        assert (await ben.post(f"{link}/remove", data={"document": mine})).status_code == 404
        assert (await ben.get(f"{link.partition('/papers')[0]}/documents/{mine}")).status_code == 404
        assert (await ben.get(f"{own.partition('/papers')[0]}/documents/{mine}")).status_code == 404
        # Through one's own application: what one names there is not there, and nothing happens to it.
        assert (await ben.post(f"{own}/remove", data={"document": mine})).status_code == 303
        assert (await ben.post(own, data={"replaces": mine}, files={"file": ("y.pdf", pdf_of(2), "")})).status_code == 303
        for nonsense in ("1", "x" * 300, "00000000-0000-7000-8000-000000000000'"):
            assert (await ben.post(f"{own}/remove", data={"document": nonsense})).status_code == 404
            assert (await ben.post(own, data={"replaces": nonsense}, files={"file": ("z.pdf", PDF, "")})).status_code == 404
        assert ids(await ana.get(link)) == [mine]


async def test_ten_megabytes_are_inside_and_one_byte_more_is_not(front: Front) -> None:
    most = 10 * 1024 * 1024
    whole = pdf_of_size(most)
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/{ONE}"
        assert (await browser.post(link, files={"file": ("full.pdf", whole, "application/pdf")})).status_code == 303
        refused = await browser.post(link, files={"file": ("over.pdf", pdf_of_size(most + 1), "application/pdf")})
        assert refused.status_code == 422
        assert "“over.pdf” is larger than 10 MB" in words(refused)
        assert "full.pdf" in words(await browser.get(link))


async def test_an_infected_file_is_refused_at_once_and_not_kept(front: Front) -> None:
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/{ONE}"
        bad = pdf_that_holds(EICAR)
        refused = await browser.post(link, files={"file": ("bad.pdf", bad, "application/pdf")})
        assert refused.status_code == 422
        assert "A virus was found in “bad.pdf”" in words(refused)
        assert await stored(front) == 0
        assert await rows(front, "select 1 from document") == []


async def test_while_the_scanner_is_away_a_file_waits_nothing_is_sent_and_a_sweep_goes_on(front: Front, daemon: Daemon) -> None:
    """Fails closed: not given out, not sent; then the scanner comes back and says which is good."""
    async with front.browser() as browser:
        path = await filled(front, browser)
        key = hidden(await browser.get(f"{path}/send"), "key")
        daemon.answer = b"stream: I am busy. ERROR\0"
        link = f"{path}/papers/{ONE}"
        await browser.post(link, files={"file": ("later.jpg", JPEG, "image/jpeg")})
        page = await browser.get(link)
        assert "Being checked" in words(page)
        assert "/documents/" not in page.text
        [(document,)] = await rows(front, "select id from document where state = 'checking'")
        assert (await browser.get(f"{path}/documents/{document}")).status_code == 404
        assert (await browser.get(f"{path}/send")).headers["location"] == f"{path}/check"
        unsent = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": key})
        assert unsent.status_code == 422
        assert "is checked for viruses" in words(unsent)
        assert await sweep(front, "scanner") == 0, "the scanner is still away"
        daemon.answer = b""
        assert await sweep(front, "scanner") == 1
        assert "Ready" in words(await browser.get(link))
        sent = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": key})
        assert sent.status_code == 303, words(sent)


async def test_what_is_found_infected_later_is_refused_and_its_bytes_go(front: Front, daemon: Daemon) -> None:
    async with front.browser() as browser:
        path = await filled(front, browser)
        before = await stored(front)
        daemon.answer = b"?"
        link = f"{path}/papers/{ONE}"
        bad = pdf_that_holds(EICAR, 2)
        await browser.post(link, files={"file": ("bad.pdf", bad, "application/pdf")})
        assert await stored(front) == before + 1
        daemon.answer = b""
        assert await sweep(front, "scanner") == 1
        assert await stored(front) == before
        page = await browser.get(link)
        assert "Refused" in words(page)
        assert "A virus was found in it" in words(page)
        assert f"/papers/{ONE}" in (await browser.get(f"{path}/check")).text
        assert (await browser.get(f"{path}/send")).headers["location"] == f"{path}/check"
        await browser.post(link, files={"file": ("good.pdf", PDF, "application/pdf")})
        assert "bad.pdf" not in words(await browser.get(link)), "the good one takes its place"


async def test_people_are_not_kept_waiting_for_each_others_large_pictures(front: Front) -> None:
    """While large photographs are written anew, the service answers others."""
    large = photograph(5_000, 4_000, quality=95)
    async with front.browser() as ana, front.browser() as ben:
        link = f"{await begun(front, ana)}/papers/{SEVERAL}"
        await begun(front, ben, "ben@example.org")
        files = [("file", (f"{n}.jpg", photograph(5_000, 4_000 - n), "image/jpeg")) for n in range(3)]
        upload = asyncio.create_task(ana.post(link, files=[("file", ("l.jpg", large, "image/jpeg")), *files]))
        answered = 0
        while not upload.done():
            assert (await ben.get("/applications")).status_code == 200
            answered += 1
        assert (await upload).status_code == 303
        assert answered >= 3


async def test_a_file_of_an_earlier_application_is_used_again_and_each_copy_ends_alone(front: Front) -> None:
    async with front.browser() as browser:
        first = await begun(front, browser)
        await browser.post(f"{first}/papers/{ONE}", files={"file": ("pass.jpg", JPEG, "image/jpeg")})
        await browser.post(f"{first}/papers/{SEVERAL}", files={"file": ("marks.pdf", pdf_of(2), "application/pdf")})
        version = hidden(await browser.get(f"{first}/withdraw"), "version")
        assert (await browser.post(f"{first}/withdraw", data={"version": version})).status_code == 303
        second = await begun(front, browser)
        link = f"{second}/papers/{ONE}"
        page = await browser.get(link)
        assert "Use a file that you sent with an earlier application" in words(page)
        nothing = await browser.post(f"{link}/reuse")
        assert nothing.status_code == 422
        assert "Choose one of the files" in words(nothing)
        before = re.findall(r'name="before"[^>]*value="([0-9a-f-]{36})"', page.text)
        assert page.text.index("pass.jpg") < page.text.index("marks.pdf"), "the same paper comes first"
        taken = await browser.post(f"{link}/reuse", data={"before": before[0]})
        assert taken.status_code == 303, words(taken)
        copies = await rows(front, "select storage_key from document where kind = 'passport' order by uploaded_at, id")
        assert len(set(copies)) == 2
        await rows(front, f"delete from application where id = '{first.rpartition('/')[2]}' returning id")
        await front.app.state.documents.delete(str(copies[0][0]))
        page = await browser.get(link)
        saved = re.search(rf'href="({second}/documents/[^"]+)"', page.text)
        assert saved
        assert (await browser.get(saved[1], follow_redirects=True)).content.startswith(b"\xff\xd8\xff")
    async with front.browser() as ben:
        own = f"{await begun(front, ben, 'ben@example.org')}/papers/{ONE}"
        assert "earlier application" not in words(await ben.get(own))
        assert (await ben.post(f"{own}/reuse", data={"before": before[1]})).status_code == 404
        assert (await ben.post(f"{own}/reuse", data={"before": "nonsense"})).status_code == 404


async def test_a_later_stage_asks_for_its_papers_when_it_comes(front: Front) -> None:
    """Not before; then on the list, on the application's page, and until it is there."""
    async with front.browser() as browser:
        path = await filled(front, browser)
        later = "Physical examination form"
        assert later not in words(await browser.get(f"{path}/tasks"))
        assert (await browser.get(f"{path}/papers/physical_examination")).status_code == 200
        key = hidden(await browser.get(f"{path}/send"), "key")
        await browser.post(f"{path}/send", data={"agree": "yes", "key": key})
        assert later not in words(await browser.get("/applications"))
        closed = await browser.post(f"{path}/papers/physical_examination", files={"file": ("h.pdf", PDF, "application/pdf")})
        assert closed.headers["location"] == path
        await rows(front, "update application set state = 'offered', answer_by = now() + interval '9 days', offer_version = 1 returning id")
        asked = words(await browser.get("/applications"))
        assert f"You are asked for these now: {later}" in asked
        assert "Documents that you are asked for now" in words(await browser.get(path))
        added = await browser.post(f"{path}/papers/physical_examination", files={"file": ("h.pdf", PDF, "application/pdf")})
        assert added.status_code == 303
        assert "You are asked for these now" not in words(await browser.get("/applications"))
        assert "Documents that you can add now" in words(await browser.get(path))
