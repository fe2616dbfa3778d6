"""How many people a country may put forward, on its coordinator's pages: what counts, what is said where there is no room, and when not."""

from datetime import timedelta

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from tests.integration.applications.staff_pages import House, main, shown_version

SLATE = "/country/slate?programme=scholarship&year=2016"


async def test_a_refused_nomination_says_which_limit_had_no_room(house: House) -> None:
    await house.figures(capacity=1, free=1)
    application = await house.reach(State.NOMINATED)
    await house.world.hears(house.world.no_room_to_nominate(application))
    browser = await house.browser("peru")
    page = await browser.get(SLATE)
    assert "Could not be put forward" in main(page)
    assert "country (Peru) has put forward as many people as it may for 2016" in main(page)
    one = await browser.get(f"/country/applications/{application.id}")
    said = main(one).lower().count("has put forward as many")
    assert "country (Peru) has put forward as many people as it may for 2016" in main(one)
    assert said == 2, "at the state and in the history, once each: a reason of the plan says the same"
    listed = await browser.get("/country")
    assert "country (Peru) has put forward as many people as it may for 2016" in main(listed)


async def test_a_page_that_is_loaded_again_says_nothing_that_is_not_so_any_more(house: House) -> None:
    application = await house.reach(State.NOMINATED)
    path, browser = f"/country/applications/{application.id}", await house.browser("peru")
    addresses = (f"{path}?done=nominate", f"{SLATE}&done={application.receipt}")
    for address in addresses:
        assert "The places service now checks" in main(await browser.get(address)), address
    await house.world.hears(house.world.no_room_to_nominate(application))
    for address in addresses:
        page = main(await browser.get(address))
        assert "The places service now checks" not in page and "country (Peru) has put forward as many people as it may" in page, address
    for act in ("return", "extend", "reject"):
        assert "The applicant is told" not in main(await browser.get(f"{path}?done={act}")), act


async def test_where_there_is_no_room_nobody_is_offered_to_be_put_forward(house: House) -> None:
    await house.figures(capacity=1, free=1)
    for _ in range(3):  # the programme's ratio is three for each place
        await house.reach(State.NOMINATED)
    one_more = await house.reach(State.SUBMITTED)
    browser = await house.browser("peru")
    why = "When a candidate withdraws before being offered a place, one more may be put forward."
    for address in (path := f"/country/applications/{one_more.id}", SLATE):
        page = await browser.get(address)
        assert why in main(page) and "No room" in main(page) and "Put on the slate" not in main(page), address
    version = shown_version(await browser.get(path))
    house.front.clock.move(timedelta(minutes=1))
    await house.figures(version=2, capacity=0, free=0)
    nobody = main(await browser.get(path))
    assert "Your country may put nobody forward in this call now." in nobody and why not in nobody and "Put on the slate" not in nobody
    await house.figures(version=3, capacity=1, free=1)
    await house.reach(State.NOMINATED)
    fewer = main(await browser.get(path))
    assert "Your country has put forward more people than it may now" in fewer and why not in fewer and "Put on the slate" not in fewer
    await house.figures(version=4, capacity=2, free=2)
    for address in (path, SLATE):
        page = await browser.get(address)
        assert why not in main(page) and "Put on the slate" in main(page), address
    assert (await browser.post(f"{path}/nominate", data={"version": version})).status_code == 303


async def test_who_withdrew_before_a_place_was_given_counts_no_more(house: House) -> None:
    await house.figures(capacity=36, free=36)
    person = await house.viewer("ana")
    application = await house.reach(State.NOMINATED, "ana")
    await house.reach(State.REJECTED)
    browser = await house.browser("peru")
    assert "1 put forward of at most 108" in main(await browser.get(SLATE))
    await house.world.act(use_cases.withdraw, person, application.id)
    assert "0 put forward of at most 108" in main(await browser.get(SLATE))
