"""The pages in a real browser: they fit, are accessible, light and keep the policy; a change is made without JavaScript."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Browser, Page

from services.applications.plan import Plan, read
from services.applications.plan.publish import programme_published
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.web.i18n import LANGUAGE_COOKIE
from shared.web.identity import IDENTITY_COOKIE
from tests import pseudo
from tests.conftest import PLAN, NewDatabase
from tests.integration.quotas.pages_front import PERU, Front, after, live_through
from tests.integration.quotas.scene import apply_events, figures, publication, rows
from tests.integration.quotas.test_pages_proposals import REASON, decide, propose
from tests.looks import Looks, alone, unseen
from tests.served import served

ON_A_PHONE = """() => ['caption', 'thead'].map(part => [...document.querySelectorAll(`.app-table--report ${part}`)]
    .map(one => one.getBoundingClientRect()[part === 'caption' ? 'right' : 'height']))"""
"""Where the caption of each table ends, and how high the line of its labels is, in pixels."""
OWN = ["Puente", "UTC", "XLSX", "Español", "English"]
"""What is called the same in every language."""
PAGES = re.compile(r"/quotas(?!/$|/follow-up$|.*(/live|/weeks|\.xlsx|/api/|/openapi|/health|/metrics|/limits))")
PATHS = (
    "/quotas",
    "/quotas?programme=scholarship&year=2016&group=SIDS&only=free",
    "/quotas/overview",
    "/quotas/overview/bridge",
    "/quotas/follow-up/es",
    f"/quotas/cells/{PERU}",
    f"/quotas/cells/{PERU}/list",
    f"/quotas/cells/{PERU}/decisions",
    f"/quotas/cells/{PERU}/decisions/2",
    f"/quotas/cells/{PERU}/movements",
    f"/quotas/cells/{PERU}/held/offered",
    f"/quotas/cells/{PERU}/propose",
    f"/quotas/cells/{PERU}/move",
    f"/quotas/cells/{PERU}/reorder",
    "/quotas/redistribute?programme=scholarship&year=2016",
    "/quotas/policies?programme=scholarship&year=2016",
    "/quotas/policies/propose?programme=scholarship&year=2016",
    "/quotas/participation?programme=scholarship",
    "/quotas/participation/scholarship/PE",
    "/quotas/proposals",
)


async def what_happened(service: Front) -> None:
    await service.publish()
    (peru,) = await rows(service.db, "select target from cell where key = :key", key=PERU)
    await live_through(service, {PERU: peru.target + 3}, served=datetime(2016, 4, 14, 16, 0, 1, tzinfo=UTC))


@pytest.fixture
async def lived(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return await after(what_happened, new_database, clock, tmp_path)


@pytest.fixture
async def address(lived: Front) -> AsyncIterator[str]:
    """Where the service is served on this machine."""
    async with served(alone(lived.app)) as address:
        yield address


async def opened(
    browser: Browser,
    address: str,
    token: str,
    *,
    width: int,
    javascript: bool = True,
    language: str = "es",
) -> Page:
    """A page of an officer, on a screen of that width in pixels."""
    context = await browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=javascript)
    cookies = {IDENTITY_COOKIE: token, LANGUAGE_COOKIE: language}
    await context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    return await context.new_page()


async def with_a_proposal(lived: Front) -> list[str]:
    """One that was adopted, the one that takes it back, and one that waits for a decision."""
    (peru,) = await rows(lived.db, "select target from cell where key = :key", key=PERU)
    async with lived.browser("officer") as first, lived.browser("officer") as second:
        adopted = await propose(first, PERU, peru.target + 1)
        assert (await decide(second, adopted, "approve")).status_code == 303
        return [adopted, f"{adopted}/counter", await propose(first, PERU, peru.target + 2)]


async def speaks_longer(lived: Front, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From here on every text, and what the plan calls things, is marked and longer; codes and what people typed are not."""
    pseudo.speak(monkeypatch)
    plan = read(PLAN)
    assert isinstance(plan, Plan), plan
    longer = msgspec.structs.replace(pseudo.longer_plan(plan), version="longer")
    for programme in longer.programmes:
        await apply_events(lived.db, publication(programme_published(longer, programme), version=2, at=lived.clock.now()))
    return [*OWN, REASON, plan.code, *(country.code for country in plan.countries)]


@pytest.mark.long(60)
async def test_every_page_fits_is_accessible_light_keeps_the_policy_and_speaks_its_language(
    lived: Front, address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page by turns in six languages and on three screens; then in the one with longer words."""
    work = [*PATHS, *await with_a_proposal(lived)]
    (waits,) = await rows(lived.db, "select application from place where cell = :key and state = 'waiting' limit 1", key=PERU)
    pages = {
        lived.token("officer"): work,
        lived.token("coordinator", country="PE"): ["/quotas", f"/quotas/cells/{PERU}/list", f"/quotas/waiting/{waits.application}"],
        lived.token("operator"): ["/quotas/operations"],
    }
    assert unseen(lived.app, PAGES, [path for paths in pages.values() for path in paths]) == []
    looks = Looks(address, requests=5)
    windows = {token: await looks.window(browser, {IDENTITY_COOKIE: token}) for token in pages}
    for token, paths in pages.items():
        for path in paths:
            await looks.look(windows[token], path)
    await windows[token].locator("dd[data-part] .app-stat").nth(1).wait_for()  # how both other services stand is beside it
    own = await speaks_longer(lived, monkeypatch)
    for token, paths in pages.items():
        for path in paths:
            await looks.longer(windows[token], path, own)
    assert looks.found() == ""


@pytest.mark.parametrize("path", ["/quotas/overview/bridge", "/quotas/follow-up/es"])
async def test_on_paper_no_column_is_cut_off_and_on_a_phone_no_caption(lived: Front, address: str, browser: Browser, path: str) -> None:
    """As wide as the printed part of an A4 page; what scrolls on a screen would be lost on paper.

    On a phone the caption of a table that scrolls is read without, and no label beyond the edge makes room between it and those one sees.
    """
    page = await opened(browser, address, lived.token("officer"), width=700)
    await page.emulate_media(media="print")
    await page.goto(address + path)
    wide = await page.evaluate("[...document.querySelectorAll('table')].map(one => one.getBoundingClientRect().right)")
    assert len(wide) >= 3 and max(wide) <= 700
    assert not await page.is_visible("text=XLSX")
    await page.emulate_media(media="screen")
    await page.set_viewport_size({"width": 360, "height": 900})
    captions, heads = await page.evaluate(ON_A_PHONE)
    assert max(captions, default=0) <= 360 and max(heads, default=0) < 40 and bool(captions) == ("follow-up" in path)
    await page.context.close()


async def test_a_change_goes_from_the_board_to_two_people_and_back_without_javascript(
    lived: Front,
    address: str,
    browser: Browser,
) -> None:
    """From the tile to the form, the effect, the proposal; then the second person adopts on a phone."""
    target, *_rest = await figures(lived.db, PERU)
    first = await opened(browser, address, lived.token("officer", account=str(new_id())), width=1280, javascript=False)
    await first.goto(f"{address}/quotas?programme=scholarship&year=2016")
    await first.click(f"svg.app-tiles a[href='/quotas/cells/{PERU}']")
    await first.click("text=Proponer otro número de plazas")
    await first.fill("#target", str(target - 1))
    await first.check("input[name=allow_over]")
    await first.fill("#reason", "Menos solicitudes de las previstas.")
    await first.click("button[name=step]")
    await first.click("button[value=send]")
    assert "Debe decidir otra persona" in await first.inner_text("main")
    second = await opened(browser, address, lived.token("officer", account=str(new_id())), width=360, javascript=False)
    await second.goto(f"{address}/quotas/proposals")
    await second.click("[data-row-link]")
    await second.check("input[value=approve]")
    await second.click("main form button")
    assert f": ahora {target - 1} plazas" in await second.inner_text("main")
    await first.goto(f"{address}/quotas")
    assert f"{target}/{target - 1}" in (await first.text_content("svg.app-tiles") or "")
    await first.context.close()
    await second.context.close()
