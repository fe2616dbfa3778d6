"""Approving several at once: first what would happen, then each through the same use case as one alone, then what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications import use_cases
from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.domain import outcomes as o
from services.applications.domain.lifecycle import Act, NotAllowed, State, move
from services.applications.domain.viewers import Viewer
from services.applications.staff.courses import course_rooms, courses_before, first_words
from services.applications.staff.kit import Asked, asked_in, form_of, known, mark, name_keys, number_of, terms_in, texts_of
from services.applications.staff.listing import Line, line_of
from services.applications.staff.lost import lost_of, lost_words
from services.applications.staff.officer import BASE, NONE, PATH, chosen_in
from services.applications.staff.room import Before, Room, order_words, room_before, rooms
from services.applications.store import work
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases import Done
from shared.observability.logging import get_logger
from shared.persistence.database import Tx
from shared.web.formats import listed, sentences
from shared.web.i18n import ngettext, translate
from shared.web.pages import render
from shared.web.problems import Redirect

_ = translate
log = get_logger(__name__)
router = APIRouter(include_in_schema=False)

MOST: Final = 200
"""How many are approved at a time: each is a transaction of its own, and a person waits for all of them."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One of the chosen applications, and in words what stands against its approval; empty where nothing does."""

    line: Line
    blocked: str


def against(row: Application, one: InForce | None, state: str, lost: str) -> str:
    """Why it cannot be approved as it stands, its state and what was lost in words; the use case asks again when it is done."""
    if one is None or isinstance(move(State(row.state), Act.APPROVE, "officer", route=one.programme.route), NotAllowed):
        return _("it is “{state}” now", state=state)
    if "review" in one.programme.route and row.score is None:
        return _("not scored")
    return lost


async def look(tx: Tx, viewer: Viewer, asked: Asked, ids: Sequence[UUID], everything: bool, now: datetime) -> tuple[list[Looked], bool]:
    """The chosen applications in the order in which places are given, the best scored first; and whether there are more than fit."""
    terms = await terms_in(tx)
    if everything:
        found = await work.part(tx, viewer, chosen_in(terms, asked), order="score", limit=MOST)
        rows, more = list(found.rows), found.after
    else:
        rows, more = await work.some(tx, viewer, ids[:MOST]), len(ids) > MOST
    names = await work.names(tx, rows, name_keys(terms))
    lost, looked = await lost_of(tx, rows, terms, now), []
    for row in rows:
        href = f"{BASE}/{row.id}{asked.query()}"
        line = line_of(row, names.get(row.id, ""), terms, href)
        looked.append(Looked(line, against(row, known(terms, row.programme), line.state, lost.get(row.id, ""))))
    return looked, more


@router.get("/officer/bulk")
async def preview_page(request: Request) -> Response:
    """What would happen. Nothing does."""
    viewer, asked = viewer_in(request, "officer"), asked_in(request.query_params)
    ids = [found for raw in request.query_params.getlist("id") if (found := mark(raw)) is not None]
    everything = request.query_params.get("all") == "1"
    if not ids and not everything:
        raise Redirect(f"{PATH}{asked.query(chosen=NONE)}")
    now = desk_of(request).clock.now()

    async def read(tx: Tx) -> tuple[list[Looked], bool, list[InForce], list[Room], list[Room]]:
        looked, more = await look(tx, viewer, asked, ids, everything, now)
        terms, rows = await terms_in(tx), [one.line.application for one in looked if not one.blocked]
        return looked, more, terms, await rooms(tx, rows, terms, now), await course_rooms(tx, rows, terms, now)

    looked, more, terms, room, courses = await desk_of(request).db.run(read)
    ready = [one for one in looked if not one.blocked]
    return render(
        request,
        "staff/bulk.html",
        asked=asked,
        ready=ready,
        order=order_words([one.line.application for one in ready], terms),
        room=room,
        courses=courses,
        first=first_words([one.line.application for one in ready]),
        blocked=[one for one in looked if one.blocked],
        summary=summary(len(ready), len(looked) - len(ready)),
        more=more,
        most=MOST,
        back=f"{PATH}{asked.query()}",
    )


def summary(ready: int, blocked: int) -> str:
    """`23 would be approved; 2 cannot be`."""
    first = ngettext("{n} would be approved", "{n} would be approved", ready)
    return listed([first, ngettext("{n} cannot be", "{n} cannot be", blocked)] if blocked else [first], apart=True)


@dataclass(frozen=True, slots=True)
class Became:
    """What became of one: approved, or why not."""

    line: Line
    approved: bool
    why: str


@router.post("/officer/bulk")
async def approve_all(request: Request) -> Response:
    """Approve each as its preview showed it. Whatever changed since then is left alone, and said."""
    viewer, form = viewer_in(request, "officer"), await form_of(request)
    asked, seen = asked_in(form), picked(texts_of(form, "pick"))
    if not seen:
        raise Redirect(f"{PATH}{asked.query(chosen=NONE)}")
    now, results = desk_of(request).clock.now(), dict[UUID, object]()
    before, seats = await desk_of(request).db.run(lambda tx: _as_it_stands(tx, viewer, list(seen), now))
    for application_id, version in seen.items():
        results[application_id] = await _approve(request, viewer, application_id, version)

    async def read(tx: Tx) -> list[Line]:
        terms = await terms_in(tx)
        rows = await work.some(tx, viewer, list(seen))
        names = await work.names(tx, rows, name_keys(terms))
        return [line_of(row, names.get(row.id, ""), terms, f"{BASE}/{row.id}{asked.query()}") for row in rows]

    lines = await desk_of(request).db.run(read)
    became = [Became(line, isinstance(results[line.application.id], Done), why(results[line.application.id], line)) for line in lines]
    approved = sum(one.approved for one in became)
    log.info("applications.approved_together", approved=approved, not_approved=len(seen) - approved, account_id=str(viewer.account_id))
    said = ngettext("{n} application is approved.", "{n} applications are approved.", approved)
    left = ngettext("{n} was left as it is.", "{n} were left as they are.", len(became) - approved) if approved < len(became) else ""
    done = [one.line.application for one in became if one.approved]
    back, room, courses = f"{PATH}{asked.query()}", before(done), seats(done)
    return render(request, "staff/bulk_report.html", became=became, said=sentences(said, left), room=room, courses=courses, back=back)


async def _as_it_stands(tx: Tx, viewer: Viewer, ids: Sequence[UUID], now: datetime) -> tuple[Before, Before]:
    """Places and seats, as they are known before anybody is approved."""
    rows, terms = await work.some(tx, viewer, ids), await terms_in(tx)
    return await room_before(tx, rows, terms, now), await courses_before(tx, rows, terms, now)


async def _approve(request: Request, viewer: Viewer, application_id: UUID, version: int) -> object:
    desk = desk_of(request)
    now = desk.clock.now()
    return await desk.db.run(lambda tx: use_cases.approve(tx, viewer, application_id, expected_version=version, now=now))


def picked(raw: Sequence[str]) -> Mapping[UUID, int]:
    """Application to the version that the preview showed, in the preview's order."""
    found: dict[UUID, int] = {}
    for one in raw[:MOST]:
        application, _colon, version = one.partition(":")
        key, number = mark(application), number_of(version)
        if key is not None and number is not None:
            found[key] = number
    return found


def why(outcome: object, line: Line) -> str:
    """What stood against it, in words."""
    match outcome:
        case o.Changed() | NotAllowed():
            return _("somebody else was first: it is “{state}” now", state=line.state)
        case o.NotScored():
            return _("not scored")
        case o.ChannelLost() | o.CourseLost() | o.NotTakingPart():
            return lost_words(outcome)
        case _:
            return ""
