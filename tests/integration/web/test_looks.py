"""The pages in a real browser: no sideways scrolling, nothing against the policy, accessible, light."""

import gzip
import re
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser, ConsoleMessage

from shared.web.static_files import STATIC
from tests.conftest import ROOT
from tests.integration.web.conftest import OpenPage
from tests.looks import Looks
from tests.served import served

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("/quotas/front", "/quotas/parts", "/quotas/form", "/quotas/review", "/quotas/full")
FOREIGN = re.compile(r"GDS.?Transport|crown|crest|GOV\.UK", re.IGNORECASE)
PAGE_BYTES = 50_000


@pytest.mark.parametrize("width", [320, 360, 1280])
async def test_no_page_scrolls_sideways(open_page: OpenPage, width: int) -> None:
    for path in PAGES:
        page = await open_page(path, width=width, role="officer")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} at {width} px"
        await page.context.close()


@pytest.mark.parametrize("width", [360, 1280])
async def test_no_page_has_an_accessibility_fault(open_page: OpenPage, width: int) -> None:
    for path in PAGES:
        page = await open_page(path, width=width, role="officer")
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        found = await page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        faults = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found["violations"]]
        assert faults == [], f"{path} at {width} px"
        await page.context.close()


async def test_nothing_breaks_the_policy_and_no_script_fails(open_page: OpenPage) -> None:
    said: list[str] = []
    page = await open_page("/quotas/form", role="officer")

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in PAGES[:4]:
        await page.goto(page.url.split("/quotas")[0] + path)
    assert said == []


async def test_a_wrong_form_comes_back_with_the_fault_in_focus_and_what_was_typed(open_page: OpenPage) -> None:
    page = await open_page("/quotas/form", width=360)
    await page.click("form[data-keep] button")
    await page.wait_for_selector(".govuk-error-summary")
    assert (await page.title()).startswith("Error: ")
    assert await page.evaluate("document.activeElement.className") == "govuk-error-summary"
    await page.click(".govuk-error-summary a >> nth=1")
    assert await page.evaluate("document.activeElement.id") == "born-day"
    assert await page.input_value("#born-month") == "2"


async def test_words_are_counted_while_typing_as_the_server_counts_them(open_page: OpenPage) -> None:
    page = await open_page("/quotas/form", role="officer")
    await page.fill("#plan", "Quiero aprender energía-solar, 学习 2016")
    assert await page.text_content("#plan-counter") == "6 de no máximo 800 palavras"


async def test_without_scripts_the_form_works_and_says_its_limits(open_page: OpenPage) -> None:
    page = await open_page("/quotas/form", javascript=False)
    assert (await page.text_content("#plan-counter") or "").strip() == "Como máximo 800 palabras"
    await page.click("form[data-keep] button")
    assert await page.locator(".govuk-error-summary").count() == 1


async def test_a_page_is_light(open_page: OpenPage, address: str) -> None:
    page = await open_page("/quotas/form")
    loaded = 0
    requests = 0

    async def weigh(url: str) -> int:
        body = await (await page.request.get(url)).body()
        return len(gzip.compress(body, 9))

    for url in [f"{address}/quotas/form", *(await page.evaluate("performance.getEntriesByType('resource').map(one => one.name)"))]:
        requests += 1
        loaded += await weigh(url)
    assert loaded <= PAGE_BYTES
    assert requests <= 4


async def test_a_form_that_refuses_nothing_and_a_part_that_does_not_come_are_found(browser: Browser) -> None:
    """One that refuses is looked at as it comes back; one that is named is left alone, and the name of one that is not there told."""
    app = FastAPI()
    page = "<!doctype html><html lang=en><title>x</title><main><h1>x</h1>{}</main></html>"
    field = "<form method=post action=/{0}><label>x <input name=x value=1></label><button>Send</button></form>"
    fault = "<div class=govuk-error-summary tabindex=-1>x</div><script type=module>document.querySelector('div').focus()</script>"

    @app.get("/{path}")
    def shown(path: str) -> HTMLResponse:
        forms = "".join(field.format(one) for one in path.split("-"))
        return HTMLResponse(page.format(forms + ("<img src=/a/part alt=''>" if path == "strict" else "")))

    @app.post("/{path}")
    async def sent(path: str, request: Request) -> HTMLResponse:
        assert path != "last", "nobody sends this one"
        refused = path == "strict" and await request.body() == b"x="
        return HTMLResponse(page.format(fault if refused else ""), 422 if refused else 200)

    async with served(app) as address:
        looks = Looks(address, unsent={"/last": "cannot be taken back", "/gone": "is not there"})
        window = await looks.window(browser, {})
        await looks.look(window, "/strict")
        await looks.look(window, "/strict-loose-last")
        await window.context.close()
    assert [re.sub(r" in \w+ at \d+ px", "", one.replace(address, "")) for one in looks.found().splitlines()] == [
        "/strict loads /a/part, which answers 404",
        "/strict-loose-last: the form to /loose refuses nothing when it is sent empty",
        "no form goes to /gone",
    ]


async def test_every_promise_that_a_page_breaks_is_found(browser: Browser) -> None:
    app = FastAPI()
    body = (
        "<title>x</title><main><h1>x</h1><p>学习。 中文<p style='color: #bbb'>pale<p id=a>x<p id=a style='width: 2000px'>x</main>"
        "<script>document.querySelector('p').no.thing</script>"
    )

    @app.get("/bad")
    def bad() -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><html lang=zh-Hans>{body}")

    async with served(app) as address:
        looks = Looks(address)
        window = await looks.window(browser, {})
        for _ in range(2):  # the second is looked at with what was compiled for the first
            looks.faults.clear()
            await looks.look(window, "/bad")
            found = [line.replace(address, "") for line in looks.found().splitlines()]
            for said in (
                "/bad says",
                "has the id twice: a",
                "joins texts as Chinese does not",
                "color-contrast: ['<p style=",
                "is wider than",
            ):
                assert any(said in one for one in found), (said, found)
        await window.context.close()


async def test_nothing_foreign_is_left_in_what_is_built_and_shown(open_page: OpenPage) -> None:
    sheet = next(Path(STATIC).glob("app.*.css")).read_text(encoding="utf-8")
    assert not FOREIGN.search(sheet)
    assert "@font-face" not in sheet
    assert "url(" not in sheet, "everything a page shows is in its sheet or its text"
    for path in PAGES:
        page = await open_page(path)
        assert not FOREIGN.search(await page.content())
        await page.context.close()
