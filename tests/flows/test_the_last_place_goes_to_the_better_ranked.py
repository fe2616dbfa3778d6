"""The last place goes to the better ranked, whoever was approved first."""

from tests.flows.stack import House


async def test_the_last_place_goes_to_the_better_ranked(house: House) -> None:
    """Everybody waits for the round; then the list is served by rank, and the one who is left over is told the rank and what is lacking."""
    house.at(house.call("masters", 2016).opens)
    places = (await house.cell("masters", "PE"))["target"]
    weakest = await house.applicant("weak@example.org", language="es")
    last = await house.to_approval(weakest, "masters", "PE", points=4)
    better = [
        await house.to_approval(await house.applicant(f"strong{number}@example.org"), "masters", "PE", points=6 + number % 3)
        for number in range(places)
    ]
    assert (await house.look(last))["state"] == "waiting"

    house.at(house.call("masters", 2016).grants_from)
    for application in better:
        await house.until(application, "offered")
    await house.settled()

    left_over = await house.look(last)
    assert left_over["state"] == "waiting"
    cell = await house.cell("masters", "PE")
    assert (cell["offered"], cell["free"], cell["waiting"]) == (places, 0, 1)
    assert (await house.check()).broken == 0
