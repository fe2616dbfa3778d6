"""The pages on which files are added and read, in a real browser: they fit, are accessible, light, and can be used by keys alone."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from services.applications.domain.lifecycle import State
from services.run.filling import small_pdf
from tests.integration.applications.staff_pages import House
from tests.integration.applications.test_pages_staff_looks import opened, overheard
from tests.looks import AXE, FITS, RULES, weigh
from tests.real_files import pdf_of, photograph

pytestmark = pytest.mark.browser


async def with_files(house: House) -> tuple[str, str]:
    """Paths of an applicant's own draft with files in every state, and of an application with real documents for staff."""
    browser = await house.browser("ana")
    older = await house.reach(State.NOMINATED, "ana")
    for kind, content, media_type, pages in (
        ("passport", photograph(1_200, 800), "image/jpeg", 1),
        ("transcripts", small_pdf("Certificado de calificaciones"), "application/pdf", 1),
        ("diploma", pdf_of(3), "application/pdf", 3),
    ):
        key = await house.front.app.state.documents.put(older.id, content)
        await house.world.rows(
            "update document set storage_key = :key, content_type = :type, pages = :pages, filename = :name, size_bytes = :size "
            "where application_id = :id and kind = :kind returning id",
            key=key, type=media_type, pages=pages, name=f"{kind} of Rosa.{media_type[-3:]}", size=len(content), id=older.id, kind=kind,
        )  # fmt: skip
    draft = await house.reach(State.DRAFT, "ana", "masters")
    path = f"/applications/{draft.id}"
    for number, name in enumerate(("page one.jpg", "page two with a very long name " + "n" * 80 + ".jpg", "page three.jpg")):
        sent = await browser.post(f"{path}/papers/transcripts", files={"file": (name, photograph(300 + number, 200), "image/jpeg")})
        assert sent.status_code == 303, sent.text
    rows = await house.world.rows("select id from document where application_id = :id order by uploaded_at, id", id=draft.id)
    for row, state in zip(rows[1:], ("checking", "refused"), strict=False):
        await house.world.rows("update document set state = :state where id = :id returning id", state=state, id=row.id)
    return path, f"applications/{older.id}/read"


async def looked_at(page: Page, path: str, width: int) -> None:
    assert await page.evaluate(FITS), f"{path} at {width} px"
    await page.evaluate(AXE)
    assert await page.evaluate(RULES) == [], f"{path} at {width} px"


@pytest.mark.parametrize(("width", "language"), [(320, "nl"), (1280, "zh")])
async def test_files_are_added_and_read_on_pages_that_fit_and_speak(
    house: House, address: str, browser: Browser, width: int, language: str
) -> None:
    path, read = await with_files(house)
    page = await opened(house, browser, address, "ana", width=width, language=language)
    said = overheard(page)
    for one in (f"{path}/papers/transcripts", f"{path}/papers/diploma", f"{path}/papers/passport", f"{path}/tasks", f"{path}/check"):
        answer = await page.goto(address + one)
        assert answer is not None and answer.status == 200, one
        assert weigh(one, await answer.text()) == []
        await looked_at(page, one, width)
    await page.goto(f"{address}{path}/papers/transcripts")
    await page.set_input_files("#file", {"name": "half.pdf", "mimeType": "application/pdf", "buffer": small_pdf("x")[:99]})
    await page.click("form[data-upload] button")
    await page.wait_for_selector(".app-upload__wrong")
    await looked_at(page, "what a script says", width)
    await page.context.close()
    plain = await opened(house, browser, address, "ana", width=width, language=language, javascript=False)
    await plain.goto(f"{address}{path}/papers/passport")
    await plain.set_input_files("#file", {"name": "half.pdf", "mimeType": "application/pdf", "buffer": small_pdf("x")[:99]})
    await plain.click("form[data-upload] button")
    assert await plain.locator(".govuk-error-summary").count() == 1
    await plain.context.close()
    for who, base in (("officer", "/officer"), ("reviewer", "/review"), ("peru", "/country")):
        staff = await opened(house, browser, address, who, width=width, language=language)
        await staff.goto(f"{address}{base}/{read}")
        pictures = staff.locator(".app-reader__page img")
        await expect(pictures).not_to_have_count(0)
        await pictures.first.scroll_into_view_if_needed()
        await expect(pictures.first).to_have_js_property("complete", True)
        assert await pictures.first.evaluate("one => one.naturalWidth") > 0
        await looked_at(staff, f"{base}/{read}", width)
        await staff.context.close()
    assert [one for one in said if "status of 422" not in one] == []


async def test_a_document_after_the_other_by_keys_alone(house: House, address: str, browser: Browser) -> None:
    _path, read = await with_files(house)
    page = await opened(house, browser, address, "officer")
    await page.goto(f"{address}/officer/{read}")
    first = urlsplit(page.url)
    for _ in range(120):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('.app-reader__steps a')"):
            break
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert urlsplit(page.url).query != first.query
    assert await page.locator(".app-reader__list [aria-current]").count() == 1
    await page.context.close()
