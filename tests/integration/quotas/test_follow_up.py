"""The follow-up report: 33 countries with zeros, numbers equal to the database, sums that agree, in two languages and the reader's own."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.quotas import summaries
from services.quotas.report import report_of
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas import sheets
from tests.integration.quotas.pages_front import HAITI, PERU, Front, after, live_through, words
from tests.integration.quotas.scene import rows
from tests.integration.quotas.statements import statements

NAMES = {
    "es": ["Resumen", "Grupos", "Países", "Datos"],
    "en": ["Summary", "Groups", "Countries", "Data"],
    "zh": ["汇总", "组别", "国家", "数据"],
    "fr": ["Résumé", "Groupes", "Pays", "Données"],
}


async def what_happened(service: Front) -> None:
    await service.publish()
    await live_through(service, {PERU: 38, HAITI: 3}, served=datetime(2016, 4, 14, 16, 0, 1, tzinfo=UTC))
    service.clock.move(timedelta(days=9))
    await service.answer(PERU, accept=5, decline=1)
    await service.approve("bridge:CN:2016", 4)


@pytest.fixture
async def lived(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return await after(what_happened, new_database, clock, tmp_path)


async def workbook(service: Front, language: str) -> dict[str, sheets.Sheet]:
    async with service.browser(language="fr") as browser:
        answer = await browser.get(f"/quotas/follow-up/{language}.xlsx")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer.headers["content-disposition"] == f'attachment; filename="china-celac-2015-2019-2016-04-24-{language}.xlsx"'
    return sheets.read(answer.content)


@pytest.mark.parametrize("language", ["es", "en"])
async def test_every_formula_gives_the_number_that_stands_there(lived: Front, language: str) -> None:
    found = await workbook(lived, language)
    assert list(found) == NAMES[language]
    formulas = [(name, address, formula) for name, sheet in found.items() for address, formula in sheet.formulas.items()]
    assert len(formulas) > 700
    for name, address, formula in formulas:
        assert sheets.compute(found, name, formula) == pytest.approx(float(found[name].values[address])), (name, address, formula)


async def test_a_wrong_sum_would_be_seen(lived: Front) -> None:
    found = await workbook(lived, "en")
    found["Data"].values["H2"] = float(found["Data"].values["H2"]) + 1
    wrong = [
        a for a, formula in found["Summary"].formulas.items() if sheets.compute(found, "Summary", formula) != found["Summary"].values[a]
    ]
    assert len(wrong) == 1, "the figure itself; the sums below are of figures that stand there"


async def test_the_data_are_the_database_and_can_be_checked_against_an_export(lived: Front) -> None:
    data = (await workbook(lived, "en"))["Data"]
    kept = await rows(
        lived.db,
        "select key, target, offered, taken, free, waiting, last_decision, last_hash from cell where listed order by key",
    )
    lines = data.rows()[1:-1]
    found = {f"{line[0]}:{line[2]}:{line[1]:.0f}": (*line[7:10], *line[11:13], *line[16:18]) for line in lines}
    assert found == {r.key: (r.target, r.offered, r.taken, r.free, r.waiting, r.last_decision, r.last_hash) for r in kept}
    assert all(isinstance(value, float) for line in lines for value in (line[1], *line[4:15]))
    haiti = next(line for line in lines if (line[0], line[2], line[1]) == ("scholarship", "HT", 2016))
    assert haiti[3:7] == ["Haiti", 1, 0, 1], "least developed and an island, not landlocked"
    assert {line[15] for line in lines} == {"yes"}, "the plan divides nothing by country"


async def test_the_summary_says_what_was_pledged_and_what_came_of_it(lived: Front) -> None:
    summary = (await workbook(lived, "es"))["Resumen"]
    lines = {(line[1], line[2]): line[3:] for line in summary.rows() if len(line) > 9}
    (cells,) = await rows(
        lived.db,
        "select sum(target) as places, sum(offered) as offered, sum(taken) as taken, sum(free) as free, sum(waiting) as waiting "
        "from cell where programme = 'scholarship' and year = 2016",
    )
    assert lines["scholarship", 2016.0][:7] == [1200, cells.places, cells.offered, cells.taken, 0, cells.free, cells.waiting]
    assert lines["scholarship", 2016.0][7:9] == [0, 0]
    assert lines["scholarship", 2016.0][9] == pytest.approx(float(cells.offered + cells.taken) / 1200)
    assert {code: line[0] for (code, year), line in lines.items() if year == ""} == {
        "scholarship": 6000, "training": 6000, "bridge": 1000, "masters": 400,
    }  # fmt: skip
    texts = " ".join(str(line[0]) for line in summary.rows()[:8])
    report = report_of(await lived.db.run(summaries.books), lived.clock.now())
    assert report.last is not None
    for wanted in (
        "china-celac-2015-2019, versión 1",
        "24 abr 2016",
        report.last.last_hash,
        report.fingerprint,
        "Ejemplo: el plan no reparte",
    ):
        assert wanted in texts, wanted


async def test_what_lapsed_and_what_went_to_later_years_is_told_by_year_and_group(lived: Front) -> None:
    """In both, once the year is closed: scholarships go on to later years, places for young leaders lapse."""
    lived.clock.move_to(datetime(2016, 12, 1, tzinfo=UTC))
    await lived.sweep()
    async with lived.browser() as browser:
        page = words(await browser.get("/quotas/follow-up/en"))
    assert "Lapsed Rolled over Held" in page
    assert "places that are free when the year is closed lapse" in page and "go to the pool, for later years" in page
    async with lived.browser(language="es") as browser:
        found = sheets.read((await browser.get("/quotas/follow-up/es.xlsx")).content)
    lines = {(line[1], line[2]): line[10:12] for line in found["Resumen"].rows() if len(line) > 9}
    (moved,) = await rows(lived.db, "select sum(count) as places from transfer where cause = 'year_closed' and target = 'pool:scholarship'")
    assert lines["scholarship", ""] == [0, moved.places] and moved.places > 0
    (lapsed,) = await rows(lived.db, "select balance from account where key = 'lapsed:bridge:2016'")
    assert lines["bridge", 2016.0] == [lapsed.balance, 0] and lapsed.balance > 0
    groups = [line for line in found["Grupos"].rows() if line[1:3] == ["bridge", 2016.0]]
    assert sum(float(line[10]) for line in groups) >= lapsed.balance, "a country of two groups counts in both"
    assert [found["Datos"].values[f"{column}1"] for column in "NO"] == ["Caducadas", "A años siguientes"]
    for name, address, formula in [(n, a, f) for n, sheet in found.items() for a, f in list(sheet.formulas.items())[::17]]:
        assert sheets.compute(found, name, formula) == pytest.approx(float(found[name].values[address])), (name, address, formula)


async def test_sheets_open_with_their_heads_in_view(lived: Front) -> None:
    found = await workbook(lived, "en")
    for name, sheet in found.items():
        column, row = sheets.split(sheet.frozen)
        head = [value for address, value in sheet.values.items() if sheets.split(address)[1] == row - 1]
        assert column >= 2 and len(head) > 5 and all(isinstance(text, str) and text for text in head), name
        assert re.search(r"[0-9a-f]{64}", sheet.footer), name
    assert found["Data"].filtered.startswith("A1:") and found["Groups"].filtered.startswith("A2:")
    countries = found["Countries"]
    assert len(countries.column("A")) == 1 + 34 + 1, "its head, 33 countries and China, and the sum"
    assert countries.column("B")[1:35].count("CN") == 1


@pytest.mark.parametrize(("language", "title", "peru"), [("es", "Informe de seguimiento", "Perú"), ("en", "Follow-up report", "Peru")])
async def test_the_page_is_in_the_language_of_its_address(lived: Front, language: str, title: str, peru: str) -> None:
    async with lived.browser(language="zh") as browser:
        page = await browser.get(f"/quotas/follow-up/{language}")
    assert page.status_code == 200 and page.headers["content-language"] == language
    text = words(page)
    assert f'<html lang="{language}"' in page.text and title in text and peru in text
    report = report_of(await lived.db.run(summaries.books), lived.clock.now())
    assert report.fingerprint in text and report.last is not None and report.last.last_hash in text
    assert page.text.count("<section") == 4
    countries = re.findall(r'<tr><th scope="row">([^<]+)</th>', page.text)
    assert countries.count(peru) == 2 * 4, "in both tables of each programme"
    (cell,) = await rows(lived.db, "select offered + taken as held, target from cell where key = :key", key=PERU)
    assert f"{cell.held}/{cell.target}" in text


async def test_two_statements_make_a_report_and_a_workbook(lived: Front) -> None:
    for path in ("/quotas/follow-up/es", "/quotas/follow-up/es.xlsx"):
        with statements(lived.db) as seen:
            async with lived.browser() as browser:
                assert (await browser.get(path)).status_code == 200
        assert len(seen) == 2, path


async def test_it_holds_nobody(lived: Front) -> None:
    known = {one.hex for row in await rows(lived.db, "select application, person from place") for one in row}
    async with lived.browser() as browser:
        page = (await browser.get("/quotas/follow-up/en")).text.replace("-", "")
    book = await workbook(lived, "en")
    texts = {str(value).replace("-", "") for sheet in book.values() for value in sheet.values.values()}
    assert not [one for one in known if one in page or one in texts]


async def test_whoever_reads_another_language_is_led_to_the_report_in_it(lived: Front) -> None:
    """Beside it stand those in which the countries work; the workbook has the same numbers."""
    async with lived.browser(language="zh") as browser:
        board = (await browser.get("/quotas?programme=scholarship&year=2016")).text
        offered = re.findall(r'href="/quotas/follow-up/(\w\w)" hreflang="([\w-]+)"', board)
        assert offered == [("zh", "zh-Hans"), ("es", "es"), ("en", "en")]
        assert (await browser.get("/quotas/follow-up")).headers["location"] == "/quotas/follow-up/zh"
        page = await browser.get("/quotas/follow-up/zh")
        assert '<html lang="zh-Hans"' in page.text and "秘鲁" in page.text
        assert [f"/quotas/follow-up/{code}" in page.text for code in ("es", "en", "zh.xlsx")] == [True] * 3
        other = await browser.get("/quotas/follow-up/es?lang=fr")
    assert (other.status_code, other.headers["location"]) == (303, "/quotas/follow-up/fr"), "the page's languages are those of the report"
    books = {language: await workbook(lived, language) for language in ("en", "zh", "fr")}
    numbers = {
        language: [[value for value in sheet.values.values() if isinstance(value, float)] for sheet in book.values()]
        for language, book in books.items()
    }
    assert [list(book) for book in books.values()] == [NAMES[language] for language in books]
    assert [sum(map(sum, found)) for found in numbers.values()] == [pytest.approx(sum(map(sum, numbers["en"])))] * 3


async def test_a_language_that_is_none_or_an_empty_house_has_no_report(service: Front) -> None:
    async with service.browser() as browser:
        assert (await browser.get("/quotas/follow-up/es")).status_code == 404, "no programme was published"
        await service.publish("masters")
        for path in ("/quotas/follow-up/de", "/quotas/follow-up/de?lang=fr", "/quotas/follow-up/fr.ods", "/quotas/follow-up/es.ods"):
            assert (await browser.get(path)).status_code == 404, path
        for path in ("/quotas/follow-up/es", "/quotas/follow-up/fr", "/quotas/follow-up/es?lang=es"):
            assert (await browser.get(path)).status_code == 200, path
