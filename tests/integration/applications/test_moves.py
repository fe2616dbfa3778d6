"""Every row of the table, through the real use cases on a real database."""

import pytest

from services.applications.domain.lifecycle import State
from tests.integration.applications.people import WAY, World


@pytest.mark.parametrize("state", [State.DRAFT, *WAY])
async def test_every_state_is_reached_and_its_story_adds_up(world: World, state: State) -> None:
    """The timeline has one row for each version and ends in the state; the facts are numbered 1, 2, 3 in the outbox."""
    _, application = await world.reach(state)
    timeline = await world.rows(
        "select number, source, target, fact from timeline_entry where application_id = :id order by number", id=application.id
    )
    assert [row.number for row in timeline] == list(range(1, application.version + 1))
    assert timeline[-1].target == state
    assert [row.source for row in timeline[1:]] == [row.target for row in timeline[:-1]]
    published = await world.published(application.id)
    assert [one.subjectversion for one in published] == list(range(1, application.facts + 1)) == [row.fact for row in timeline if row.fact]
