"""An address is wrong and is corrected, a referee is chased, declines and is replaced, and the letter comes from somebody else in time."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from services.run.filling import Person
from services.run.settling import until
from tests.flows.stack import PATIENCE_S, House

ANA = Person("Ana Quispe", "ana@example.org", "PE", "es")
WRONG, FIRST, SECOND = "nobody@example.org", "first@example.org", "second@example.org"


@pytest.mark.timeout(300)
async def test_a_referee_is_chased_declines_and_is_replaced(house: House) -> None:
    ana, application, referee = await house.but_for_a_letter(ANA, "masters")
    programme = house.programme("masters")
    path = f"/applications/{application}"

    async def shown() -> str:
        return (await ana.browser.get(f"{path}/referees")).words()

    async def says(words: str) -> None:
        """Wait until the page of the referees says so: a mail is tried and given up behind everything that an event waits for."""

        async def look() -> str:
            return "" if words in (page := await shown()) else f"it says {page!r}"

        await until(f"the page that says {words!r}", look, seconds=PATIENCE_S, alive=house.stack.raise_failures)

    async def asks_instead(**fields: str) -> str:
        """Follow the link that puts somebody in the referee's place, and send the form; what the page says then."""
        page = await ana.browser.get(f"{path}/referees")
        [there] = [one for one in page.links if "replaces=" in one]
        form = (await ana.browser.get(urlsplit(there)._replace(scheme="", netloc="").geturl())).form(action="replaces=")
        return (await ana.browser.send(form, fields)).words()

    # The address does not exist: the applicant is shown it, and corrects it; nothing else is to be typed again.
    house.stack.mail.sink.refusing = lambda to: "550 5.1.1 nobody here" if to == WRONG else None
    await ana.ask_referee(application, {**referee, "email": WRONG})
    await says("No se pudo entregar")
    await house.mail(ANA.email, "una de sus referencias no se pudo entregar")
    assert "una de sus referencias no se pudo entregar" in (await ana.browser.get("/messages")).words()
    assert f"Se ha escrito a {referee['name']}" in await asks_instead(email=FIRST)
    await house.mail(FIRST, "/letter/")
    assert "No se pudo entregar" not in await shown()

    # Nothing comes: the calendar reminds, with a link of the mail's own.
    asked, call = programme.referees, house.call("masters", 2016)
    assert asked is not None
    due = asked.due(getattr(call, asked.due_of), call.timezone)
    house.at(due - timedelta(days=max(asked.remind_days)))
    await house.mail(FIRST, "Recordatorio")
    await ana.sign_in()
    assert "Último recordatorio" in await shown()

    # Declined, with a reason; Ana hears of it and asks somebody else, who writes.
    await house.writer(FIRST).decline("no_time")
    declined = (await house.mail(ANA.email, "no escribirá")).text
    assert "{" not in declined and "Pida la carta a otra persona" in declined
    assert "Sin tiempo antes de la fecha" in await shown()
    for place in ("/applications", f"{path}/tasks"):
        assert "Hace falta 1 referencia más." in (await ana.browser.get(place)).words(), place
    await asks_instead(**{**referee, "email": SECOND, "name": "Rosa Mamani"})
    await house.writer(SECOND).write(programme, referee["language"])
    assert "Carta recibida" in await shown()
    sent = await ana.send(application)
    assert sent.receipt, sent.refused

    # Everybody was told what was theirs to know, once.
    await house.mail(SECOND, "Gracias")
    await house.settled()
    told = {to: [one.subject for one in house.mails(to)] for to in (WRONG, FIRST, SECOND)}
    assert {to: len(subjects) for to, subjects in told.items()} == {WRONG: 0, FIRST: 2, SECOND: 2}, told
    assert (await house.check()).broken == 0
