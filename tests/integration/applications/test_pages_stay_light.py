"""No page of an applicant's is heavy, and none asks anybody else for anything: measured on all of them, and on their forms with faults."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.kernel.clock import ManualClock
from shared.web.static_files import STATIC
from tests.conftest import NewDatabase
from tests.integration.applications.crawl import everything
from tests.integration.applications.staff_pages import House, open_house

PAGE_BYTES = 50_000
SCRIPT_BYTES = 15_000
REQUESTS = 4
LOADED = re.compile(r'<(?:link|script|img|iframe|source|video|audio|object|embed|use)\b[^>]*?\b(?:href|src|srcset|data)="([^"]+)"')
LEADS = re.compile(r'\b(?:href|src|srcset|action|formaction|poster|data|ping)="([a-z]+:)?//([^"/]*)')
STYLED = re.compile(r"url\(\s*['\"]?(?!data:)|@import|@font-face")


@pytest.fixture
async def house(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(new_database, clock, tmp_path) as house:
        yield house


async def test_every_page_is_light_and_asks_nobody_else(house: House) -> None:
    pages = await everything(house)
    assert sum(map(len, pages.values())) >= 40, {who: len(paths) for who, paths in pages.items()}
    for who, paths in pages.items():
        browser = await house.browser(who) if who else await house.stranger()
        for path in paths:
            text = (await browser.get(path, headers={"Accept-Language": "fr"})).text
            looked_at(path, text)


def looked_at(path: str, text: str) -> None:
    """The page with all that it loads, as a browser that comes for the first time pays for it."""
    loaded = sorted({one for one in LOADED.findall(text) if not one.startswith(("data:", "#")) and _is_loaded(one, text)})
    assert all(one.startswith("/assets/") for one in loaded), f"{path} loads {loaded}"
    assert 1 + len(loaded) <= REQUESTS, f"{path} needs {1 + len(loaded)} requests: {loaded}"
    packed = {one: len(gzip.compress((STATIC / one.removeprefix("/assets/")).read_bytes(), 9)) for one in loaded}
    scripts = sum(size for one, size in packed.items() if one.endswith(".js"))
    total = len(gzip.compress(text.encode(), 9)) + sum(packed.values())
    assert scripts <= SCRIPT_BYTES, f"{path}: {scripts} bytes of script"
    assert total <= PAGE_BYTES, f"{path}: {total} bytes"
    foreign = {host for _scheme, host in LEADS.findall(text) if host not in ("", "puente.test")}
    assert not foreign, f"{path} leads to {foreign}"
    assert not STYLED.search(text), path


def _is_loaded(address: str, text: str) -> bool:
    """A `link` that only says where the page is in another language is not fetched."""
    return f'rel="alternate" href="{address}"' not in text


def test_the_sheet_loads_nothing_and_every_host_is_seen() -> None:
    """The guards bite: on a sheet with a picture, a page with a foreign script, a page that is heavy, one that needs too much."""
    sheet = next(STATIC.glob("app.*.css")).read_text(encoding="utf-8")
    assert not STYLED.search(sheet)
    script = next(one.name for one in STATIC.glob("app.*.js"))
    for page in (
        '<script src="https://cdn.example.org/a.js"></script>',
        '<a href="//elsewhere.example.org/">x</a>',
        '<p style="background: url(/x.png)">',
        "".join(f'<script src="/assets/{script}?{n}"></script>' for n in range(4)),
        " ".join(map(str, range(40_000))),
    ):
        with pytest.raises((AssertionError, FileNotFoundError)):
            looked_at("planted", page)
    looked_at("fine", f'<script src="/assets/{script}"></script><a href="/help">x</a><a href="{urlsplit("/a").path}">y</a>')
