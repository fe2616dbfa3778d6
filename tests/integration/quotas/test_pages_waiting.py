"""Waiting, told to the one who waits: the same rank, the same reasons and the same moment as the officer's list says."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from services.quotas.store import ranks
from services.quotas.store.terms import published
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import PERU, SIX, Front, after, front, live_through, words
from tests.integration.quotas.scene import Person, apply_events, rows

SERVED = datetime(2016, 4, 14, 16, 0, 1, tzinfo=UTC)


async def what_happened(service: Front) -> None:
    """The scholarship round of 2016 was served with three more people than Peru has places."""
    await service.publish("scholarship", "training")
    (peru,) = await rows(service.db, "select target from cell where key = :key", key=PERU)
    await live_through(service, {PERU: peru.target + 3}, served=SERVED)


@pytest.fixture
async def lived(new_database: NewDatabase, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Front:
    """Three wait, which is a long list here: who is ahead is counted in ranges."""
    for name, value in {"LONG": 2, "FEW": 1, "MOST": 2}.items():
        monkeypatch.setattr(ranks, name, value)
    return await after(what_happened, new_database, clock, tmp_path)


async def waiters(lived: Front) -> list[tuple[UUID, UUID]]:
    """Application and person of everybody who waits, best first."""
    found = await rows(lived.db, "select application, person from place where cell = :c and state = 'waiting' order by score desc", c=PERU)
    return [(row.application, row.person) for row in found]


async def test_the_applicant_and_the_officer_read_the_same(lived: Front) -> None:
    (_first, _second, (third, person)) = await waiters(lived)
    assert await rows(lived.db, "select 1 from list_range where cell = :cell", cell=PERU)
    for browser in (lived.browser("applicant", account=str(person)), lived.browser("officer"), lived.browser("coordinator", country="PE")):
        async with browser:
            said = words(await browser.get(f"/quotas/waiting/{third}"))
        assert "Number 3 of 3: 2 people are ahead." in said
        assert "Why you wait No place is free." in said
        assert "The waiting list closes" in said and "15 Aug 2016" in said


async def test_ranks_move_up_as_the_list_is_served(lived: Front) -> None:
    third, person = (await waiters(lived))[2]
    await lived.answer(PERU, decline=2)
    async with lived.browser("applicant", account=str(person)) as browser:
        assert "Number 1 of 1: nobody is ahead." in words(await browser.get(f"/quotas/waiting/{third}"))
        await lived.answer(PERU, decline=1)
        answer = await browser.get(f"/quotas/waiting/{third}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/applications/{third}")


async def test_who_waits_for_a_course_reads_which(lived: Front) -> None:
    cell = "training:PE:2016"
    (stored,) = await rows(lived.db, "select terms from programme where code = 'training'")
    course = next(one for one in published(stored.terms).courses if one.year == 2016)
    waits = Person(cell, course=course.key)
    await apply_events(lived.db, waits.nominated(lived.clock.now()))
    await rows(lived.db, "update cell set target = 0, free = 0 where key = :key returning 1", key=cell)
    await apply_events(lived.db, waits.approved(lived.clock.now()))
    async with lived.browser("applicant", account=str(waits.person)) as browser:
        said = words(await browser.get(f"/quotas/waiting/{waits.application}"))
    assert f"Course {course.names.en}" in said
    assert "Whoever sent the application earlier is ahead." in said and "score" not in said, "nobody scores there"
    assert re.search(r"The waiting list closes [^·]*\(Lima\) · [^·]*\(Beijing\)", said), "in both times, as the application has it"


async def test_every_limit_that_lacks_room_is_named(lived: Front) -> None:
    first, person = (await waiters(lived))[0]
    elsewhere = Person("training:PE:2016", person=person)
    await apply_events(lived.db, elsewhere.nominated(lived.clock.now()), elsewhere.approved(lived.clock.now()))
    async with lived.browser("applicant", account=str(person)) as browser:
        said = words(await browser.get(f"/quotas/waiting/{first}"))
    assert "No place is free. The person already holds as many places as is allowed." in said


async def test_before_the_round_no_rank_is_told(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> None:
    service = front(await new_database("quotas"), clock, tmp_path)
    await service.publish("scholarship")
    (one,) = await service.approve(PERU, 1)
    async with service.browser("applicant", account=str(one.person)) as browser:
        said = words(await browser.get(f"/quotas/waiting/{one.application}"))
    assert (
        "Until then nobody has one" in said
        and "15 Apr 2016" in said
        and "(Lima) · " in said
        and "Number 1" not in said
        and "On the waiting list" not in said
    )


@pytest.mark.parametrize("language", SIX)
async def test_in_every_language(lived: Front, language: str) -> None:
    application, person = (await waiters(lived))[1]
    async with lived.browser("applicant", account=str(person), language=language) as browser:
        page = await browser.get(f"/quotas/waiting/{application}")
    assert page.status_code == 200 and f'<html lang="{language}' in page.text


async def test_to_anybody_else_there_is_no_such_page(lived: Front) -> None:
    application, _person = (await waiters(lived))[0]
    strangers = [lived.browser("applicant"), lived.browser("coordinator", country="CL"), lived.browser("reviewer")]
    for browser in strangers:
        async with browser:
            assert (await browser.get(f"/quotas/waiting/{application}")).status_code == 404
    async with lived.browser("officer") as browser:
        for nothing in (new_id(), "x", "scholarship:PE:2016"):
            assert (await browser.get(f"/quotas/waiting/{nothing}")).status_code == 404
    async with lived.browser() as browser:
        assert (await browser.get(f"/quotas/waiting/{application}")).status_code in (302, 303, 401)
