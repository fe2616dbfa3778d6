"""A country puts forward no more than its cap, and is told which limit had no room."""

from tests.flows.stack import House


async def test_a_nomination_beyond_the_cap_comes_back_with_the_limit_named(house: House) -> None:
    """The one too many is submitted again, with the limit; the country may choose another candidate after a withdrawal."""
    house.at(house.call("masters", 2016).opens)
    cell = await house.cell("masters", "PE")
    cap = round(cell["target"] * (house.programme("masters").nomination_ratio or 0))
    people = [await house.applicant(f"c{number}@example.org") for number in range(cap + 1)]
    applications = [await house.apply(who, "masters", "PE") for who in people]
    await house.nominate(*applications)

    assert [(await house.look(application))["state"] for application in applications] == ["nominated"] * cap + ["submitted"]
    one_too_many = await house.look(applications[-1])
    assert "nomination:masters:PE:2016" in str(one_too_many)
    await people[0].withdraw(applications[0])
    await house.settled()
    await house.nominate(applications[-1])
    await house.until(applications[-1], "nominated")
    assert (await house.check()).broken == 0
