"""What was pledged and what became of it: equal to the database, to the last place, whatever was counted before."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.quotas import summaries, tally
from services.quotas.domain.commands import SetTarget
from services.quotas.report import fingerprint, report_of
from services.quotas.summaries import FIGURES, by, by_group, total
from services.quotas.use_cases import apply
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import HAITI, PERU, Front, after, front, live_through
from tests.integration.quotas.scene import apply_events, rows
from tests.integration.quotas.statements import statements

UNUSED = "select coalesce(sum(count), 0) from transfer t where t.cell = c.key and t.cause = 'year_closed'"
SERVED = datetime(2016, 4, 14, 16, 0, 1, tzinfo=UTC)


@pytest.fixture
async def service(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return front(await new_database("quotas"), clock, tmp_path)


async def what_happened(service: Front) -> None:
    """Two countries' scholarships were given; five were taken, one came back, two ended. Leaders of both sides were approved."""
    await service.publish()
    await live_through(service, {PERU: 38, HAITI: 3}, served=SERVED)
    service.clock.move(timedelta(days=9))
    await service.answer(PERU, accept=5, decline=1)
    taken = await rows(service.db, "select application from place where cell = :cell and state = 'taken' order by 1 limit 2", cell=PERU)
    people = {one.application: one for one in service.people[PERU]}
    service.clock.move(timedelta(days=150))
    await apply_events(service.db, *[people[row.application].ended(service.clock.now(), "finished") for row in taken])
    service.clock.move(timedelta(days=1))
    await service.approve("bridge:CN:2016", 4)


@pytest.fixture
async def lived(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return await after(what_happened, new_database, clock, tmp_path)


async def everything(service: Front) -> summaries.Books:
    return await service.db.run(summaries.books)


async def forget(service: Front) -> None:
    """Throw the counts away, as if nobody had ever counted."""
    await rows(service.db, "with gone as (delete from day_count) delete from counted_cell returning 1")


async def test_every_figure_equals_the_database(lived: Front) -> None:
    books = await everything(lived)
    kept = await rows(
        lived.db,
        "select key, target, offered, taken, free, waiting, last_decision, last_hash, "
        "(select count(*) from place where cell = key and ended) as ended, "
        f"({UNUSED} and starts_with(t.target, 'lapsed:')) as lapsed, ({UNUSED} and starts_with(t.target, 'pool:')) as rolled_over "
        "from cell c where listed",
    )
    expected = {
        r.key: (r.target, r.offered, r.taken, r.ended, r.free, r.waiting, r.lapsed, r.rolled_over, r.last_decision, r.last_hash)
        for r in kept
    }
    found = {line.key: (*(getattr(line.figures, name) for name in FIGURES), line.last_decision, line.last_hash) for line in books.lines}
    assert found == expected
    assert total(books.lines).lapsed > 0 and total(books.lines).rolled_over > 0, "2015 was closed meanwhile"
    assert total(books.lines).ended == 2 and total(books.of("bridge")).offered == 4


async def test_of_a_closed_year_it_says_what_lapsed_and_what_rolled_over(lived: Front) -> None:
    """Per country, also what came back after the close; a cut before it that went to the pool is none of it."""
    bridge, before = "bridge:CN:2016", {line.key: line.figures for line in (await everything(lived)).lines}
    await lived.db.run(lambda tx: apply(tx, [SetTarget(cell=PERU, at=lived.clock.now(), target=before[PERU].allotted + 1)]))
    await lived.db.run(lambda tx: apply(tx, [SetTarget(cell=PERU, at=lived.clock.now(), target=before[PERU].allotted)]))
    lived.clock.move_to(datetime(2016, 12, 1, tzinfo=UTC))
    await lived.sweep()
    gone = next(one for one in lived.people[bridge])
    await apply_events(lived.db, gone.withdrawn(lived.clock.now()))
    after = await everything(lived)
    found = {line.key: line.figures for line in after.lines}
    assert (found[PERU].rolled_over, found[PERU].lapsed) == (before[PERU].free, 0)
    assert (found[bridge].lapsed, found[bridge].rolled_over) == (before[bridge].free + 1, 0), "what came back later lapsed too"
    accounts = {row.key: row.balance for row in await rows(lived.db, "select key, balance from account")}
    assert total(by(after.of("bridge"), lambda line: line.year)[2016]).lapsed == accounts["lapsed:bridge:2016"] > 0
    for key, figures in found.items():
        was = before[key]
        assert figures.allotted + figures.lapsed + figures.rolled_over == was.allotted + was.lapsed + was.rolled_over, key
        assert key.endswith(":2016") or figures == was, key


async def test_all_33_countries_have_a_line_for_every_year_and_china_where_it_nominates(lived: Front) -> None:
    books = await everything(lived)
    for programme in books.programmes:
        lines = by(books.of(programme.code), lambda line: line.year)
        countries = 34 if programme.code == "bridge" else 33
        assert {year: len(of_it) for year, of_it in lines.items()} == dict.fromkeys(programme.years, countries), programme.code


async def test_a_country_without_a_cell_has_zeros(lived: Front) -> None:
    await rows(lived.db, "update cell set listed = false where key = :key returning 1", key="training:UY:2017")
    (line,) = [one for one in (await everything(lived)).lines if one.key == "training:UY:2017"]
    assert line.figures == summaries.NOTHING and line.last_decision == 0


async def test_groups_are_those_of_the_year_and_overlap(lived: Front) -> None:
    lines = by((await everything(lived)).of("scholarship"), lambda line: line.year)[2016]
    groups = by_group(lines)
    assert {name: len(of_it) for name, of_it in groups.items()} == {"LDC": 1, "LLDC": 2, "SIDS": 16, "none": 15}
    assert [line.country for line in groups["LDC"]] == ["HT"] and "HT" in {line.country for line in groups["SIDS"]}
    # A flag that ends with the year before: the country counts in the group until then, and not after.
    (terms,) = await rows(lived.db, "select terms from programme where code = 'scholarship'")
    changed = bytes(terms.terms).replace(b'"2017":["LDC","SIDS"]', b'"2017":["SIDS"]')
    assert changed != bytes(terms.terms)
    await rows(lived.db, "update programme set terms = :terms where code = 'scholarship' returning 1", terms=changed)
    years = by((await everything(lived)).of("scholarship"), lambda line: line.year)
    assert [len(by_group(years[year])["LDC"]) for year in (2016, 2017, 2018)] == [1, 0, 1]


async def test_the_flow_ends_where_the_cells_stand(lived: Front) -> None:
    days = await lived.db.run(lambda tx: tally.flow(tx, "scholarship", 2016))
    flow: Counter[str] = Counter()
    for row in days:
        flow[row.outcome] += row.number
    (cells,) = await rows(lived.db, "select sum(offered + taken) as held from cell where programme = 'scholarship' and year = 2016")
    assert flow["offered"] - flow["released"] == cells.held
    assert (flow["taken"], flow["released"]) == (5, 1)
    assert {row.day for row in days if row.outcome == "taken"} == {(SERVED + timedelta(days=9)).date()}


async def test_counting_changes_no_answer_and_is_exact_again_after_more(lived: Front) -> None:
    async def answers() -> tuple[object, object]:
        return await everything(lived), await lived.db.run(lambda tx: tally.flow(tx, "scholarship", 2016))

    assert await lived.db.run(tally.count) == 2, "the sweep of the round had counted all but what Peru and China did since"
    before = await answers()
    await forget(lived)
    assert await answers() == before, "the counts can be thrown away"
    assert await lived.db.run(tally.count) > 100, "every cell has a decision: its allotment"
    assert await answers() == before
    assert (await rows(lived.db, "select count(*) as n from day_count"))[0].n > 0
    await lived.answer(PERU, accept=3)
    uncounted = await answers()
    assert uncounted != before
    while await lived.db.run(tally.count):
        pass
    assert await answers() == uncounted
    (sums,) = await rows(lived.db, "select (select sum(count) from day_count) as counted, (select count(*) from decision) as decided")
    assert sums.counted == sums.decided


async def test_a_long_chain_is_counted_in_portions(lived: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    await forget(lived)
    monkeypatch.setattr(tally, "DECISIONS", 3)
    monkeypatch.setattr(tally, "CELLS", 40)
    rounds = 0
    while await lived.db.run(tally.count):
        rounds += 1
    assert rounds > 20
    (wrong,) = await rows(
        lived.db,
        "select count(*) as n from (select cell, count(*) as n from decision group by 1) d "
        "left join (select cell, sum(count) as n from day_count group by 1) c using (cell) where c.n is distinct from d.n",
    )
    assert wrong.n == 0


async def test_several_who_count_at_once_count_each_decision_once(lived: Front) -> None:
    await forget(lived)
    for _turn in range(6):
        await asyncio.gather(*[lived.db.run(tally.count) for _ in range(5)])
    (sums,) = await rows(lived.db, "select (select sum(count) from day_count) as counted, (select count(*) from decision) as decided")
    assert sums.counted == sums.decided


async def test_the_worker_counts_by_itself(lived: Front) -> None:
    await lived.sweep()
    (sums,) = await rows(lived.db, "select (select sum(count) from day_count) as counted, (select count(*) from decision) as decided")
    assert sums.counted == sums.decided


async def test_two_statements_read_the_whole_plan(lived: Front) -> None:
    with statements(lived.db) as one:
        await lived.db.run(lambda tx: summaries.books(tx, "masters"))
    with statements(lived.db) as all_of_them:
        await everything(lived)
    assert len(one) == len(all_of_them) == 2


async def test_the_report_names_the_last_decision_and_a_checksum_that_an_export_gives_too(lived: Front) -> None:
    """The fingerprint is made again here from the decisions themselves, as a stranger would from an export."""
    books = await everything(lived)
    report = report_of(books, lived.clock.now())
    assert report.last is not None and report.last.key == "bridge:CN:2016"
    (last,) = await rows(lived.db, "select hash, at from decision where cell = :cell order by number desc limit 1", cell=report.last.key)
    assert (report.last.last_hash, report.last.last_at) == (last.hash, last.at)
    heads = {
        row.cell: (row.number, row.hash)
        for row in await rows(lived.db, "select distinct on (cell) cell, number, hash from decision order by cell, number desc")
    }
    again = [line for line in books.lines if heads.get(line.key, (0, "0" * 64)) == (line.last_decision, line.last_hash)]
    assert len(again) == len(books.lines) and report.fingerprint == fingerprint(again)
    lived.clock.move(timedelta(days=1))
    await lived.answer(PERU, accept=1)
    assert report_of(await everything(lived), lived.clock.now()).fingerprint != report.fingerprint
