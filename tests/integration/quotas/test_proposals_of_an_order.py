"""A waiting list is put in another order by two people: shown before, marked after, served by it, and sound to whoever checks the books."""

from pathlib import Path
from typing import Any

import pytest

from services.quotas import foresight
from shared.events.applications import ListRule
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from tests.conftest import NewDatabase
from tests.integration.quotas.office import ANA, BO, PE, Office, code
from tests.integration.quotas.pages_front import front, words
from tests.integration.quotas.scene import START, Person, apply_events, held, picture, programme, publication, rows, states


@pytest.fixture
async def office(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Office:
    """Peru's two places are offered and two people wait."""
    clock.move_to(START)
    service = front(await new_database("quotas"), clock, tmp_path)
    await apply_events(service.db, publication(programme(waiting_list=ListRule(ratio=1.0, at_least=9), route=("review", "approval"))))
    service.people[PE] = [Person(PE, score=90_000 - n) for n in range(4)]
    await apply_events(service.db, *[one.approved() for one in service.people[PE]])
    return Office(service)


def ahead(one: Person, other: Person) -> dict[str, Any]:
    return {"cell": PE, "application": str(one.application), "ahead_of": str(other.application)}


async def test_who_was_put_ahead_is_served_first(office: Office) -> None:
    db, (first, _second, third, fourth) = office.front.db, office.front.people[PE]
    before = await picture(db)
    assert (await office.look("reorder", ahead(fourth, third))).status_code == 200 and await picture(db) == before
    await office.adopted("reorder", ahead(fourth, third))
    (decided,) = await rows(db, "select record from decision where outcome = 'reordered'")
    assert '"position":1' in decided.record and '"cause":"reordered"' in decided.record
    await apply_events(db, first.declines(1))
    assert await states(db, third, fourth) == ["waiting", "offered"] and await held(db) == {}


async def test_what_it_would_do_is_who_moves_and_whom_they_pass(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Upwards and downwards, with the rank of each now and afterwards; of many some are named and the others counted."""
    more = [Person(PE, score=80_000 - n) for n in range(3)]
    await apply_events(office.front.db, *[one.approved() for one in more])
    *_offered, third, fourth = office.front.people[PE]
    everybody, new = [third, fourth, *more], Person(PE, score=70_000)

    async def turns(one: Person, other: Person) -> list[tuple[int, int, int]]:
        effect = (await office.look("reorder", ahead(one, other))).json()
        known = [str(person.application) for person in everybody]
        return [(known.index(turn["application"]) + 1, turn["before"], turn["after"]) for turn in effect["order"]]

    assert await turns(more[1], fourth) == [(4, 4, 2), (2, 2, 3), (3, 3, 4)]
    assert await turns(third, more[1]) == [(1, 1, 3), (2, 2, 1), (3, 3, 2)]
    monkeypatch.setattr(foresight, "PASSED", 1)
    assert await turns(more[1], fourth) == [(4, 4, 2), (2, 2, 3)] and await turns(third, more[1]) == [(1, 1, 3), (2, 2, 1)]
    path = await office.filed("reorder", ahead(more[1], fourth))
    async with office.front.browser("officer", account=BO) as bo:
        page = words(await bo.get(f"/quotas/proposals/{path}"))
        assert "Moves 4 2" in page and "1 more changes by one rank in the same way." in page and "Figure" not in page
        await apply_events(office.front.db, new.approved())
        later = words(await bo.get(f"/quotas/proposals/{path}"))
        assert "were made since this was proposed. The ranks are as they are now." in later and "is marked" not in later
    await office.adopt(path)
    listed = (await office.ask(ANA, "GET", f"/quotas/api/v1/cells/{PE}")).json()["list"]
    assert [one["application"] for one in listed] == [str(one.application) for one in (third, more[1], fourth, more[0], more[2], new)]
    assert [(one["score"], one["by_hand"]) for one in listed] == [
        (89_998, False), (79_999, True), (89_997, False), (80_000, False), (79_998, False), (70_000, False),
    ], "everybody's own score, whoever stands where"  # fmt: skip


async def test_what_cannot_be_is_refused_and_files_nothing(office: Office) -> None:
    first, _second, third, fourth = office.front.people[PE]
    for params, expected in (
        (ahead(third, fourth), (422, "ahead_already")),
        (ahead(third, third), (409, "not_waiting")),
        (ahead(first, third), (409, "not_waiting")),
        ({**ahead(third, fourth), "application": str(new_id())}, (409, "not_waiting")),
        ({**ahead(third, fourth), "cell": "training:XX:2016"}, (404, "unknown_cell")),
        ({**ahead(third, fourth), "application": "nobody"}, (422, "bad_params")),
    ):
        assert code(await office.propose("reorder", params)) == expected
    assert await rows(office.front.db, "select 1 from proposal") == []


async def test_nobody_moves_an_application_of_their_own(office: Office) -> None:
    """Whoever applied before they joined the staff keeps their account: neither proposing nor adopting is theirs."""
    third, fourth = office.front.people[PE][2:]
    for own in (third, fourth):
        answer = await office.propose("reorder", ahead(fourth, third), by=str(own.person))
        assert code(answer) == (403, "own_application")
    assert await rows(office.front.db, "select 1 from proposal") == []
    proposal = await office.filed("reorder", ahead(fourth, third))
    assert code(await office.adopt(proposal, by=str(fourth.person))) == (403, "own_application")
    assert (await office.adopt(proposal)).status_code == 200


async def test_somebody_left_the_list_since_it_was_shown(office: Office) -> None:
    third, fourth = office.front.people[PE][2:]
    proposal = await office.filed("reorder", ahead(fourth, third))
    seen = (await office.shown(proposal))["effect"]["state"]
    await apply_events(office.front.db, third.withdrawn())
    assert code(await office.adopt(proposal, state=seen)) == (409, "stale")
    assert code(await office.adopt(proposal)) == (409, "not_waiting")


async def test_by_forms_with_the_mark_that_stays(office: Office) -> None:
    path = f"/quotas/cells/{PE}/reorder"
    async with office.front.browser("officer", account=ANA) as ana, office.front.browser("officer", account=BO) as bo:
        for whole in ("", "/list"):
            assert "Change the order of the list" in words(await ana.get(f"/quotas/cells/{PE}{whole}"))
        wrong = words(await ana.post(path, data={"move": "3", "ahead": "x", "reason": ""}))
        assert "Enter a rank of the list, from 1 to 2" in wrong and "Say why this should change" in wrong
        assert "Choose two different ranks" in words(await ana.post(path, data={"move": "1", "ahead": "1", "reason": "No"}))
        data = {"move": "2", "ahead": "1", "reason": "A court ordered it.", "key": "0123456789"}
        look = await ana.post(path, data={**data, "step": "look"})
        assert "Rank now Rank afterwards" in words(look) and "Moves 2 1" in words(look)
        ids = {name: look.text.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("application", "other")}
        assert ids == {name: str(one.application) for name, one in zip(ids, reversed(office.front.people[PE][2:]), strict=True)}
        filed = await ana.post(path, data={**data, **ids, "step": "send"})
        assert filed.status_code == 303
        at = filed.headers["location"].partition("?")[0]
        page = await bo.get(at)
        assert "on the list: …" in words(page)
        state = page.text.partition('name="state" value="')[2].partition('"')[0]
        assert (await bo.post(at, data={"decision": "approve", "note": "", "state": state})).status_code == 303
        done = words(await bo.get(at))
        assert "Adopted" in done and "places now" not in done and "offered a place" not in done, "it set no places and gave none"
        listed = words(await ana.get(f"/quotas/cells/{PE}/list"))
        assert listed.count("By hand") == 1 and listed.index("By hand") < listed.index("2 …")
        assert listed.index("89.997") < listed.index("89.998"), "each with the score that is theirs"
        (decided,) = await rows(office.front.db, "select number from decision where outcome = 'reordered'")
        decision = words(await ana.get(f"/quotas/cells/{PE}/decisions/{decided.number}"))
        assert "Ranks by hand as with the score 89.998 and as if sent" in decision and " Score " not in decision
    async with office.front.browser("coordinator", country="PE") as own:
        assert "Change the order" not in (await own.get(f"/quotas/cells/{PE}/list")).text
        assert (await own.get(path)).status_code == 403
