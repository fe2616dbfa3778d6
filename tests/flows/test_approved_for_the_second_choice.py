"""Somebody lists two courses, is approved for the second, and draws on the seats of that one alone."""

from sqlalchemy import text

from tests.flows.courses import applied
from tests.flows.stack import House


async def test_who_is_approved_for_the_second_course_draws_on_its_seats(house: House) -> None:
    house.at(house.call("training", 2016).opens)
    application = await applied(house, "Rosa Quispe Mamani")
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
    rosa = await house.applicant("mamani@example.org", language="es")
    page = await rosa.browser.get(f"/applications/{application}")
    assert "la opción 2 de las 2 que usted indicó" in page.words()
    assert await house.mail(rosa.email, "Curso: Comercio y pequeñas empresas (opción 2 de las 2 que usted indicó)")
    assert (await house.check()).broken == 0
