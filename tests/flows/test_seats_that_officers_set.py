"""Two officers set the seats of a course; whoever approves for it reads that number, until the plan's counts again."""

import re

from services.run.acting import Staff
from shared.kernel.ids import new_id
from tests.flows.courses import COURSE, LIMIT, TITLE, applied, approve
from tests.flows.stack import House


async def test_the_approving_page_shows_the_seats_that_two_officers_set_and_then_the_plans_again(house: House) -> None:
    planned = next(one for one in house.programme("training").courses_of(2016) if one.key == COURSE)
    assert planned.seats and planned.per_country, "the plan bounds both"
    house.at(house.call("training", 2016).opens)
    first, second = await applied(house, "Rosa Quispe Mamani"), await applied(house, "Inés Huamán Flores")
    officer = await house.staff("officer")
    norm = f"Peru: {planned.per_country} of {planned.per_country} free"

    async def reads() -> str:
        return (await officer.browser.get(f"/officer/applications/{second}")).words()

    async def told_to_anybody() -> int:
        found = re.search(rf"{TITLE} .*? Seats: (\d+)", (await officer.browser.get("/programmes/training")).words())
        assert found is not None
        return int(found[1])

    assert f"{TITLE} Free seats: {planned.seats} of {planned.seats}; {norm}" in await reads()
    await set_by_two(house, officer, 1)
    assert f"{TITLE} Free seats: 1 of 1 (set by officers); {norm}" in await reads()
    assert await told_to_anybody() == 1
    await approve(house, officer, first)
    await house.until(first, "offered")
    assert f"{TITLE} Free seats: 0 of 1 (set by officers)" in await reads()
    await approve(house, officer, second)
    waits = await house.until(second, "waiting")
    assert LIMIT in str(waits), "quotas decides by the same number"

    await set_by_two(house, officer, None)
    await house.until(second, "offered")
    assert await told_to_anybody() == planned.seats
    assert (await house.check()).broken == 0


async def set_by_two(house: House, officer: Staff, capacity: int | None) -> None:
    """One proposes it by the form of a cell; another adopts it on its page; then it has arrived everywhere."""
    path = "/quotas/cells/training:PE:2016/limits"
    typed = {"limit": LIMIT, "capacity": "" if capacity is None else str(capacity), "reason": "The room.", "key": str(new_id())}
    await house.rested()
    await officer.browser.post(path, {**typed, "step": "look"})
    filed = await officer.browser.post(path, {**typed, "step": "send"})
    other = await house.staff("officer", number=2)
    page = await other.browser.get(filed.path)
    await other.browser.send(page.form(having="decision"), {"decision": "approve"})
    await house.settled()
