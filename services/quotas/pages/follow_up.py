"""The follow-up report (clause XIV.2 of the plan): pledged and delivered, for every country, to print and as a workbook.

In Spanish and in English, in which the countries follow the plan up together, and in the reader's language where that is another one.
Public: it holds sums and checksums, and nothing of anybody.
"""

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.quotas import summaries
from services.quotas.access import desk_of
from services.quotas.pages import kit, redistribute, words
from services.quotas.pages.words import group_label, group_name
from services.quotas.report import Of, Report, report_of
from services.quotas.workbook import workbook
from shared.web.formats import BEIJING, format_datetime, format_number, format_percent, sentences, zone
from shared.web.i18n import HTML_TAGS, LANGUAGES, Texts, Translation, current_language, ngettext, speak, translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

WORKING_LANGUAGES: Final = ("es", "en")
"""The languages in which the countries' coordinators work with each other: the report is offered in them to everybody."""
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PATH: Final = f"{kit.BOARD}/follow-up"


def reports() -> list[dict[str, str]]:
    """The links to the report, each in the language that it is in; the reader's own comes first."""
    return [
        {"language": HTML_TAGS[code], "name": LANGUAGES[code], "page": f"{PATH}/{code}", "workbook": f"{PATH}/{code}.xlsx"}
        for code in dict.fromkeys((current_language(), *WORKING_LANGUAGES))
    ]


@router.get(PATH)
async def in_the_readers_language(_request: Request) -> Response:
    """Whoever names no language is led to the report in their own."""
    return RedirectResponse(f"{PATH}/{current_language()}", 303)


@router.get(f"{PATH}/{{language}}.xlsx")
async def as_workbook(request: Request, language: str) -> Response:
    """The report as a workbook whose sums are formulas."""
    report = await _read(request, language)
    content = await asyncio.to_thread(workbook, report)
    name = f"{report.plans[0][0]}-{report.at.astimezone(zone(BEIJING)):%Y-%m-%d}-{language}.xlsx"
    return Response(
        content, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    )


@router.get(f"{PATH}/{{language}}")
async def as_page(request: Request, language: str) -> Response:
    """The report as a page that is made to be printed. Another language of the site leads to the report in that language."""
    asked = request.query_params.get("lang", "")
    if language in LANGUAGES and asked in LANGUAGES and asked != language:
        return RedirectResponse(f"{PATH}/{asked}", 303)
    others = reports()
    report = await _read(request, language)
    answer = render(
        request,
        "follow_up.html",
        report=report,
        programmes=[shown(one) for one in report.programmes],
        at=format_datetime(report.at, BEIJING),
        last=last_decision(report),
        other=[one for one in others if one["language"] != HTML_TAGS[language]],
        workbook=f"{PATH}/{language}.xlsx",
    )
    answer.headers["content-language"] = HTML_TAGS[language]
    return answer


async def _read(request: Request, language: str) -> Report:
    """The report, in the language of the address: whoever reads the rest of the site in another one still gets this."""
    if language not in LANGUAGES:
        raise Problem(404)
    desk = desk_of(request)
    books = await desk.db.run(summaries.books)
    texts: Texts = request.app.state.texts
    speak(Translation(language, texts))
    if not books.programmes:
        raise Problem(404, code="no_programme")
    return report_of(books, desk.clock.now())


def last_decision(report: Report) -> str:
    """Which decision was the last one that the report knows of."""
    if report.last is None or report.last.last_at is None:
        return _("Nothing has been decided yet.")
    moment = format_datetime(report.last.last_at, BEIJING)
    return _("{cell}, number {number}, {when}", number=report.last.last_decision, cell=report.last.key, when=moment)


def adds_up(over: int) -> str:
    """How the figures of a line belong together; `over`: so many places more are held than are allotted."""
    if over:
        said = ngettext(
            "The places offered, taken and free are together those allotted, and {n} more that was cut while it was held. Nobody loses it.",
            "The places offered, taken and free are together those allotted, and {n} more that were cut while they were held. "
            "Nobody loses theirs.",
            over,
        )
    else:
        said = _("The places offered, taken and free are together those allotted.")
    return sentences(said, _("A stay that has ended still counts as a place taken, unless the place was given back."))


def shown(one: Of) -> dict[str, Any]:
    """A programme's tables as the page shows them."""
    return {
        "name": kit.local(one.programme.names),
        "code": one.programme.code,
        "unused": sentences(_(redistribute.UNUSED[one.programme.unused]), adds_up(one.over)),
        "note": kit.local(one.programme.example_note) if one.programme.example else "",
        "programme": one.programme,
        "years": [str(year.year) for year in one.years],
        "by_year": [_row(str(year.year), year.pledged, year.figures) for year in one.years],
        "in_all": _row(_("In all"), one.pledged, one.figures),
        "by_group": [_row(group_label(group), None, figures) for group, figures in one.groups],
        "groups_by_year": [
            {"name": group_name(group)[0], "years": [_held(figures) for figures in years]} for group, years in one.groups_by_year
        ],
        "by_country": [
            {**_row(kit.local(country.names), None, country.figures), "years": [_held(figures) for figures in country.years]}
            for country in one.countries
        ],
    }


def _row(name: str, pledged: int | None, figures: summaries.Figures) -> dict[str, Any]:
    numbers = [getattr(figures, name) for name in (*words.FIGURES, *words.UNUSED)]
    whole = figures.allotted if pledged is None else pledged
    return {
        "name": name,
        "pledged": None if pledged is None else format_number(pledged),
        "numbers": [format_number(number) for number in numbers],
        "share": format_percent(figures.held / whole) if whole else "–",
    }


def _held(figures: summaries.Figures) -> str:
    return f"{format_number(figures.held)}/{format_number(figures.allotted)}"
