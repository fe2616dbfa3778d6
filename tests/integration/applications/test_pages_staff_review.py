"""The reviewer's pages: a queue, points on the page of the application itself, and the next one after saving."""

import httpx2
import pytest

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.tables import Application
from tests.integration.applications.people import OFFICER, the_plan
from tests.integration.applications.staff_pages import House, errors, links, main, shown_version


def points(**changed: str) -> dict[str, str]:
    """Seven points for each criterion of the scholarships."""
    programme = the_plan().programme("scholarship")
    assert programme is not None
    return {f"points-{one.key}": "7" for one in programme.criteria} | {f"points-{key}": value for key, value in changed.items()}


async def save(browser: httpx2.AsyncClient, application: Application, **data: str) -> httpx2.Response:
    path = f"/review/applications/{application.id}"
    version = shown_version(await browser.get(path))
    return await browser.post(path, data={"version": version, **points(), **data})


async def test_the_queue_has_what_is_due_and_the_least_reviewed_first(house: House) -> None:
    await house.reach(State.SUBMITTED)
    first, second = await house.reach(State.NOMINATED), await house.reach(State.NOMINATED)
    open_route = await house.reach(State.SUBMITTED, programme="open")
    await house.reach(State.SUBMITTED, programme="short")
    two = await house.browser("reviewer.two")
    assert (await save(two, first)).status_code == 303
    browser = await house.browser("reviewer")
    page = await browser.get("/review")
    queue = links(page, "/review/applications/")
    assert queue == [f"/review/applications/{one.id}" for one in (second, open_route, first)]
    assert "3 applications wait for your scores" in main(page)
    only = await browser.get("/review?programme=open")
    assert links(only, "/review/applications/") == [f"/review/applications/{open_route.id}?programme=open"]


async def test_what_a_criterion_counts_is_said_in_per_cent(house: House) -> None:
    application = await house.reach(State.NOMINATED)
    page = main(await (await house.browser("reviewer")).get(f"/review/applications/{application.id}"))
    programme = the_plan().programme("scholarship")
    assert programme is not None
    for one in programme.criteria:
        assert f"0 to {one.maximum} points; counts for {one.weight}% of the score" in page


async def test_saving_leads_to_the_next_and_at_the_end_back_to_the_queue(house: House) -> None:
    first, second = await house.reach(State.NOMINATED), await house.reach(State.NOMINATED)
    browser = await house.browser("reviewer")
    saved = await save(browser, first, note="A sound plan.", programme="scholarship")
    assert saved.headers["location"] == f"/review/applications/{second.id}?programme=scholarship&saved={first.receipt}"
    following = await browser.get(saved.headers["location"])
    assert f"The scores of {first.receipt} are saved. This is the next one." in main(following)
    last = await save(browser, second)
    assert last.headers["location"] == f"/review?saved={second.receipt}"
    page = await browser.get(last.headers["location"])
    assert "Nothing more waits for you here" in main(page)
    assert "Scored by you" in main(page)
    assert "This is the next one" not in main(await browser.get(saved.headers["location"])), "it is scored, too"
    third = await house.reach(State.NOMINATED)
    for receipt in (second.receipt, third.receipt):
        assert "Nothing more waits for you here" not in main(await browser.get(f"/review?saved={receipt}"))
    assert (await house.world.application(first.id)).score == 70_000
    [note] = await house.world.rows("select note from review where application_id = :id", id=first.id)
    assert note.note == "A sound plan."


@pytest.mark.parametrize("wrong", ["", "11", "-1", "7.5", "seven"])
async def test_points_that_are_none_come_back_with_what_was_typed(house: House, wrong: str) -> None:
    application = await house.reach(State.NOMINATED)
    browser = await house.browser("reviewer")
    path = f"/review/applications/{application.id}"
    version = shown_version(await browser.get(path))
    page = await browser.post(path, data={"version": version, **points(study_plan=wrong), "note": "Half done"})
    assert page.status_code == 422
    assert errors(page) == "“Study plan” needs a whole number from 0 to 10"
    assert "<title>Error:" in page.text
    assert "Half done" in page.text
    assert 'href="#points-study_plan"' in page.text
    assert "data-keep" in page.text, "leaving with something typed asks first"
    assert (await house.world.application(application.id)).score is None


async def test_own_scores_are_seen_and_changed_until_the_decision_and_nobody_elses(house: House) -> None:
    application = await house.reach(State.NOMINATED)
    two, browser = await house.browser("reviewer.two"), await house.browser("reviewer")
    await save(two, application, note="Seen by the other", **points(study_plan="1"))
    path = f"/review/applications/{application.id}"
    page = await browser.get(path)
    assert "Seen by the other" not in page.text
    assert "You gave" not in main(page), "whoever has not scored yet is not led by others"
    await save(browser, application)
    mine = await browser.get(path)
    assert "You gave 70 of 100" in main(mine)
    assert "Seen by the other" not in mine.text
    changed = await save(browser, application, **points(study_plan="10"))
    assert changed.status_code == 303
    assert "You gave 80.5 of 100" in main(await browser.get(path))
    assert (await house.world.rows("select count(*) as n from review"))[0].n == 2
    await house.world.act(use_cases.approve, OFFICER, application.id)
    over = await browser.get(path)
    assert "Scoring is over" in main(over)
    assert 'name="version"' not in over.text
    listed = await browser.get("/review")
    assert "80.5" in main(listed)


async def test_scores_for_what_was_decided_meanwhile_are_refused_and_kept_on_the_page(house: House) -> None:
    application = await house.reach(State.NOMINATED)
    browser, two = await house.browser("reviewer"), await house.browser("reviewer.two")
    path = f"/review/applications/{application.id}"
    version = shown_version(await browser.get(path))
    await save(two, application)
    await house.world.act(use_cases.approve, OFFICER, application.id)
    late = await browser.post(path, data={"version": version, **points()})
    assert late.status_code == 409
    assert "Somebody else was first: Approved (Officer" in errors(late)


async def test_an_application_that_is_not_to_be_scored_can_be_read_and_no_more(house: House) -> None:
    application = await house.reach(State.SUBMITTED)
    browser = await house.browser("reviewer")
    path = f"/review/applications/{application.id}"
    page = await browser.get(path)
    assert "This application is not to be scored now" in main(page)
    refused = await browser.post(path, data={"version": str(application.version), **points()})
    assert refused.status_code == 409
    assert "This cannot be done now: the application is “Sent”" in errors(refused)
