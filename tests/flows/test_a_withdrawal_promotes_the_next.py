"""A withdrawal promotes the next in the same commit."""

from sqlalchemy import text

from tests.flows.stack import House


async def test_a_withdrawal_promotes_the_next_in_the_same_commit(house: House) -> None:
    """The place that comes free and the offer to the best-ranked waiter are two decisions of one transaction, one after the other."""
    house.at(house.call("masters", 2016).opens)
    places = (await house.cell("masters", "PE"))["target"]
    people = [await house.applicant(f"p{number}@example.org") for number in range(places + 1)]
    applications = [await house.to_approval(who, "masters", "PE", points=9 - number) for number, who in enumerate(people)]
    house.at(house.call("masters", 2016).grants_from)
    for application in applications[:places]:
        await house.until(application, "offered")
    await house.until(applications[-1], "waiting")

    first = await house.applicant("p0@example.org")
    await first.withdraw(applications[0])
    await house.until(applications[-1], "offered")
    assert (await house.look(applications[0]))["state"] == "withdrawn"

    quotas = house.stack.services["quotas"].db
    written = await quotas.run(
        lambda tx: tx.execute(
            text("select outcome, xmin::text as written from decision where cell = 'masters:PE:2016' order by number desc limit 2")
        )
    )
    rows = written.all()
    assert len({row.written for row in rows}) == 1, "both were written by one transaction"
    assert (await house.check()).broken == 0
