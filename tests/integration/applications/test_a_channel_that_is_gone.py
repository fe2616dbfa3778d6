"""A newer plan has a way of applying no longer: two people agree to it, and nobody is approved into a refusal that cannot be undone."""

import msgspec

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import ChannelLost
from services.applications.use_cases import Done
from services.applications.use_cases.plans import Loaded, NeedsConfirmation
from tests.integration.applications.people import OFFICER, PROGRAMME, SECOND_OFFICER, World, the_plan
from tests.integration.applications.staff_pages import House, errors, main

LOST = "The way of applying that was chosen is no longer in the plan, so the application cannot be approved. Nothing was changed."
STOPPED = (
    "Cannot be approved The way of applying that was chosen is no longer in the plan, so the application cannot be approved. "
    "It can be approved only if a newer version of the plan has that way of applying again. "
    "Otherwise choose “Do not carry forward”, with the reason."
)


async def without(world: World, channel: str, version: str) -> Loaded | NeedsConfirmation:
    """A version of the plan without that channel is loaded."""
    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    fewer = msgspec.structs.replace(programme, channels=tuple(one for one in programme.channels if one.key != channel))
    programmes = tuple(fewer if one.code == PROGRAMME else one for one in the_plan().programmes)
    plan = msgspec.structs.replace(the_plan(), version=version, programmes=programmes)
    found = await world.do(use_cases.load_plan, plan, actor=str(OFFICER.account_id), role="officer")
    assert isinstance(found, Loaded | NeedsConfirmation), found
    return found


async def test_nobody_is_approved_by_a_channel_that_the_plan_has_no_longer(house: House) -> None:
    world = house.world
    one, other, free = [(await world.reach(State.NOMINATED))[1] for _ in range(3)]
    for application in (one, other, free):
        await world.score(application.id)
    await world.rows("update application set channel = case when id <> :id then 'province' end returning 1", id=free.id)
    assert isinstance(await without(world, "university", "98"), Loaded), "nobody named that one"
    asked = await without(world, "province", "99")
    assert isinstance(asked, NeedsConfirmation)
    assert asked.breaks == (
        f'{PROGRAMME}: applications that wait for a decision name the channel "province" (2), and nobody could be approved by it',
    )
    assert isinstance(await world.do(use_cases.confirm_change, SECOND_OFFICER, the_plan().code, change_id=asked.change_id), Loaded)

    refused = await world.do(use_cases.approve, OFFICER, one.id, expected_version=None)
    assert refused == ChannelLost("province", ("university",))
    officer = await house.browser("officer")
    path = f"/officer/applications/{one.id}"
    version = (await world.application(one.id)).version
    page = await officer.get(path)
    assert STOPPED in main(page) and f'action="{path}/approve"' not in page.text, "no button that would be refused"
    page = await officer.post(f"{path}/approve", data={"version": version})
    assert (page.status_code, errors(page)) == (409, LOST)
    program = await officer.post(f"/api/v1/applications/{one.id}/approve", json={"expected_version": version})
    assert (program.status_code, program.json()["code"]) == (409, "channel_lost")
    assert program.json()["errors"] == [{"pointer": "/channel", "code": "not_an_option", "value": "province", "allowed": ["university"]}]
    both = await officer.get("/officer/bulk", params={"id": [str(other.id), str(free.id)]})
    assert "the way of applying that was chosen is no longer in the plan" in main(both)
    assert {(await world.application(key.id)).state for key in (one, other)} == {State.NOMINATED}
    assert isinstance(await world.do(use_cases.approve, OFFICER, free.id, expected_version=None), Done), "who names none is not concerned"
