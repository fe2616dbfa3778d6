"""The JSON API against its own description (`tests/asking.py`)."""

from pathlib import Path

import pytest

from shared.kernel.clock import ManualClock
from tests.asking import Known, ask_everything
from tests.conftest import NewDatabase
from tests.integration.quotas.office import API, BO, BR, PE, Office, move
from tests.integration.quotas.pages_front import front
from tests.integration.quotas.scene import START, Person, apply_events, held, programme, publication

ONE = "/{proposal}"
OF_OFFICERS = {("GET", ""), ("GET", ONE), *(("POST", f"{ONE}/{act}") for act in ("counter", "approve", "reject"))}


@pytest.fixture
async def office(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Office:
    """Peru's two places are offered and two people wait; Brazil gave a place to the pool."""
    clock.move_to(START)
    office = Office(front(await new_database("quotas"), clock, tmp_path))
    db = office.front.db
    await apply_events(db, publication(programme(nomination_ratio=3.0)))
    office.front.people[PE] = [Person(PE, score=90_000 - n) for n in range(4)]
    await apply_events(db, *[one.approved() for one in office.front.people[PE]])
    await office.adopted("transfer", move(BR, None, 1))
    return office


async def test_whatever_is_asked_is_answered_as_the_description_says(office: Office) -> None:
    """As a country's coordinator, then as an officer who may adopt what another proposed: the books hold whatever was adopted."""
    waits = [str(one.application) for one in office.front.people[PE][2:]]
    proposals = [
        await office.filed("allotment_change", {"cell": PE, "target": 3}),
        await office.filed("reorder", {"cell": PE, "application": waits[1], "ahead_of": waits[0]}),
        await office.filed("leave", {"programme": "training", "country": "CL", "start": "2016-03-01"}),
    ]
    known: Known = {
        "programme": ["training"],
        "country": ["PE"],
        "year": [2016],
        **{name: [PE, BR] for name in ("key", "cell", "source", "target")},
        "limit": [f"nomination:{PE}", f"cell:{PE}"],
        "application": waits,
        "ahead_of": waits,
        "proposal": proposals,
        "state": [*[(await office.shown(one))["effect"]["state"] for one in proposals], "open"],
    }
    app, books = office.front.app, office.front.db
    refused = await ask_everything(app, office.front.token("coordinator", country="PE", account=BO), known)
    assert refused == {f"{method} {API}{path}" for method, path in OF_OFFICERS}
    assert await ask_everything(app, office.front.token("officer", account=BO), known) == set()
    assert await held(books) == {}
