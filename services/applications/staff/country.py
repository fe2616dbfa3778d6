"""The coordinator's country: its applications by call, what has to be done first, and how far each call is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.domain.lifecycle import State
from services.applications.folder import zone_of
from services.applications.pages.words import country_name
from services.applications.staff.kit import ROWS, Asked, asked_in, mark, name_keys, programme_filters, select, terms_in, title_of
from services.applications.staff.letters import waiting
from services.applications.staff.listing import Line, line_of
from services.applications.staff.parts import cap_of
from services.applications.staff.words import limit_words
from services.applications.store import copies, lists, work
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.told import CellFigures
from shared.kernel.cells import Cell
from shared.persistence.database import Tx
from shared.web.formats import format_number
from shared.web.i18n import N_, translate
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)

GROUPS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "submitted": (N_("To be looked at"), frozenset({State.SUBMITTED})),
    "returned": (N_("Being corrected"), frozenset({State.RETURNED})),
    "nominated": (N_("On the slate"), frozenset({State.NOMINATED})),
    "decided": (N_("Approved, waiting or offered"), frozenset({State.APPROVED, State.WAITING, State.OFFERED, State.ACCEPTED})),
    "placed": (N_("Place taken"), frozenset({State.PLACED, State.ENDED})),
    "closed": (
        N_("Closed without a place"),
        frozenset({State.REJECTED, State.REFUSED, State.DECLINED, State.LAPSED, State.WITHDRAWN}),
    ),
}
"""What a coordinator asks for, in the order in which it matters to them; every state that one may see is in one group."""


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call of the country, with how many applications are where."""

    title: str
    year: int
    counts: Mapping[str, int]
    closes: datetime
    open: bool
    put_forward: str
    cap_fixed: bool
    slate: str
    list: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the page shows."""

    country: str
    totals: Mapping[str, int]
    calls: tuple[CallLine, ...]
    lines: tuple[Line, ...]
    before: str
    after: str
    terms: tuple[InForce, ...]
    zone: str
    waiting: tuple[tuple[Application, datetime, str], ...] = ()


def in_groups(counts: Iterable[work.Count]) -> dict[str, int]:
    """How many applications are in each of `GROUPS`."""
    found = dict.fromkeys(GROUPS, 0)
    for one in counts:
        for key, (_name, states) in GROUPS.items():
            if one.state in states:
                found[key] += one.number
    return found


def _of_country(terms: Iterable[InForce], country: str, counts: Iterable[work.Count]) -> list[InForce]:
    """The programmes that the country is in by its side, and those that it has applications in all the same."""
    applied = {count.programme for count in counts}
    return [
        one for one in terms if one.programme.code in applied or country in {known.code for known in one.plan.countries_of(one.programme)}
    ]


def _call_lines(
    counts: list[work.Count],
    terms: list[InForce],
    figures: Mapping[str, CellFigures],
    held: Mapping[Cell, int],
    caps: Mapping[Cell, int],
    country: str,
    now: datetime,
) -> tuple[CallLine, ...]:
    found = []
    for one in terms:
        for call in one.programme.calls:
            here = [count for count in counts if (count.programme, count.year) == (one.programme.code, call.year)]
            if not here and not call.is_open(now):
                continue
            cell = Cell(one.programme.code, country, call.year)
            nominating = "nomination" in one.programme.route
            cap = cap_of(one.programme, figures.get(cell.key), caps.get(cell))
            number = format_number(held.get(cell, 0))
            said = number if cap.most is None else cap.said_of(_("{n} of {most}", n=number, most=format_number(cap.most)))
            query = f"?programme={cell.programme}&year={cell.year}"
            found.append(
                CallLine(
                    title=title_of(one.programme),
                    year=call.year,
                    counts=in_groups(here),
                    closes=call.closes,
                    open=call.is_open(now),
                    put_forward=said if nominating else "",
                    cap_fixed=cap.fixed,
                    slate=f"/country/slate{query}" if nominating else "",
                    list=f"/country{query}",
                )
            )
    return tuple(sorted(found, key=lambda line: (-line.year, not line.open)))


@router.get("/country")
async def country_page(request: Request) -> Response:
    viewer, desk = viewer_in(request, "coordinator"), desk_of(request)
    asked, now = asked_in(request.query_params), desk.clock.now()
    group = GROUPS.get(asked.state)
    chosen = work.Chosen(slices=(work.Slice(group[1]),) if group else (), programme=asked.programme, year=asked.year, search=asked.search)
    after, before = mark(request.query_params.get("after")), mark(request.query_params.get("before"))

    async def read(tx: Tx) -> Overview:
        known = await terms_in(tx)
        counts = await work.counts(tx, viewer)
        terms = _of_country(known, viewer.country, counts)
        keys = name_keys(terms)
        part = await work.part(tx, viewer, chosen, order="todo", after=after, before=before, limit=ROWS, name_keys=keys)
        names = await work.names(tx, part.rows, keys)
        again = await copies.corrected(tx, [row.id for row in part.rows])
        cells = [Cell(one.programme.code, viewer.country, call.year) for one in terms for call in one.programme.calls]
        figures = await lists.figures(tx, cells)
        held, caps = await work.put_forward(tx, viewer.country), await work.fixed_caps(tx, viewer.country)
        plan = known[0].plan if known else None
        return Overview(
            country=country_name(viewer.country, plan) if plan else viewer.country,
            totals=in_groups(one for one in counts if _asked_for(one, asked)),
            calls=_call_lines(counts, terms, figures, held, caps, viewer.country, now),
            lines=tuple(_line(row, names.get(row.id, ""), terms, corrected=row.id in again) for row in part.rows),
            before=f"/country{asked.query(before=str(part.rows[0].id))}" if part.before and part.rows else "",
            after=f"/country{asked.query(after=str(part.rows[-1].id))}" if part.after else "",
            terms=tuple(terms),
            zone=await zone_of(tx, viewer.account_id),
            waiting=tuple(await waiting(tx, viewer, "country")),
        )

    found = await desk.db.run(read)
    return render(
        request,
        "staff/country.html",
        found=found,
        asked=asked,
        filters=[
            *programme_filters(found.terms, asked),
            select(
                "state",
                _("Where it stands"),
                [(key, _(name)) for key, (name, _states) in GROUPS.items()],
                asked.state,
                _("Wherever it stands"),
            ),
        ],
        stats=[
            {
                "number": format_number(found.totals[key]),
                "text": _(name),
                "href": f"/country{asked.query(state=key)}#applications",
                "alert": key == "submitted" and found.totals[key] > 0,
            }
            for key, (name, _states) in GROUPS.items()
        ],
        now=now,
    )


def _asked_for(one: work.Count, asked: Asked) -> bool:
    return asked.programme in ("", one.programme) and asked.year in (0, one.year)


def _line(row: Application, name: str, terms: list[InForce], *, corrected: bool) -> Line:
    note = ""
    if row.state == State.SUBMITTED and corrected:
        note = _("Corrected")
    if row.state == State.SUBMITTED and row.reason_limit and terms:
        note = limit_words(row.reason_limit, terms[0].plan)
    return line_of(row, name, terms, f"/country/applications/{row.id}", note)
