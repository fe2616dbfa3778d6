"""All programmes and all years: numbers that are the database's, each leading to what is behind it, for everybody."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from services.quotas.domain.commands import SetTarget
from services.quotas.use_cases import apply
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import HAITI, PERU, SIX, Front, after, live_through, words
from tests.integration.quotas.scene import apply_events, rows
from tests.integration.quotas.statements import statements

SUMS = "select sum(target) as target, sum(offered) as offered, sum(taken) as taken, sum(free) as free, sum(waiting) as waiting from cell"
PLEDGED = {
    "Government scholarships": "6,000",
    "Training places": "6,000",
    "Bridge of the Future": "1,000",
    "On-the-job master’s degrees": "400",
}


async def what_happened(service: Front) -> None:
    await service.publish()
    await live_through(service, {PERU: 38, HAITI: 3}, served=datetime(2016, 4, 14, 16, 0, 1, tzinfo=UTC))
    service.clock.move(timedelta(days=9))
    await service.answer(PERU, accept=5, decline=1)


@pytest.fixture
async def lived(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return await after(what_happened, new_database, clock, tmp_path)


def table(page: str, caption: str) -> dict[str, list[str]]:
    """The rows of the table with that caption: name of the row -> its numbers as they are shown."""
    (found,) = [one for one in re.findall(r"<table.*?</table>", page, flags=re.DOTALL) if caption in one]
    lines = {}
    for row in re.findall(r"<tr>(.*?)</tr>", found, flags=re.DOTALL):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)
        texts = [" ".join(unescape(re.sub(r"<(svg).*?</\1>|<[^>]+>", " ", cell, flags=re.DOTALL)).split()) for cell in cells]
        lines[texts[0]] = texts[1:]
    return lines


async def test_every_programme_has_its_pledge_and_what_came_of_it(lived: Front) -> None:
    async with lived.browser() as browser:
        page = await browser.get("/quotas/overview")
    (sums,) = await rows(lived.db, f"{SUMS} where programme = 'scholarship'")
    found = table(page.text, "What was pledged")
    line = next(numbers for name, numbers in found.items() if name.startswith("Government scholarships 2015–2019"))
    assert line[:7] == ["6,000", f"{sums.target:,}", str(sums.offered), str(sums.taken), "0", f"{sums.free:,}", str(sums.waiting)]
    assert {name.split(" 20")[0]: numbers[0] for name, numbers in found.items() if name != "Programme"} == PLEDGED
    assert "Example policy" in words(page)


async def test_a_programme_year_by_year_by_group_and_by_country(lived: Front) -> None:
    async with lived.browser() as browser:
        page = (await browser.get("/quotas/overview/scholarship")).text
    years = table(page, "<caption>Years")
    (of_2016,) = await rows(lived.db, f"{SUMS} where programme = 'scholarship' and year = 2016")
    assert years["2016"][:7] == [
        "1,200",
        f"{of_2016.target:,}",
        str(of_2016.offered),
        str(of_2016.taken),
        "0",
        f"{of_2016.free:,}",
        str(of_2016.waiting),
    ]
    assert years["2017"][:7] == ["1,200", "1,200", "0", "0", "0", "1,200", "0"]
    groups = table(page, "Groups of countries, over all years")
    (islands,) = await rows(
        lived.db,
        "select sum(target) as places, sum(offered) as o from cell where programme = 'scholarship' and country in "
        "('AG','BS','BB','BZ','CU','DM','DO','GD','GY','HT','JM','KN','LC','VC','SR','TT')",
    )
    assert groups["SIDS: small island developing State"][:2] == [f"{islands.places:,}", str(islands.o)]
    countries = table(page, "of each country’s places")
    (peru,) = await rows(lived.db, "select offered + taken as held, target from cell where key = :key", key=PERU)
    assert countries["Peru"][1] == f"{peru.held}/{peru.target}" and len(countries) == 1 + 33


async def test_the_figures_add_up_and_it_is_said_how(lived: Front) -> None:
    """Those that ended are among those taken; what was cut below what is held is named, as it is in no other column."""
    (ended,) = await rows(lived.db, "select application from place where cell = :key and state = 'taken' order by 1 limit 1", key=PERU)
    person = next(one for one in lived.people[PERU] if one.application == ended.application)
    await apply_events(lived.db, person.ended(lived.clock.now(), "finished"))
    paths, whole = ("/quotas/overview", "/quotas/overview/scholarship", "/quotas/follow-up/en"), "are together those allotted"

    async def said() -> list[str]:
        async with lived.browser() as browser:
            return [words(await browser.get(path)) for path in paths]

    async def line() -> list[int]:
        async with lived.browser() as browser:
            years = table((await browser.get(paths[1])).text, "<caption>Years")
        return [int(number.replace(",", "")) for number in years["In all"][1:6]]

    allotted, offered, taken, gone, free = await line()
    assert allotted == offered + taken + free and (taken, gone) == (5, 1)
    assert all(
        f"{whole}. A stay that has ended still counts as a place taken, unless the place was given back." in one for one in await said()
    )
    held = (await rows(lived.db, "select offered + taken as held from cell where key = :key", key=PERU))[0].held
    await lived.db.run(lambda tx: apply(tx, [SetTarget(cell=PERU, at=lived.clock.now(), target=held - 2)]))
    allotted, offered, taken, _gone, free = await line()
    assert allotted + 2 == offered + taken + free
    assert all(f"{whole}, and 2 more that were cut while they were held. Nobody loses theirs." in one for one in await said())


async def test_each_number_leads_to_the_countries_or_the_places_behind_it(lived: Front) -> None:
    async with lived.browser() as browser:
        page = (await browser.get("/quotas/overview/scholarship")).text
        (taken,) = re.findall(r'<a [^>]*href="([^"]*year=2016[^"]*only=taken[^"]*)"[^>]*>5</a>', page)
        board = (await browser.get(unescape(taken))).text
        assert re.findall(r"data-row-link[^>]*>([^<]+)</a>", board) == ["Peru"], "the only country with places that are taken"
        assert f'href="/quotas/cells/{PERU}"' in page


async def test_the_board_shows_a_group_or_a_figure_only_where_the_address_asks_for_it(lived: Front) -> None:
    def names(page: str) -> list[str]:
        return re.findall(r"data-row-link[^>]*>([^<]+)</a>", page)

    async with lived.browser() as browser:
        landlocked = await browser.get("/quotas?programme=scholarship&year=2016&group=LLDC")
        assert names(landlocked.text) == ["Bolivia", "Paraguay"] and "Show all countries" in words(landlocked)
        assert names((await browser.get("/quotas?programme=scholarship&year=2016&only=offered")).text) == ["Haiti", "Peru"]
        assert names((await browser.get("/quotas?programme=scholarship&year=2016&only=offered&group=SIDS")).text) == ["Haiti"]
        assert names((await browser.get("/quotas?programme=scholarship&year=2016&only=waiting&group=LLDC")).text) == []
        everybody = await browser.get("/quotas?programme=scholarship&year=2016&only=nonsense&group=nonsense")
        assert len(names(everybody.text)) == 33
        groups = table(everybody.text, "Groups of countries,")
        (lldc,) = await rows(
            lived.db, "select sum(target) as n from cell where programme = 'scholarship' and year = 2016 and country in ('BO', 'PY')"
        )
        assert groups["LLDC landlocked developing country"][0] == str(lldc.n) and groups["LLDC landlocked developing country"][-1] == "2"


async def test_a_number_leads_whoever_works_on_applications_to_the_list_of_them(lived: Front) -> None:
    links = {
        "": (f"/quotas/cells/{PERU}", f"/quotas/cells/{PERU}"),
        "coordinator": (f"/quotas/cells/{PERU}/held/taken", f"/quotas/cells/{PERU}/list"),
        "operator": (f"/quotas/cells/{PERU}/held/taken", f"/quotas/cells/{PERU}/list"),
        "officer": (f"/quotas/cells/{PERU}/held/taken", "/officer?tab=waiting&programme=scholarship&country=PE&year=2016"),
    }
    for role, expected in links.items():
        async with lived.browser(role, country="PE") as browser:
            page = (await browser.get("/quotas?programme=scholarship&year=2016")).text
        found = [unescape(re.search(rf'href="([^"]+)" data-live="PE.{figure}"', page)[1]) for figure in ("taken", "waiting")]  # type: ignore[index]
        assert tuple(found) == expected, role


async def test_six_languages(lived: Front) -> None:
    said = {"es": "Repartidas", "pt": "Repartidas", "en": "Allotted", "fr": "Réparties", "zh": "已分配", "nl": "Verdeeld"}
    for language in SIX:
        async with lived.browser(language=language) as browser:
            for path in ("/quotas/overview", "/quotas/overview/bridge"):
                assert said[language] in words(await browser.get(path)), (language, path)


async def test_what_is_none_is_not_found_and_an_empty_house_says_so(service: Front) -> None:
    async with service.browser() as browser:
        assert "No programme has been published yet" in words(await browser.get("/quotas/overview"))
        assert (await browser.get("/quotas/overview/scholarship")).status_code == 404


async def test_how_many_statements_a_page_takes_does_not_depend_on_what_it_shows(lived: Front) -> None:
    counts = {"/quotas": 4, "/quotas?programme=bridge&year=2022": 4, "/quotas/overview": 2, "/quotas/overview/bridge": 2}
    for path, most in counts.items():
        with statements(lived.db) as seen:
            async with lived.browser() as browser:
                assert (await browser.get(path)).status_code == 200
        assert len(seen) == most, (path, seen)
