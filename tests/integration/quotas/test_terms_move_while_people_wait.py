"""Dates and participation move while people wait: the sweeps look at them as they are, and leave nobody behind who can be served."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.quotas.events import handle
from services.quotas.settings import QuotasSettings
from services.quotas.store.programmes import change_participation
from services.quotas.store.terms import StoredChange
from services.quotas.sweeps import sweeps
from shared.events.applications import CourseTerms, ListRule, Participation, ProgrammePublished
from shared.persistence.database import Database, Tx
from tests.integration.quotas.scene import (
    COUNTRIES,
    START,
    Person,
    apply_events,
    figures,
    held,
    names,
    programme,
    publication,
    rows,
    states,
    told,
)  # fmt: skip

PE = "training:PE:2016"
WAITS_FOR_A_LOCK = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
CLOSES = datetime(2016, 8, 15, 15, 59, 59, tzinfo=UTC)


async def sweep(db: Database, at: datetime, *only: str) -> None:
    """All sweeps, or those that are named, until nothing is due."""
    for one in sweeps(db, QuotasSettings()):
        while (not only or one.name in only) and await one.run(at):
            pass


async def test_who_waited_while_the_country_took_no_part_is_served_on_the_day_on_which_it_does_again(empty: Database) -> None:
    """The round's moment fell into the gap and could serve nobody; nothing else happens in the cell that would."""
    others = [Participation(country=code, start=date(2015, 1, 9)) for code in COUNTRIES if code != "PE"]
    gap = [
        Participation(country="PE", start=date(2015, 1, 9), end=date(2016, 1, 31)),
        Participation(country="PE", start=date(2016, 3, 1)),
    ]
    dates: dict[str, Any] = {"grants_from": START + timedelta(days=20), "waiting_list": ListRule(ratio=0.5, at_least=1)}
    await apply_events(empty, publication(programme(participation=[*others, *gap], **dates)))
    better, worse, third, last = (Person(PE, score=score) for score in (90_000, 80_000, 70_000, 60_000))
    await apply_events(empty, *(one.approved() for one in (last, worse, better, third)))
    await sweep(empty, datetime(2016, 2, 29, 15, 59, 59, tzinfo=UTC))  # the last second of the day where the call is made
    assert await states(empty, better, worse, third, last) == ["waiting"] * 3 + ["refused"], "two free places, and a list of one"
    await sweep(empty, datetime(2016, 2, 29, 16, tzinfo=UTC))
    assert await states(empty, better, worse, third, last) == ["offered", "offered", "waiting", "refused"]
    assert [one.data.cause for one in await told(empty, "place.offered")] == ["takes_part_again"] * 2
    before = await figures(empty, PE)
    await sweep(empty, datetime(2016, 3, 2, tzinfo=UTC))
    assert await figures(empty, PE) == before == (2, 0, 2, 0, 1)
    assert await held(empty) == {}


@pytest.mark.parametrize(("name", "moved"), [("lists", "list_closes"), ("rounds", "grants_from")])
async def test_a_date_that_is_moved_at_the_last_moment_counts_for_the_sweep_that_waits_for_it(
    empty: Database, name: str, moved: str
) -> None:
    """The sweep has found the cells due and waits for the publication that puts the date off: nobody is refused, nothing is given."""
    dates: dict[str, Any] = {"grants_from": START + timedelta(days=1) if name == "rounds" else None, "list_closes": CLOSES}
    due: datetime = dates[moved]
    await apply_events(empty, publication(programme(**dates)))
    people = [Person(PE) for _ in range(3)]
    await apply_events(empty, *[one.approved() for one in people])
    before = await states(empty, *people)
    later = publication(programme(version="2", **{**dates, moved: due + timedelta(days=9)}), version=2, at=due)
    published, go = asyncio.Event(), asyncio.Event()

    async def publish(tx: Tx) -> None:
        await handle(tx, [later])
        published.set()
        await go.wait()

    publishing = asyncio.create_task(empty.run(publish))
    await published.wait()
    sweeping = asyncio.create_task(sweep(empty, due + timedelta(seconds=2), name))
    async with asyncio.timeout(20):
        while (await rows(empty, WAITS_FOR_A_LOCK))[0][0] == 0:  # noqa: ASYNC110 - the database says it, nobody is told
            await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(publishing, sweeping)
    assert await states(empty, *people) == before and "waiting" in before
    await sweep(empty, due + timedelta(days=10), name)
    assert await states(empty, *people) == ["offered", "offered", "refused" if name == "lists" else "waiting"]


async def test_who_waits_for_a_course_that_the_country_left_is_not_servable(empty: Database) -> None:
    """The live check asks what the decision asks; the sweep tells them within a minute, and until then no promise is broken."""
    days: dict[str, Any] = {"starts": date(2016, 9, 1), "ends": date(2016, 9, 30)}
    courses = [CourseTerms(key=key, year=2016, names=names(key), seats=5, **days) for key in ("a", "b")]
    await apply_events(empty, publication(programme(courses=courses, grants_from=START + timedelta(days=1))))
    here = Person(PE, course="a")
    await apply_events(empty, here.approved())
    left = StoredChange(country="PE", takes_part=False, start=START.date(), parts=("a",))
    await empty.run(lambda tx: change_participation(tx, "training", left, at=START))
    await sweep(empty, START + timedelta(days=2), "rounds")
    assert await states(empty, here) == ["waiting"] and (await figures(empty, PE))[1] == 2
    assert await held(empty) == {}


def next_year(data: ProgrammePublished) -> ProgrammePublished:
    call = msgspec.structs.replace(data.calls[0], year=2017)
    return msgspec.structs.replace(data, plan_version="2", calls=[call], places_per_year={2017: data.places_total})


async def test_a_year_that_the_plan_has_no_longer_ends_for_all_who_wait_and_holds_up_no_sweep(empty: Database) -> None:
    data = programme(grants_from=START + timedelta(days=1))
    other = programme("masters", grants_from=START + timedelta(days=1))
    await apply_events(empty, publication(data), publication(other))
    here, there = Person(PE), Person("masters:PE:2016")
    await apply_events(empty, here.approved(), there.approved())
    await apply_events(empty, publication(next_year(data), version=2))
    await sweep(empty, START + timedelta(days=2))
    assert await states(empty, here, there) == ["refused", "offered"]
    assert (await told(empty, "place.refused"))[-1].data.reason == "unknown_cell"
    await sweep(empty, CLOSES + timedelta(days=1))
    closed = await rows(empty, "select closed, settled from cell where year = 2016 group by closed, settled")
    assert [tuple(row) for row in closed] == [(True, True)], "none stands in the way of those that are due after it"
    assert await held(empty) == {}


@pytest.mark.parametrize("gone", ["country", "year"])
async def test_who_waits_for_what_a_new_plan_has_no_longer_is_told_before_the_list_closes(empty: Database, gone: str) -> None:
    """Their places are full, so that no promotion looks at them, and the list closes in half a year."""
    data = programme()
    await apply_events(empty, publication(data))
    people = [Person(PE, score=90_000 - n) for n in range(3)]
    await apply_events(empty, *[one.approved() for one in people])
    newer = next_year(data) if gone == "year" else programme(version="2", countries=[one for one in COUNTRIES if one != "PE"])
    await apply_events(empty, publication(newer, version=2))
    await sweep(empty, START + timedelta(days=1), "participation")
    assert await states(empty, *people) == ["offered", "offered", "refused"]
    reason = {"year": "unknown_cell", "country": "not_participating"}[gone]
    assert (await told(empty, "place.refused"))[-1].data.reason == reason
    before = await rows(empty, "select count(*) as n from decision")
    await sweep(empty, START + timedelta(days=2), "participation")
    assert await rows(empty, "select count(*) as n from decision") == before
    assert await held(empty) == {}
