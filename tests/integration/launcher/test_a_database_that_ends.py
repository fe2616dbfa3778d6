"""An installation whose database ends by itself says so and ends too, so that the next start finds everything free."""

import asyncio
import os
import re
import signal
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from services.run import databases
from services.run.home import Home
from services.run.stack import Stack, Wish
from services.run.watching import ServerEnded
from shared.messaging.outbox import unsent
from shared.persistence.database import Unavailable
from shared.persistence.embedded import EmbeddedPostgres
from shared.persistence.file_lock import trying
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
        with pytest.raises(EmbeddedFailure, match=f"process {os.getpid()}, which .* lives on without it; end that one first"):
            await asyncio.to_thread(EmbeddedPostgres(home.postgres).start)  # as every command does
        with pytest.raises(ServerEnded, match=r"database server ended by itself .*server\.log.*Start again") as told:
            await asyncio.wait_for(stack.wait(asyncio.Event()), 30)
    named = re.search(r"\((/.*server\.log)\)", str(told.value))
    assert named, told.value
    assert "database system" in Path(named.group(1)).read_text(), "root's is outside the folder where an account cannot reach that"
    async with Stack(home, wish, print) as again:
        again.raise_failures()


async def test_it_is_told_too_where_the_work_on_it_fails_before_the_watcher_looks(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    wish = Wish(transport="local", port=0, mail_port=0, mails_most=10, starts=datetime(2016, 1, 20, tzinfo=UTC), database_url="")
    before = servers()
    with pytest.raises(ServerEnded, match="database server ended by itself") as told:
        async with Stack(home, wish, print) as stack:
            (postmaster,) = servers() - before
            os.kill(postmaster, signal.SIGKILL)
            until(lambda: gone(postmaster))
            await stack.services["quotas"].db.run(unsent)
    assert isinstance(told.value.__cause__, Unavailable)
    with pytest.raises(ZeroDivisionError):
        async with Stack(home, wish, print):
            raise ZeroDivisionError


async def test_an_installation_does_not_live_on_a_database_that_a_command_takes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").make()
    wish = Wish(transport="local", port=0, mail_port=0, mails_most=10, starts=datetime(2016, 1, 20, tzinfo=UTC), database_url="")
    command = EmbeddedPostgres(home.postgres)
    await asyncio.to_thread(command.start)
    monkeypatch.setattr(databases, "COMMAND_SECONDS", 0.0)
    with pytest.raises(databases.InUse, match="Let it end, and start again"):
        await Stack(home, wish, print).__aenter__()
    monkeypatch.setattr(databases, "COMMAND_SECONDS", 60.0)
    waiting = Stack(home, wish, print)
    starting = asyncio.create_task(waiting.start())
    while not waiting.url:  # noqa: ASYNC110 - it asks for the database in the same moment
        await asyncio.sleep(0)
    await asyncio.to_thread(command.stop)
    await starting
    try:
        assert await waiting.services["quotas"].db.ready() is None
        waiting.raise_failures()
    finally:
        await waiting.stop()


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_command_that_started_the_database_keeps_it_for_the_others_until_somebody_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stopped: bool
) -> None:
    monkeypatch.setattr(databases, "SILENT_SECONDS", 0.0)
    home = Home(tmp_path / "home").make()
    entered, over = asyncio.Event(), asyncio.Event()

    async def command() -> None:
        async with databases.server(home, ""):
            entered.set()
            await over.wait()

    first = asyncio.create_task(command())
    await entered.wait()
    async with databases.server(home, ""):
        over.set()
        said = ""
        while "Another command works on this database" not in said:
            await asyncio.sleep(0.01)
            said += capsys.readouterr().err
        assert not first.done()
        if stopped:
            first.cancel()
            await asyncio.wait([first])
            assert first.cancelled()
    await asyncio.wait([first])
    with trying(home.postgres / "lock") as nobody:
        assert nobody is not None, "the server has ended"
