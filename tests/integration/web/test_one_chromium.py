"""One Chromium serves many tests: none finds what another left, and a crash of it is the matter of one."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Browser, Error

from tests.chromium import Shared, program
from tests.served import kept_port
from tests.wire import connected

pytestmark = pytest.mark.browser


def main_process(shared: Shared) -> int:
    assert shared.server is not None
    found: list[int] = []
    for one in psutil.Process(shared.server.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended while it was looked at
            # Debian starts the one without windows from a script, whose shell stays.
            if "chrom" in one.exe() and "--type=" not in " ".join(one.cmdline()):
                found.append(one.pid)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("size", [1, 200, 100_000, 3_000_000])
async def test_a_message_of_any_size_arrives_both_ways(browser: Browser, size: int) -> None:
    said = "é中" * size
    assert await (await browser.new_page()).evaluate("(said) => said + said.length", said) == f"{said}{2 * size}"


async def test_where_nobody_answers_that_is_said() -> None:
    with kept_port() as port, pytest.raises(Error, match="no browser answers"):
        async with connected(f"ws://127.0.0.1:{port}/gone"):
            raise AssertionError


async def test_who_connects_next_finds_nothing_and_a_crash_ends_one_connection_only(browser: Browser, tmp_path: Path) -> None:
    shared = Shared(program(), tmp_path)
    try:
        async with shared.browser() as first:
            page = await first.new_page()
            await page.goto("data:text/html,left")
            began = main_process(shared)
        async with shared.browser() as second:
            assert main_process(shared) == began, "it is not started again"
            assert second.contexts == []
            os.kill(main_process(shared), signal.SIGKILL)
            with pytest.raises(Error):
                await second.new_page()
        async with shared.browser() as third:
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
