"""One Chromium serves many tests: none finds what another left, and a crash of it is the matter of one."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Browser, Error, async_playwright

from tests.chromium import Shared, program

pytestmark = pytest.mark.browser


def main_process(shared: Shared) -> int:
    assert shared.server is not None
    under = psutil.Process(shared.server.pid).children(recursive=True)
    # Debian starts the one without windows from a script, whose shell stays.
    found: list[int] = [one.pid for one in under if "chrom" in one.exe() and "--type=" not in " ".join(one.cmdline())]
    assert len(found) == 1
    return found[0]


async def test_who_connects_next_finds_nothing_and_a_crash_ends_one_connection_only(browser: Browser, tmp_path: Path) -> None:
    shared = Shared(program(), tmp_path)
    try:
        async with async_playwright() as playwright:
            first = await shared.browser(playwright)
            page = await first.new_page()
            await page.goto("data:text/html,left")
            began = main_process(shared)
            await first.close()
            second = await shared.browser(playwright)
            assert main_process(shared) == began, "it is not started again"
            assert second.contexts == []
            os.kill(main_process(shared), signal.SIGKILL)
            with pytest.raises(Error):
                await second.new_page()
            third = await shared.browser(playwright)
            assert await (await third.new_page()).evaluate("1 + 1") == 2
            assert main_process(shared) != began
            # Another one is not concerned.
            assert await (await browser.new_page()).evaluate("1 + 1") == 2
            server = shared.server
            assert server is not None
    finally:
        shared.stop()
    assert not server.alive()
    assert not psutil.pid_exists(began)
