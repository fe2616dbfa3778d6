"""An application that was sent back is corrected, keeps its receipt, and goes on."""

from datetime import timedelta

from tests.flows.stack import House

REMARK = {"kind": "question", "key": "motivation", "remark": "Diga qué hará a su regreso."}


async def test_a_returned_application_is_corrected_and_goes_on(house: House) -> None:
    """The applicant is told why, where and by when, hands it in again, and gets the place."""
    house.at(house.call("training", 2016).opens)
    rosa = await house.applicant("rosa@example.org", language="es")
    application = await house.apply(rosa, "training", "PE", name="Rosa Quispe Mamani")
    before = await house.look(application)
    coordinator = await house.staff("coordinator", "PE")
    await coordinator.return_for_correction(before, ["answer_unclear"], (house.now + timedelta(days=7)).date(), [REMARK])
    await house.until(application, "returned")
    await house.mailed()
    page = await rosa.browser.get(f"/applications/{application}/pages/course")
    assert REMARK["remark"] in page.words()
    assert not any(REMARK["remark"] in mail.text for mail in house.mails("rosa@example.org")), "what is wrong is said on the page alone"

    sent = await rosa.send(application)
    assert sent.receipt == before["receipt"]
    await house.until(application, "submitted")
    await house.nominate(application)
    await house.approve(application)
    await house.until(application, "offered")
    assert (await house.check()).broken == 0
