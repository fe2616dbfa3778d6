"""The main path on a real database: an approval becomes a place, a waiting place, or a refusal; what frees a place serves the list."""

from datetime import UTC, datetime, timedelta

from services.quotas.settings import QuotasSettings
from services.quotas.sweeps import sweeps
from shared.persistence.database import Database
from tests.integration.quotas.scene import START, Person, apply_events, figures, held, let_pass, programme, publication, rows, states, told

PE = "training:PE:2016"


async def test_a_published_programme_has_its_places_in_the_books(db: Database) -> None:
    """Eight places come from the plan and are allotted, two a country; every cell tells its figures once."""
    assert await figures(db, PE) == (2, 2, 0, 0, 0)
    assert [tuple(row) for row in await rows(db, "select key, balance from account order by key")] == [
        ("lapsed:training:2016", 0),
        ("pool:training", 0),
    ]
    assert sorted(one.subject for one in await told(db, "cell.changed")) == [f"training:{c}:2016" for c in ("AR", "BR", "CL", "PE")]
    assert await held(db) == {}


async def test_the_last_places_go_to_the_first_and_the_next_ones_wait(db: Database) -> None:
    people = [Person(PE) for _ in range(5)]
    await apply_events(db, *[one.approved() for one in people])
    assert await states(db, *people) == ["offered", "offered", "waiting", "waiting", "refused"]
    assert await figures(db, PE) == (2, 0, 2, 0, 2)
    assert [one.data.rank for one in await told(db, "waiting")] == [1, 2]
    (refused,) = await told(db, "refused")
    assert (refused.data.reason, refused.data.limit) == ("list_full", f"cell:{PE}")
    assert await held(db) == {}


async def test_a_decline_serves_the_best_ranked_in_the_same_commit(db: Database) -> None:
    first, second, third, fourth = [Person(PE) for _ in range(4)]
    fourth.score = 90_000
    await apply_events(db, *[one.approved() for one in (first, second, third, fourth)])
    await apply_events(db, first.accepts(1), second.declines(1))
    assert await states(db, first, second, third, fourth) == ["taken", "released", "waiting", "offered"]
    assert await figures(db, PE) == (2, 0, 1, 1, 1)
    assert await held(db) == {}
    offered = (await told(db, "offered"))[-1]
    assert offered.subject == str(fourth.application) and offered.data.cause == "declined"
    assert offered.data.answer_by == START + timedelta(days=14)


async def test_an_answer_given_in_time_counts_however_late_it_arrives(db: Database) -> None:
    """The broker was away for days around the deadline: no timer of this service stands against what the person did."""
    keen, idle, next_one = [Person(PE) for _ in range(3)]
    await apply_events(db, *[one.approved() for one in (keen, idle, next_one)])
    late = START + timedelta(days=20)
    for sweep in sweeps(db, QuotasSettings()):
        while await sweep.run(late):
            pass
    assert await states(db, keen, idle, next_one) == ["offered", "offered", "waiting"]
    await apply_events(db, keen.accepts(1, at=START + timedelta(days=14)))
    assert await let_pass(db, late) == 1
    assert await states(db, keen, idle, next_one) == ["taken", "released", "offered"]
    assert [one.data.cause for one in await told(db, "released")] == ["expired"]
    assert await held(db) == {}


async def test_a_ranked_round_waits_for_its_moment(empty: Database) -> None:
    await apply_events(empty, publication(programme(grants_from=START + timedelta(days=30))))
    people = [Person(PE, score=1000 * n) for n in range(8)]
    await apply_events(empty, *[one.approved() for one in people])
    assert set(await states(empty, *people)) == {"waiting"}
    rounds = next(sweep for sweep in sweeps(empty, QuotasSettings()) if sweep.name == "rounds")
    assert await rounds.run(START + timedelta(days=29)) == 0
    while await rounds.run(START + timedelta(days=30)):
        pass
    assert await states(empty, *people) == ["refused"] * 4 + ["waiting"] * 2 + ["offered"] * 2
    assert await held(empty) == {}


async def test_a_round_that_nobody_served_before_its_list_closed_gives_nothing(empty: Database) -> None:
    """As after months without a worker, or a jump of a demonstration's clock: the last second of the list is inside."""
    closes = datetime(2016, 8, 15, 15, 59, 59, tzinfo=UTC)
    await apply_events(empty, publication(programme(grants_from=START + timedelta(days=30), list_closes=closes)))
    people = [Person(PE), Person("training:BR:2016")]
    await apply_events(empty, *[one.approved() for one in people])
    late = closes + timedelta(seconds=1)
    for sweep in sweeps(empty, QuotasSettings()):
        while sweep.name in ("rounds", "lists") and await sweep.run(late):
            pass
    assert await states(empty, *people) == ["refused", "refused"]
    reasons = await rows(empty, "select distinct reason from place")
    assert [row.reason for row in reasons] == ["list_closed"]
    assert await held(empty) == {}


async def test_a_place_that_comes_free_between_the_end_and_its_sweep_serves_nobody_and_breaks_no_promise(db: Database) -> None:
    """The live check goes by the same moment as the decision: a place that was not given before the end would be a fault."""
    people, over = [Person(PE) for _ in range(3)], datetime(2016, 8, 15, 16, 0, tzinfo=UTC)
    await apply_events(db, *[one.approved() for one in people])
    await apply_events(db, people[0].withdrawn(over))
    assert await states(db, *people) == ["released", "offered", "waiting"] and (await figures(db, PE))[1] == 1
    assert await held(db, over) == {}
    assert await held(db) == {"free places with somebody servable waiting": 1}, "as it would stand while the call goes on"
    for sweep in sweeps(db, QuotasSettings()):
        while sweep.name in ("lists", "years") and await sweep.run(over):
            pass
    assert await states(db, *people) == ["released", "offered", "refused"] and await figures(db, PE) == (1, 0, 1, 0, 0)
    assert await held(db) == {}


async def test_a_year_is_lived_through_to_its_closing_by_the_clock(db: Database) -> None:
    """The list closes, then the year: what is free lapses, what is held stays, and what comes back later lapses too."""
    from services.quotas.settings import QuotasSettings
    from services.quotas.sweeps import sweeps

    holder, late = Person(PE), Person(PE)
    await apply_events(db, holder.approved(), late.approved())
    await apply_events(db, holder.accepts(1))
    closed = datetime(2016, 8, 15, 16, 0, tzinfo=UTC)
    for moment in (closed - timedelta(seconds=1), closed):
        for sweep in sweeps(db, QuotasSettings()):
            while sweep.name in ("lists", "years") and await sweep.run(moment):
                pass
        lapsed = await rows(db, "select balance from account where key = 'lapsed:training:2016'")
        assert [row.balance for row in lapsed] == [0 if moment < closed else 6]
    assert await figures(db, PE) == (2, 0, 1, 1, 0)
    await apply_events(db, late.withdrawn(closed), Person(PE).approved(closed))
    assert await figures(db, PE) == (1, 0, 0, 1, 0)
    assert [row.balance for row in await rows(db, "select balance from account order by key")] == [7, 0]
    assert (await told(db, "refused"))[-1].data.reason == "list_closed"
    assert await held(db) == {}
