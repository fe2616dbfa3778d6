"""An application that was sent back is corrected, keeps its receipt, and goes on."""

from datetime import timedelta

from tests.flows.stack import House


async def test_a_returned_application_is_corrected_and_goes_on(house: House) -> None:
    """The applicant is told why and by when, hands it in again, and gets the place."""
    house.at(house.call("training", 2016).opens)
    rosa = await house.applicant("rosa@example.org", language="es")
    application = await house.apply(rosa, "training", "PE", name="Rosa Quispe Mamani")
    before = await house.look(application)
    coordinator = await house.staff("coordinator", "PE")
    reason = house.programme("training").reasons_for("return")[0].code
    await coordinator.return_for_correction(before, [reason], (house.now + timedelta(days=7)).date())
    await house.until(application, "returned")
    await house.mail("rosa@example.org", "")

    sent = await rosa.send(application)
    assert sent.receipt == before["receipt"]
    await house.until(application, "submitted")
    await house.nominate(application)
    await house.approve(application)
    await house.until(application, "offered")
    assert (await house.check()).broken == 0
