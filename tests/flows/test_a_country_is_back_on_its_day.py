"""A country leaves for a month and is back at midnight in Beijing: what an officer approves an hour later is a place, not a refusal."""

from datetime import UTC, datetime, timedelta

from services.run.browser import Unexpected
from shared.kernel.ids import new_id
from tests.flows.stack import House

BACK = datetime(2016, 3, 31, 16, 0, tzinfo=UTC)
"""In Shanghai, where the call is made, the first of April begins."""


async def test_on_the_day_of_its_return_both_services_say_that_the_country_takes_part(house: House) -> None:
    house.at(house.call("training", 2016).opens)
    ana = await house.applicant("ana@example.org")
    application = await house.apply(ana, "training", "PE")
    await house.nominate(application)
    await leave_for_march(house)

    house.at(BACK - timedelta(hours=1))
    try:
        await (await house.staff("officer")).approve(await house.look(application))
    except Unexpected as refused:
        assert "course_lost" in str(refused)
    else:
        raise AssertionError("it was approved on a day on which the country takes no part")
    assert (await house.look(application))["state"] == "nominated", "the person stays where they are"

    house.at(BACK + timedelta(hours=1))
    await house.approve(application)
    await house.until(application, "offered")
    assert (await house.check()).broken == 0


async def leave_for_march(house: House) -> None:
    """One officer proposes it by the form, another adopts it; then it has arrived everywhere."""
    path = "/quotas/participation/training/PE"
    typed = {"act": "leave", "reason": "The government decided so.", "key": str(new_id())}
    typed |= {f"start-{box}": value for box, value in (("day", "1"), ("month", "3"), ("year", "2016"))}
    typed |= {f"end-{box}": value for box, value in (("day", "31"), ("month", "3"), ("year", "2016"))}
    one, other = await house.staff("officer"), await house.staff("officer", number=2)
    await house.rested()
    await one.browser.post(path, {**typed, "step": "look"})
    filed = await one.browser.post(path, {**typed, "step": "send"})
    page = await other.browser.get(filed.path)
    await other.browser.send(page.form(having="decision"), {"decision": "approve"})
    await house.settled()
