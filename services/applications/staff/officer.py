"""The officers' work list: tabs with counts, filters in the address, best scored first where there is something to decide.

Auditors read the same list, without the acts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.domain.viewers import Viewer
from services.applications.folder import zone_of
from services.applications.staff.kit import ROWS, Asked, asked_in, mark, name_keys, programme_filters, select, terms_in
from services.applications.staff.letters import waiting
from services.applications.staff.listing import Line, line_of
from services.applications.staff.tabs import FIRST, NAMES, SCORE_FIRST, Tab, slices, tabs
from services.applications.staff.words import notes
from services.applications.store import work
from services.applications.store.plans import InForce
from services.applications.tables import Application
from shared.persistence.database import Tx
from shared.web.formats import sentences, sort_key
from shared.web.i18n import N_, current_language, translate
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)

PATH: Final = "/officer"
BASE: Final = "/officer/applications"
READERS: Final = ("officer", "auditor")
BULK: Final = ("decide", "review")
"""Tabs in which several can be approved at once."""
NONE: Final = "none"
"""In the address as `chosen`: somebody asked to approve the chosen ones and had chosen none."""
SORTS: Final = {"submitted": N_("Earliest sent"), "score": N_("Best scored"), "changed": N_("Last changed")}


@dataclass(frozen=True, slots=True)
class Queue:
    """Everything that the list shows."""

    tabs: tuple[Tab, ...]
    lines: tuple[Line, ...]
    before: str
    after: str
    terms: tuple[InForce, ...]
    waiting: tuple[tuple[Application, datetime, str], ...]
    zone: str


def tab_of(asked: Asked) -> str:
    return asked.tab if asked.tab in NAMES else FIRST


def sort_of(asked: Asked) -> str:
    """The order that is asked for, or the tab's own."""
    return asked.sort if asked.sort in SORTS else "score" if tab_of(asked) in SCORE_FIRST else "submitted"


def chosen_in(terms: Sequence[InForce], asked: Asked) -> work.Chosen:
    """The applications of the tab that fit the filters; a search looks through every tab."""
    # A tab without any slice, in an installation without a programme, holds nothing.
    parts = () if asked.search else slices(terms)[tab_of(asked)] or (work.Slice(frozenset()),)
    found = asked.chosen
    return work.Chosen(parts, found.programme, found.year, found.country, found.search)


def country_filter(terms: Sequence[InForce], asked: Asked) -> dict[str, Any]:
    """The countries of every plan, by name."""
    language = current_language()
    named = {country.code: country.names[language] for one in terms for country in one.plan.countries}
    return select("country", _("Country"), sorted(named.items(), key=lambda pair: sort_key(pair[1])), asked.country, _("All countries"))


@router.get("/officer")
async def queue_page(request: Request) -> Response:
    viewer, asked = viewer_in(request, *READERS), asked_in(request.query_params)
    after, before = mark(request.query_params.get("after")), mark(request.query_params.get("before"))

    async def read(tx: Tx) -> Queue:
        terms = await terms_in(tx)
        counts = await work.counts(tx, viewer, programme=asked.programme, year=asked.year, country=asked.country)
        keys = name_keys(terms)
        chosen = chosen_in(terms, asked)
        part = await work.part(tx, viewer, chosen, order=sort_of(asked), after=after, before=before, limit=ROWS, name_keys=keys)
        names = await work.names(tx, part.rows, keys)
        return Queue(
            tabs=tuple(tabs(slices(terms), counts, asked.but(search=""), "" if asked.search else tab_of(asked))),
            lines=tuple(_line(row, names.get(row.id, ""), terms, asked) for row in part.rows),
            before=f"{PATH}{asked.query(before=str(part.rows[0].id))}" if part.before and part.rows else "",
            after=f"{PATH}{asked.query(after=str(part.rows[-1].id))}" if part.after else "",
            terms=tuple(terms),
            waiting=tuple(await waiting(tx, viewer, "officer")) if viewer.role == "officer" else (),
            zone=await zone_of(tx, viewer.account_id),
        )

    found = await desk_of(request).db.run(read)
    return draw(request, viewer, found, asked)


def _line(row: Application, name: str, terms: list[InForce], asked: Asked) -> Line:
    one = next((one for one in terms if one.programme.code == row.programme), None)
    said = notes({"reasons": row.reasons, "limit": row.reason_limit}, one.plan, one.programme) if one else []
    return line_of(row, name, terms, f"{BASE}/{row.id}{asked.query()}", sentences(*said))


def draw(request: Request, viewer: Viewer, found: Queue, asked: Asked) -> Response:
    bulk = viewer.role == "officer" and tab_of(asked) in BULK and not asked.search
    unchosen = bulk and bool(found.lines) and request.query_params.get("chosen") == NONE
    sorting = [{"key": key, "label": _(name)} for key, name in SORTS.items()]
    return render(
        request,
        "staff/officer.html",
        found=found,
        asked=asked,
        tab=tab_of(asked),
        title=_(NAMES[tab_of(asked)]) if not asked.search else _("Found"),
        filters=[
            *programme_filters(found.terms, asked),
            country_filter(found.terms, asked),
            {"key": "sort", "label": _("Order"), "options": sorting, "value": sort_of(asked)},
        ],
        bulk=bulk,
        wrong=_("Tick at least one application to approve") if unchosen else "",
    )
