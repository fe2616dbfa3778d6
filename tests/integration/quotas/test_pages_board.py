"""The board: every country, zeros too, for everybody, in six languages, and without a single application."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.quotas.pages.tiles import step
from services.quotas.views import day_in
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import HAITI, PERU, SIX, Front, after, front, live_through, words
from tests.integration.quotas.scene import rows

SERVED = datetime(2016, 4, 14, 16, 0, 1, tzinfo=UTC)


@pytest.fixture
async def service(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return front(await new_database("quotas"), clock, tmp_path)


async def what_happened(service: Front) -> None:
    """The scholarship round of 2016 was served: Peru has four more people than places, Haiti three, everybody else none."""
    await service.publish()
    (peru,) = await rows(service.db, "select target from cell where key = :key", key=PERU)
    await live_through(service, {PERU: peru.target + 4, HAITI: 3}, served=SERVED)
    service.clock.move(timedelta(days=1))
    await service.answer(PERU, accept=5, decline=1)


@pytest.fixture
async def lived(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return await after(what_happened, new_database, clock, tmp_path)


def tiles(page: str) -> dict[str, str]:
    """Country code -> what stands on its tile."""
    return dict(re.findall(r'app-tile__code"[^>]*>(\w\w)</text>\s*<text class="app-tile__label"[^>]*>([^<]*)<', page))


async def test_without_a_programme_the_board_says_what_will_stand_there(service: Front) -> None:
    async with service.browser() as browser:
        page = await browser.get("/quotas")
        assert page.status_code == 200 and "No programme has been published yet" in words(page)
        assert (await browser.get("/quotas/")).status_code == 200
        assert (await browser.get(f"/quotas/cells/{PERU}")).status_code == 404


async def test_the_board_opens_on_this_year_and_shows_all_33_countries(lived: Front) -> None:
    """The largest programme with places this year; every country is on the map and in the table, those with nothing too."""
    async with lived.browser() as browser:
        page = await browser.get("/quotas")
    assert "Government scholarships 2016" in words(page)
    shown = tiles(page.text)
    assert len(shown) == 33 and "CN" not in shown
    (peru,) = await rows(lived.db, "select target, offered + taken as held, waiting from cell where key = :key", key=PERU)
    assert (peru.held, peru.waiting) == (peru.target, 3), "the declined place went to the first who waited"
    assert shown["PE"] == f"{peru.target}/{peru.target}" and shown["PY"].startswith("0/")
    assert len(re.findall(r"data-row-link", page.text)) == 33
    assert "Example policy" in words(page), "the plan divides nothing by country"
    (total,) = await rows(
        lived.db, "select sum(target) as places, sum(waiting) as waiting from cell where programme = 'scholarship' and year = 2016"
    )
    assert total.places == 1200 and "1,200" in words(page) and total.waiting == 3


async def test_the_board_opens_where_most_places_are_held_and_else_on_this_year(lived: Front) -> None:
    async def opened(query: str = "") -> str:
        async with lived.browser() as browser:
            return words(await browser.get(f"/quotas{query}"))

    lived.clock.move(timedelta(days=3 * 366))
    assert "Government scholarships 2016 " in (await opened())[:400], "in 2019 nobody holds a place; in 2016 some do"
    assert "Government scholarships 2016 " in (await opened("?programme=scholarship"))[:400]
    assert "Government scholarships 2018 " in (await opened("?programme=scholarship&year=2018"))[:400], "who asks for a year gets it"
    assert "2019" in (await opened("?programme=training"))[:400], "nobody holds a place there, so it is this year"
    assert "places that no country holds" in await opened()


async def test_a_stranger_sees_figures_and_no_application(lived: Front) -> None:
    known = [str(one) for row in await rows(lived.db, "select application, person from place") for one in row]
    assert len(known) > 30
    async with lived.browser() as browser:
        for path in ("/quotas", "/quotas?sort=-waiting", f"/quotas/cells/{PERU}", f"/quotas/cells/{HAITI}"):
            page = await browser.get(path)
            assert page.status_code == 200
            text = page.text.replace("-", "")
            leaked = [one for one in known if one.replace("-", "")[-8:] in text]
            assert leaked == [], path


async def test_china_is_on_the_board_of_the_programme_for_both_sides(lived: Front) -> None:
    async with lived.browser() as browser:
        page = await browser.get("/quotas?programme=bridge&year=2022")
    assert "Bridge of the Future 2022" in words(page)
    shown = tiles(page.text)
    assert len(shown) == 34 and shown["CN"] == "0/50"
    assert "Places are given as approvals come in" in words(page)


async def test_a_year_that_the_programme_lacks_becomes_the_nearest_and_a_wrong_programme_is_not_found(lived: Front) -> None:
    async with lived.browser() as browser:
        assert "Government scholarships 2019" in words(await browser.get("/quotas?programme=scholarship&year=2022"))
        assert "Government scholarships 2016" in words(await browser.get("/quotas?programme=scholarship&year=abc"))
        assert (await browser.get("/quotas?programme=nothing")).status_code == 404
        for unknown in ("programme=nothing&year=2016", "programme=scholarship&year=1999", "programme=scholarship&year=x", ""):
            assert (await browser.get(f"/quotas/weeks?{unknown}")).status_code == 404, unknown


async def test_the_table_is_sorted_by_the_address(lived: Front) -> None:
    def names(page: str) -> list[str]:
        return re.findall(r"data-row-link[^>]*>([^<]+)</a>", page)

    async with lived.browser() as browser:
        by_name = names((await browser.get("/quotas")).text)
        assert by_name[0] == "Antigua and Barbuda" and by_name == sorted(by_name)
        assert names((await browser.get("/quotas?sort=-country")).text) == by_name[::-1]
        by_waiting = await browser.get("/quotas?sort=waiting")
        assert names(by_waiting.text)[0] == "Peru" and 'aria-sort="descending"' in by_waiting.text
        assert names((await browser.get("/quotas?sort=places")).text)[0] == "Haiti", "least developed and an island: the largest weight"
        assert names((await browser.get("/quotas?sort=-taken")).text)[-1] == "Peru"
        assert names((await browser.get("/quotas?sort=drop%20table")).text) == by_name
        for asked, said in (("", "All countries"), ("?group=LDC", "LDC: least developed country"), ("?only=waiting", "Countries")):
            assert f"<caption>{said}, Government scholarships 2016" in (await browser.get(f"/quotas{asked}")).text, "what is listed is said"


async def test_six_languages_and_the_board_stays_where_it_was(lived: Front) -> None:
    said = {"es": "Perú", "pt": "Peru", "en": "Peru", "fr": "Pérou", "zh": "秘鲁", "nl": "Peru"}
    heads = {"es": "En espera", "pt": "Em espera", "en": "Waiting", "fr": "En attente", "zh": "候补", "nl": "Wachtend"}
    for language in SIX:
        async with lived.browser(language=language) as browser:
            page = await browser.get("/quotas?programme=training&year=2017")
            assert said[language] in words(page) and heads[language] in words(page), language
            assert "programme=training&amp;year=2017&amp;lang=" in page.text


async def test_only_who_may_decide_is_led_to_the_proposals(lived: Front) -> None:
    for role, led in (("", False), ("applicant", False), ("coordinator", False), ("officer", True), ("auditor", True)):
        async with lived.browser(role, country="PE") as browser:
            assert ("/quotas/proposals" in (await browser.get("/quotas")).text) is led, role


async def test_an_identity_that_ran_out_is_renewed_before_a_page_is_shown_as_to_a_stranger(lived: Front) -> None:
    async with lived.browser("officer") as browser:
        lived.clock.move(timedelta(minutes=6))
        answer = await browser.get("/quotas?programme=training")
    assert (answer.status_code, answer.headers["location"]) == (303, "/identity?return=%2Fquotas%3Fprogramme%3Dtraining")


async def test_a_country_that_left_and_one_over_its_places_look_so(lived: Front) -> None:
    from services.quotas import views

    gone = '[{"country": "HT", "takes_part": false, "start": "2016-05-01", "end": "2016-05-31", "parts": []}]'
    await rows(lived.db, "update programme set changes = cast(:gone as jsonb) where code = 'scholarship' returning 1", gone=gone)

    async def steps(now: datetime) -> dict[str, object]:
        found = await lived.db.run(lambda tx: views.board(tx, "scholarship", 2016, now=now))
        assert found is not None
        return {cell.country: step(cell) for cell in found.cells}

    midnight = datetime(2016, 4, 30, 16, 0, tzinfo=UTC)  # in Shanghai, where the call is made
    before, after = await steps(midnight - timedelta(seconds=1)), await steps(midnight)
    assert (before["PE"], before["HT"], before["PY"]) == (5, 1, 0)
    assert (after["PE"], after["HT"], after["PY"]) == (5, "out", 0)
    await rows(lived.db, "update cell set target = 3, free = 0 where key = :key returning 1", key=PERU)
    async with lived.browser() as browser:
        page = await browser.get("/quotas")
    assert "app-tile--over" in page.text and "over its places" in words(page)


def test_participation_is_asked_about_on_a_day_of_the_year_that_is_shown() -> None:
    today = datetime(2016, 4, 1, tzinfo=UTC).date()
    assert str(day_in(2016, today)) == "2016-04-01"
    assert str(day_in(2015, today)) == "2015-12-31"
    assert str(day_in(2019, today)) == "2019-01-01"
