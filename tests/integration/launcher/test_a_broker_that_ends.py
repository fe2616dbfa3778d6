"""A broker of our own that ends by itself is started again on the same data, with a word; where it does not stay, everything ends."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import text

from services.run.home import PLAN, Home
from services.run.plans import load
from services.run.replay import republish
from services.run.stack import Stack, Wish
from services.run.watching import PAUSES_S, STARTS_MAX, ServerEnded, keep_broker
from shared.messaging import broker_docker, broker_java
from shared.messaging.broker import Broker, DockerBroker, JavaBroker, Missing, find_broker
from shared.messaging.broker_ports import answers
from shared.messaging.service import Service
from shared.persistence.database import Tx
from tests.integration.platform.waiting import gone, until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

KINDS = ["java", *(["docker"] if broker_docker.missing(fetch=False) is None else [])]
QUIET = Console(quiet=True)


def struck(broker: Broker) -> None:
    """Killed from outside, as a person or a system without memory does."""
    if isinstance(broker, JavaBroker):
        pid = broker.pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: gone(pid))
    else:
        assert isinstance(broker, DockerBroker)
        subprocess.run(["docker", "kill", broker.container.name], check=True, capture_output=True)


def spoilt(broker: Broker) -> str:
    """Killed, and such that no start can bring it back; what is told of that."""
    if isinstance(broker, JavaBroker):
        (broker.folder / "data" / "meta.properties").write_text("version=1\ncluster.id=of-another-broker-here\nnode.id=2\n")
        struck(broker)
        return "Kafka did not start on"
    assert isinstance(broker, DockerBroker)
    subprocess.run(["docker", "rm", "--force", "--volumes", broker.container.name], check=True, capture_output=True)
    return "No such container"


async def back(said: list[str], times: int, keeping: asyncio.Task[None] | None = None) -> None:
    """Wait until it is said that the broker answers again, so many times in all."""
    async with asyncio.timeout(120):
        while sum(line.startswith("the broker answers again") for line in said) < times:
            assert keeping is None or not keeping.done(), said
            await asyncio.sleep(0.05)


async def read(quotas: Service) -> int:
    """How many events quotas has read from the topics."""

    async def sum_of(tx: Tx) -> int:
        return int((await tx.execute(text("select coalesce(sum(next_offset), 0) from consumer_offset"))).scalar_one())

    return await quotas.db.run(sum_of)


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param == "docker":
        made: Broker = DockerBroker()
    else:
        found = broker_java.find()
        assert isinstance(found, broker_java.Found), found
        made = JavaBroker(tmp_path / "broker", found)
    with made:
        yield made


async def test_it_comes_back_where_it_was_and_is_given_up_where_it_does_not_stay(broker: Broker) -> None:
    said: list[str] = []
    keeping, where = asyncio.create_task(keep_broker(broker, said.append, asyncio.Event())), broker.bootstrap
    struck(broker)
    await back(said, 1, keeping)
    assert answers(where) and broker.bootstrap == where and broker.ended() == ""
    how = "signal SIGKILL" if isinstance(broker, JavaBroker) else "exit code 137"
    assert f"({how}) and is started again on the same data" in said[0] and broker.logs in said[0]
    why, since = spoilt(broker), time.monotonic()
    with pytest.raises(ServerEnded) as told:
        await asyncio.wait_for(keeping, 300)
    assert time.monotonic() - since >= sum(PAUSES_S[1:]) >= 20, "as long as Docker takes to be there again"
    for words in (f"The broker at {where} ended by itself", f"{STARTS_MAX} new starts", why, "start again", "--transport local"):
        assert words in str(told.value), told.value
    assert [line for line in said if line.startswith("the broker did not start")] == [
        f"the broker did not start and is tried again ({nth} of {STARTS_MAX}). Its logs: {broker.logs}" for nth in range(3, STARTS_MAX + 1)
    ]


async def test_one_that_ends_when_everything_does_stays_away(broker: Broker) -> None:
    said: list[str] = []
    stop = asyncio.Event()
    keeping = asyncio.create_task(keep_broker(broker, said.append, stop))
    await asyncio.sleep(0)  # it looks already
    struck(broker)
    stop.set()
    await asyncio.wait_for(keeping, 30)
    until(lambda: bool(broker.ended()))
    assert not answers(broker.bootstrap) and said == []


async def test_where_it_starts_again_while_everything_stops_nobody_is_told_that_anything_goes_on(broker: Broker) -> None:
    said: list[str] = []
    stop = asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        stop.set()

    struck(broker)
    await asyncio.wait_for(keep_broker(broker, say, stop), 120)
    assert len(said) == 1 and "is started again" in said[0], said


@pytest.mark.long(60)
async def test_events_go_on_after_it_and_an_installation_without_it_ends(
    tmp_path: Path, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUENTE_KAFKA_BOOTSTRAP", raising=False)
    found = find_broker(tmp_path / "found")
    assert not isinstance(found, Missing), f"the common one is at {kafka.bootstrap}: {found}"
    said: list[str] = []
    wish = Wish(transport="kafka", port=0, mail_port=0, mails_most=10, starts=datetime(2016, 1, 20, tzinfo=UTC), database_url="")
    async with Stack(Home(tmp_path / "home"), wish, said.append) as stack, stack.settling() as settling:
        broker, quotas = stack.broker, stack.services["quotas"]
        assert broker is not None and broker.ours
        assert await load(stack.services["applications"], PLAN, stack.clock, QUIET)
        await settling.settled(seconds=60, alive=stack.raise_failures)
        first = await read(quotas)
        assert first > 0
        struck(broker)
        assert await republish(stack.services, 1, stack.clock, QUIET) > first, "people go on while it is away"
        await back(said, 1)
        await settling.settled(seconds=120, alive=stack.raise_failures)
        assert await read(quotas) == 2 * first, "behind what was there before, and all of it"
        spoilt(broker)
        with pytest.raises(ServerEnded, match="does not stay"):
            await asyncio.wait_for(stack.wait(asyncio.Event()), 300)
    assert sum("ended by itself" in line for line in said) == 2, said
    assert not answers(broker.bootstrap), "nothing starts it any more"
