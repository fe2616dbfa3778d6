"""Moves of places through the API: previewed, adopted by a second person, told in both chains; each way to go wrong does nothing at all."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.persistence.database import Tx
from tests.conftest import NewDatabase
from tests.integration.quotas.office import ANA, API, AR, BO, BR, CL, PE, Office, code, move
from tests.integration.quotas.pages_front import front, words
from tests.integration.quotas.scene import START, Person, apply_events, figures, held, picture, programme, publication, rows, states, told
from tests.integration.quotas.test_batches_meet import WAITS_FOR_A_LOCK


@pytest.fixture
async def office(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Office:
    """Peru's two places are offered and two people wait; Brazil, Argentina and Chile have two free each."""
    clock.move_to(START)
    service = front(await new_database("quotas"), clock, tmp_path)
    await apply_events(service.db, publication(programme()))
    waiting = [Person(PE, score=90_000 - n) for n in range(4)]
    service.people[PE] = waiting
    await apply_events(service.db, *[one.approved() for one in waiting])
    assert await figures(service.db, PE) == (2, 0, 2, 0, 2)
    return Office(service)


async def test_a_transfer_is_looked_at_then_adopted_and_serves_who_waits(office: Office) -> None:
    db = office.front.db
    before = await picture(db)
    effect = (await office.look("transfer", move(BR, PE, 2))).json()
    by_cell = {cell["key"]: cell for cell in effect["cells"]}
    assert [by_cell[key]["before"]["target"] for key in (BR, PE)] == [2, 2]
    assert [by_cell[key]["after"]["target"] for key in (BR, PE)] == [0, 4]
    third, fourth = office.front.people[PE][2:]
    assert by_cell[PE]["offered"] == [str(third.application), str(fourth.application)] and effect["told"] == 2
    assert await picture(db) == before, "looking changes nothing"
    await office.adopted("transfer", move(BR, PE, 2))
    assert await figures(db, BR) == (0, 0, 0, 0, 0) and await figures(db, PE) == (4, 0, 4, 0, 0)
    assert await states(db, third, fourth) == ["offered", "offered"]
    (moved,) = await rows(db, "select source, target, count, cell from transfer where cause = 'transferred'")
    assert tuple(moved) == (f"free:{BR}", f"free:{PE}", 2, BR)
    assert [one.data.cause for one in await told(db, "offered")][2:] == ["raised", "raised"]
    assert await held(db) == {}
    acts = await rows(db, "select act, actor from audit_entry order by id")
    assert [tuple(act) for act in acts] == [("places.propose", ANA), ("places.approve", BO)]


async def test_what_returns_to_the_pool_comes_back_by_its_counter_move_only(office: Office) -> None:
    db = office.front.db
    first = await office.adopted("return", move(BR, None, 1))
    assert [row.balance for row in await rows(db, "select balance from account where key = 'pool:training'")] == [1]
    answer = await office.ask(ANA, "POST", f"{API}/{first}/counter", {"reason": "It was a mistake."})
    assert answer.status_code == 201, answer.text
    back = answer.json()["proposal"]
    shown = await office.shown(back)
    assert (shown["kind"], shown["counters"], shown["params"]["moves"]) == (
        "transfer",
        first,
        [{"source": None, "target": BR, "places": 1}],
    )
    assert (await office.adopt(back)).status_code == 200
    assert await figures(db, BR) == (2, 2, 0, 0, 0) and await held(db) == {}


async def test_a_target_has_a_counter_move_too_and_an_open_proposal_has_none(office: Office) -> None:
    await office.adopted("return", move(CL, None, 1))
    first = await office.filed("allotment_change", {"cell": PE, "target": 3})
    assert code(await office.ask(ANA, "POST", f"{API}/{first}/counter", {"reason": "No."})) == (409, "no_counter")
    assert (await office.adopt(first)).status_code == 200
    answer = await office.ask(ANA, "POST", f"{API}/{first}/counter", {"reason": "Back."})
    shown = await office.shown(answer.json()["proposal"])
    assert shown["params"] == {"cell": PE, "target": 2, "allow_over": True}


async def test_several_moves_are_all_done_or_none(office: Office) -> None:
    db = office.front.db
    moves = {"moves": [{"source": BR, "target": PE, "places": 1}, {"source": AR, "target": PE, "places": 1}]}
    proposal = await office.filed("redistribution", moves)
    seen = (await office.shown(proposal))["effect"]["state"]
    await office.adopted("return", move(CL, None, 2))
    assert (await office.adopt(proposal, state=seen)).status_code == 200, "what happens elsewhere does not matter"
    assert await figures(db, PE) == (4, 0, 4, 0, 0)
    later = {"moves": [{"source": BR, "target": PE, "places": 1}, {"source": AR, "target": PE, "places": 1}]}
    second = await office.filed("redistribution", later)
    await office.adopted("return", move(AR, None, 1))
    before = await picture(db)
    assert code(await office.adopt(second)) == (409, "free_short")
    assert await picture(db) == before and await held(db) == {}


WRONG: tuple[tuple[str, Any, tuple[int, str]], ...] = (
    ("transfer", move(BR, PE, 3), (409, "free_short")),
    ("transfer", move(PE, BR, 1), (409, "free_short")),
    ("transfer", move(None, PE, 1), (409, "pool_short")),
    ("transfer", move(BR, BR, 1), (422, "same_ends")),
    ("transfer", move(BR, "training:XX:2016", 1), (404, "unknown_cell")),
    ("transfer", move(BR, PE, 0), (422, "bad_places")),
    ("transfer", {"moves": []}, (422, "no_moves")),
    ("transfer", {"moves": "all"}, (422, "bad_params")),
    ("transfer", {**move(BR, PE, 1), "more": 1}, (422, "bad_params")),
    ("allotment_change", {"cell": PE, "target": 1}, (422, "below_held")),
    ("allotment_change", {"cell": PE, "target": -1}, (422, "bad_target")),
    ("allotment_change", {"cell": PE, "target": 2}, (422, "unchanged")),
    ("allotment_change", {"cell": "nonsense", "target": 2}, (404, "unknown_cell")),
    ("coup", {}, (422, "unknown_kind")),
)


@pytest.mark.parametrize(("kind", "params", "expected"), WRONG)
async def test_what_cannot_be_is_refused_with_a_reason_and_files_nothing(
    office: Office, kind: str, params: Any, expected: tuple[int, str]
) -> None:
    before = await picture(office.front.db)
    answer = await office.propose(kind, params)
    assert code(answer) == expected and answer.json()["detail"]
    assert await rows(office.front.db, "select 1 from proposal") == [] and await picture(office.front.db) == before
    assert code(await office.look(kind, params)) == expected


async def test_places_do_not_change_their_programme(office: Office) -> None:
    await apply_events(office.front.db, publication(programme("masters")))
    assert code(await office.propose("transfer", move(BR, "masters:PE:2016", 1))) == (422, "other_programme")


async def test_below_what_is_held_needs_to_be_said(office: Office) -> None:
    await office.adopted("allotment_change", {"cell": PE, "target": 1, "allow_over": True})
    assert await figures(office.front.db, PE) == (1, 0, 2, 0, 2) and await held(office.front.db) == {}
    assert code(await office.propose("transfer", move(BR, PE, 1))) == (409, "holds_too_many")


async def test_only_another_person_decides_once_and_on_what_was_shown(office: Office) -> None:
    db = office.front.db
    proposal = await office.filed("transfer", move(BR, PE, 1))
    seen = (await office.shown(proposal))["effect"]["state"]
    assert code(await office.adopt(proposal, by=ANA)) == (403, "same_person")
    await apply_events(db, office.front.people[PE][0].declines(1))
    before = await picture(db)
    assert code(await office.adopt(proposal, state=seen)) == (409, "stale")
    assert await picture(db) == before
    seen = (await office.shown(proposal))["effect"]["state"]
    at_once = await asyncio.gather(*[office.adopt(proposal, by=by, state=seen) for by in (BO, BO, str(new_id()))])
    assert sorted(map(code, at_once)) == [(200, ""), (409, "not_open"), (409, "not_open")], "of several at once one decides"
    assert code(await office.adopt(proposal)) == (409, "not_open")
    assert code(await office.adopt(str(new_id()), state="")) == (404, "unknown_proposal")
    assert await figures(db, PE) == (3, 0, 3, 0, 0) and await held(db) == {}


async def test_a_repeated_request_files_one_proposal_and_a_refusal_leaves_the_key(office: Office) -> None:
    key = str(new_id())
    assert code(await office.propose("transfer", move(BR, PE, 3), key=key)) == (409, "free_short")
    first, second = [(await office.propose("transfer", move(BR, PE, 1), key=key)).json() for _ in range(2)]
    assert first == second
    assert code(await office.propose("transfer", move(BR, PE, 2), key=key)) == (422, "key_reused")


async def test_only_officers_propose(office: Office) -> None:
    for role in ("auditor", "operator", "reviewer", "coordinator", "applicant"):
        answer = await office.propose("transfer", move(BR, PE, 1), role=role)
        assert answer.status_code == 403, role


async def test_only_places_that_serve_somebody_are_redistributed(office: Office) -> None:
    """One of the two who wait holds a place elsewhere by now: for them none is asked for. Where nobody could take one, nothing moves."""
    db, (_first, _second, third, fourth) = office.front.db, office.front.people[PE]
    path, typed = "/quotas/redistribute?programme=training&year=2016", {"reason": "They would lapse.", "step": "look"}
    await apply_events(db, Person(BR, person=third.person).approved())
    async with office.front.browser("officer", account=ANA) as ana:
        before = await picture(db)
        said = words(await ana.post(path, data=typed))
        assert "Places 1 Reason" in said and "1 person who waits would be offered a place." in said and await picture(db) == before
        await apply_events(db, Person(BR, person=fourth.person).approved())
        none = await ana.post(path, data=typed)
        assert "Nothing can be redistributed" in words(none) and "See what it would do" not in words(none)


async def test_opening_the_form_waits_for_nobody(office: Office) -> None:
    """Whether anything could move is read off the board; what exactly, by making the decision, is found when somebody asks to see it."""
    db, locked, go = office.front.db, asyncio.Event(), asyncio.Event()

    async def hold(tx: Tx) -> None:
        await tx.execute(text("select key from cell where key = :key for no key update"), {"key": PE})
        locked.set()
        await go.wait()

    holding = asyncio.create_task(db.run(hold))
    await locked.wait()
    async with office.front.browser("officer", account=ANA) as ana:
        opening = asyncio.create_task(ana.get("/quotas/redistribute?programme=training&year=2016"))
        while not opening.done():  # the database says whether it waits, nobody is told
            waiting = (await rows(db, WAITS_FOR_A_LOCK))[0][0]
            await asyncio.sleep(0.01)
            if waiting:
                break
        go.set()
        await holding
        assert not waiting and "See what it would do" in words(await opening)


async def test_places_are_moved_redistributed_and_countered_by_forms(office: Office) -> None:
    """Without JavaScript: the form, the effect, the proposal, the second person, and the counter-move."""
    db = office.front.db
    async with office.front.browser("officer", account=ANA) as ana, office.front.browser("officer", account=BO) as bo:
        form = await ana.get(f"/quotas/cells/{BR}/move")
        assert form.status_code == 200 and "2 are free now" in words(form) and "PE (2)" in words(form)
        wrong = await ana.post(f"/quotas/cells/{BR}/move", data={"places": "3", "to": "nowhere", "reason": "", "step": "look"})
        said = words(wrong)
        assert wrong.status_code == 422 and "Only 2 are free" in said and "Choose where the places go" in said and "Say why" in said
        data = {"places": "1", "to": PE, "reason": "People wait.", "key": str(new_id())}
        look = await ana.post(f"/quotas/cells/{BR}/move", data={**data, "step": "look"})
        assert look.status_code == 200 and "1 person who waits would be offered a place." in words(look) and "2 → 3" in words(look)
        filed = await ana.post(f"/quotas/cells/{BR}/move", data={**data, "step": "send"})
        assert filed.status_code == 303
        path = filed.headers["location"].partition("?")[0]
        page = await bo.get(path)
        assert "1 place → PE" in words(page)
        state = page.text.partition('name="state" value="')[2].partition('"')[0]
        done = await bo.post(path, data={"decision": "approve", "note": "", "state": state})
        assert done.status_code == 303 and await figures(db, PE) == (3, 0, 3, 0, 1)
        went, came = [words(await bo.get(f"/quotas/cells/{cell}/movements")) for cell in (BR, PE)]
        assert "1 place: free → free (PE 2016)" in went and "1 place: free (BR 2016) → free" in came, "both sides say where"
        spread = await ana.get("/quotas/redistribute?programme=training&year=2016")
        key = {"key": str(new_id()), "reason": "They would lapse."}
        shown = await ana.post("/quotas/redistribute?programme=training&year=2016", data={**key, "step": "look"})
        assert spread.status_code == shown.status_code == 200 and "AR 2016" in words(shown)
        moves = shown.text.partition('name="moves" value="')[2].partition('"')[0].replace("&#34;", '"')
        again = await ana.post("/quotas/redistribute?programme=training&year=2016", data={**key, "moves": moves, "step": "send"})
        assert again.status_code == 303
        assert "1 place to other countries (1)" in words(await ana.get("/quotas/proposals"))
        back = await ana.get(f"{path}/counter")
        assert "2 places are free" not in words(back) and "Not that many places are free" in words(back), "they are held by now"
        assert "It cannot be proposed as it is." in words(back) and 'name="reason"' not in back.text
        bare = await ana.post(f"{path}/counter", data={"reason": ""})
        assert bare.status_code == 422 and "Say why this should change" in words(bare)
    assert await held(db) == {}
