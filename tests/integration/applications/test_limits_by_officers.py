"""What two officers set for a course, or for a country's nominations, is what everybody reads of it here; however often, late or out of
order it is told."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.store.seats import Course, fixed
from services.applications.tables import Application
from services.applications.use_cases.plans import Loaded, NeedsConfirmation
from shared.events.catalogue import LIMITS, PLACES, event
from shared.events.envelope import AnyEvent, encode
from shared.events.quotas import LimitSet, PlaceWaiting
from shared.messaging.consumer import Consumer
from shared.messaging.transport import Partition, Record
from tests.integration.applications.people import (
    CELL,
    COORDINATOR,
    OFFICER,
    PROGRAMME,
    SECOND_OFFICER,
    YEAR,
    World,
    new_applicant,
    the_plan,
)
from tests.integration.applications.staff_pages import House, main
from tests.integration.applications.test_courses_in_order import BASE, ENERGY, LISTED, TRANSPORT, give_on_one_day, to_decide

COURSE = f"course:training:2016:{LISTED[0]}"
NORM = f"course_country:training:PE:2016:{LISTED[0]}"


def limit_set(world: World, key: str, version: int, capacity: int | None) -> AnyEvent:
    """What quotas tells when officers set a limit (none: the plan's own counts again)."""
    kind, programme, *rest = key.split(":")
    country = rest[0] if len(rest) == 3 else None
    data = LimitSet(
        limit=key, kind=kind, programme=programme, year=int(rest[-2]), country=country, course=rest[-1], capacity=capacity,
        cell=f"{programme}:{country or 'ZZ'}:{rest[-2]}", decision=version,
    )  # fmt: skip
    return event(data, subject=key, version=version, key=key, at=world.now)


async def opened(house: House) -> None:
    """A day on which the trainings may be applied to."""
    house.front.clock.move(timedelta(days=60))
    house.world.now = house.front.clock.now()


async def known(world: World) -> Any:
    return await world.db.run(lambda tx: fixed(tx, ["training"]))


async def test_an_officer_decides_by_the_seats_that_officers_set_until_the_plans_count_again(house: House) -> None:
    await opened(house)
    application, world = await to_decide(house, "ana"), house.world
    officer, path = await house.browser("officer"), f"{BASE}{application.id}"
    plain = f"1. {ENERGY} Free seats: 160 of 160; Peru: 10 of 10 free 2. {TRANSPORT}"
    assert plain in main(await officer.get(path))
    await world.hears(limit_set(world, COURSE, 3, 2))
    cut = main(await officer.get(path))
    assert f"1. {ENERGY} Free seats: 2 of 2 (set by officers); Peru: 10 of 10 free 2. {TRANSPORT} Free seats: 160 of 160;" in cut
    await world.hears(limit_set(world, NORM, 1, 12), limit_set(world, COURSE, 7, 200))
    both = f"1. {ENERGY} Free seats: 200 of 200 (set by officers); Peru: 12 of 12 free (set by officers)"
    assert both in main(await officer.get(path))
    await give_on_one_day(world)
    ahead = f"1. {ENERGY} Seats: 200 (set by officers); Peru: at most 12 (set by officers)"
    assert ahead in main(await officer.get(path))
    await world.hears(limit_set(world, NORM, 2, None), limit_set(world, COURSE, 9, None))
    assert f"1. {ENERGY} Seats: 160; Peru: at most 10 2." in main(await officer.get(path))
    assert not any((await house.front.invariants()).values())


async def test_a_course_that_was_cut_below_what_is_held_has_no_seat_and_one_that_was_enlarged_is_offered_to_who_waits(house: House) -> None:
    await opened(house)
    held, waits = await to_decide(house, "ana"), await to_decide(house, "ben")
    world, officer = house.world, await house.browser("officer")
    for one in (held, waits):
        await world.act(use_cases.approve, OFFICER, one.id, course=LISTED[1])
    await world.hears(world.offered(held))
    closes = world.now + timedelta(days=90)
    await world.hears(world.place(PlaceWaiting, waits, rank=1, lacking=[f"course:training:2016:{LISTED[1]}"], list_closes=closes))
    page = f"{BASE}{waits.id}"
    assert f"these have a free seat: {ENERGY}." in main(await officer.get(page))
    await world.hears(limit_set(world, COURSE, 1, 0))
    assert "these have a free seat" not in main(await officer.get(page)), "the other course has none now"
    await world.hears(limit_set(world, COURSE, 2, 1))
    assert f"these have a free seat: {ENERGY}." in main(await officer.get(page))
    other = await to_decide(house, "carla")
    await world.hears(limit_set(world, f"course:training:2016:{LISTED[1]}", 5, 0))
    assert f"2. {TRANSPORT} Free seats: 0 of 0 (set by officers); Peru: 9 of 10 free" in main(await officer.get(f"{BASE}{other.id}"))


async def test_many_are_approved_by_the_seats_that_officers_set(house: House) -> None:
    await opened(house)
    made = [await to_decide(house, who) for who in ("ana", "ben", "carla")]
    await house.world.hears(limit_set(house.world, COURSE, 4, 2))
    browser = await house.browser("officer")
    preview = main(await browser.get("/officer/bulk", params={"id": [str(one.id) for one in made]}))
    seats = f"{ENERGY} · Training places 2016 2 3 A seat is free for 2 of them. Waiting for one: 1."
    assert seats in preview and "Free seats" in preview and "by the plan" not in preview
    report = main(await browser.post("/officer/bulk", data={"pick": [f"{one.id}:{one.version}" for one in made]}))
    assert "3 applications are approved." in report and seats in report


async def test_whoever_wants_to_apply_reads_the_seats_that_count(house: House) -> None:
    browser, world = await house.stranger(), house.world
    digital, norm = "course:training:2016:digital", "course_country:training:PE:2016:digital"
    days = "Digital government 2 January 2017 – 14 January 2017"
    assert f"{days} Seats: 160 At most from each country: 10 Taught in" in main(await browser.get("/programmes/training?country=PE"))
    await world.hears(limit_set(world, digital, 1, 90), limit_set(world, norm, 1, 4))
    own = f"{days} Seats: 90 At most from each country: 10 Peru: at most 4 Taught in"
    assert own in main(await browser.get("/programmes/training?country=PE"))
    assert f"{days} Seats: 90 At most from each country: 10 Taught in" in main(await browser.get("/programmes/training?country=CL"))
    await world.hears(limit_set(world, digital, 2, None), limit_set(world, norm, 2, None))
    assert f"{days} Seats: 160 At most from each country: 10 Taught in" in main(await browser.get("/programmes/training?country=PE"))


async def ended(house: House, who: str, reason: str) -> Application:
    """Somebody's stay in a training that is over."""
    world, one = house.world, await to_decide(house, who)
    await world.act(use_cases.approve, OFFICER, one.id)
    await world.hears(world.offered(one))
    offer = (await world.application(one.id)).offer_version
    await world.act(use_cases.accept_offer, await house.viewer(who), one.id, place_version=offer)
    await world.hears(world.taken(one))
    return await world.act(use_cases.end, OFFICER, one.id, reason=reason)


async def test_a_seat_that_quotas_took_back_is_free_and_one_of_a_finished_stay_is_not(house: House) -> None:
    await opened(house)
    left, _finished = [await ended(house, who, reason) for who, reason in (("ben", "left"), ("carla", "finished"))]
    world, officer, path = house.world, await house.browser("officer"), f"{BASE}{(await to_decide(house, 'ana')).id}"
    assert f"1. {ENERGY} Free seats: 158 of 160; Peru: 8 of 10 free" in main(await officer.get(path))
    back = world.released(left, "ended")
    await world.hears(back, back)
    assert f"1. {ENERGY} Free seats: 159 of 160; Peru: 9 of 10 free" in main(await officer.get(path))
    assert not any((await house.front.invariants()).values())


CAP = f"nomination:{CELL.key}"
SLATE = f"/country/slate?programme={PROGRAMME}&year={YEAR}"


def cap_set(world: World, key: str, version: int, capacity: int | None) -> AnyEvent:
    """What quotas tells when officers set how many a country may put forward (none: the plan's own counts again)."""
    kind, programme, country, year = key.split(":")
    data = LimitSet(
        limit=key, kind=kind, programme=programme, year=int(year), country=country, capacity=capacity,
        cell=f"{programme}:{country}:{year}", decision=version,
    )  # fmt: skip
    return event(data, subject=key, version=version, key=key, at=world.now)


async def test_a_country_reads_the_cap_that_officers_set_until_the_plans_counts_again(house: House) -> None:
    await house.figures(capacity=36)
    nominated, sent = await house.reach(State.NOMINATED), await house.reach(State.SUBMITTED)
    peru, officer, world = await house.browser("peru"), await house.browser("officer"), house.world

    async def reads(slate: str, calls: str, beside: str) -> str:
        assert f"1 put forward {slate} 1 on the slate now" in main(await peru.get(SLATE))
        assert f" 1 0 {calls} 0 Slate" in main(await peru.get("/country"))
        assert f"wait for a decision: number 1 of 1. {beside}" in main(await officer.get(f"{BASE}{nominated.id}"))
        one = main(await peru.get(f"/country/applications/{sent.id}"))
        assert beside in one
        return one

    await reads("of at most 108", "1 of 108", "1 of 108 put forward in all.")
    await world.hears(cap_set(world, f"nomination:{PROGRAMME}:CL:{YEAR}", 1, 7), cap_set(world, f"nomination:{PROGRAMME}:PE:2017", 1, 8))
    await reads("of at most 108", "1 of 108", "1 of 108 put forward in all.")
    await world.hears(cap_set(world, CAP, 3, 2))
    by = "(limit set by officers)"
    assert "No room" not in await reads(f"of at most 2 {by}", f"1 of 2 {by}", f"1 of 2 put forward in all {by}.")
    await world.hears(cap_set(world, CAP, 4, 1))
    assert "No room" in await reads(f"of at most 1 {by}", f"1 of 1 {by}", f"1 of 1 put forward in all {by}.")
    await world.hears(cap_set(world, CAP, 5, None), cap_set(world, CAP, 4, 1))
    assert "No room" not in await reads("of at most 108", "1 of 108", "1 of 108 put forward in all.")


# ---- repeated, late, wrong


async def test_whatever_the_order_and_however_often_the_newest_one_counts(world: World) -> None:
    for round_, order in enumerate(permutations(range(3))):
        key = f"course:training:2016:{round_}"
        history = [limit_set(world, key, 2, 20), limit_set(world, key, 5, None), limit_set(world, key, 9, 30)]
        for index in order:
            await world.hears(history[index], history[index])
        assert (await known(world))[Course("training", 2016, str(round_))] == 30
        await world.hears(*reversed(history), *history)
        assert (await known(world))[Course("training", 2016, str(round_))] == 30


async def test_what_was_given_back_to_the_plan_does_not_return_with_an_older_event(world: World) -> None:
    await world.hears(limit_set(world, COURSE, 3, None))
    await world.hears(limit_set(world, COURSE, 2, 2))
    assert await known(world) == {}
    assert [tuple(one) for one in await world.rows("select key, version, capacity from fixed_limit")] == [(COURSE, 3, None)]


async def test_a_limit_of_another_kind_is_kept_and_is_no_courses(world: World) -> None:
    key = "holders:training:PE"
    data = LimitSet(limit=key, kind="holders", programme="training", country="PE", capacity=5, cell="training:ZZ:2016", decision=1)
    await world.hears(event(data, subject=data.limit, version=1, key=data.limit, at=world.now))
    assert await known(world) == {}
    assert len(await world.rows("select key from fixed_limit where year is null and course is null and capacity = 5")) == 1


def records(topic: str, *values: tuple[str, bytes]) -> list[Record]:
    return [Record(Partition(topic, 0), number, key, value) for number, (key, value) in enumerate(values)]


@pytest.mark.parametrize("wrong", ["many", -1])
async def test_one_that_cannot_be_applied_stops_its_limit_and_nobodys_place(house: House, wrong: Any) -> None:
    """A capacity that is no number, or none that there can be: the key waits with what comes behind it; others go on."""
    await opened(house)
    application, world = await to_decide(house, "ana"), house.world
    await world.act(use_cases.approve, OFFICER, application.id)
    bad = msgspec.json.decode(encode(limit_set(world, NORM, 1, 5)))
    bad["data"]["capacity"] = wrong
    consumer, offered = Consumer(house.front.service), world.offered(application)
    behind, other = limit_set(world, NORM, 2, 6), limit_set(world, COURSE, 1, 7)
    told = [(NORM, msgspec.json.encode(bad)), (NORM, encode(behind)), (COURSE, encode(other))]
    await consumer.deliver(records(LIMITS.name, *told))
    await consumer.deliver(records(PLACES.name, (offered.partitionkey, encode(offered))))
    assert await house.state(application) == "offered", "the country's cell goes on"
    assert await known(world) == {Course("training", 2016, LISTED[0]): 7}
    parked = await world.rows("select key, reason_code from parked_event order by id")
    code = "malformed_data" if wrong == "many" else "handler_failed"
    assert [tuple(one) for one in parked] == [(NORM, code), (NORM, "behind")]


# ---- what a plan has promised


async def test_a_new_plan_keeps_the_seats_of_a_course_that_officers_set_whatever_its_own_number(world: World) -> None:
    world.now += timedelta(days=60)
    person: Application = await world.submitted(new_applicant(), "training")
    await world.act(use_cases.nominate, COORDINATOR, person.id)
    await world.act(use_cases.approve, OFFICER, person.id)
    await world.hears(world.offered(await world.application(person.id)))
    training = the_plan().programme("training")
    assert training is not None

    def fewer(version: str) -> Any:
        courses = tuple(msgspec.structs.replace(one, seats=0 if one.key == LISTED[0] else one.seats) for one in training.courses)
        cut = msgspec.structs.replace(training, courses=courses)
        programmes = tuple(cut if one.code == "training" else one for one in the_plan().programmes)
        return msgspec.structs.replace(the_plan(), version=version, programmes=programmes)

    asked = await world.do(use_cases.load_plan, fewer("98"), actor=str(OFFICER.account_id), role="officer")
    broken = f'training: seats of the course "{LISTED[0]}" of 2016 are held (1), and 0 would remain'
    assert isinstance(asked, NeedsConfirmation) and asked.breaks == (broken,)
    await world.hears(limit_set(world, COURSE, 1, 40))
    loaded = await world.do(use_cases.load_plan, fewer("99"), actor=str(SECOND_OFFICER.account_id), role="officer")
    assert isinstance(loaded, Loaded), loaded
