"""The coordinator's pages: what has to be done in one's own country, and nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.plan.model import Document
from services.applications.staff.kit import ROWS
from tests.integration.applications.people import CELL, OFFICER, reason, the_plan
from tests.integration.applications.staff_pages import House, errors, links, main, shown_version
from tests.real_files import PDF

SLATE = "/country/slate?programme=scholarship&year=2016"


async def test_the_country_sees_its_applications_with_counts_and_what_must_be_done_first(house: House) -> None:
    placed = await house.reach(State.PLACED)
    sent = await house.reach(State.SUBMITTED)
    abroad = await house.submitted("CL")
    browser = await house.browser("peru")
    page = await browser.get("/country")
    assert page.status_code == 200
    assert "1 To be looked at" in main(page)
    assert "1 Place taken" in main(page)
    listed = links(page, "/country/applications/")
    assert listed == [f"/country/applications/{sent.id}", f"/country/applications/{placed.id}"], "what must be done comes first"
    assert (abroad.receipt or "") not in page.text
    only = await browser.get("/country?state=placed&programme=scholarship&year=2016")
    assert links(only, "/country/applications/") == [f"/country/applications/{placed.id}"]
    nothing = await browser.get("/country?programme=training")
    assert "No application matches" in main(nothing)
    found = await browser.get(f"/country?search={(sent.receipt or '').replace('-', '').lower()}")
    assert links(found, "/country/applications/") == [f"/country/applications/{sent.id}"]


async def test_a_country_sees_only_the_programmes_that_are_for_its_side(house: House) -> None:
    """Scholarships and training are for the countries of CELAC; the bridge is for both sides, and opens on 1 March."""
    house.front.clock.move_to(datetime(2016, 3, 2, 12, tzinfo=UTC))
    peru, china = await house.browser("peru"), await house.browser("china")
    assert "Government scholarships" in main(await peru.get("/country"))
    page = await china.get("/country")
    assert main(page).startswith("My country China")
    assert "Government scholarships" not in main(page) and "training" not in main(page).lower()
    assert {one.split("programme=")[1].split("&")[0] for one in links(page, "/country/slate")} == {"bridge"}
    assert (await china.get(SLATE)).status_code == 404
    assert (await peru.get(SLATE)).status_code == 200


async def test_a_long_list_goes_on_and_back_without_losing_or_repeating_anybody(house: House) -> None:
    made = [await house.submitted() for _ in range(ROWS + 3)]
    browser = await house.browser("peru")
    first = await browser.get("/country?state=submitted")
    on = links(first, "/country?state=submitted&after=")
    second = await browser.get(on[0])
    seen = links(first, "/country/applications/") + links(second, "/country/applications/")
    assert sorted(seen) == sorted(f"/country/applications/{one.id}" for one in made)
    assert "Next page" not in main(second)
    back = await browser.get(links(second, "/country?state=submitted&before=")[0])
    assert links(back, "/country/applications/") == links(first, "/country/applications/")
    assert "Previous page" not in main(back)


async def test_one_application_is_read_whole_and_its_documents_are_files_to_save(house: House) -> None:
    application = await house.reach(State.SUBMITTED, "ana")
    ana, browser = await house.browser("ana"), await house.browser("peru")
    page = await browser.get(f"/country/applications/{application.id}")
    assert "Study plan" in main(page)
    assert (application.receipt or "none") in page.text
    returned = await browser.post(
        f"/country/applications/{application.id}/return",
        data={
            "version": shown_version(page),
            "return_reasons": reason("return"),
            "correct_by-day": "28",
            "correct_by-month": "1",
            "correct_by-year": "2016",
        },
    )
    assert returned.status_code == 303
    kept = await ana.post(f"/applications/{application.id}/papers/passport", files={"file": ("Pass.pdf", PDF, "application/pdf")})
    assert kept.status_code == 303
    page = await browser.get(f"/country/applications/{application.id}")
    document = next(one for one in links(page, f"/applications/{application.id}/documents/") if "Pass.pdf" in page.text.split(one)[1][:200])
    file = await browser.get(document, follow_redirects=True)
    assert file.content == PDF
    assert file.headers["content-disposition"].startswith("attachment")


async def test_sending_back_needs_reasons_and_a_day_and_keeps_what_was_typed(house: House) -> None:
    application = await house.reach(State.SUBMITTED)
    browser = await house.browser("peru")
    path = f"/country/applications/{application.id}"
    version = shown_version(await browser.get(path))
    day = {"correct_by-day": "31", "correct_by-month": "2", "correct_by-year": "2016"}
    wrong = await browser.post(f"{path}/return", data={"version": version, **day})
    assert wrong.status_code == 422
    assert "Choose at least one reason" in errors(wrong)
    assert "Enter the last day" in errors(wrong)
    assert 'value="31"' in wrong.text
    assert 'id="act-return" open' in wrong.text
    late = {"correct_by-day": "20", "correct_by-month": "1", "correct_by-year": "2016"}
    past = await browser.post(f"{path}/return", data={"version": version, "return_reasons": reason("return"), **late})
    assert past.status_code == 422
    assert "The day must be 21 January 2016 or later" in errors(past), "today may be over in minutes"
    beyond = {"correct_by-day": "31", "correct_by-month": "marzo", "correct_by-year": "2018"}
    after = await browser.post(f"{path}/return", data={"version": version, "return_reasons": reason("return"), **beyond})
    assert after.status_code == 422
    assert "or earlier: after it no place of this call is given" in errors(after), "a month may be a word, and nothing comes of it then"
    by = {**late, "correct_by-day": "21", "correct_by-month": "January"}
    done = await browser.post(f"{path}/return", data={"version": version, "return_reasons": reason("return"), **by})
    assert done.headers["location"] == f"{path}?done=return"
    page = await browser.get(done.headers["location"])
    assert "It is sent back" in main(page)
    assert "Sent back" in main(page)
    assert (await house.world.application(application.id)).reasons == [reason("return")]
    assert len(await house.audited("application.return")) == 1


async def test_of_two_who_act_the_second_is_shown_what_the_first_did(house: House) -> None:
    application = await house.reach(State.SUBMITTED)
    browser = await house.browser("peru")
    path = f"/country/applications/{application.id}"
    version = shown_version(await browser.get(path))
    first = await browser.post(f"{path}/nominate", data={"version": version})
    assert first.status_code == 303
    second = await browser.post(f"{path}/reject", data={"version": version, "reject_reasons": reason("rejection")})
    assert second.status_code == 409
    assert "Somebody else was first: Put forward by the country (Coordinator, Peru" in errors(second)
    assert await house.state(application) == "nominated"
    assert "Nominated" in main(second), "the page shows how it stands now"
    again = await browser.post(f"{path}/nominate", data={"version": shown_version(second)})
    assert again.status_code == 409
    assert "This cannot be done now: the application is “Nominated”" in errors(again)


async def test_not_carrying_forward_needs_a_reason(house: House) -> None:
    application = await house.reach(State.SUBMITTED)
    browser = await house.browser("peru")
    path = f"/country/applications/{application.id}"
    version = shown_version(await browser.get(path))
    wrong = await browser.post(f"{path}/reject", data={"version": version})
    assert wrong.status_code == 422
    assert "Choose at least one reason" in errors(wrong)
    done = await browser.post(f"{path}/reject", data={"version": version, "reject_reasons": reason("rejection")})
    assert done.status_code == 303
    assert await house.state(application) == "rejected"
    assert "Your country has nothing to do here now" in main(await browser.get(path))


async def test_what_the_country_must_send_along_is_asked_for_and_added(house: House) -> None:
    house.front.clock.move(timedelta(days=60))
    house.world.now = house.front.clock.now()
    application = await house.submitted(programme="bridge")
    nomination = [one.key for one in _papers("bridge", "nomination")]
    browser = await house.browser("peru")
    path = f"/country/applications/{application.id}"
    assert nomination, "this programme asks the country for a paper"
    for kind in nomination:
        removed = await browser.post(f"{path}/papers/{kind}/remove")
        assert removed.headers["location"] == f"{path}?done=removed"
    page = await browser.get(path)
    assert "Before it can be put forward, these documents must be added" in main(page) and "Put on the slate" not in main(page)
    assert "Missing:" in main(await browser.get("/country/slate?programme=bridge&year=2016"))
    refused = await browser.post(f"{path}/nominate", data={"version": shown_version(page)})
    assert refused.status_code == 409
    assert "Before it can be put forward, these documents must be added" in errors(refused)
    for kind in nomination:
        nothing = await browser.post(f"{path}/papers/{kind}", files={f"paper-{kind}": ("", b"", "application/pdf")})
        assert nothing.status_code == 422
        wrong = await browser.post(f"{path}/papers/{kind}", files={f"paper-{kind}": ("a.pdf", b"just words", "application/pdf")})
        assert wrong.status_code == 422
        assert "a.pdf" in errors(wrong)
        added = await browser.post(f"{path}/papers/{kind}", files={f"paper-{kind}": ("a.pdf", PDF, "application/pdf")})
        assert added.headers["location"] == f"{path}?done=added", main(added)
    done = await browser.post(f"{path}/nominate", data={"version": shown_version(await browser.get(path))})
    assert done.status_code == 303
    assert await house.state(application) == "nominated"


def _papers(programme: str, stage: str) -> list[Document]:
    found = the_plan().programme(programme)
    assert found is not None
    return [one for one in found.documents if one.stage == stage]


async def test_the_slate_shows_the_cap_and_is_put_in_order_by_numbers_and_buttons(house: House) -> None:
    await house.figures(capacity=36, free=30)
    made = [await house.reach(State.NOMINATED) for _ in range(3)]
    one, two, three = (str(application.id) for application in made)
    browser = await house.browser("peru")
    page = await browser.get(SLATE)
    assert "3 put forward of at most 108" in main(page)
    assert "36 places" in main(page)
    assert order(page.text) == [one, two, three]
    form = {"programme": "scholarship", "year": "2016", "line": [one, two, three]}
    numbers = {f"rank-{one}": "3", f"rank-{two}": "2", f"rank-{three}": "3"}
    moved = await browser.post("/country/slate", data={**form, **numbers})
    assert moved.status_code == 303
    settled = await browser.get(moved.headers["location"])
    assert order(settled.text) == [two, three, one] and "A number was given twice" in main(settled)
    form["line"] = [two, three, one]
    for bad in ("abc", "0", "", "-1", "1.5"):
        wrong = await browser.post("/country/slate", data={**form, f"rank-{two}": bad, f"rank-{three}": "9", "move": f"up:{one}"})
        assert wrong.status_code == 422
        assert errors(wrong).count("Type a whole number for") == 1 and f'href="#rank-{two}"' in wrong.text
        assert f'name="rank-{three}" value="9"' in wrong.text, "what was typed is there"
        assert order((await browser.get(SLATE)).text) == [two, three, one], "nothing is done"
    up = await browser.post("/country/slate", data={**form, "move": f"up:{one}"})
    assert up.headers["location"].endswith(f"#line-{one}")
    page = await browser.get(up.headers["location"])
    assert order(page.text) == [two, one, three]
    assert "The order is saved" in main(page) and "was given twice" not in main(page)
    assert len(await house.audited("application.reorder")) > 0
    await house.world.act(use_cases.reject, OFFICER, made[1].id, reasons=[reason("rejection")])
    for number, known in enumerate((one, three), start=1):
        assert f'name="rank-{known}" value="{number}"' in (await browser.get(SLATE)).text
        file = main(await browser.get(f"/country/applications/{known}"))
        assert f"wait for a decision: number {number} of 2" in file, "the slate's own number, now that somebody has left it"
    newcomer = await house.reach(State.NOMINATED)
    file = main(await browser.get(f"/country/applications/{newcomer.id}"))
    assert "wait for a decision: number 3 of 3" in file and "Number 3 on the country’s slate" in file, "then and now"
    chinese = main(await browser.get(f"/country/applications/{newcomer.id}?lang=zh"))
    assert "等待决定的人：第3位，共3人。" in chinese and "人。." not in chinese


def order(text: str) -> list[str]:
    """Applications on the slate, in the order shown."""
    return [part.split('"')[0] for part in text.split('name="line" value="')[1:]]


async def test_a_slate_that_changed_meanwhile_is_shown_as_it_is_now(house: House) -> None:
    made = [await house.reach(State.NOMINATED) for _ in range(2)]
    browser = await house.browser("peru")
    one, two = (str(application.id) for application in made)
    await house.reach(State.NOMINATED)
    stale = await browser.post("/country/slate", data={"programme": "scholarship", "year": "2016", "line": [two, one]})
    assert stale.status_code == 409
    assert "The slate has changed since you opened this page" in errors(stale)
    assert len(order(stale.text)) == 3
    await house.world.act(use_cases.reject, OFFICER, made[1].id, reasons=[reason("rejection")])
    gone = {"programme": "scholarship", "year": "2016", "line": [one, two], f"rank-{one}": "1", f"rank-{two}": "second"}
    stale = await browser.post("/country/slate", data=gone)
    assert stale.status_code == 409, "a number that is none, of somebody whose line is not there to show it at"
    assert "The slate has changed since you opened this page" in errors(stale)


async def test_from_the_slate_one_puts_people_forward_and_comes_back(house: House) -> None:
    application = await house.reach(State.SUBMITTED)
    browser = await house.browser("peru")
    standing = "update referee set state = '{}', settled_at = {} where application_id = :id and name like '%1' returning id"
    await house.world.rows(standing.format("opened", "null"), id=application.id)
    assert "1 letter from a referee is still to come" in main(await browser.get(SLATE))
    one = await browser.get(f"/country/applications/{application.id}")
    assert "Before it can be put forward, 1 letter from a referee must arrive." in main(one)
    assert not any("Put on the slate" in main(page) for page in (one, await browser.get(SLATE))), "what would be refused has no button"
    await house.world.rows(standing.format("received", "now()"), id=application.id)
    page = await browser.get(SLATE)
    assert "Sent, not put forward yet" in main(page)
    done = await browser.post(f"/country/applications/{application.id}/nominate", data={"version": shown_version(page), "back": "slate"})
    assert done.status_code == 303
    back = await browser.get(done.headers["location"])
    assert f"{application.receipt} is on the slate" in main(back)
    assert order(back.text) == [str(application.id)]
    assert 'data-label="Move"' not in back.text, "one line alone moves nowhere"


@pytest.mark.parametrize("query", ["programme=open&year=2016", "programme=nothing&year=2016", "programme=scholarship&year=1999", ""])
async def test_a_slate_that_there_is_not_is_not_found(house: House, query: str) -> None:
    browser = await house.browser("peru")
    assert (await browser.get(f"/country/slate?{query}")).status_code == 404


async def test_the_figures_of_a_cell_that_nothing_is_known_of_are_said_to_be_unknown(house: House) -> None:
    application = await house.reach(State.SUBMITTED)
    browser = await house.browser("peru")
    page = await browser.get(f"/country/applications/{application.id}")
    assert "The places service has told nothing of these places yet" in main(page)
    house.front.clock.move(timedelta(minutes=1))
    await house.figures(CELL, capacity=36, free=20, taken=10, offered=6, waiting=2)
    known = await browser.get(f"/country/applications/{application.id}")
    assert "10 taken, 6 offered and 2 approved so far, of 36 places" in known.text, "it is before the day of the places"
