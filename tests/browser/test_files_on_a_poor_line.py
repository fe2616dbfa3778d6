"""Files over a line that breaks: how far each has come, again after a cut, a refusal beside its name, and the same without a script."""

import io
import re

from PIL import Image
from playwright.async_api import Request, Route, expect

from services.applications.plan.model import Plan
from services.run.filling import small_pdf
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flows.stack import House
from tests.real_files import pdf_of, photograph


async def begins(person: Visitor) -> str:
    """Sign in and begin; the address of the application."""
    page = person.page
    await person.sign_in("/sign-in")
    await page.goto("/programmes/scholarship/start")
    await person.answer({"country": "PE"})
    await person.press("Continue")
    return page.url.removesuffix("/tasks")


async def test_a_cut_line_is_tried_again_and_one_that_is_refused_keeps_nobody_out(house: House, plan: Plan, visit: Visit) -> None:
    person = await visit("rosa@example.org", language="en", width=360)
    page = person.page
    path = await begins(person)
    await page.goto(f"{path}/papers/transcripts")
    sent = 0

    async def poor(route: Route, request: Request) -> None:
        nonlocal sent
        sent += request.method == "POST"
        if request.method == "POST" and sent in (1, 2):
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/papers/transcripts*", poor)
    over = bytes(10 * 1024 * 1024 + 1)
    await person.choose("one.pdf", pdf_of(1), "over.pdf", over, "half.pdf", small_pdf("half")[:200], "two.pdf", pdf_of(2))
    await person.button("Add").click()
    shown = page.locator("[data-upload-list] li")
    await expect(shown.first).to_contain_text("did not get through")
    await expect(page.locator("progress").first).to_be_visible()
    while sent < 3:  # it tries again by itself too, so how often the line comes back is not for the test to say
        await page.evaluate("window.dispatchEvent(new Event('online'))")
        await page.wait_for_timeout(50)
    await expect(shown.nth(3)).to_contain_text("is added")
    await expect(shown.first).to_contain_text("“one.pdf” is added")
    await expect(shown.nth(1)).to_contain_text("“over.pdf” is larger than 10 MB.")
    await expect(shown.nth(2)).to_contain_text("“half.pdf” (1 kB) is not complete")
    assert re.match(r"Error: \S", await page.title())
    assert sent == 5, "two that were cut, and one for each file that is small enough: no line has to carry the other"
    await page.locator("[data-upload-go] a").click()
    words = await person.reads()
    assert "one.pdf" in words
    assert "two.pdf" in words
    assert "half.pdf" not in words
    person.complaints[:] = [line for line in person.complaints if "ERR_CONNECTION_RESET" not in line]


async def test_a_large_photograph_is_made_smaller_before_it_is_sent(house: House, plan: Plan, visit: Visit) -> None:
    person = await visit("ines@example.org", language="en")
    page = person.page
    path = await begins(person)
    await page.goto(f"{path}/papers/passport")
    noise = Image.effect_noise((1_800, 1_200), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=95)
    assert len(out.getvalue()) > 1_500_000
    await page.set_input_files("#file", {"name": "pass.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    lengths: list[int] = []

    async def weigh(request: Request) -> None:
        if request.method == "POST":
            lengths.append(int((await request.all_headers())["content-length"]))

    page.on("requestfinished", weigh)
    async with page.expect_navigation():
        await person.button("Add and continue").click()
    assert [length < len(out.getvalue()) * 0.8 for length in lengths] == [True]
    assert "pass.jpg" in await person.reads()


async def test_without_a_script_the_same_files_arrive(house: House, plan: Plan, visit: Visit) -> None:
    person = await visit("luz@example.org", language="en", javascript=False)
    path = await begins(person)
    await person.page.goto(f"{path}/papers/transcripts")
    await person.choose("one.pdf", pdf_of(1), "half.pdf", small_pdf("half")[:200], "two.pdf", pdf_of(2))
    await person.press("Add")
    assert "half.pdf" in await person.page.locator(".govuk-error-summary").inner_text()
    words = await person.reads()
    assert "one.pdf" in words
    assert "two.pdf" in words
    await person.page.set_input_files("#file", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photograph()})
    await person.press("Add")
    assert "p.jpg" in await person.reads()
