"""Changing a number of places: one person proposes with the effect in view, another decides, and both stand in the records."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from services.quotas.proposals.kind import Filed
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import HAITI, PERU, Front, after, live_through, words
from tests.integration.quotas.scene import figures, held, picture, rows

SERVED = datetime(2016, 4, 14, 16, 0, 1, tzinfo=UTC)
ANA, BO = str(new_id()), str(new_id())
REASON = "Six people of good rank wait."


async def what_happened(service: Front) -> None:
    """Peru's scholarships of 2016 are all offered and six people wait; Haiti gave up ten places to the pool."""
    await service.publish("scholarship")
    (peru,) = await rows(service.db, "select target from cell where key = :key", key=PERU)
    await live_through(service, {PERU: peru.target + 6}, served=SERVED)
    async with ana(service) as first, bo(service) as second:
        lowered = await propose(first, HAITI, (await figures(service.db, HAITI))[0] - 10)
        answer = await decide(second, lowered, "approve", seen=await state(service, HAITI))
        assert answer.status_code == 303, words(answer)


@pytest.fixture
async def lived(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return await after(what_happened, new_database, clock, tmp_path)


def ana(service: Front, language: str = "en") -> httpx2.AsyncClient:
    """One officer."""
    return service.browser("officer", account=ANA, language=language)


def bo(service: Front) -> httpx2.AsyncClient:
    """Another officer."""
    return service.browser("officer", account=BO)


async def state(service: Front, *cells: str) -> str:
    """The state of these cells' books, as a page that was opened now would carry it."""
    found = await rows(service.db, "select key, last_decision from cell where key = any(:cells)", cells=list(cells))
    figures = {row.key: {"last_decision": row.last_decision} for row in found}
    return Filed("", None, figures, SERVED, "").state  # type: ignore[type-var]


async def send(
    browser: httpx2.AsyncClient, cell: str, step: str, target: object, reason: str = REASON, key: str = "", **other: str
) -> httpx2.Response:
    data = {"target": str(target), "reason": reason, "key": key or str(new_id()), "step": step, **other}
    return await browser.post(f"/quotas/cells/{cell}/propose", data=data)


async def propose(browser: httpx2.AsyncClient, cell: str, target: int, **other: str) -> str:
    """The path of the new proposal."""
    filed = await send(browser, cell, "send", target, **other)
    assert filed.status_code == 303, words(filed)
    return str(filed.headers["location"]).partition("?")[0]


async def decide(browser: httpx2.AsyncClient, path: str, decision: str, *, note: str = "", seen: str | None = None) -> httpx2.Response:
    """Decide on what the page shows, or on what was seen before."""
    if seen is None:
        page = await browser.get(path)
        seen = re.findall(r'name="state" value="(\w*)"', page.text)[0]
    return await browser.post(path, data={"decision": decision, "note": note, "state": seen})


async def pool(service: Front) -> int:
    """What the programme's pool has: ten that were taken from Haiti, and what the year before left when it was closed."""
    (row,) = await rows(service.db, "select balance from account where key = 'pool:scholarship'")
    assert row.balance > 10
    return int(row.balance)


async def test_the_effect_is_shown_before_anything_is_filed_and_looking_changes_nothing(lived: Front) -> None:
    """Four more places: who would be offered one is named in the order of rank, and the pool is what it would be."""
    target, *_rest = await figures(lived.db, PERU)
    best = await rows(lived.db, "select application from place where cell = :c and state = 'waiting' order by score desc limit 4", c=PERU)
    before = await picture(lived.db)
    async with ana(lived) as browser:
        page = await send(browser, PERU, "look", target + 4)
        policy = "/quotas/policies/propose?programme=scholarship&year=2016&a_base=19&a_minimum=19"
        several = await browser.post(policy, data={"reason": REASON, "allow_over": "yes", "step": "look"})
    listed = re.findall(r'href="/quotas/cells/scholarship:(\w\w):2016"', several.text)
    assert listed[:7] == ["AG", "AR", "BS", "BB", "BZ", "BO", "BR"], "by their names, not by their codes"
    assert page.status_code == 200
    assert "4 people who wait would be offered a place" in words(page)
    caps = re.search(r"Nominations \(Peru 2016\): ([0-9]+) → ([0-9]+) \([0-9]+ used\)", words(page))
    assert caps and int(caps[1]) < int(caps[2]), "the cap follows the places"
    assert re.findall(r"…([0-9a-f]{8})</code>", page.text) == [one.application.hex[-8:] for one in best]
    there = await pool(lived)
    assert f"In the programme’s pool {there:,} {there - 4:,}" in words(page)
    assert await picture(lived.db) == before
    assert len(await rows(lived.db, "select 1 from proposal where state = 'open'")) == 0


async def test_one_proposes_and_another_adopts(lived: Front) -> None:
    """The places come in the same commit as the offers; both acts are in the audit; the result is told in words."""
    target, *_rest = await figures(lived.db, PERU)
    async with ana(lived) as first, bo(lived) as second:
        path = await propose(first, PERU, target + 4)
        own = await first.get(f"{path}?done=proposed")
        assert "Another person must decide" in words(own) and "nothing has changed yet" in words(own) and 'name="decision"' not in own.text
        assert await figures(lived.db, PERU) == (target, 0, target, 0, 6)
        listed = await second.get("/quotas/proposals")
        assert f"Peru 2016 Government scholarships {target} → {target + 4} places Open" in words(listed)
        assert f'<span data-part="/staff/{ANA}"><a class="govuk-link" href="/staff/{ANA}">Officer</a></span>' in listed.text
        assert re.search(r"Proposed [^.]*, you ", words(own)) and f"/staff/{ANA}" not in own.text
        answer = await decide(second, path, "approve", note="Agreed.")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?done=approved")
        told = words(await second.get(f"{path}?done=approved"))
        later = [words(await second.get(f"{path}?done={act}")) for act in ("proposed", "rejected", "answered")]
    assert "Adopted. It is in force." in told
    assert not any(said in page for page in later for said in ("nothing has changed yet", "Nothing has changed.", "The answer was kept."))
    assert f"Peru 2016: {target + 4} places now. 4 people who waited were offered a place by it." in told
    assert await figures(lived.db, PERU) == (target + 4, 0, target + 4, 0, 2)
    acts = [
        (row.act, row.actor)
        for row in await rows(lived.db, "select act, actor from audit_entry where subject = :cell order by id", cell=PERU)
    ]
    assert acts == [("allotment.propose", ANA), ("allotment.approve", BO)]
    assert await held(lived.db) == {}


async def test_who_proposed_cannot_decide_by_sending_the_form_all_the_same(lived: Front) -> None:
    before = await figures(lived.db, PERU)
    async with ana(lived) as browser:
        path = await propose(browser, PERU, before[0] + 1)
        for decision in ("approve", "reject"):
            answer = await decide(browser, path, decision, note="mine", seen=await state(lived, PERU))
            assert answer.status_code == 403 and "Somebody else has to decide this" in words(answer)
    assert await figures(lived.db, PERU) == before
    assert [row.state for row in await rows(lived.db, "select state from proposal where cell = :c", c=PERU)] == ["open"]


async def test_a_rejection_needs_a_reason_and_changes_nothing(lived: Front) -> None:
    before = await figures(lived.db, PERU)
    async with ana(lived) as first, bo(lived) as second:
        path = await propose(first, PERU, before[0] + 1)
        bare = await decide(second, path, "reject")
        assert bare.status_code == 422 and "Say why it is rejected" in words(bare) and "Error:" in bare.text
        none = await second.post(path, data={"note": "Kept as typed", "state": "1"})
        assert none.status_code == 422 and "Kept as typed" in none.text and "Choose whether to adopt or to reject it" in words(none)
        answer = await decide(second, path, "reject", note="Wait for the second call.")
        assert answer.status_code == 303
        told = words(await first.get(f"{path}?done=rejected"))
    assert "Rejected. Nothing has changed." in told and "Wait for the second call." in told
    assert await figures(lived.db, PERU) == before


async def test_a_proposal_that_the_figures_left_behind_shows_the_difference(lived: Front) -> None:
    """Somebody declines after the proposal: the list marks it, the page has then beside now, and an old page cannot adopt."""
    target, *_rest = await figures(lived.db, PERU)
    async with ana(lived) as first, bo(lived) as second:
        path = await propose(first, PERU, target + 2)
        seen = await state(lived, PERU)
        lived.clock.move(timedelta(seconds=30))
        await lived.answer(PERU, accept=1, decline=1)
        assert "Figures moved" in words(await second.get("/quotas/proposals"))
        page = words(await second.get(path))
        assert "What is different is marked." in page and "Approved, no place yet 6 5 3" in page and "Taken 0 1 1" in page
        late = await decide(second, path, "approve", note="Typed before", seen=seen)
        assert late.status_code == 409 and "The figures have changed since you opened it" in words(late)
        assert "Typed before" in late.text, "what was typed is kept"
        assert (await figures(lived.db, PERU))[0] == target
        answer = await decide(second, path, "approve", note="Looked again")
        assert answer.status_code == 303
    assert (await figures(lived.db, PERU))[0] == target + 2


async def test_the_pool_cannot_give_more_than_it_has(lived: Front) -> None:
    target, *_rest = await figures(lived.db, PERU)
    there = await pool(lived)
    async with ana(lived) as first, bo(lived) as second:
        look = await send(first, PERU, "look", target + there + 1)
        assert look.status_code == 200 and f"{there + 1:,} places would be needed and the pool has {there:,}." in words(look)
        path = await propose(first, PERU, target + there + 1)
        answer = await decide(second, path, "approve")
        assert answer.status_code == 409 and "The pool does not have that many places" in words(answer)
    assert (await figures(lived.db, PERU))[0] == target
    assert await held(lived.db) == {}


async def test_a_cut_below_what_is_held_is_said_before_and_revokes_nothing(lived: Front) -> None:
    target, *_rest = await figures(lived.db, PERU)
    async with ana(lived) as first, bo(lived) as second:
        bare = await send(first, PERU, "send", target - 3)
        assert bare.status_code == 422 and f"{target} places are held. Enter {target} or more" in words(bare)
        look = await send(first, PERU, "look", target - 3, allow_over="yes")
        assert "3 people more would hold a place than there would be. Nobody loses theirs" in words(look)
        assert (await decide(second, await propose(first, PERU, target - 3, allow_over="yes"), "approve")).status_code == 303
    assert await figures(lived.db, PERU) == (target - 3, 0, target, 0, 6)
    assert await held(lived.db) == {}


@pytest.mark.parametrize("typed", ["", "x", "-1", "1.5", "1000001", "９", "1" * 400])
async def test_a_wrong_number_comes_back_with_what_was_typed(lived: Front, typed: str) -> None:
    async with ana(lived) as browser:
        page = await send(browser, PERU, "send", typed, reason="<b>w\u202ehy</b>")
    assert page.status_code == 422 and "Enter a whole number of places" in words(page) and "Error:" in page.text
    assert "&lt;b&gt;why&lt;/b&gt;" in page.text
    assert await rows(lived.db, "select 1 from proposal where cell = :c", c=PERU) == []


async def test_the_same_number_and_no_reason_are_refused_in_words(lived: Front) -> None:
    target, *_rest = await figures(lived.db, PERU)
    async with ana(lived) as browser:
        page = await send(browser, PERU, "look", target, reason="  ")
        assert page.status_code == 422
        assert f"the country has {target} places already" in words(page) and "Say why this should change" in words(page)
        long = await send(browser, PERU, "look", target + 1, reason="a" * 1001)
        assert long.status_code == 422 and "it has 1,001" in words(long)
        back = await send(browser, PERU, "change", target + 1)
        assert back.status_code == 200 and f'value="{target + 1}"' in back.text and REASON in back.text


async def test_sending_twice_files_one_proposal(lived: Front) -> None:
    target, *_rest = await figures(lived.db, PERU)
    key = str(new_id())
    async with ana(lived) as browser:
        first, second = [await send(browser, PERU, "send", target + 1, key=key) for _ in range(2)]
        assert first.headers["location"] == second.headers["location"]
        other = await send(browser, PERU, "send", target + 2, key=key)
        assert other.status_code == 422, "the same form cannot say two things"
    assert len(await rows(lived.db, "select 1 from proposal where cell = :c", c=PERU)) == 1


async def test_what_was_decided_is_not_decided_again(lived: Front) -> None:
    target, *_rest = await figures(lived.db, PERU)
    async with ana(lived) as first, bo(lived) as second, lived.browser("officer") as third:
        path = await propose(first, PERU, target + 1)
        seen = await state(lived, PERU)
        assert (await decide(second, path, "approve", seen=seen)).status_code == 303
        again = await decide(third, path, "reject", note="No", seen=seen)
        assert again.status_code == 409 and "The proposal was decided already" in words(again) and "Adopted" in words(again)


async def test_who_may_read_and_who_may_act(lived: Front) -> None:
    """Auditors and operators read; only officers act; nobody else learns that a proposal exists; a stranger signs in first."""
    target, *_rest = await figures(lived.db, PERU)
    async with ana(lived) as browser:
        path = await propose(browser, PERU, target + 1)
    for role, country in (("auditor", ""), ("operator", "")):
        async with lived.browser(role, country=country) as browser:
            page = await browser.get(path)
            assert page.status_code == 200 and 'name="decision"' not in page.text
            assert (await browser.post(path, data={"decision": "approve"})).status_code == 403
            assert (await send(browser, PERU, "send", target + 1)).status_code == 403
            assert "/propose" not in (await browser.get(f"/quotas/cells/{PERU}")).text
    for role, country in (("applicant", "PE"), ("coordinator", "PE"), ("reviewer", "")):
        async with lived.browser(role, country=country) as browser:
            assert (await browser.get("/quotas/proposals")).status_code == 403
            assert (await browser.get(path)).status_code == 403
            assert (await browser.post(path, data={"decision": "approve"})).status_code == 403
            assert "/quotas/proposals" not in (await browser.get(f"/quotas/cells/{PERU}")).text
    async with lived.browser() as browser:
        assert (await browser.get(path)).status_code == 303
        assert (await browser.post(path, data={"decision": "approve"})).status_code == 307
    async with bo(lived) as browser:
        crossed = await browser.post(path, data={"decision": "approve"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert crossed.status_code == 403 and "another site" in words(crossed)
        assert (await browser.get(f"/quotas/proposals/{new_id()}")).status_code == 404
        assert (await browser.get("/quotas/proposals/nothing")).status_code == 404
    assert (await figures(lived.db, PERU))[0] == target


async def test_the_list_has_the_open_ones_first_and_can_be_narrowed(lived: Front) -> None:
    target, *_rest = await figures(lived.db, PERU)
    async with ana(lived) as browser:
        await propose(browser, PERU, target + 1)
        whole = words(await browser.get("/quotas/proposals"))
        assert whole.index("Peru 2016") < whole.index("Haiti 2016"), "open before adopted"
        adopted = words(await browser.get("/quotas/proposals?state=approved"))
        assert "Haiti 2016" in adopted and "Peru 2016" not in adopted
        assert "There is nothing here" in words(await browser.get("/quotas/proposals?state=rejected"))
    async with ana(lived, language="es") as browser:
        assert "Cambios propuestos" in words(await browser.get("/quotas/proposals?state=nonsense"))
