"""An installation whose database ends by itself says so and ends too, so that the next start finds everything free."""

import asyncio
import os
import re
import signal
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from services.run.home import Home
from services.run.stack import Stack, Wish
from services.run.watching import ServerEnded
from shared.persistence.embedded import EmbeddedPostgres
from shared.persistence.postgres_place import EmbeddedFailure
from tests.integration.platform.waiting import gone, until


def servers() -> set[int]:
    """The processes of PostgreSQL that were started from here; those that they start themselves have no such order."""
    return {one.pid for one in psutil.Process().children(recursive=True) if one.name() == "postgres" and "-D" in one.cmdline()}


async def test_it_is_told_where_the_database_was_killed_and_the_next_start_goes_on(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    wish = Wish(transport="local", port=0, mail_port=0, mails_most=10, starts=datetime(2016, 1, 20, tzinfo=UTC), database_url="")
    before = servers()
    async with Stack(home, wish, print) as stack:
        (postmaster,) = servers() - before
        os.kill(postmaster, signal.SIGKILL)
        until(lambda: gone(postmaster))
        with pytest.raises(EmbeddedFailure, match="lives on without it; end that one first"):
            await asyncio.to_thread(EmbeddedPostgres(home.postgres).start)  # as every command does
        with pytest.raises(ServerEnded, match=r"database server ended by itself .*server\.log.*Start again") as told:
            await asyncio.wait_for(stack.wait(asyncio.Event()), 30)
    named = re.search(r"\((/.*server\.log)\)", str(told.value))
    assert named, told.value
    assert "database system" in Path(named.group(1)).read_text(), "root's is outside the folder where an account cannot reach that"
    async with Stack(home, wish, print) as again:
        again.raise_failures()
