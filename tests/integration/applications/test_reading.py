"""Documents given out by links that end soon, and read by staff beside the answers, page by page; every opening is written down."""

import io
import re
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from services.applications.documents.links import LIFE, LOOK, SAVE, Link
from services.applications.documents.room import Room
from services.applications.domain.lifecycle import State
from services.applications.tables import Application
from tests.integration.applications.front import words
from tests.integration.applications.staff_pages import House
from tests.real_files import JPEG, pdf_of

PAGES = 3


class Sent:
    """An application with a passport as a photograph and transcripts as a PDF, both with their bytes."""

    application: Application
    passport: UUID
    transcripts: UUID


@pytest.fixture
async def sent(house: House) -> Sent:
    sent = Sent()
    sent.application = await house.reach(State.NOMINATED, "ana")
    for kind, content, media_type, pages in (("passport", JPEG, "image/jpeg", 1), ("transcripts", pdf_of(PAGES), "application/pdf", PAGES)):
        key = await house.front.app.state.documents.put(sent.application.id, content)
        [row] = await house.world.rows(
            "update document set storage_key = :key, content_type = :type, pages = :pages, filename = :name "
            "where application_id = :id and kind = :kind returning id",
            key=key,
            type=media_type,
            pages=pages,
            name=f"{kind}-of-ana",
            id=sent.application.id,
            kind=kind,
        )
        setattr(sent, kind, row.id)
    return sent


def pictures(page: httpx2.Response) -> list[str]:
    return re.findall(r'<img src="(/files/[^"]+)"', page.text)


@pytest.mark.parametrize(("who", "base"), [("officer", "/officer"), ("reviewer", "/review"), ("peru", "/country"), ("auditor", "/officer")])
async def test_each_of_the_staff_reads_answers_and_documents_side_by_side(house: House, sent: Sent, who: str, base: str) -> None:
    browser = await house.browser(who)
    path = f"{base}/applications/{sent.application.id}"
    assert f'href="{path}/read' in (await browser.get(path)).text
    page = await browser.get(f"{path}/read?document={sent.transcripts}")
    assert page.status_code == 200
    assert "Study plan" in words(page)
    assert "transcripts-of-ana" in words(page)
    found = pictures(page)
    assert len(found) == PAGES
    for address in found:
        picture = await browser.get(address)
        assert picture.headers["content-type"] == "image/jpeg"
        assert "sandbox" in picture.headers["content-security-policy"]
        assert picture.headers["x-content-type-options"] == "nosniff"
        with Image.open(io.BytesIO(picture.content)) as drawn:
            assert drawn.width == 1_200
    assert (await browser.get(found[-1].replace(f"/pages/{PAGES}", f"/pages/{PAGES + 1}"))).status_code == 404
    assert (await browser.get(found[0].removesuffix("/pages/1"))).status_code == 404, "a link to look at saves nothing"


async def test_staff_who_read_take_no_place_from_those_who_hand_in(house: House, sent: Sent) -> None:
    """However many pages are looked at, files that are handed in have their own places, and nobody is sent away with one for it."""
    coming, reading = Room(1, 0), Room(1, 0)
    house.front.app.state.room, house.front.app.state.reading_room = coming, reading
    applicant, officer = await house.browser("bea"), await house.browser("officer")
    draft = await house.reach(State.DRAFT, "bea", "masters")
    page = await officer.get(f"/officer/applications/{sent.application.id}/read?document={sent.transcripts}")
    picture, file = pictures(page)[0], {"file": ("a.pdf", pdf_of(1), "application/pdf")}
    async with reading.place():
        assert (await officer.get(picture)).status_code == 503
        assert (await applicant.post(f"/applications/{draft.id}/papers/transcripts", files=file)).status_code == 303
    async with coming.place():
        assert (await officer.get(picture)).status_code == 200
        assert (await applicant.post(f"/applications/{draft.id}/papers/transcripts", files=file)).status_code == 503


async def test_without_a_choice_the_first_document_is_shown_and_a_photograph_as_it_is(house: House, sent: Sent) -> None:
    browser = await house.browser("officer")
    page = await browser.get(f"/officer/applications/{sent.application.id}/read")
    [address] = pictures(page)
    assert (await browser.get(address)).content == JPEG
    assert page.text.count('aria-current="page"') >= 1
    following = re.search(r'href="([^"]+)">Next document', page.text)
    assert following
    assert f"document={sent.passport}" not in following[1]


async def test_every_opening_by_staff_is_written_down_and_none_by_the_applicant(house: House, sent: Sent) -> None:
    officer, ana = await house.browser("officer"), await house.browser("ana")
    path = f"/applications/{sent.application.id}/documents/{sent.passport}"
    assert (await ana.get(path, follow_redirects=True)).content == JPEG
    assert await house.audited("application.open_document") == []
    await officer.get(f"/officer/applications/{sent.application.id}/read?document={sent.transcripts}")
    await officer.get(path)
    rows = await house.audited("application.open_document")
    assert [(row.role, row.subject, row.detail["kind"]) for row in rows] == [
        ("officer", str(sent.application.id), "transcripts"),
        ("officer", str(sent.application.id), "passport"),
    ]
    assert "Document opened" in words(await (await house.browser("auditor")).get("/audit"))


async def test_a_link_is_for_one_person_and_ends(house: House, sent: Sent) -> None:
    officer, reviewer, ana = await house.browser("officer"), await house.browser("reviewer"), await house.browser("ana")
    opened = await officer.get(f"/applications/{sent.application.id}/documents/{sent.passport}")
    link = opened.headers["location"]
    saved = await officer.get(link)
    assert saved.content == JPEG
    assert saved.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in saved.headers["content-security-policy"]
    assert "no-store" in saved.headers["cache-control"]
    stranger = await house.stranger()
    assert (await stranger.get(link)).headers["location"].startswith("/sign-in")
    for other in (reviewer, ana):
        refused = await other.get(link)
        assert refused.status_code == 404
        assert "passport" not in refused.text
    for forged in (link[:-6] + "AAAAAA", "/files/x", "/files/" + "A" * 96, f"/files/{sent.passport}"):
        assert (await officer.get(forged)).status_code == 404, forged
    house.front.clock.move(LIFE + timedelta(seconds=1))
    expired = await officer.get(link)
    assert expired.status_code == 410
    assert "This link has expired" in words(expired)
    assert "choose the document again" in words(expired)
    assert "passport-of-ana" not in expired.text


async def test_a_link_that_is_good_opens_nothing_that_one_may_not_see_any_more(house: House, sent: Sent) -> None:
    """The seal says who asked when; what counts is who may see it now."""
    chile = await house.viewer("chile")
    now = house.front.clock.now()
    link = house.front.app.state.links.make(Link(sent.application.id, sent.passport, chile.account_id, SAVE), now)
    assert (await (await house.browser("chile")).get(f"/files/{link}")).status_code == 404
    officer = await house.viewer("officer")
    link = house.front.app.state.links.make(Link(sent.application.id, sent.transcripts, officer.account_id, LOOK), now)
    browser = await house.browser("officer")
    assert (await browser.get(f"/files/{link}/pages/1")).status_code == 200
    await house.world.rows("update document set state = 'checking' where id = :id returning id", id=sent.transcripts)
    assert (await browser.get(f"/files/{link}/pages/1")).status_code == 404
    page = await browser.get(f"/officer/applications/{sent.application.id}/read")
    assert "transcripts-of-ana" not in page.text, "what is not checked is not shown"


async def test_a_page_that_cannot_be_drawn_is_not_there_and_the_rest_is(house: House, sent: Sent) -> None:
    key = await house.front.app.state.documents.put(sent.application.id, b"%PDF-1.7 not any more")
    await house.world.rows("update document set storage_key = :key where id = :id returning id", key=key, id=sent.transcripts)
    browser = await house.browser("officer")
    page = await browser.get(f"/officer/applications/{sent.application.id}/read?document={sent.transcripts}")
    assert page.status_code == 200
    assert (await browser.get(pictures(page)[0])).status_code == 404
