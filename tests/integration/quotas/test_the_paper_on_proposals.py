"""What docs/proposals.md tells the writer of a program, tried as it is written there."""

from pathlib import Path

from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.office import ANA, API, BO, BR, PE, Office, code, move
from tests.integration.quotas.pages_front import front
from tests.integration.quotas.scene import START, apply_events, figures, programme, publication


async def test_a_program_proposes_and_adopts_by_the_state_of_the_effect(
    new_database: NewDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    clock.move_to(START)
    office = Office(front(await new_database("quotas"), clock, tmp_path))
    await apply_events(office.front.db, publication(programme()))
    asked = {"kind": "transfer", "params": move(BR, PE, 1)}
    body = {**asked, "reason": "More people apply there."}

    assert (await office.ask(ANA, "POST", API, body, key="1234567")).status_code == 422, "a key has 8 characters or more"
    assert (await office.ask(ANA, "POST", f"{API}/preview", body)).status_code == 422, "a preview files nothing, so it takes no reason"
    assert (await office.ask(ANA, "POST", f"{API}/preview", asked)).status_code == 200
    filed = await office.ask(ANA, "POST", API, body, key="12345678")
    assert (filed.status_code, filed.json().keys()) == (201, {"proposal"})

    one = f"{API}/{filed.json()['proposal']}"
    shown = (await office.ask(BO, "GET", one)).json()
    assert shown["state"] == "open", "where the proposal stands, and no word for the books"
    assert code(await office.ask(BO, "POST", f"{one}/approve", {"state": shown["state"]})) == (409, "stale")
    assert await figures(office.front.db, PE) == (2, 2, 0, 0, 0)
    assert (await office.ask(BO, "POST", f"{one}/approve", {"state": shown["effect"]["state"]})).status_code == 200
    assert await figures(office.front.db, PE) == (3, 3, 0, 0, 0)
