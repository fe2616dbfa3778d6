"""A database that is away is said, on every page, as something that passes."""

from pathlib import Path

from shared.kernel.clock import ManualClock
from tests.integration.applications.front import opened, words


async def test_a_database_that_is_away_is_said_and_answered_as_such(tmp_path: Path, clock: ManualClock) -> None:
    nowhere = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
    async with opened(nowhere, clock, tmp_path) as front, front.browser() as browser:
        browser.cookies.set("puente_session", "whatever")
        for path in ("/", "/account", "/sign-in"):
            answer = await browser.get(path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            assert "What you saved before is safe" in words(answer)
