"""The officer's pages: a work list with tabs and filters, one application on one page with its figures, and every act on it."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.staff.kit import ROWS
from services.applications.staff.parts import other_limits
from services.applications.staff.tabs import slices
from services.applications.store.plans import all_in_force
from services.applications.store.work import Count
from services.applications.tables import Application
from shared.kernel.cells import Cell
from tests.integration.applications.people import COORDINATOR, reason, the_plan
from tests.integration.applications.staff_pages import House, errors, links, main, shown_version

BASE = "/officer/applications/"


def listed(page: httpx2.Response) -> list[str]:
    """Ids of the applications on a list, in order."""
    return [one.removeprefix(BASE).split("?")[0] for one in links(page, BASE)]


async def scored(house: House, share: float = 0.5) -> Application:
    application = await house.reach(State.NOMINATED)
    await house.world.score(application.id, share=share)
    return await house.world.application(application.id)


async def test_every_submitted_application_is_in_exactly_one_tab(house: House) -> None:
    terms = await house.front.db.run(all_in_force)
    tabs = slices(terms)
    for one in terms:
        for state in set(State) - {State.DRAFT}:
            for given in (True, False):
                if state is State.NOMINATED and "nomination" not in one.programme.route:
                    continue
                count = Count(one.programme.code, 2016, state, given, 1)
                within = [name for name, parts in tabs.items() if any(part.holds(count) for part in parts)]
                assert len(within) == 1, (one.programme.code, state, given, within)


async def test_the_list_begins_with_what_is_to_be_decided_best_scored_first(house: House) -> None:
    low, high, best = await scored(house, 0.3), await scored(house, 0.9), await scored(house, 1.0)
    unscored = await house.reach(State.NOMINATED)
    sent = await house.reach(State.SUBMITTED)
    short = await house.reach(State.SUBMITTED, programme="short")
    offered = await house.reach(State.OFFERED)
    browser = await house.browser("officer")
    page = await browser.get("/officer")
    assert listed(page) == [str(one.id) for one in (best, high, low, short)]
    for tab in ("To decide 4", "With reviewers 1", "With countries 1", "Looking for a place 0", "Place offered 1"):
        assert tab in main(page)
    assert listed(await browser.get("/officer?tab=review")) == [str(unscored.id)]
    assert listed(await browser.get("/officer?tab=country")) == [str(sent.id)]
    assert listed(await browser.get("/officer?tab=offered")) == [str(offered.id)]
    assert listed(await browser.get("/officer?tab=nonsense&sort=nonsense&year=x&after=x")) == listed(page), "what is no filter is left out"
    assert listed(await browser.get("/officer?programme=short")) == [str(short.id)]
    assert listed(await browser.get("/officer?sort=submitted&programme=scholarship")) == [str(one.id) for one in (low, high, best)]
    assert "Nothing here now" in main(await browser.get("/officer?country=CL"))


async def test_filters_stay_from_page_to_page_and_no_line_is_lost(house: House) -> None:
    made = [await house.reach(State.SUBMITTED, programme="short") for _ in range(ROWS + 2)]
    browser = await house.browser("officer")
    first = await browser.get("/officer?programme=short&sort=changed")
    [following] = [one for one in links(first, "/officer?") if "after=" in one and "lang=" not in one]
    assert "programme=short" in following
    assert "sort=changed" in following
    second = await browser.get(following)
    assert sorted(listed(first) + listed(second)) == sorted(str(one.id) for one in made)
    assert len(listed(second)) == 2
    assert all("programme=short" in one for one in links(second, BASE)), "an opened application leads back to the same list"


async def test_a_receipt_or_a_part_of_a_name_finds_in_every_tab(house: House) -> None:
    placed, sent = await house.reach(State.PLACED), await house.reach(State.SUBMITTED)
    browser = await house.browser("officer")
    receipt = (placed.receipt or "").replace("-", " ").lower()
    assert listed(await browser.get("/officer", params={"search": receipt})) == [str(placed.id)]
    name = await house.world.rows(
        "select answers->>'full_name' as name from page_answers where application_id = :id and answers ? 'full_name'", id=sent.id
    )
    found = listed(await browser.get("/officer", params={"search": name[0].name[1:5].upper()}))
    assert set(found) == {str(placed.id), str(sent.id)}
    nothing = await browser.get("/officer", params={"search": "100%_\\"})
    assert "Nothing was found" in main(nothing)


async def test_one_page_holds_answers_reviews_nomination_and_the_cells_figures(house: House) -> None:
    await house.figures(capacity=36, free=7, offered=4, taken=25, waiting=9)
    application = await scored(house, 0.8)
    browser = await house.browser("officer")
    said = main(await browser.get(f"{BASE}{application.id}"))
    for part in ("Study plan", "80 score of 100", "number 1 of 1 by score", "Places 36", "Taken 25", "Offered 4", "Free 7"):
        assert part in said, part
    assert "Approved so far 9" in said, "it is before the day of the places"
    assert "Of those on the country’s slate that wait for a decision: number 1 of 1. 1 of 108 put forward in all." in said
    assert "Places are given on 15 April 2016 (Beijing time), all at once and by rank." in said
    assert "sound" in said, "the reviewer's note"


async def test_an_approval_asks_for_a_place_and_says_what_comes_next(house: House) -> None:
    application, other = await scored(house, 0.5), await scored(house, 0.9)
    browser = await house.browser("officer")
    page = await browser.get(f"{BASE}{application.id}?programme=scholarship")
    done = await browser.post(f"{BASE}{application.id}/approve", data={"version": shown_version(page), "programme": "scholarship"})
    assert done.headers["location"] == f"{BASE}{application.id}?programme=scholarship&done=approve"
    after = await browser.get(done.headers["location"])
    assert "It is approved. Places are given on 15 April 2016 (Beijing time), all at once and by rank." in main(after)
    assert f"{BASE}{other.id}?programme=scholarship" in links(after, BASE), "the next one is at hand"
    assert await house.state(application) == "approved"
    kinds = [one.type for one in await house.world.published(application.id)]
    assert kinds[-1] == "puente.application.approved.v1"
    assert len(await house.audited("application.approve")) == 1
    house.front.clock.move_to(datetime(2016, 4, 16, tzinfo=UTC))
    await house.front.sign_in(browser, "officer@example.org")
    assert "It is approved. The places service now answers" in main(await browser.get(done.headers["location"])), "the day is over"
    await house.world.hears(house.world.offered(application))
    later = main(await browser.get(done.headers["location"]))
    assert "It was approved. The places service has answered: Place offered." in later and "now answers" not in later
    assert "not carried forward" not in main(await browser.get(f"{BASE}{application.id}?done=reject")), "an address alone says nothing"


async def test_what_nobody_scored_cannot_be_approved(house: House) -> None:
    application = await house.reach(State.NOMINATED)
    browser = await house.browser("officer")
    page = await browser.get(f"{BASE}{application.id}")
    assert "No reviewer has scored it yet, so it cannot be approved" in main(page)
    assert "/approve" not in page.text
    forced = await browser.post(f"{BASE}{application.id}/approve", data={"version": shown_version(page)})
    assert forced.status_code == 409
    assert "No reviewer has scored it yet" in errors(forced)
    assert await house.state(application) == "nominated"


async def test_a_rejection_needs_a_structured_reason(house: House) -> None:
    application = await scored(house)
    browser = await house.browser("officer")
    path = f"{BASE}{application.id}"
    version = shown_version(await browser.get(path))
    for given in ({}, {"reject_reasons": "invented"}):
        wrong = await browser.post(f"{path}/reject", data={"version": version, **given})
        assert wrong.status_code == 422
        assert "Choose at least one reason" in errors(wrong)
        assert 'id="act-reject" open' in wrong.text
    done = await browser.post(f"{path}/reject", data={"version": version, "reject_reasons": reason("rejection")})
    assert done.status_code == 303
    assert "It is not carried forward" in main(await browser.get(done.headers["location"]))
    assert (await house.world.application(application.id)).reasons == [reason("rejection")]


async def test_of_two_officers_the_second_is_shown_what_the_first_did(house: House) -> None:
    application = await scored(house)
    one, two = await house.browser("officer"), await house.browser("officer.two")
    path = f"{BASE}{application.id}"
    versions = [shown_version(await browser.get(path)) for browser in (one, two)]
    assert (await one.post(f"{path}/approve", data={"version": versions[0]})).status_code == 303
    second = await two.post(f"{path}/reject", data={"version": versions[1], "reject_reasons": reason("rejection")})
    assert second.status_code == 409
    assert "Somebody else was first: Approved (Officer, Officer" in errors(second)
    assert "Approved" in main(second)
    assert await house.state(application) == "approved"
    no_version = await two.post(f"{path}/reject", data={"reject_reasons": reason("rejection")})
    assert no_version.status_code == 409, "a form that does not say what it showed changes nothing"


@pytest.mark.parametrize(
    ("act", "field", "use", "state"), [("end", "end_reason", "ending", "ended"), ("withdraw", "withdraw_reason", "withdrawal", "withdrawn")]
)
async def test_a_taken_place_is_ended_or_withdrawn_with_a_reason(house: House, act: str, field: str, use: str, state: str) -> None:
    application = await house.reach(State.PLACED)
    browser = await house.browser("officer")
    path = f"{BASE}{application.id}"
    version = shown_version(await browser.get(path))
    wrong = await browser.post(f"{path}/{act}", data={"version": version})
    assert wrong.status_code == 422
    assert "Choose a reason" in errors(wrong)
    assert f'id="act-{act}" open' in wrong.text
    done = await browser.post(f"{path}/{act}", data={"version": version, field: reason(use)})
    assert done.headers["location"] == f"{path}?done={act}"
    assert await house.state(application) == state


async def test_what_an_approval_would_lead_to_follows_the_figures(house: House) -> None:
    ana = await house.viewer("ana")
    house.world.now += timedelta(days=30)
    of_course = await house.world.submitted(ana, "training")
    await house.world.act(use_cases.nominate, COORDINATOR, of_course.id)
    masters = the_plan().programme("masters")
    assert masters is not None
    house.front.clock.move(timedelta(days=90))
    application = await scored(house)
    browser = await house.browser("officer")
    path = f"{BASE}{application.id}"
    assert "Nothing is known of the places yet" in main(await browser.get(path))
    await house.figures(free=1)
    said = main(await browser.get(path))
    assert "A place is free (Peru 2016). The places service decides, and looks at these too: the places for this way of applying, " in said
    assert "seats" not in said, "a programme without courses has no seats"
    assert "0 taken, 0 offered and 0 waiting, of 36 places" in said and "Waiting 0" in said, "the day of the places is over"
    assert "how many people of the country may hold a place at one time" in other_limits(application, masters)
    cell = Cell(of_course.programme, of_course.country, of_course.year)
    await house.figures(cell, free=1)
    said = main(await browser.get(f"{BASE}{of_course.id}"))
    assert "looks at these too: the seats of the course that is chosen, the places that the person holds already" in said
    await house.reach(State.APPROVED)
    assert "No place is free for another application" in main(await browser.get(path)), "what was approved and not answered counts too"


async def test_who_is_approved_before_the_day_of_the_places_is_on_no_waiting_list(house: House) -> None:
    application = await house.reach(State.APPROVED)
    await house.world.hears(house.world.waiting(application, rank=0))
    await house.figures(waiting=2)
    officer, peru = await house.browser("officer"), await house.browser("peru")
    for browser, path in (
        (officer, "/officer?tab=waiting"),
        (officer, f"{BASE}{application.id}"),
        (peru, "/country?state=decided"),
        (peru, f"/country/applications/{application.id}"),
        (peru, "/country/slate?programme=scholarship&year=2016"),
    ):
        said = main(await browser.get(path))
        told = said.lower()
        for of_all in (
            "nobody is on a waiting list",
            "approved, or on a waiting list",
            "waiting for an answer",
            "approved, waiting or offered",
        ):
            told = told.replace(of_all, "")
        assert "Places are given on" in said and "waiting" not in told, path
        assert ("Approved so far 2" in said) == ("slate" in path or "applications" in path), path
        assert "Approved" in said or "slate" in path, path
