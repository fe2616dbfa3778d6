"""A year is allotted by a policy: several are compared, one is adopted by a second person, and kept with its version."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.quotas.foresight import foresee
from services.quotas.proposals.policy import Allotments
from shared.kernel.clock import ManualClock
from shared.persistence.database import Tx, driver
from tests.conftest import NewDatabase
from tests.integration.quotas.office import ANA, API, BO, PE, Office, code
from tests.integration.quotas.pages_front import front, words
from tests.integration.quotas.scene import START, Person, apply_events, figures, held, picture, programme, publication, rows

GROUPS = {"PE": ["LDC"], "CL": ["SIDS", "LDC"]}


def policy(**other: Any) -> dict[str, Any]:
    return {"programme": "training", "year": 2016, "base": 0, "weights": {"LDC": 1.0}, **other}


async def targets(office: Office) -> dict[str, int]:
    found = await rows(office.front.db, "select country, target from cell where programme = 'training' and year = 2016 order by country")
    return {row.country: row.target for row in found}


@pytest.fixture
async def office(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Office:
    """Twelve places, three for each of four countries. Peru holds all its places and two people wait."""
    clock.move_to(START)
    service = front(await new_database("quotas"), clock, tmp_path)
    data = programme(places=12)
    countries = [msgspec.structs.replace(one, groups={2016: GROUPS.get(one.code, [])}) for one in data.countries]
    await apply_events(service.db, publication(msgspec.structs.replace(data, countries=countries)))
    people = [Person(PE, score=90_000 - n) for n in range(5)]
    await apply_events(service.db, *[one.approved() for one in people])
    return Office(service)


async def test_a_policy_is_looked_at_adopted_and_kept_with_its_version(office: Office) -> None:
    db = office.front.db
    before = await picture(db)
    effect = (await office.look("policy", policy())).json()
    assert {cell["key"].split(":")[1]: cell["after"]["target"] for cell in effect["cells"]} == {"AR": 2, "BR": 2, "CL": 4, "PE": 4}
    assert effect["told"] == 1 and await picture(db) == before
    await office.adopted("policy", policy())
    assert await targets(office) == {"AR": 2, "BR": 2, "CL": 4, "PE": 4} and await figures(db, PE) == (4, 0, 4, 0, 1)
    await office.adopted("policy", policy(places=10, allow_over=True))
    kept = await rows(db, "select version, params, adopted_by from allotment_policy order by version")
    assert [(row.version, row.adopted_by) for row in kept] == [(1, BO), (2, BO)]
    assert kept[0].params["weights"] == {"LDC": 1.0}
    assert await figures(db, PE) == (3, 0, 4, 0, 1) and await held(db) == {}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"minimum": 4}, (422, "minima_exceed")),
        ({"base": 4}, (422, "minima_exceed")),
        ({"minimum": 2, "maximum": 1}, (422, "bad_bounds")),
        ({"base": -1}, (422, "bad_policy_number")),
        ({"weights": {"LDC": -1.0}}, (422, "bad_weights")),
        ({"rounding": "by_eye"}, (422, "unknown_rounding")),
        ({"weights": {}}, (422, "unchanged_policy")),
        ({"year": 2031}, (404, "unknown_year")),
        ({"programme": "nothing"}, (404, "unknown_year")),
        ({"weights": {}, "places": 8}, (422, "policy_below_held")),
        ({"places": 40}, (409, "pool_short")),
    ],
)
async def test_what_cannot_be_is_refused_and_files_nothing(office: Office, changed: dict[str, Any], expected: tuple[int, str]) -> None:
    before = await picture(office.front.db)
    answer = await office.propose("policy", policy(**changed))
    assert code(answer) == expected and answer.json()["detail"]
    assert await rows(office.front.db, "select 1 from proposal") == [] and await picture(office.front.db) == before


async def test_who_takes_part_has_changed_since_it_was_shown(office: Office) -> None:
    proposal = await office.filed("policy", policy())
    seen = (await office.shown(proposal))["effect"]["state"]
    leave = {"programme": "training", "country": "AR", "start": "2016-12-31"}
    await office.adopted("leave", leave)
    assert code(await office.adopt(proposal, state=seen)) == (409, "stale")
    assert (await office.adopt(proposal)).status_code == 200, "looked at again"


async def test_policies_are_compared_and_one_is_proposed_by_forms(office: Office) -> None:
    """Side by side with the difference to today, who gains, and why; without JavaScript."""
    async with office.front.browser("officer", account=ANA) as ana, office.front.browser("officer", account=BO) as bo:
        address = "/quotas/policies?programme=training&year=2016&a_base=1&a_minimum=1&a_LDC=1&a_rounding=sainte_lague"
        page = await ana.get(address)
        said = words(page)
        assert page.status_code == 200 and "base 1; LDC +1; at least 1; rounded by Sainte-Laguë" in said
        assert "4 (+1) weight 2" in said and "2 countries gain; 2 countries lose" in said
        assert page.text.count('class="app-tiles"') == 3
        assert said.count("No country gains or loses a place.") == 2 and said.count("Propose it") == 1, (
            "what changes nothing is not proposed"
        )
        wrong = await ana.get("/quotas/policies?programme=training&year=2016&a_base=x")
        assert wrong.status_code == 200 and "A number of the policy is not possible" in words(wrong)
        many = await ana.get("/quotas/policies?programme=training&year=2016&a_base=4")
        assert "Policy A: The minima exceed the places. 4 countries would get at least 16 places together" in words(many)
        assert many.text.count('class="app-tiles"') == 2 and "a_base=4&amp;a_minimum=0" not in many.text, "and it cannot be proposed"
        path = "/quotas/policies/propose?programme=training&year=2016&a_base=0&a_LDC=1"
        assert "base 0; LDC +1" in words(await ana.get(path))
        bare = await ana.post(path, data={"reason": ""})
        assert bare.status_code == 422 and "Say why this should change" in words(bare)
        data = {"reason": "The plan asks for it.", "key": "0123456789"}
        look = await ana.post(path, data={**data, "step": "look"})
        assert look.status_code == 200 and "1 person who waits would be offered a place." in words(look)
        filed = await ana.post(path, data={**data, "step": "send"})
        assert filed.status_code == 303
        at = filed.headers["location"].partition("?")[0]
        shown = await bo.get(at)
        assert "allotted by a policy: base 0; LDC +1" in words(shown)
        state = shown.text.partition('name="state" value="')[2].partition('"')[0]
        assert (await bo.post(at, data={"decision": "approve", "note": "", "state": state})).status_code == 303
        assert await targets(office) == {"AR": 2, "BR": 2, "CL": 4, "PE": 4}
    async with office.front.browser("coordinator", country="PE") as stranger:
        assert (await stranger.get("/quotas/policies")).status_code == 403


async def test_a_look_at_several_countries_names_each_limit_that_follows_from_their_places(office: Office) -> None:
    """The caps on nominations among them, and those first of which more is used than there would be; for several countries in
    as many statements as for one."""
    db = office.front.db
    data = msgspec.structs.replace(programme(places=12, nomination_ratio=2), plan_version="2")
    countries = [msgspec.structs.replace(one, groups={2016: GROUPS.get(one.code, [])}) for one in data.countries]
    await apply_events(db, publication(msgspec.structs.replace(data, countries=countries), version=2))
    await apply_events(db, *[Person("training:AR:2016", score=80_000 - n).nominated() for n in range(5)])
    effect = (await office.look("policy", policy())).json()
    found = {one["key"].removeprefix("nomination:training:"): (one["before"], one["after"], one["used"]) for one in effect["limits"]}
    assert found == {"AR:2016": (6, 4, 5), "BR:2016": (6, 4, 0), "CL:2016": (6, 8, 0), "PE:2016": (6, 8, 0)}
    async with office.front.browser("officer", account=ANA) as ana:
        path = "/quotas/policies/propose?programme=training&year=2016&a_base=0&a_LDC=1"
        looked = await ana.post(path, data={"reason": "The plan asks for it.", "key": "0123456789", "step": "look"})
    against = looked.text.partition("More is used than there would be")[2].partition("</ul>")[0]
    assert "Nominations (AR 2016): 6 → 4 (5 used)" in against and "BR" not in against
    assert "Nominations (BR 2016): 6 → 4 (0 used)" in words(looked) and "Nominations (CL 2016): 6 → 8 (0 used)" in words(looked)

    async def counted(tx: Tx, targets: dict[str, int]) -> int:
        seen: list[str] = []
        with (await driver(tx)).query_logger(lambda record: seen.append(record.query)):
            foreseen = await foresee(tx, "allotments", Allotments(targets=targets), by=ANA, now=START)
        assert {one.key.split(":")[2] for one in foreseen.limits} == {key.split(":")[1] for key in targets}
        return len(seen)

    one = {"training:AR:2016": 2}
    three = {**one, "training:BR:2016": 2, "training:CL:2016": 4}
    assert await db.run(lambda tx: counted(tx, one)) == await db.run(lambda tx: counted(tx, three))


async def test_a_policy_is_undone_by_a_counter_move_with_a_second_person(office: Office) -> None:
    """As far as nobody was given the place meanwhile: here nobody waits. With a waiter it cannot be done whole, and is not filed."""
    for row in await rows(office.front.db, "select application, person from place where state = 'waiting'"):
        await apply_events(office.front.db, Person(PE, application=row.application, person=row.person, published=1).withdrawn())
    before = await targets(office)
    proposal = await office.adopted("policy", policy())
    assert await targets(office) != before
    filed = await office.ask(ANA, "POST", f"{API}/{proposal}/counter", {"reason": "It was a mistake."})
    assert filed.status_code == 201, filed.text
    back = str(filed.json()["proposal"])
    assert code(await office.adopt(back, by=ANA)) == (403, "same_person")
    assert (await office.adopt(back)).status_code == 200
    assert await targets(office) == before and await held(office.front.db) == {}
    again = await office.ask(ANA, "POST", f"{API}/{back}/counter", {"reason": "It was none."})
    assert (await office.adopt(str(again.json()["proposal"]))).status_code == 200
    assert await targets(office) == {"AR": 2, "BR": 2, "CL": 4, "PE": 4}
    (row,) = await rows(office.front.db, "select counters from proposal where id = :id", id=back)
    assert str(row.counters) == proposal


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, (404, "unknown_cell")),
        ({"training:XX:2016": 1}, (404, "unknown_cell")),
        ({PE: -1}, (422, "bad_policy_number")),
        ({PE: 3}, (422, "unchanged_policy")),
        ({PE: 9}, (409, "pool_short")),
    ],
)
async def test_targets_that_cannot_be_set_are_refused_and_nothing_is_filed(
    office: Office, wanted: dict[str, int], expected: tuple[int, str]
) -> None:
    assert code(await office.propose("allotments", {"targets": wanted})) == expected
    assert await rows(office.front.db, "select 1 from proposal") == []


async def test_a_policy_whose_place_was_given_meanwhile_is_not_countered_in_half(office: Office) -> None:
    proposal = await office.adopted("policy", policy())
    answer = await office.ask(ANA, "POST", f"{API}/{proposal}/counter", {"reason": "It was a mistake."})
    assert code(answer) == (409, "pool_short")
