"""A person holds one place at a time, across programmes."""

from tests.flows.stack import House


async def test_a_second_place_is_refused_by_name_and_can_be_had_after_the_first_was_given_back(house: House) -> None:
    """Offered in training, the same person is refused in the master's round for holding a place; who declined in time is served there."""
    house.at(house.call("training", 2016).opens)
    holder = await house.applicant("holder@example.org", language="es")
    freed = await house.applicant("freed@example.org", language="pt")
    waiting = {}
    for who, country in ((holder, "PE"), (freed, "BR")):
        waiting[country] = await house.to_approval(who, "masters", country)
        await house.until(waiting[country], "waiting")
    offers = {country: await house.to_approval(who, "training", country) for who, country in ((holder, "PE"), (freed, "BR"))}
    for application in offers.values():
        await house.until(application, "offered")
    await holder.answer_offer(offers["PE"], "accept")
    await freed.answer_offer(offers["BR"], "decline")
    await house.until(offers["PE"], "placed")
    await house.until(offers["BR"], "declined")

    house.at(house.call("masters", 2016).grants_from)
    await house.until(waiting["BR"], "offered")
    await house.settled()
    assert (await house.look(waiting["PE"]))["state"] in ("waiting", "refused"), "no second place while the first is held"
    assert (await house.cell("masters", "PE"))["offered"] == 0
    assert (await house.check()).broken == 0
