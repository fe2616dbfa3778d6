"""An applicant asks for a letter, the mail brings the referee a link, the officer reads what comes of it, the applicant never does."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from services.run.filling import Person
from tests.flows.stack import House

ANA = Person("Ana Quispe", "ana@example.org", "PE", "es")


@pytest.mark.timeout(300)
async def test_a_referee_writes_and_the_applicant_never_reads(house: House) -> None:
    ana, application, referee = await house.but_for_a_letter(ANA, "masters")
    programme = house.programme("masters")
    path = f"/applications/{application}"

    async def shown() -> str:
        return (await ana.browser.get(f"{path}/referees")).words()

    # Asked: the mail is in the referee's language and says who asks; without the letter the application is not sent.
    await ana.ask_referee(application, referee)
    mail = await house.mail(referee["email"], "/letter/")
    assert mail.subject == "Le piden una carta de recomendación" and "Ana Quispe" in mail.text and referee["name"] in mail.text
    assert "Pedida" in await shown()
    assert "Falta 1 carta" in (await ana.browser.get(f"{path}/check")).words()

    # Opened: a scanner that only looks leaves no trace, a person who presses the button does.
    writer = house.writer(referee["email"])
    link = urlsplit(await house.stack.mail.letter_link(referee["email"])).path
    page = await writer.browser.get(link)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin", "no other site hears of the link; forms of older browsers still say theirs"
    assert "what the applicant does with you" in page.words(), "what goes with the kind of letter"
    assert "Página abierta" not in await shown()
    await writer.open()
    assert "Página abierta" in await shown()

    # Written: both are told, and the application goes out.
    await writer.write(programme, referee["language"])
    await house.mail(referee["email"], "Gracias")
    assert "{" not in (await house.mail(ANA.email, "carta")).text
    assert "Carta recibida" in await shown()
    sent = await ana.send(application)
    assert sent.receipt, sent.refused

    # Read: by the officer, noted; the country sees that it has come; the applicant finds nothing at its address.
    officer, coordinator = await house.staff("officer"), await house.staff("coordinator", "PE")
    page = await officer.browser.get(f"/officer{path}")
    [letter] = [one for one in page.links if "/letters/" in one]
    read = (await officer.browser.get(letter)).words()
    assert referee["name"] in read and "Do you recommend this person?" in read
    of_country = await coordinator.browser.get(f"/country{path}")
    assert "Letter received" in of_country.words() and "/letters/" not in of_country.text
    for nobody in (ana, coordinator):
        await nobody.browser.get(letter, expect=(403, 404))
    acts = await house.stack.services["applications"].db.run(
        lambda tx: tx.execute(text("select role from audit_entry where act = 'application.letter_read'"))
    )
    assert [row.role for row in acts.all()] == ["officer"]

    # Replayed: every event of every service goes out again, and nobody hears of it.
    async def told() -> list[str]:
        await house.settled()
        return sorted(one.subject for one in (*house.mails(ANA.email), *house.mails(referee["email"])))

    before = await told()
    for service in house.stack.services.values():
        await service.db.run(lambda tx: tx.execute(text("update outbox set sent_at = null")))
    assert await told() == before
    assert len(before) == len(set(before)), "nothing was said twice"
    assert (await house.check()).broken == 0
