"""Approving several at once: a preview that changes nothing, each through the same use case, and a report of what happened."""

import re
from datetime import UTC, datetime

import httpx2

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.tables import Application
from services.applications.use_cases.steps import cell_of
from shared.kernel.ids import new_id
from tests.integration.applications.people import SECOND_OFFICER, reason
from tests.integration.applications.staff_pages import House, errors, main


async def scored(house: House, share: float = 0.5) -> Application:
    application = await house.reach(State.NOMINATED)
    await house.world.score(application.id, share=share)
    return await house.world.application(application.id)


def picks(page: httpx2.Response) -> list[str]:
    """What the preview would send, in order."""
    return [part.split('"')[0] for part in page.text.split('name="pick" value="')[1:]]


async def test_the_preview_says_what_would_happen_and_changes_nothing(house: House) -> None:
    low, high = await scored(house, 0.2), await scored(house, 0.9)
    unscored, placed = await house.reach(State.NOMINATED), await house.reach(State.PLACED)
    browser = await house.browser("officer")
    ids = [str(one.id) for one in (low, unscored, high, placed)]
    page = await browser.get("/officer/bulk", params={"id": [*ids, str(new_id()), "nothing"]})
    assert "2 would be approved; 2 cannot be" in main(page) and "Would be approved, best scored first" in main(page)
    assert "Peru · Government scholarships 2016 – 2 Nothing is known of the places yet" in main(page)
    assert "份；2" in main(await browser.get("/officer/bulk", params={"id": ids, "lang": "zh"})), "with a mark of full width"
    assert "not scored" in main(page)
    assert "it is “Place taken” now" in main(page)
    assert picks(page) == [f"{high.id}:{high.version}", f"{low.id}:{low.version}"], "in the order in which places are given"
    assert [await house.state(one) for one in (low, high, unscored)] == ["nominated"] * 3


async def test_all_of_a_list_are_approved_each_with_its_own_event_and_audit_row(house: House) -> None:
    made = [await scored(house) for _ in range(4)]
    browser = await house.browser("officer")
    preview = await browser.get("/officer/bulk?all=1&programme=scholarship&year=2016")
    assert "4 would be approved" in main(preview)
    report = await browser.post("/officer/bulk", data={"pick": picks(preview), "programme": "scholarship"})
    assert report.status_code == 200
    assert "4 applications are approved." in main(report)
    assert "data-comes-back" not in report.text, "the address of the report opens the list"
    assert [await house.state(one) for one in made] == ["approved"] * 4
    assert len(await house.audited("application.approve")) == 4
    told = [one.subject for one in await house.world.published() if one.type == "puente.application.approved.v1"]
    assert sorted(told) == sorted(str(one.id) for one in made)
    again = await browser.post("/officer/bulk", data={"pick": picks(preview)})
    assert "0 applications are approved. 4 were left as they are." in main(again), "a second sending changes nothing"
    assert len(await house.audited("application.approve")) == 4


async def test_what_changed_since_the_preview_is_left_alone_and_said(house: House) -> None:
    kept, rejected = await scored(house), await scored(house)
    browser = await house.browser("officer")
    preview = await browser.get("/officer/bulk?all=1")
    await house.world.act(use_cases.reject, SECOND_OFFICER, rejected.id, reasons=[reason("rejection")])
    report = await browser.post("/officer/bulk", data={"pick": picks(preview)})
    assert "1 application is approved. 1 was left as it is." in main(report)
    assert "somebody else was first: it is “Not carried forward” now" in main(report)
    assert [await house.state(one) for one in (kept, rejected)] == ["approved", "rejected"]


async def test_nothing_chosen_leads_back_to_the_list_which_says_so(house: House) -> None:
    one = await scored(house)
    browser = await house.browser("officer")
    back = (await browser.get("/officer/bulk?tab=decide")).headers["location"]
    assert back == "/officer?tab=decide&chosen=none"
    page = await browser.get(back)
    assert errors(page) == "Tick at least one application to approve"
    assert re.search(r"<title>\s*Error: ", page.text)
    assert f'href="#choose-{one.id}"' in page.text and f'id="choose-{one.id}"' in page.text, "it leads to the first one"
    assert not errors(await browser.get("/officer?tab=decide"))
    assert not errors(await browser.get("/officer?tab=placed&chosen=none")), "nothing can be chosen there"
    assert (await browser.post("/officer/bulk", data={"pick": "nonsense"})).headers["location"] == "/officer?chosen=none"


async def test_how_many_would_get_a_place_is_said_before_and_after(house: House) -> None:
    """By the cell's figures as quotas told them, and what it has not answered yet; while the day of the places is ahead, by that day."""
    made = [await house.reach(State.SUBMITTED, programme="short") for _ in range(4)]
    cell, listed, scholar = cell_of(made[0]), "/officer/bulk?all=1&programme=short&year=2016", await scored(house)
    await house.figures(cell, version=1, free=9)
    browser = await house.browser("officer")
    assert "9 4 Places are given on" in main(await browser.get(listed)), "all at once"
    house.front.clock.move_to(datetime(2016, 4, 16, tzinfo=UTC))
    await house.front.sign_in(browser, "officer@example.org")
    assert "9 4 A place is free for each of them." in main(await browser.get(listed))
    await house.figures(cell, version=2, free=0)
    assert "0 4 No place is free: they join the waiting list." in main(await browser.get(listed))
    await house.figures(cell, version=3, free=1)
    preview = await browser.get(listed)
    told = "1 4 Free places: 1. The others join the waiting list: 3."
    assert told in main(preview)
    assert "Would be approved, earliest sent first" in main(preview), "nobody scores there"
    both = main(await browser.get("/officer/bulk", params={"id": [str(made[0].id), str(scholar.id)]}))
    assert "Would be approved, best scored first, then earliest sent" in both
    assert told in main(await browser.post("/officer/bulk", data={"pick": picks(preview)}))
    house.world.now = datetime(2016, 2, 1, tzinfo=UTC)
    late = await house.reach(State.SUBMITTED, programme="short")
    page = main(await browser.get(f"/officer/bulk?id={late.id}"))
    assert "0 1 No place is free: this one joins the waiting list." in page, "the four are still to be answered"
