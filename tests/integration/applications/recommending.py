"""Applications that want letters, for the tests of referees."""

from typing import Any

from services.applications import use_cases
from services.applications.domain.viewers import Viewer
from services.applications.referees.tables import Referee
from services.applications.tables import Application
from services.applications.use_cases import Done
from tests.integration.applications.letters import asked, link
from tests.integration.applications.people import (
    World,
    good_form,
    new_applicant,
    the_plan,
)


async def ready(world: World, programme: str = "scholarship") -> tuple[Viewer, Application]:
    """Somebody whose form is filled in, without referees."""
    person = new_applicant()
    application = await world.draft(person, programme)
    for page, fields in good_form(programme).items():
        assert isinstance(await world.do(use_cases.save_page, person, application.id, page, fields), Done)
    found = the_plan().programme(programme)
    assert found is not None
    for paper in found.documents:
        if paper.stage in ("submission", "nomination"):
            await world.attach(person, application.id, paper.key)
    return person, application


async def ask(world: World, person: Viewer, application: Application, number: int = 0, **otherwise: Any) -> Referee:
    return await world.db.run(lambda tx: asked(tx, person, application.id, world.now, number, **otherwise))


async def link_to(world: World, referee: Referee) -> str:
    return await world.db.run(lambda tx: link(tx, referee.id, world.now))


async def told(world: World) -> list[str]:
    """What was published about referees, in order, without prefix and version."""
    return [one.type.split(".")[2] for one in await world.published() if one.type.startswith("puente.referee.")]


async def state_of(world: World, referee: Referee) -> str:
    [row] = await world.rows("select state from referee where id = :id", id=referee.id)
    return str(row.state)
