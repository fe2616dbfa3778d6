"""The applicant's way from the first page to the receipt, as a browser without JavaScript goes it."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import text

from shared.kernel.clock import ManualClock
from shared.persistence.database import Tx
from tests.conftest import NewDatabase
from tests.integration.applications.front import AGREED, Front, name_referees, opened, words
from tests.integration.applications.people import COUNTRY, PROGRAMME, YEAR, good_form, the_plan, with_the_plan
from tests.real_files import PDF, PNG


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    """The whole application with the shipped plan, at a moment inside the scholarship call of 2016."""
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path) as front:
        yield front


async def begun(front: Front, browser: httpx2.AsyncClient, email: str = "ana@example.org", programme: str = PROGRAMME) -> str:
    """Sign in and begin; the application's address."""
    await front.sign_in(browser, email)
    started = await browser.post(f"/programmes/{programme}/start", data={"country": COUNTRY})
    assert started.status_code == 303, words(started)
    return started.headers["location"].removesuffix("/tasks")


async def filled(front: Front, browser: httpx2.AsyncClient, email: str = "ana@example.org", programme: str = PROGRAMME) -> str:
    """Begin, answer every page and add every paper that the task list asks for; the application's address."""
    path = await begun(front, browser, email, programme)
    for page, fields in good_form(programme).items():
        saved = await browser.post(f"{path}/pages/{page}", data=fields)
        assert saved.status_code == 303, (page, words(saved))
    for link in re.findall(rf'href="({path}/papers/[^"]+)"', (await browser.get(f"{path}/tasks")).text):
        added = await browser.post(link, files={"file": ("paper.pdf", PDF, "application/pdf")})
        assert added.status_code == 303, words(added)
    await name_referees(browser, path, programme)
    return path


async def form_key(browser: httpx2.AsyncClient, path: str) -> str:
    page = await browser.get(f"{path}/send")
    assert page.status_code == 200, words(page)
    return hidden(page, "key")


def hidden(page: httpx2.Response, name: str) -> str:
    found = re.search(rf'<input [^>]*name="{name}" value="([^"]*)"', page.text)
    assert found, f"the page has a hidden field {name}"
    return found[1]


async def count(front: Front, statement: str) -> int:
    async def work(tx: Tx) -> int:
        return int((await tx.execute(text(statement))).scalar_one())

    return await front.db.run(work)


async def sent(front: Front, browser: httpx2.AsyncClient, email: str = "ana@example.org") -> str:
    path = await filled(front, browser, email)
    answer = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": await form_key(browser, path)})
    assert answer.status_code == 303, words(answer)
    return path


async def test_from_the_first_page_to_the_receipt(front: Front) -> None:
    async with front.browser() as browser:
        home = await browser.get("/")
        assert "Beijing" in words(home)
        named = words(home).count("Language certificate")
        assert named == words(home).count("Language certificate (optional)") > 0, "as the programme's page says"
        assert "Letters of recommendation" in words(home)
        assert "Passport page with your photograph; Letter from your organisation (before your country puts you forward)" in words(home)
        programme = await browser.get(f"/programmes/{PROGRAMME}")
        assert f'href="/programmes/{PROGRAMME}/start"' in programme.text
        assert "Example" in words(programme)
        assert "You need no account to begin" in words(await browser.get(f"/programmes/{PROGRAMME}/start"))
        path = await begun(front, browser)
        tasks = await browser.get(f"{path}/tasks")
        todo = words(tasks).count("Not started") + words(tasks).count("Optional")
        assert todo == len(good_form()) + len(re.findall(r"/papers/", tasks.text))
        assert "Cannot start yet" in words(tasks)
        for key, fields in good_form().items():
            assert (await browser.get(f"{path}/pages/{key}")).status_code == 200
            saved = await browser.post(f"{path}/pages/{key}", data=fields)
            assert saved.headers["location"] == f"{path}/tasks?saved={key}"
        assert re.search(r"Saved at \d\d:\d\d", words(await browser.get(saved.headers["location"])))
        papers = re.findall(rf'href="({path}/papers/[^"]+)"', (await browser.get(f"{path}/tasks")).text)
        assert papers
        for link in papers:
            added = await browser.post(link, files={"file": ("paper.pdf", PDF, "application/pdf")})
            assert added.status_code == 303
        tasks = await browser.get(added.headers["location"])
        assert "It is not sent until you send the application" in words(tasks)
        await name_referees(browser, path, PROGRAMME)
        assert words(await browser.get(f"{path}/tasks")).count("Not started") == 1, "nothing but the sending is left to begin"
        check = await browser.get(f"{path}/check")
        assert "Continue to send" in words(check)
        assert "paper.pdf" in words(check)
        forgot = await browser.post(f"{path}/send", data={"key": await form_key(browser, path)})
        assert forgot.status_code == 422
        answer = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": hidden(forgot, "key")})
        assert answer.headers["location"] == f"{path}/receipt"
        receipt = await browser.get(f"{path}/receipt")
        assert f"Name {good_form()['identity']['full_name']} Country Peru" in words(receipt)
        number = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{2}", words(receipt))
        assert number and "ana@example.org" in words(receipt)
        mine = await browser.get("/applications")
        assert number[0] in words(mine)
        page = await browser.get(path)
        for one in (receipt, mine, page):  # due 14 days after the call closes
            letters = "0 of 2 letters that are needed have come. 2 are still to come; they must be here by 13 Mar 2016"
            assert letters in words(one), one.url
        assert "You sent the application" in words(page)
        assert (await browser.get(f"{path}/tasks")).headers["location"] == path
        assert (await browser.post(f"{path}/pages/{next(iter(good_form()))}", data={})).headers["location"] == path


async def test_a_wrong_page_comes_back_with_all_that_was_typed_and_the_draft_keeps_the_last_good_answers(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        good = good_form()["identity"]
        await browser.post(f"{path}/pages/identity", data=good)
        wrong = await browser.post(
            f"{path}/pages/identity",
            data={**good, "full_name": "Zoë <b>Ñandú", "birth_date-day": "31", "birth_date-month": "2", "birth_date-year": "1990"},
        )
        assert wrong.status_code == 422
        assert "<title>Error:" in wrong.text
        assert 'href="#birth_date-day"' in wrong.text
        assert 'id="birth_date-day"' in wrong.text
        assert "Zoë &lt;b&gt;Ñandú" in wrong.text
        assert 'value="31"' in wrong.text
        assert words(wrong).count("must be a real date") == 2
        again = await browser.get(f"{path}/pages/identity")
        assert "Zoë &lt;b&gt;Ñandú" in again.text and "must be a real date" in words(again), "it waits as it was sent"
        check = words(await browser.get(f"{path}/check"))
        assert good["full_name"] in check and "Zoë" not in check, "and is no answer"


async def test_a_change_from_the_check_page_goes_back_there(front: Front) -> None:
    async with front.browser() as browser:
        path = await filled(front, browser)
        page = await browser.get(f"{path}/pages/identity?then=check")
        assert f'href="{path}/check"' in page.text
        saved = await browser.post(f"{path}/pages/identity?then=check", data=good_form()["identity"])
        assert saved.headers["location"] == f"{path}/check#answers-identity"


async def test_an_incomplete_application_is_not_sent_and_says_what_is_missing(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        assert (await browser.get(f"{path}/send")).headers["location"] == f"{path}/check"
        refused = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": "k1"})
        assert refused.status_code == 422
        assert f'href="{path}/pages/identity?then=check#full_name"' in refused.text
        assert f'href="{path}/papers/passport?then=check"' in refused.text
        assert await count(front, "select count(*) from application where state = 'draft'") == 1


async def test_an_ineligible_application_is_told_why_before_and_when_sending(front: Front) -> None:
    async with front.browser() as browser:
        path = await filled(front, browser)
        old = {**good_form()["identity"], "birth_date-year": "1930"}
        await browser.post(f"{path}/pages/identity", data=old)
        check = await browser.get(f"{path}/check")
        assert "cannot be sent" in words(check) and "this programme is not for you this year" in words(check)
        assert "Continue to send" not in words(check) and f'href="{path}/pages/identity?then=check"' in check.text
        refused = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": "k1"})
        assert refused.status_code == 422
        assert "you must be under" in words(refused)


async def test_a_double_click_and_a_retry_send_once_with_one_receipt(front: Front) -> None:
    async with front.browser() as browser:
        path = await filled(front, browser)
        form = {"agree": "yes", "agreed": AGREED, "key": await form_key(browser, path)}
        answers = [await browser.post(f"{path}/send", data=form) for _ in range(3)]
        assert {answer.headers["location"] for answer in answers} == {f"{path}/receipt"}
        # Another tab with a key of its own: it was sent already, and that is shown.
        other = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": "another"})
        assert other.headers["location"] == path
        assert await count(front, "select count(*) from outbox where type = 'puente.application.submitted.v1'") == 1


async def test_the_last_second_of_a_call_is_inside_and_the_next_is_not(front: Front) -> None:
    call = the_plan().programme(PROGRAMME).call(YEAR)  # type: ignore[union-attr]
    assert call is not None
    async with front.browser() as one, front.browser() as two:
        paths = [await filled(front, one, "ana@example.org"), await filled(front, two, "ben@example.org")]
        front.clock.move_to(call.closes)
        await front.sign_in(one, "ana@example.org")
        await front.sign_in(two, "ben@example.org")
        inside = await one.post(f"{paths[0]}/send", data={"agree": "yes", "agreed": AGREED, "key": "k"})
        assert inside.headers["location"] == f"{paths[0]}/receipt"
        front.clock.move_to(call.closes + timedelta(seconds=1))
        outside = await two.post(f"{paths[1]}/send", data={"agree": "yes", "agreed": AGREED, "key": "k"})
        assert outside.status_code == 422
        assert "The call has closed" in words(outside)
        assert "What you wrote is kept" in words(outside)
        for page in ("/applications", paths[1]):
            said = words(await two.get(page))
            assert "can no longer be sent" in said and "Not sent" in said and "Not sent yet" not in said, page
    assert await count(front, "select count(*) from application where state = 'draft'") == 1


async def test_somebody_elses_application_does_not_exist(front: Front) -> None:
    async with front.browser() as ana, front.browser() as ben:
        path = await sent(front, ana)
        await front.sign_in(ben, "ben@example.org")
        for page in ("", "/tasks", "/pages/identity", "/papers/passport", "/check", "/send", "/receipt", "/withdraw", "/offer"):
            assert (await ben.get(f"{path}{page}")).status_code == 404, page
        for page in ("/pages/identity", "/papers/passport", "/papers/passport/remove", "/send", "/withdraw", "/offer/accept"):
            assert (await ben.post(f"{path}{page}", data={"agree": "yes", "agreed": AGREED, "place_version": "1"})).status_code == 404, page
        for nonsense in ("/applications/1", "/applications/00000000-0000-7000-8000-000000000000", f"{path}/pages/none", "/programmes/none"):
            assert (await ben.get(nonsense)).status_code == 404, nonsense
        assert (await ben.get("/programmes/a%00b")).status_code == 400, "no text holds a NUL"


async def test_uploads_are_refused_by_name_size_and_type_and_the_one_before_stays(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        link = f"{path}/papers/passport"
        await browser.post(link, files={"file": ("pasaporte.png", PNG, "image/png")})
        refusals = {
            "too large": ("grande.pdf", b"%PDF-1.7\n" + b"0" * 10 * 1024 * 1024 + b"%%EOF", "application/pdf"),
            "empty": ("nada.pdf", b"", "application/pdf"),
            "whatever its name says": ("foto.pdf", b"GIF89a" + b"\x00" * 60, "application/pdf"),
            "is a plain text file, whatever its name says. Choose a file of one of these types: PDF, JPEG, PNG; or open this one": (
                "lie.pdf",
                "Señor: ".encode() * 2000,
                "application/pdf",
            ),
            "is a Word document. Choose a file of one of these types": ("pasaporte.docx", b"PK\x03\x04 word/document.xml" + b"\0" * 60, ""),
            "not complete": ("corte.pdf", PDF[:20], "application/pdf"),
        }
        for said, file in refusals.items():
            refused = await browser.post(link, files={"file": file})
            assert refused.status_code == 422, said
            assert file[0] in words(refused), said
            assert said in words(refused).replace("larger than", "too large"), words(refused)
            assert "pasaporte.png" in words(refused)
        nothing = await browser.post(link, files={"file": ("", b"", "application/octet-stream")})
        assert nothing.headers["location"] == f"{path}/tasks"
        replaced = await browser.post(link, files={"file": ("nuevo.pdf", PDF, "application/pdf")})
        assert replaced.status_code == 303
        page = await browser.get(link)
        assert "nuevo.pdf" in words(page)
        assert "pasaporte.png" not in words(page)
        link_to_file = re.search(rf'href="({path}/documents/[^"]+)"', page.text)
        assert link_to_file
        saved = await browser.get(link_to_file[1], follow_redirects=True)
        assert saved.content == PDF
        assert saved.headers["content-disposition"].startswith("attachment")
        await browser.post(f"{link}/remove")
        assert "nuevo.pdf" not in words(await browser.get(link))


async def test_a_country_that_takes_no_part_and_a_second_application_are_not_started(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        again = await browser.post(f"/programmes/{PROGRAMME}/start", data={"country": COUNTRY})
        assert again.headers["location"] == path
        assert (await browser.get(f"/programmes/{PROGRAMME}/start")).headers["location"] == path
    async with front.browser() as other:
        await front.sign_in(other, "ben@example.org")
        for country in ("", "XX", "CN"):
            refused = await other.post(f"/programmes/{PROGRAMME}/start", data={"country": country})
            assert refused.status_code == 422
            assert 'href="#country"' in refused.text


async def test_a_draft_is_withdrawn_after_one_more_question(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        page = await browser.get(f"{path}/withdraw")
        assert "Nobody has seen it. What you wrote in it is not carried over to a new application. You can begin a new one" in words(page)
        done = await browser.post(f"{path}/withdraw", data={"version": hidden(page, "version")})
        assert "You withdrew the application. We have written it down." in words(await browser.get(done.headers["location"]))
        told = words(await browser.get(path))
        assert "Withdrawn" in told and told.count("You withdrew the application") == 1, "in what has happened"
        assert (await browser.get(f"{path}/withdraw")).headers["location"] == path


@pytest.mark.parametrize("language", ["es", "pt", "en", "fr", "zh", "nl"])
async def test_every_page_speaks_every_language(front: Front, language: str) -> None:
    async with front.browser(language) as browser:
        path = await filled(front, browser)
        pages = ["/", f"/programmes/{PROGRAMME}", f"/programmes/{PROGRAMME}/check", f"{path}/tasks", f"{path}/pages/identity"]
        pages += [f"{path}/papers/passport", f"{path}/check", f"{path}/send", "/applications", "/account", f"{path}/withdraw"]
        for page in pages:
            answer = await browser.get(page)
            assert answer.status_code == 200, (page, words(answer))
            tag = {"zh": "zh-Hans"}.get(language, language)
            assert f'<html lang="{tag}"' in answer.text
            assert len(answer.content) < 50_000, page
        assert urlsplit(path).path == path


async def test_without_an_open_call_nothing_can_be_started(front: Front) -> None:
    front.clock.move_to(datetime(2015, 1, 2, tzinfo=UTC))
    async with front.browser() as browser:
        await front.sign_in(browser, "ana@example.org")
        page = await browser.get(f"/programmes/{PROGRAMME}")
        assert "Not open yet" in words(page)
        assert "/start" not in page.text
        assert (await browser.get(f"/programmes/{PROGRAMME}/start")).headers["location"] == f"/programmes/{PROGRAMME}"
        refused = await browser.post(f"/programmes/{PROGRAMME}/start", data={"country": COUNTRY})
        assert refused.status_code == 422
        assert "not open yet" in words(refused)
