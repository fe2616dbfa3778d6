"""Everybody is told once, in their language, and a replay tells nobody anything."""

from sqlalchemy import text

from tests.flows.stack import House


async def test_everybody_is_told_once_and_a_replay_sends_nothing(house: House) -> None:
    """The offer's mail arrives in Spanish; when every event of every service is sent again, nobody hears of it and nothing changes."""
    house.at(house.call("training", 2016).opens)
    ana = await house.applicant("ana@example.org", language="es")
    application = await house.to_approval(ana, "training", "PE")
    await house.until(application, "offered")
    mail = await house.mail("ana@example.org", "plaza")
    assert f"/applications/{application}" in mail.text
    await house.settled()

    async def told() -> list[str]:
        await house.settled()
        return sorted(mail.subject for mail in house.mails("ana@example.org"))

    before, state, cell = await told(), await house.look(application), await house.cell("training", "PE")
    assert len(before) == len(set(before)), "nothing was said twice"
    for service in house.stack.services.values():
        await service.db.run(lambda tx: tx.execute(text("update outbox set sent_at = null")))
    assert await told() == before
    assert await house.look(application) == state
    assert await house.cell("training", "PE") == cell
    assert (await house.check()).broken == 0
