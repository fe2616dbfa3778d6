"""Looking at a page in a real browser: one visit checks everything that a page of ours promises.

It is accessible (axe; each fault is said with its field), fits on the narrowest phone and on the screen that it is opened on, keeps the
content security policy, asks nobody else for anything, and weighs little.
Every page is looked at in one language on one screen, by turns, so that all six languages and all
three screens are looked at over a service's pages; `PUENTE_TEST_LOOKS=all` looks at each page in all of them (`make soak`).
"""

import gzip
import os
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Response
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.i18n import LANGUAGE_COOKIE, LANGUAGES
from shared.web.static_files import STATIC
from tests import pseudo
from tests.conftest import ROOT

AXE: Final = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
AXE_AT_HAND: Final = f"window.readAxe = () => {{ {AXE}\n }}"
"""JavaScript for a window's every page. So axe is sent once for all of them, compiled once, and runs only where it is asked for."""
RULES: Final = (
    "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']})"
    ".then((found) => found.violations.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]))"
)
"""JavaScript: each rule that is broken, with elements that break it; the rest of what axe says is several times the page."""
FITS: Final = "document.documentElement.scrollWidth <= innerWidth"
WIDE: Final = (
    "[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility({ contentVisibilityAuto: true }))"
    ".filter((one) => one.getBoundingClientRect().right > innerWidth + 1)"
    ".map((one) => one.outerHTML.slice(0, 90)).slice(-2)"
)
OPEN: Final = "document.querySelectorAll('details').forEach((one) => { one.open = true })"
LOOSE: Final = """() => {
  const missing = []
  const shown = (one) => one.outerHTML.slice(0, 140)
  for (const one of document.querySelectorAll('main .govuk-error-message')) {
    if (!one.id || !document.querySelector(`[aria-describedby~="${one.id}"]`)) missing.push(`no field says it: ${shown(one)}`)
  }
  for (const one of document.querySelectorAll('.govuk-error-summary a')) {
    if (!document.getElementById(decodeURIComponent(one.hash.slice(1)))) missing.push(`leads nowhere: ${shown(one)}`)
  }
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id)
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) missing.push(`has the id twice: ${id}`)
  const summary = document.querySelector('.govuk-error-summary')
  if (summary && document.activeElement !== summary) missing.push('has its focus elsewhere than on its faults')
  return missing
}"""
"""JavaScript: faults that a screen reader does not find, because no field is described by them or the summary's link leads to none; and ids
that stand twice, so that a label may belong to something else than its field.
"""
APART: Final = """() => {
  if (document.documentElement.lang !== 'zh-Hans') return []
  const said = [...document.querySelectorAll('main p, main li, main dd, main h1, main h2, main legend, main .govuk-hint')]
  return said.filter((one) => !one.querySelector('p, li, [data-unsaved]')).map((one) => one.innerText)
    .flatMap((text) => text.match(/[。；：！？，、][ \u00a0]+[\u3400-\u9fff]+|[\u3400-\u9fff]+[,:;!?](?=[ \u3400-\u9fff]|$)/gm) ?? [])
}"""
"""JavaScript: where a Chinese page leaves a gap after a mark, or has a mark of half width after Han."""
STANDS: Final = f"""async () => {{
  const loose = ({LOOSE})()
  {OPEN}
  const apart = ({APART})()
  if (typeof axe !== 'object') readAxe()
  return [loose, apart, await {RULES}]
}}"""
NARROWEST: Final = 320
WIDTHS: Final = (NARROWEST, 360, 1280)
HEIGHT: Final = 800
PAGE_BYTES: Final = 50_000
SCRIPT_BYTES: Final = 15_000
WHO: Final = "<span data-whole>Puente</span>"
OTHERS: Final = '<ul class="app-stats"><li class="app-stat"><span class="app-stat__number">0</span></li></ul>'
REQUESTS: Final = 4
LOADED: Final = re.compile(r'<(?:link|script|img|iframe|source|video|audio|object|embed|use)\b[^>]*?\b(?:href|src|srcset|data)="([^"]+)"')
LEADS: Final = re.compile(r'\b(?:href|src|srcset|action|formaction|poster|data|ping)="([a-z]+:)?//([^"/]*)')
STYLED: Final = re.compile(r"url\(\s*['\"]?(?!data:)|@import|@font-face")
FORMS: Final = "main form[method=post], main form[novalidate]"
FIELDS: Final = "input:not([type=hidden]), textarea, select"
GOES: Final = "(form) => new URL(form.getAttribute('action') ?? '', location.href).pathname"
EMPTY: Final = """(form) => {
  for (const one of form.elements) {
    if (one.type === 'radio' || one.type === 'checkbox') one.checked = false
    else if (one.tagName === 'SELECT') one.selectedIndex = 0
    else if (one.type !== 'hidden' && one.tagName !== 'BUTTON') one.value = ''
  }
}"""
SEND: Final = "(form) => form.requestSubmit(form.querySelector('button:not([type=button])'))"
REFUSED: Final = "Failed to load resource: the server responded with a status of 4"
"""What Chromium says of a form that came back with faults."""


def turns() -> Iterator[tuple[tuple[str, int], ...]]:
    """For each page the languages and widths in which it is looked at: one of each by turns, or all."""
    every = tuple((language, width) for width in WIDTHS for language in LANGUAGES)
    while True:
        if os.environ.get("PUENTE_TEST_LOOKS") == "all":
            yield every
        else:
            # A language comes with another width in each of its turns.
            for start in range(len(WIDTHS)):
                for at, language in enumerate(LANGUAGES):
                    yield ((language, WIDTHS[(start + at) % len(WIDTHS)]),)


def weigh(path: str, text: str, requests: int = REQUESTS) -> list[str]:
    """What is wrong with the page and all that it loads, as a browser that comes for the first time pays for it."""
    loaded = sorted({one for one in LOADED.findall(text) if not one.startswith(("data:", "#")) and _is_loaded(one, text)})
    foreign = [one for one in loaded if not one.startswith("/assets/") or not (STATIC / one.removeprefix("/assets/")).is_file()]
    packed = {one: _packed(one) for one in loaded if one not in foreign}
    scripts = sum(size for one, size in packed.items() if one.endswith(".js"))
    total = len(gzip.compress(text.encode(), 9)) + sum(packed.values())
    elsewhere = sorted({host for _scheme, host in LEADS.findall(text) if host not in ("", "puente.test")})
    return [
        f"{path} {what}"
        for wrong, what in (
            (foreign, f"loads {foreign}"),
            (1 + len(loaded) > requests, f"needs {1 + len(loaded)} requests: {loaded}"),
            (scripts > SCRIPT_BYTES, f"has {scripts} bytes of script"),
            (total > PAGE_BYTES, f"weighs {total} bytes"),
            (elsewhere, f"leads to {elsewhere}"),
            (STYLED.search(text), "loads something by a style"),
        )
        if wrong
    ]


@cache
def _packed(asset: str) -> int:
    """How many bytes are sent of it. Most pages load the same."""
    return len(gzip.compress((STATIC / asset.removeprefix("/assets/")).read_bytes(), 9))


def _is_loaded(address: str, text: str) -> bool:
    """A `link` that only says where the page is in another language is not fetched; nor is a page's own picture, but when it is seen."""
    return f'rel="alternate" href="{address}"' not in text and not address.startswith(("/applications/", "/officer/"))


def unseen(app: FastAPI, prefix: re.Pattern[str], paths: Iterable[str]) -> list[str]:
    """The pages of the service below `prefix` at which none of these paths leads."""
    pages = [one for one in _routes(app.routes) if "GET" in (one.methods or ()) and prefix.match(one.path)]
    scopes = [{"type": "http", "method": "GET", "path": path.split("?")[0]} for path in paths]
    return [page.path for page in pages if not any(page.matches(scope)[0] is Match.FULL for scope in scopes)]


def _routes(found: Iterable[Any]) -> Iterator[Route]:
    """All of them, also those of the routers that an application includes."""
    for one in found:
        if isinstance(one, Route):
            yield one
        elif (included := getattr(one, "original_router", None)) is not None:
            yield from _routes(included.routes)


@dataclass
class Looks:
    """Looks at pages, one after the other; `faults` is what it found."""

    address: str
    requests: int = REQUESTS
    unsent: Mapping[str, str] = field(default_factory=dict)
    """Where a form is sent to (a pattern of the path) -> why it is not sent empty. Every other form has to come back with faults."""
    faults: list[str] = field(default_factory=list)
    seen: int = 0
    _left: set[str] = field(default_factory=set)
    _turns: Iterator[tuple[tuple[str, int], ...]] = field(default_factory=turns)

    async def window(self, browser: Browser, cookies: Mapping[str, str], **more: Any) -> Page:
        """A window of somebody with these cookies, in which scripts may not fail and the policy may not be broken."""
        context = await browser.new_context(viewport={"width": NARROWEST, "height": HEIGHT}, **more)
        await context.add_cookies([{"name": name, "value": value, "url": self.address} for name, value in cookies.items()])
        page = await context.new_page()

        def hear(message: ConsoleMessage) -> None:
            if not message.text.startswith(REFUSED):
                self.faults.append(f"{page.url} says {message.text}")

        def answered(response: Response) -> None:
            # What the page itself answers is the look's to judge; of its parts every one has to come.
            if response.status >= 400 and not response.request.is_navigation_request():
                self.faults.append(f"{page.url} loads {response.url}, which answers {response.status}")

        await page.add_init_script(AXE_AT_HAND)
        page.on("response", answered)
        page.on("console", hear)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url} says {error}"))
        return page

    def found(self) -> str:
        """The faults, a line each; what `unsent` names and no page has is one too."""
        return "\n".join([*self.faults, *(f"no form goes to {one}" for one in self.unsent if one not in self._left)])

    async def look(self, page: Page, path: str) -> None:
        """At the page in the language and on the screen whose turn it is, and as it comes back with faults from each of its forms."""
        for language, width in next(self._turns):
            what = f"{path} in {language} at {width} px"
            await page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": self.address}])
            await page.set_viewport_size({"width": width, "height": HEIGHT})
            answer = await page.goto(self.address + path)
            if answer is None or answer.status != 200:
                self.faults.append(f"{what} answers {answer and answer.status}")
                continue
            self.seen += 1
            self.faults += weigh(what, await answer.text(), self.requests)
            await self.stand(page, what)
            async for faulty in self._back(page, path, what):
                await self.stand(page, faulty)

    async def stand(self, page: Page, what: str) -> None:
        """At the page as it stands."""
        loose, apart, broken = await page.evaluate(STANDS)
        self.faults += [f"{what} {one}" for one in loose]
        self.faults += [f"{what} joins texts as Chinese does not: {one}" for one in apart]
        self.faults += [f"{what} {rule}: {elements[:2]}" for rule, elements in broken]
        await self._fit(page, what)
        if (screen := page.viewport_size) and screen["width"] != NARROWEST:
            await page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
            await self._fit(page, f"{what}, made {NARROWEST} px wide,")
            await page.set_viewport_size(screen)

    async def _fit(self, page: Page, what: str) -> None:
        if not await page.evaluate(FITS):
            self.faults.append(f"{what} is wider than the screen: {await page.evaluate(WIDE)}")

    async def longer(self, page: Page, path: str, own: list[str]) -> None:
        """At the page in the language that nobody speaks (`pseudo.speak`): no text without marks, and words that are longer fit."""
        await page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": "en", "url": self.address}])
        await page.set_viewport_size({"width": 360, "height": HEIGHT})
        answer = await page.goto(self.address + path)
        if answer is None or answer.status != 200:
            self.faults.append(f"{path} with longer words answers {answer and answer.status}")
            return
        await self._read(page, path, own)
        async for faulty in self._back(page, path, path):
            await self._read(page, faulty, own)

    async def _read(self, page: Page, what: str, own: list[str]) -> None:
        self.faults += [f"{what} {one}" for one in await page.evaluate(pseudo.UNMARKED, own)]
        await self._fit(page, f"{what} with longer words")

    async def _back(self, page: Page, path: str, what: str) -> AsyncIterator[str]:
        """The page as it comes back from each of its forms that have fields, sent with nothing in them: `what` it is then."""
        forms = page.locator(FORMS).filter(has=page.locator(FIELDS))
        for number in range(await forms.count()):
            if number:
                await page.goto(self.address + path)
            form = forms.nth(number)
            goes = await form.evaluate(GOES)
            if left := [pattern for pattern in self.unsent if re.fullmatch(pattern, goes)]:
                self._left.update(left)
                continue
            if await send_empty(page, form):
                yield f"{what} with the faults of {goes}"
            else:
                self.faults.append(f"{what}: the form to {goes} refuses nothing when it is sent empty")
                await page.goto(self.address + path)


def alone(app: ASGIApp) -> ASGIApp:
    """The one service that is served: how the others stand, and what they call somebody, is answered in their place.

    Here and not in the browser: a window that has a request answered by a test asks the test about each, and keeps no file of ours.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        body = _of_others(Request(scope)) if scope["type"] == "http" else None
        await (app if body is None else HTMLResponse(body))(scope, receive, send)

    return answer


def _of_others(request: Request) -> str | None:
    """A part of an operator's page; a name in a page that leads to it, where nobody goes to the page of who it is."""
    if request.url.path.endswith("/operations") and request.url.query == "part=figures":
        return OTHERS
    if re.search("/staff/[^/]+$", request.url.path) and request.headers.get("sec-fetch-mode") not in ("navigate", None):
        return WHO
    return None


async def send_empty(page: Page, form: Locator) -> bool:
    """Send the form with nothing in its fields; True where it came back with faults."""
    await form.evaluate(EMPTY)
    async with page.expect_navigation() as going:
        await form.evaluate(SEND)
    answer = await going.value
    return answer.status in (409, 422) and await page.locator(".govuk-error-summary").count() > 0
