"""What operators see of places: the same page as that of applications, on this service's own database."""

from pathlib import Path

from services.quotas.promises import PROMISES
from services.quotas.store import checks
from shared.events.applications import ApplicationApproved
from shared.events.catalogue import APPLICATIONS
from shared.events.envelope import encode
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.messaging import parking
from shared.messaging.backlog import Backlog, Behind
from shared.messaging.transport import Partition, Record
from shared.web import operations
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import PERU, Front, front, words
from tests.integration.quotas.scene import Person, rows
from tests.served import kept_port


def test_every_live_check_has_words() -> None:
    assert set(PROMISES) == {*checks.CHECKS, "free places with somebody servable waiting"}


async def test_what_waits_on_the_topics_is_shown_with_its_age_and_a_broker_that_is_away_is_said(
    new_database: NewDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    partition = Partition(APPLICATIONS.name, 3)
    found = Backlog((Behind(partition, 7, 61), Behind(Partition(APPLICATIONS.name, 5), 1, None)))
    assert operations.waits(found) == [{"number": "8", "text": "events waiting here", "note": "the oldest for 61 seconds", "alert": True}]
    assert not operations.waits(Backlog((Behind(partition, 7, 60),)))[0]["alert"] and operations.waits(None) == []
    with kept_port() as nobody:
        made = front(await new_database("quotas"), clock, tmp_path, transport="kafka", kafka_bootstrap=f"127.0.0.1:{nobody}")
        async with made.browser("operator") as operator:
            said = words(await operator.get("/quotas/operations"))
    assert "? events waiting here Kafka cannot be asked" in said and "0 events not sent yet" in said
    await made.db.close()


async def test_a_stopped_key_is_shown_resumed_and_its_event_dropped_by_operators_alone(service: Front) -> None:
    await service.publish("scholarship")
    person, account = Person(PERU), str(new_id())
    approved = person.approved(service.clock.now())
    assert isinstance(approved.data, ApplicationApproved)
    for offset, value in enumerate((encode(approved), b"no event at all")):
        record = Record(Partition(APPLICATIONS.name, 0), offset, PERU, value)
        await service.db.run(lambda tx, record=record: parking.park(tx, record, code="handler_failed", reason="it did not fit"))  # type: ignore[misc]
    async with service.browser("officer") as officer, service.browser("") as stranger:
        assert (await officer.get("/quotas/operations")).status_code == 404
        assert (await stranger.get("/quotas/operations")).status_code in (303, 401)
        assert (await officer.post("/quotas/operations/resume", data={"key": PERU})).status_code == 404
    async with service.browser("operator", account=account) as operator:
        page = await operator.get("/quotas/operations")
        said = words(page)
        assert "0 broken promises" in said and "1 stopped keys" in said
        assert "Nobody holds more places than the plan allows" in said and "Handling it failed it did not fit" in said
        assert 'href="/operations"' in page.text and 'data-part="/messages/operations?part=figures"' in page.text
        assert "broken promises" not in words(await operator.get("/quotas/operations?part=figures"))
        stays = await operator.post("/quotas/operations/resume", data={"key": PERU})
        assert stays.status_code == 409 and "drop it with a reason" in words(stays)
        (place,) = await rows(service.db, "select state from place")
        assert place.state == "waiting", "what stood before the one that cannot be read was handled"
        (bad,) = await rows(service.db, "select id from parked_event where settled_at is null")
        dropped = await operator.post("/quotas/operations/drop", data={"event": str(bad.id), "reason": "sent by a test rig"})
        assert dropped.headers["location"] == "/quotas/operations?dropped=1"
        done = await operator.post("/quotas/operations/resume", data={"key": PERU})
        assert done.headers["location"] == "/quotas/operations?resumed=0"
        assert "Nothing has stopped" in words(await operator.get("/quotas/operations?resumed=3&left=40"))
    audited = {(row.act, row.actor) for row in await rows(service.db, "select act, actor from audit_entry where act like 'events.%'")}
    assert audited == {("events.resume", account), ("events.drop", account)}
