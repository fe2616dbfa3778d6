"""Those who press the button in the same moment share a transaction, and get each their own answer."""

from datetime import timedelta
from typing import Any

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import Incomplete, NotFound
from services.applications.domain.viewers import Viewer
from services.applications.store import applications as store
from services.applications.tables import Application
from services.applications.use_cases import Submission
from shared.kernel.ids import new_id
from shared.persistence.database import Tx
from shared.persistence.together import Alone
from tests.integration.applications.people import World, new_applicant

SECOND = timedelta(seconds=1)


async def test_those_who_press_together_get_each_their_own_answer(world: World) -> None:
    """Good ones, one sent before, one not filled in, a stranger's try, one that is not there and one that an officer holds just now."""
    good = [await _ready(world) for _ in range(3)]
    sent, sent_application = await _ready(world)
    before = await world.submit(sent, sent_application.id, "sent-before")
    empty = new_applicant()
    unfilled = await world.draft(empty)
    held, held_application = await _ready(world)
    stranger = new_applicant()
    asked = [
        *(Submission(person, one.id, f"key-{one.id}", world.now, agreed={"declaration": 1}, language="es") for person, one in good),
        Submission(sent, sent_application.id, "sent-before", world.now + SECOND),
        Submission(empty, unfilled.id, "unfilled", world.now),
        Submission(stranger, unfilled.id, "not-mine", world.now),
        Submission(stranger, new_id(), "no-such", world.now),
        Submission(held, held_application.id, "held", world.now),
    ]

    async def holding(tx: Tx) -> list[Any]:
        await store.locked(tx, held_application.id)
        return await world.db.run(lambda beside: use_cases.submit_together(beside, asked))

    *three, repeated, incomplete, not_mine, not_there, waits = await world.db.run(holding)
    receipts = [(await world.application(one.id)).receipt for _, one in good]
    assert [one.receipt for one in three] == receipts
    assert len(set(receipts)) == 3
    assert (repeated, not_mine, not_there, waits) == (before, NotFound(), Alone(), Alone())
    assert isinstance(incomplete, Incomplete)
    assert [(await world.application(one.id)).state for one in (unfilled, held_application)] == [State.DRAFT] * 2
    for person, one in good:
        [line] = await world.rows("select act, detail from timeline_entry where application_id = :id and number = 2", id=one.id)
        assert line.detail == {"receipt": (await world.application(one.id)).receipt, "agreed": {"declaration": 1}, "language": "es"}
        assert [event.type for event in await world.published(one.id)] == ["puente.application.submitted.v1"]
        assert await world.submit(person, one.id, f"key-{one.id}") == three[receipts.index(line.detail["receipt"])], "the key answers again"


async def _ready(world: World) -> tuple[Viewer, Application]:
    person = new_applicant()
    application = await world.draft(person)
    await world.fill(person, application)
    return person, application
