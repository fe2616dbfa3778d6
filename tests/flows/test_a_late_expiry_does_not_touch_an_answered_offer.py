"""A late expiry does not touch an answered offer, and an offer that nobody answered lapses."""

from datetime import timedelta

from tests.flows.stack import House


async def test_a_late_expiry_does_not_touch_an_answered_offer(house: House) -> None:
    """One accepts, one lets it pass; after the deadline only the second offer is gone, and the person is told."""
    house.at(house.call("training", 2016).opens)
    keen = await house.applicant("keen@example.org", language="es")
    idle = await house.applicant("idle@example.org", language="fr")
    taken = await house.to_approval(keen, "training", "PE")
    lapsed = await house.to_approval(idle, "training", "HT")
    await house.until(taken, "offered")
    await house.until(lapsed, "offered")
    await keen.answer_offer(taken, "accept")
    await house.until(taken, "placed")

    house.at(house.now + timedelta(days=house.programme("training").offer_days + 1))
    await house.until(lapsed, "lapsed")
    await house.settled()

    assert (await house.look(taken))["state"] == "placed"
    assert (await house.cell("training", "PE"))["taken"] == 1
    haiti = await house.cell("training", "HT")
    assert (haiti["offered"], haiti["taken"]) == (0, 0)
    assert haiti["free"] == haiti["target"]
    assert (await house.check()).broken == 0
