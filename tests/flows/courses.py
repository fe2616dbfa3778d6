"""What the flows about courses begin with: an application that lists two of them, and its approval."""

from random import Random

from services.applications.domain.answers import Chosen
from services.run.acting import Staff
from services.run.filling import Person, answers_of
from tests.flows.stack import House

COURSE, OTHER, TITLE = "health", "trade", "Public health"
LIMIT = f"course:training:2016:{COURSE}"


async def applied(house: House, name: str) -> str:
    """An application that lists two courses and that its country put forward."""
    programme, call = house.programme("training"), house.call("training", 2016)
    who = await house.applicant(f"{name.split()[-1].lower()}@example.org", language="es")
    person = Person(name, who.email, "PE", "es")
    answers = {**answers_of(person, programme, call, Random(1)), "course": Chosen((COURSE, OTHER))}
    application = await who.start("training", "PE")
    await who.fill(application, programme, answers)
    await who.attach(application, programme, answers, person.name)
    assert (await who.send(application)).receipt
    house.knows(application, "PE")
    await house.nominate(application)
    return application


async def approve(house: House, officer: Staff, application: str) -> None:
    seen = (await house.look(application))["version"]
    await officer.act(application, "approve", {"expected_version": seen, "course": COURSE})
