"""Whoever leaves while the waiting list is open gives the seat of the course back; applications counts it as quotas does."""

from datetime import timedelta

from sqlalchemy import text

from services.applications.store.plans import seats_held
from services.applications.store.seats import seats
from tests.flows.courses import COURSE, LIMIT, applied, approve
from tests.flows.stack import House

PEOPLE = ("Rosa Quispe", "Elena Huamán", "Julia Condori", "Marta Mamani")
"""Who leaves and who finishes in the last hour in which the list is open, and who right after it."""


async def test_a_seat_is_free_again_only_where_quotas_gave_it_back(house: House) -> None:
    call = house.call("training", 2016)
    house.at(call.opens)
    officer = await house.staff("officer")
    made = [await applied(house, name) for name in PEOPLE]
    for one in made:
        await approve(house, officer, one)
        await house.until(one, "offered")
    for one, name in zip(made, PEOPLE, strict=True):
        who = await house.applicant(f"{name.split()[-1].lower()}@example.org", language="es")
        await who.answer_offer(one, "accept")
        await house.until(one, "placed")
    assert await counted(house) == (4, 4, 4)
    left_in_time, finished_in_time, left_late, finished_late = made
    house.at(call.list_closes - timedelta(hours=1))
    await end(house, left_in_time, "left")
    assert await counted(house) == (3, 3, 3)
    await end(house, finished_in_time, "finished")
    assert await counted(house) == (3, 3, 3)
    house.at(call.list_closes + timedelta(seconds=1))
    await end(house, left_late, "left")
    await end(house, finished_late, "finished")
    assert await counted(house) == (3, 3, 3)
    assert (await house.check()).broken == 0


async def end(house: House, application: str, reason: str) -> None:
    officer = await house.staff("officer", number=2)
    seen = (await house.look(application))["version"]
    await officer.act(application, "end", {"expected_version": seen, "reason": reason})
    await house.settled()


async def counted(house: House) -> tuple[int, int, int]:
    """Seats of the course that are held: by quotas, beside a decision, and for a new version of a plan."""
    statement = text("select used from limit_counter where key = :key")
    quotas = await house.stack.services["quotas"].db.run(lambda tx: tx.execute(statement, {"key": LIMIT}))
    db = house.stack.services["applications"].db
    beside = await db.run(lambda tx: seats(tx, [("training", 2016)]))
    held = await db.run(lambda tx: seats_held(tx, "training"))
    return quotas.scalar_one(), sum(one.held for one in beside.taken if one.course == COURSE), held[2016, COURSE]
