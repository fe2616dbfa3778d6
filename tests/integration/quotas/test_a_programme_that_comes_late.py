"""Events of a programme that quotas does not know yet wait for it, in their order, and go on by themselves."""

from sqlalchemy import text

from services.quotas.events import handle
from shared.events.catalogue import BY_TYPE
from shared.events.envelope import AnyEvent, encode
from shared.messaging import parking
from shared.messaging.consumer import Consumer
from shared.messaging.service import Service
from shared.messaging.transport import Partition, Record
from shared.persistence.database import Database
from tests.contract.rig import service
from tests.integration.quotas.scene import START, Person, apply_events, figures, held, programme, publication, rows, states

PE, BR = "training:PE:2016", "masters:BR:2016"


def quotas(db: Database) -> Service:
    return service("quotas", db, handle)


def records(*events: AnyEvent) -> list[Record]:
    return [
        Record(Partition(BY_TYPE[one.type].topic.name, 0), number, one.partitionkey, encode(one)) for number, one in enumerate(events, 1)
    ]


async def test_an_early_approval_waits_for_its_programme_and_gets_its_place(empty: Database) -> None:
    """The one behind it in the same cell waits too; a cell of a programme that is known is served at once."""
    await apply_events(empty, publication(programme("masters")))
    early, behind, other = Person(PE), Person(PE), Person(BR)
    consumer = Consumer(quotas(empty))
    await consumer.deliver(records(early.approved(), behind.approved(), other.approved()))
    assert await states(empty, early, behind, other) == [None, None, "offered"]
    listed = await empty.run(parking.listing)
    assert [(one.key, one.reason_code, one.waits_for) for one in listed] == [
        (PE, "waits", "programme:training"),
        (PE, "behind", "programme:training"),
    ]
    assert await parking.resume_waiting(empty, handle, now=START) == 0, "the programme is still not known"

    withdrawn = behind.withdrawn()
    await consumer.deliver(records(withdrawn))
    await apply_events(empty, publication(programme("training")))
    assert await parking.resume_waiting(empty, handle, now=START) == 3
    assert await states(empty, early, behind, other) == ["offered", "released", "offered"]
    assert await figures(empty, PE) == (2, 1, 1, 0, 0)
    assert await rows(empty, "select 1 from parked_key") == []
    assert await held(empty) == {}


async def test_a_programme_in_the_same_batch_is_known_to_what_comes_after_it(empty: Database) -> None:
    first = Person(PE)
    await Consumer(quotas(empty)).deliver(records(publication(programme("training")), first.approved()))
    assert await states(empty, first) == ["offered"]
    assert (await empty.run(lambda tx: tx.execute(text("select count(*) from parked_event")))).scalar_one() == 0
