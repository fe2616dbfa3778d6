"""`make screenshots`: pictures of the main pages, on a phone and on a desk, taken in Chromium from the demonstration's people.

Plays the sample on a stack of its own, which ends with the run; `--of` takes the pictures from a demonstration that runs.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from typing import Final

import httpx2
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright
from rich.console import Console

from services.run.demo import Progress, fill
from services.run.home import ROOT, Home
from services.run.stack import Stack, Wish
from services.run.stories import STARTS
from shared.observability.logging import configure_logging
from shared.web.i18n import LANGUAGES
from tests.chromium import Letters, program, sign_in
from tests.pictures.scenes import MAILS, SCENES, Scene

FOLDER: Final = ROOT / "var" / "screenshots"
WIDTHS: Final = (360, 1280)
HEIGHT: Final = 800


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What may be asked of a run."""
    parser = argparse.ArgumentParser(prog="make screenshots ARGS=...", description=__doc__)
    parser.add_argument("--languages", default="en", help=f"of {','.join(LANGUAGES)}; such as es,zh (en)")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)), help="in pixels, such as 320,1280")
    parser.add_argument("--only", default="", help="names of pictures, such as board,offer; all where empty")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go; each width a folder")
    parser.add_argument("--of", default="", metavar="URL", help="a demonstration that runs")
    parser.add_argument("--mails", default="", metavar="URL", help="the page with its mails")
    options = parser.parse_args(given)
    pictures = [scene.name for scene in (*SCENES, *MAILS)]
    for name, known in (("languages", [*LANGUAGES]), ("only", pictures)):
        wrong = [one for one in getattr(options, name).split(",") if one not in known and (one or name == "languages")]
        if wrong:
            parser.error(f"--{name}: {', '.join(map(repr, wrong))} is not there; expected some of {','.join(known)}")
    wide = [one for one in options.widths.split(",") if not re.fullmatch("[1-9][0-9]{2,3}", one)]
    if wide:
        parser.error(f"--widths: {', '.join(map(repr, wide))} is no width; write pixels, such as 320,1280")
    return options


@asynccontextmanager
async def demonstration(options: argparse.Namespace, say: Progress) -> AsyncIterator[tuple[str, str]]:
    """The addresses of Puente and of its mails."""
    if options.of:
        addresses = options.of.rstrip("/"), options.mails.rstrip("/")
        await there(*addresses)
        yield addresses
        return
    with tempfile.TemporaryDirectory(prefix="puente-pictures-") as folder:
        async with Stack(Home(Path(folder)).make(), Wish(port=0, mail_port=0, starts=STARTS), say) as stack:
            await fill(stack, say)
            yield stack.url, stack.mail.url


class NotThere(Exception):
    """What was named is not at the address; the text says which, and what was expected."""


async def there(origin: str, post: str) -> None:
    """`NotThere` where Puente does not answer at `origin`, or the page with its mails at `post`."""
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
        for option, address, path, kind in (("--of", origin, "/quotas/health/live", dict), ("--mails", post, "/api/messages", list)):
            try:
                answer = await client.get(f"{address}{path}")
                found = answer.status_code == 200 and isinstance(answer.json(), kind)
            except (httpx2.HTTPError, ValueError):
                found = False
            if not found:
                what = "Puente does not answer" if option == "--of" else "The page with its mails is not"
                raise NotThere(f"{what} at {option} {address or '(nothing)'}: name the address that the demonstration printed")


async def pose(page: Page, origin: str, scene: Scene) -> None:
    """Bring `page` to the scene. `Error` where a link or button is not there."""
    await page.goto(origin + scene.path)
    for selector in scene.follow:
        where = await page.locator(selector).first.get_attribute("href", timeout=3000)
        assert where is not None, f"{selector} is a link"
        await page.goto(where if "://" in where else origin + where)
    if scene.press:
        async with page.expect_navigation():
            await page.locator(scene.press).first.click(timeout=3000)


async def session(browser: Browser, origin: str, letters: Letters, who: str) -> BrowserContext:
    """A browser of this person, signed in; of a stranger where `who` is empty."""
    context = await browser.new_context()
    if who:
        page = await context.new_page()
        await sign_in(page, origin, letters, who)
        await page.close()
    return context


async def take(browser: Browser, origin: str, letters: Letters, scenes: Sequence[Scene], options: argparse.Namespace) -> list[str]:
    """Picture the scenes in every language and width; those that could not be reached, with why."""
    missed = []
    for who, own in groupby(scenes, lambda scene: scene.who):
        context = await session(browser, origin, letters, who)
        page = await context.new_page()
        rest = list(own)
        for language in options.languages.split(","):
            await page.goto(f"{origin}/?lang={language}")
            for scene in rest:
                try:
                    await pose(page, origin, scene)
                except Error as error:
                    missed.append(f"{scene.name}: {error.message.splitlines()[0]}")
                    continue
                await shoot(page, scene, language, options)
        await context.close()
    return missed


async def shoot(page: Page, scene: Scene, language: str, options: argparse.Namespace) -> None:
    """One picture for each width, of the whole page."""
    for width in map(int, options.widths.split(",")):
        folder = options.folder / str(width)
        folder.mkdir(parents=True, exist_ok=True)
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        await page.screenshot(path=folder / f"{scene.name}.{language}.png", full_page=True)


async def main() -> int:
    """Take all pictures that were asked for; how many could not be taken."""
    options, console = arguments(), Console()
    configure_logging("console", level=40)
    say = Progress(console)
    wanted = set(filter(None, options.only.split(",")))
    chosen = [scene for scene in SCENES if not wanted or scene.name in wanted]
    mails = [scene for scene in MAILS if not wanted or scene.name in wanted]
    async with demonstration(options, say) as (origin, post), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program())
        letters = Letters(post)
        try:
            say("takes the pictures")
            missed = await take(browser, origin, letters, chosen, options)
            missed += await take(browser, post, letters, mails, options)
        finally:
            await letters.close()
            await browser.close()
    for line in missed:
        say(f"no picture of {line}")
    say(f"the pictures are in {options.folder}")
    return len(missed)


if __name__ == "__main__":
    try:
        raise SystemExit(min(asyncio.run(main()), 1))
    except NotThere as wrong:
        raise SystemExit(str(wrong)) from None
