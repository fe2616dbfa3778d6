"""What a sweep has begun when the broker goes away comes to its end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import text

from shared.messaging.local import LocalPublisher, LocalTransport
from shared.messaging.service import Sweep
from shared.messaging.transport import Outgoing, Receiver, TransportAway
from shared.persistence.database import Database
from tests.contract.rig import KEYS, Rig, apply_once, fact, service

NewDb = Callable[[str], Awaitable[Database]]


class LostInTheMiddle(LocalTransport):
    """The broker goes away while something else is under way, once that has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.lost = asyncio.Event(), asyncio.Event()

    async def publisher(self) -> LocalPublisher:
        if self.lost.is_set():
            return await super().publisher()
        return Losing({}, self)


class Losing(LocalPublisher):
    def __init__(self, receivers: dict[str, tuple[frozenset[str], Receiver]], transport: LostInTheMiddle) -> None:
        super().__init__(receivers)
        self._transport = transport

    async def publish(self, rows: Sequence[Outgoing]) -> Sequence[int]:
        await self._transport.begun.wait()
        self._transport.lost.set()
        raise TransportAway("it went away")


async def test_what_a_sweep_does_comes_to_its_end_where_the_broker_goes_away(new_db: NewDb) -> None:
    """As mails that are being sent: cut off in the middle they would wait for ten minutes, until nobody can be sending them any more."""
    producer, transport, came = await new_db("applications"), LostInTheMiddle(), list[str]()

    async def run(_now: datetime) -> int:
        came.append("begun")
        transport.begun.set()
        await transport.lost.wait()
        await producer.run(lambda tx: tx.execute(text("select pg_sleep(0.2)")))
        came.append("done")
        return 0

    rig = Rig(producer, await new_db("quotas"), transport)
    one = replace(service("applications", producer, apply_once), make_sweeps=lambda: (Sweep("mails", 60.0, run),))
    await rig.publish(fact("a", 1, KEYS[0]))
    async with rig.working(one):
        await rig.until_sent()

        async def twice() -> bool:
            return came.count("begun") >= 2

        await rig.until(twice)
        assert came[:3] == ["begun", "done", "begun"]


async def test_one_that_hangs_is_cut_off_there_and_what_is_published_goes_on(new_db: NewDb) -> None:
    """Before another worker takes the leader for dead, which says nothing meanwhile, and sweeps beside it."""
    producer, transport = await new_db("applications"), LostInTheMiddle()
    watched, cut, states = asyncio.Event(), list[float](), list[str]()

    async def run(_now: datetime) -> int:
        if cut:
            return 0
        await watched.wait()
        transport.begun.set()
        await transport.lost.wait()
        lost = time.monotonic()
        try:
            await asyncio.Event().wait()
        finally:
            cut.append(time.monotonic() - lost)
            states.append(worker.state)
        return 0

    rig = Rig(producer, await new_db("quotas"), transport)
    one = replace(service("applications", producer, apply_once), make_sweeps=lambda: (Sweep("mails", 0.1, run),))
    await rig.publish(fact("a", 1, KEYS[0]))
    async with rig.working(one, leader_seconds=2) as worker:
        watched.set()
        await rig.until_sent()
    assert len(cut) == 1 and cut[0] >= 0.9, "time to come to its end"
    assert states == ["leader waits: it went away"]
