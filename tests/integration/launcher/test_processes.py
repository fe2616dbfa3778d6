"""Processes of their own: they serve, follow one clock, stop in good order, and are started again when they die."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from services.applications.domain.viewers import Viewer
from services.applications.use_cases import Done, start_draft
from services.run.home import Home
from services.run.processes import Child, Supervisor
from shared.kernel.clock import SteeredClock
from shared.kernel.ids import new_id
from shared.persistence.database import Database
from tests.conftest import PLAN
from tests.integration.launcher.conftest import Installation, Puente, ended, started
from tests.served import kept_port

INSIDE = datetime(2016, 1, 20, 9, 0, tzinfo=UTC)
AFTER = datetime(2016, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def port() -> Iterator[int]:
    """For a process that binds it itself."""
    with kept_port() as kept:
        yield kept


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 60) -> None:
    """Look until it is so."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.1)


async def answers(url: str) -> bool:
    async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        try:
            return (await client.get(url)).status_code == 200
        except httpx2.TransportError:
            return False


async def test_an_api_process_follows_the_clock_that_another_process_moves_and_ends_at_sigterm(
    installation: Installation, puente: Puente, port: int
) -> None:
    clock = SteeredClock(installation.home.clock)
    clock.move_to(INSIDE)
    assert (await puente("plan", "load", str(PLAN))).code == 0
    process = await started("serve", "api", "applications", "--port", str(port), environment=installation.environment)
    try:
        await until(lambda: answers(f"http://127.0.0.1:{port}/health/live"), "the process answers")
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            open_call = (await client.get("/programmes/scholarship?lang=en")).text
            clock.move_to(AFTER)
            closed_call = (await client.get("/programmes/scholarship?lang=en")).text
        assert "/programmes/scholarship/start" in open_call
        assert "/programmes/scholarship/start" not in closed_call
        again = await puente("serve", "api", "applications", "--port", str(port))
        assert (again.code, f"port {port}" in again.text and "--port" in again.text) == (1, True), again.text
    finally:
        process.send_signal(signal.SIGTERM)
        done = await ended(process)
    assert done.code == 0, done.text


async def test_a_child_that_dies_is_started_again_with_a_note_and_all_end_together(
    installation: Installation, tmp_path: Path, port: int
) -> None:
    said: list[str] = []
    child = Child("quotas api", ["serve", "api", "quotas", "--port", str(port)], installation.environment, tmp_path / "quotas.log")
    supervisor, stop = Supervisor(said.append), asyncio.Event()
    await supervisor.start(child)
    watching = asyncio.create_task(supervisor.watch(stop))
    try:
        address = f"http://127.0.0.1:{port}/quotas/health/live"
        await until(lambda: answers(address), "the child answers")
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)

        async def another() -> bool:
            return child.pid not in (None, first) and await answers(address)

        await until(another, "the child answers again")
        assert child.starts == 2
        assert len(said) == 1 and said[0].startswith("quotas api ended")
    finally:
        stop.set()
        await watching
        second = child.pid
        await supervisor.stop()
    assert second is not None
    assert not await answers(address)


async def test_two_stacks_of_one_folder_are_refused_and_the_first_one_is_named(installation: Installation, puente: Puente) -> None:
    environment = {"PUENTE_HOME": str(installation.home.folder), "PUENTE_DATABASE_URL": installation.environment["PUENTE_DATABASE_URL"]}
    home = Home(installation.home.folder)
    home.seeded.write_text("nobody needs the sample here\n")
    assert (await puente("plan", "load", str(PLAN))).code == 0
    db = Database(installation.url.format(service="applications"))
    ana = Viewer(new_id(), "applicant")
    begun = await db.run(lambda tx: start_draft(tx, ana, programme="scholarship", year=2016, country="PE", now=INSIDE))
    assert isinstance(begun, Done), "somebody is there, as after a sample"
    await db.close()
    first = await started("demo", "--port", "0", "--mail-port", "0", environment=environment)
    try:

        async def runs() -> bool:
            return home.running.exists()

        await until(runs, "the first one runs")
        second = await ended(await started("demo", "--port", "0", environment=environment))
        assert second.code == 1
        assert f"runs in {home.folder} already ({home.running.read_text()})" in second.text
        fresh = await ended(await started("demo", "--fresh", environment=environment))
        assert (fresh.code, "end it first" in fresh.text) == (1, True), fresh.text
    finally:
        first.send_signal(signal.SIGINT)
        done = await ended(first)
    assert (done.code, "stopped; the data stay" in done.text) == (0, True), done.text
    assert not home.running.exists()
