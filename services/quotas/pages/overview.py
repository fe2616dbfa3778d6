"""All programmes over all their years, and one programme year by year, group by group and country by country. Public, as the board is."""

from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import summaries
from services.quotas.access import desk_of
from services.quotas.pages import kit
from services.quotas.pages.asked import COUNTRIES
from services.quotas.pages.follow_up import adds_up, reports
from services.quotas.pages.trend import years_chart
from services.quotas.pages.words import FIGURES, group_label
from services.quotas.report import Country, Of, report_of
from services.quotas.summaries import Figures
from shared.web.formats import format_number, format_percent
from shared.web.i18n import translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

OVERVIEW: Final = f"{kit.BOARD}/overview"
ON_BOARD: Final = {"allotted": "target", "offered": "offered", "taken": "taken", "ended": "taken", "free": "free", "waiting": "waiting"}
"""A figure, and the figure of the board whose countries are behind it."""


@router.get(OVERVIEW)
async def overview(request: Request) -> Response:
    """A line for each programme."""
    kit.reader(request)
    desk = desk_of(request)
    books = await desk.db.run(summaries.books)
    if not books.programmes:
        return render(request, "board_empty.html")
    report = report_of(books, desk.clock.now())
    rows = [_programme(one) for one in report.programmes]
    adds = adds_up(sum(one.over for one in report.programmes))
    return render(request, "overview.html", rows=rows, numbers=FIGURES, adds=adds, example=report.example, reports=reports())


@router.get(f"{OVERVIEW}/{{code}}")
async def programme(request: Request, code: str) -> Response:
    """One programme over its years."""
    kit.reader(request)
    desk = desk_of(request)
    books = await desk.db.run(lambda tx: summaries.books(tx, code))
    if not books.programmes:
        raise Problem(404, code="unknown_board")
    (one,) = report_of(books, desk.clock.now()).programmes
    return render(
        request,
        "overview_programme.html",
        programme=one.programme,
        name=kit.local(one.programme.names),
        note=kit.local(one.programme.example_note),
        numbers=FIGURES,
        figures=figures(one),
        chart=years_chart([(year.year, year.pledged, year.figures) for year in one.years]),
        years=[_year(one, year.year, year.pledged, year.figures) for year in one.years],
        in_all=row(_("In all"), one.figures, pledged=one.pledged),
        adds=adds_up(one.over),
        groups=[row(group_label(group), of_group) for group, of_group in one.groups],
        countries=[_country(one, country) for country in one.countries],
        reports=reports(),
    )


def figures(one: Of) -> list[dict[str, Any]]:
    """The numbers on top."""
    held = one.figures.held
    share = _("{percent} of the places pledged", percent=format_percent(held / one.pledged)) if one.pledged else ""
    shown: list[dict[str, Any]] = [
        {"number": format_number(one.pledged), "text": _("places pledged")},
        {"number": format_number(one.figures.allotted), "text": _("allotted to countries")},
        {"number": format_number(held), "text": _("offered or taken"), "note": share},
        {"number": format_number(one.figures.ended), "text": _("ended, of those taken")},
        {"number": format_number(one.programme.pool), "text": _("in the pool")},
    ]
    if one.programme.lapsed:
        shown.append({"number": format_number(one.programme.lapsed), "text": _("lapsed")})
    return shown


def row(name: str, of_it: Figures, *, pledged: int | None = None, href: str = "", hrefs: dict[str, str] | None = None) -> dict[str, Any]:
    """A line of a table: its numbers, each leading to what is behind it."""
    whole = of_it.allotted if pledged is None else pledged
    return {
        "name": name,
        "href": href,
        "pledged": "" if pledged is None else format_number(pledged),
        "whole": whole,
        "figures": of_it,
        "bar": _("{taken} taken and {offered} offered of {places}", taken=of_it.taken, offered=of_it.offered, places=whole),
        "numbers": [
            {
                "label": _(label),
                "text": format_number(getattr(of_it, figure)),
                "href": (hrefs or {}).get(figure, "") if getattr(of_it, figure) else "",
            }
            for figure, label in FIGURES.items()
        ],
    }


def _programme(one: Of) -> dict[str, Any]:
    href = f"{OVERVIEW}/{quote(one.programme.code, safe='')}"
    years = one.programme.years
    found = row(kit.local(one.programme.names), one.figures, pledged=one.pledged, href=href, hrefs=dict.fromkeys(FIGURES, href))
    return found | {"years": f"{years[0]}–{years[-1]}", "example": one.programme.example}


def _year(one: Of, year: int, pledged: int, of_year: Figures) -> dict[str, Any]:
    board = f"{kit.BOARD}?{urlencode({'programme': one.programme.code, 'year': year})}"
    hrefs = {figure: f"{board}&only={only}{COUNTRIES}" for figure, only in ON_BOARD.items()}
    return row(str(year), of_year, pledged=pledged, href=board, hrefs=hrefs)


def _country(one: Of, country: Country) -> dict[str, Any]:
    """A country with what it holds of its places each year, each leading to the page of that year's places."""
    keys = [line.key for line in one.lines if line.country == country.code]
    years = [
        {"year": year.year, "text": f"{format_number(of_year.held)}/{format_number(of_year.allotted)}", "href": kit.cell_path(key)}
        for year, of_year, key in zip(one.years, country.years, keys, strict=True)
    ]
    return row(kit.local(country.names), country.figures) | {"years": years}
