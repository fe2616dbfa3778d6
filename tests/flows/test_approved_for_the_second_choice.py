"""Somebody lists two courses, is approved for the second, and draws on the seats of that one alone."""

from random import Random

from sqlalchemy import text

from services.applications.domain.answers import Chosen
from services.run.filling import Person, answers_of
from tests.flows.stack import House


async def test_who_is_approved_for_the_second_course_draws_on_its_seats(house: House) -> None:
    programme, call = house.programme("training"), house.call("training", 2016)
    house.at(call.opens)
    rosa = await house.applicant("rosa@example.org", language="es")
    person = Person("Rosa Quispe Mamani", rosa.email, "PE", "es")
    answers = {**answers_of(person, programme, call, Random(1)), "course": Chosen(("health", "trade"))}
    application = await rosa.start("training", "PE")
    await rosa.fill(application, programme, answers)
    await rosa.attach(application, programme, answers, person.name)
    assert (await rosa.send(application)).receipt
    house.knows(application, "PE")
    await house.nominate(application)
    one = await house.look(application)
    assert (one["course"], one["courses"]) == ("health", ["health", "trade"])
    await (await house.staff("officer")).approve(one, second=True)
    assert (await house.until(application, "offered"))["course"] == "trade"
    await house.settled()

    found = await house.stack.services["quotas"].db.run(
        lambda tx: tx.execute(text("select key, used from limit_counter where key like 'course%' and used > 0 order by key"))
    )
    drawn = [tuple(row) for row in found.all()]
    assert drawn == [("course:training:2016:trade", 1), ("course_country:training:PE:2016:trade", 1)]
    page = await rosa.browser.get(f"/applications/{application}")
    assert "la opción 2 de las 2 que usted indicó" in page.words()
    assert await house.mail(rosa.email, "Curso: Comercio y pequeñas empresas (opción 2 de las 2 que usted indicó)")
    assert (await house.check()).broken == 0
