"""kill -9 of every process of an installation, and of its broker, at random moments of a call: the books are those of a quiet run."""

import asyncio
import io
import os
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import chain
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from services.applications.plan import check_folder
from services.run.home import PLAN, Home
from services.run.opened import how_events_travel
from services.run.processes import Child
from services.run.registry import prefix_of
from services.run.simulate.progress import Progress
from services.run.simulate.run import play_on, wish_for
from services.run.stack import Stack
from shared.messaging.broker import Broker, Missing, find_broker
from shared.messaging.broker_ports import answers
from tests.played import Table, order, table, undisturbed

__all__ = ["undisturbed"]

pytestmark = [pytest.mark.crash, pytest.mark.kafka, pytest.mark.long(145), pytest.mark.timeout(900)]

BROKER = "broker"


async def disturb(stack: Stack, chance: random.Random, killed: list[str]) -> None:
    """Kill each process once, in random order at random moments, and the broker between them; then any of them, until it is over.

    From then on the next is killed when all are back at work: on a slow machine nothing would ever be done otherwise.
    """
    assert stack.broker is not None and stack.broker.ours
    children = {child.name: child for child in stack.supervisor.children}
    first = chance.sample(list(children), len(children))
    first.insert(len(first) // 2, BROKER)
    said: dict[str, int] = {}
    for name in chain(first, iter(lambda: chance.choice(list(children)), "")):
        if len(killed) >= len(first):
            for one, before in said.items():
                await back(stack, children[one], before)
            said.clear()
        await asyncio.sleep(chance.uniform(0.0, 1.5) if len(killed) < len(first) else chance.uniform(4.0, 8.0))
        if name == BROKER:
            await asyncio.to_thread(stack.broker.kill)
            while not await asyncio.to_thread(answers, stack.broker.bootstrap):  # noqa: ASYNC110 - the stack starts it again
                await asyncio.sleep(0.1)
        else:
            said[name] = children[name].log.stat().st_size
            await kill(children[name])
        killed.append(name)


async def kill(child: Child) -> None:
    """SIGKILL, and wait until the supervisor has started it again."""
    starts, pid = child.starts, child.pid
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    while child.pid is None or child.starts == starts:  # noqa: ASYNC110 - the supervisor looks five times a second
        await asyncio.sleep(0.05)


async def back(stack: Stack, child: Child, before: int) -> None:
    """Wait until the process is at work: an API that answers, a worker whose log says, behind `before`, that partitions are its own."""
    service, kind = child.name.split()
    async with httpx2.AsyncClient(base_url=stack.url, timeout=30, trust_env=False) as client:
        while True:
            if kind == "worker":
                with child.log.open("rb") as log:
                    log.seek(before)
                    if b"partitions_leased" in log.read():
                        return
            else:
                with suppress(httpx2.TransportError):
                    if (await client.get(f"{prefix_of(service)}/health/live")).status_code == 200:
                        return
            await asyncio.sleep(0.2)


async def test_every_process_and_the_broker_killed_during_a_call_change_nothing(
    tmp_path: Path, kafka: Broker, monkeypatch: pytest.MonkeyPatch, undisturbed: Callable[[], Awaitable[Table]]
) -> None:
    """Three APIs, three workers and the broker; nobody is lost, nobody has two places, and every invariant is 0."""
    found = find_broker(tmp_path / "found")  # asked for after the common one, so that a machine without any says so once
    assert not isinstance(found, Missing), found
    if not found.ours:
        pytest.skip("the broker that the environment names is not ours to kill")
    monkeypatch.delenv("PUENTE_KAFKA_BOOTSTRAP", raising=False)
    ordered = order("kafka")
    plan = check_folder(PLAN).plan
    assert plan is not None
    programme = plan.programme(ordered.programme)
    assert programme is not None
    call = programme.call(ordered.year)
    assert call is not None
    shown = io.StringIO()
    progress = Progress(Console(file=shown, width=200))
    killed: list[str] = []
    wish = wish_for(ordered, call.opens)
    async with Stack(Home(tmp_path / "hurt"), wish, progress.say) as stack:
        assert stack.mail.sink.most == wish.mails_most
        assert stack.broker is not None and how_events_travel(stack.home).kafka_bootstrap == stack.broker.bootstrap
        disturbing = asyncio.create_task(disturb(stack, random.Random(ordered.seed), killed))
        try:
            outcome = await play_on(stack, ordered, progress)
        finally:
            disturbing.cancel()
            await asyncio.wait([disturbing])
        assert {BROKER, *(child.name for child in stack.supervisor.children)} <= set(killed), shown.getvalue()
        assert all(child.starts >= 2 for child in stack.supervisor.children)
        assert "the broker answers again" in shown.getvalue()
        assert len(killed) > len(set(killed)), "nobody was killed a second time"
    assert table(outcome, tmp_path / "table.json") == await undisturbed(), shown.getvalue()
