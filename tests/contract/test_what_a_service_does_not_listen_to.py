"""What a service does not listen to holds up no key of it: it is not kept behind one that stopped, and passed over where it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from services.applications.events import handle as applications
from services.notifications.events import handle as notifications
from services.quotas.events import handle as quotas
from services.run.registry import NAMES
from shared.events.catalogue import APPLICATIONS, BY_TYPE, decode, types_for
from shared.events.envelope import AnyEvent, encode
from shared.events.schemas import EXAMPLES
from shared.kernel.ids import new_id
from shared.messaging import parking
from shared.messaging.behind import keep
from shared.messaging.service import Handle
from shared.messaging.transport import Partition, Record, Transport
from shared.persistence.database import Tx
from tests.conftest import NewDb
from tests.contract.rig import MOMENT, Rig, service
from tests.integration.quotas.scene import Person, apply_events, programme, publication, states

KEY = "training:PE:2016"


@dataclass(frozen=True)
class Listener:
    """A real service: its handler, an event that it does not listen to though it reads the topic, and one on that topic that it does."""

    name: str
    handle: Handle
    unheard: str
    heard: str


LISTENERS = (
    Listener("quotas", quotas, "puente.application.submitted.v1", "puente.application.withdrawn.v1"),
    Listener("notifications", notifications, "puente.cell.changed.v1", "puente.place.offered.v1"),
)


def example(kind: str) -> AnyEvent:
    """The first published example of a type, under this key."""
    path = min(Path(EXAMPLES / kind).iterdir())
    return msgspec.structs.replace(decode(path.read_bytes()), partitionkey=KEY, id=new_id())


async def rig_of(one: Listener, transport: Transport, new_db: NewDb) -> Rig:
    return Rig(await new_db("applications"), await new_db(one.name), transport)


async def keep_as_before(rig: Rig, *events: AnyEvent) -> None:
    """Rows as a service kept them that did not ask whether it listens."""
    records = [Record(Partition(BY_TYPE[one.type].topic.name, 0), n, KEY, encode(one)) for n, one in enumerate(events)]
    await rig.consumer.run(lambda tx: keep(tx, records))


async def kinds(rig: Rig) -> list[str | None]:
    """The types of what is kept and open, in order."""
    return [one.type for one in await rig.consumer.run(parking.listing)]


@pytest.mark.parametrize("one", LISTENERS, ids=lambda one: one.name)
async def test_a_key_that_stopped_goes_on_where_others_events_came_behind_it(one: Listener, transport: Transport, new_db: NewDb) -> None:
    """Bytes of no event stop it, somebody drops them, and all that is behind is handled."""
    rig = await rig_of(one, transport, new_db)
    if one.name == "quotas":
        await apply_events(rig.consumer, publication(programme("training")))

    async def smuggle(tx: Tx) -> None:
        await tx.execute(
            text("insert into outbox (topic, key, event_id, type, value, created_at) values (:topic, :key, :id, 'x', 'not an event', :at)"),
            {"topic": APPLICATIONS.name, "key": KEY, "id": new_id(), "at": MOMENT},
        )

    async with rig.working(service(one.name, rig.consumer, one.handle)), rig.relaying():
        await rig.producer.run(smuggle)

        async def stopped() -> bool:
            return await kinds(rig) == [None]

        await rig.until(stopped)
        await rig.publish(example(one.unheard), example(one.heard))

        async def behind() -> bool:
            return one.heard in await kinds(rig)

        await rig.until(behind)
        assert await kinds(rig) == [None, one.heard]
        await keep_as_before(rig, example(one.unheard))
        first, *_behind = await rig.consumer.run(parking.listing)
        assert await rig.consumer.run(lambda tx: parking.drop(tx, first.id, now=MOMENT, actor="operator", reason="no event of ours"))
        assert await parking.resume(rig.consumer, one.handle, KEY, now=MOMENT, actor="operator") == 2
        assert await kinds(rig) == []
        assert await rig.count("select count(*) from parked_key") == 0


async def test_what_waits_for_a_programme_goes_on_by_itself_where_others_events_came_behind_it(transport: Transport, new_db: NewDb) -> None:
    """Put forward, handed in and approved before the programme is known: no hand is needed once it is."""
    rig, ana = await rig_of(LISTENERS[0], transport, new_db), Person(KEY)
    submitted = example("puente.application.submitted.v1")
    async with rig.working(service("quotas", rig.consumer, quotas)), rig.relaying():
        await rig.publish(ana.nominated(), submitted, ana.approved())

        async def wait() -> bool:
            return "puente.application.approved.v1" in await kinds(rig)

        await rig.until(wait)
        assert await kinds(rig) == ["puente.application.nominated.v1", "puente.application.approved.v1"]
        await keep_as_before(rig, submitted)
        await rig.publish(publication(programme("training")))

        async def goes_on() -> bool:
            return await rig.count("select count(*) from parked_key") == 0

        await rig.until(goes_on)
        assert await states(rig.consumer, ana) == ["offered"]
        assert await kinds(rig) == []


@pytest.mark.parametrize("name", NAMES)
async def test_every_service_passes_over_all_that_it_does_not_listen_to(name: str, new_db: NewDb) -> None:
    """Each example of each such event, alone, changes nothing and fails nowhere."""
    handle: Handle = {"applications": applications, "quotas": quotas, "notifications": notifications}[name]
    db = await new_db(name)
    others = [example(kind) for kind in BY_TYPE if kind not in types_for(name)]
    for batch in (*([one] for one in others), others):
        await db.run(partial(_handled, handle, batch))


async def _handled(handle: Handle, events: Sequence[AnyEvent], tx: Tx) -> None:
    await handle(tx, events)
