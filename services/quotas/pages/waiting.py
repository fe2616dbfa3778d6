"""Waiting, told to the one who waits, in the words and with the figures that officers see."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import text
from starlette.responses import RedirectResponse, Response

from services.quotas.access import desk_of
from services.quotas.domain.limits import COURSE
from services.quotas.pages import kit
from services.quotas.pages.giving import giving, giving_fact, two_times
from services.quotas.pages.words import cell_name, lacking_words
from services.quotas.store.ranks import ahead_of
from services.quotas.store.room import lacking
from shared.persistence.database import Tx, driver
from shared.web.formats import BEIJING
from shared.web.i18n import translate
from shared.web.identity import require
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

_PLACE = text("select application, cell, person, course, channel, state, score, submitted_at from place where application = :application")


class Waiting(NamedTuple):
    """Somebody's application on the list: how many rank before it, and which limits have no room for it now."""

    found: kit.Found
    ahead: int
    lacking: tuple[str, ...]
    course: str
    """What the course is called that is applied for; empty where it is none, or not in the plan any more."""


@router.get("/quotas/waiting/{application}")
async def waiting_page(request: Request, application: str) -> Response:
    """Only for the applicant, and for those who work on the country's applications; to others there is no such page."""
    who, now, wanted = require(request), kit.now(request), kit.id_from(application)

    async def read(tx: Tx) -> Waiting | None:
        place = (await tx.execute(_PLACE, {"application": wanted})).one_or_none()
        if place is None:
            raise Problem(404, code="not_found")
        found = await kit.find(tx, place.cell, now)
        if str(place.person) != who.account_id and not kit.sees_applications(who, found.cell.country):
            raise Problem(404, code="not_found")
        if place.state != "waiting":
            return None
        connection = await driver(tx)
        ahead = (await ahead_of(connection, [place]))[wanted]
        called = found.part(COURSE.key(found.cell, place)) if place.course else None
        lacks = (await lacking(connection, [wanted], now)).get(wanted, ())
        return Waiting(found, ahead, lacks, kit.local(called) if called else "")

    waiting = await desk_of(request).db.run(read)
    if waiting is None:
        return RedirectResponse(f"/applications/{wanted}", 303)
    cell, zone = waiting.found.cell, who.zone or BEIJING
    return render(
        request,
        "waiting.html",
        programme_name=kit.local(waiting.found.programme.names),
        title=cell_name(cell.key, cell.names),
        back=f"/applications/{wanted}",
        course=waiting.course,
        ahead=waiting.ahead,
        listed=cell.waiting,
        before_round=cell.round == "before",
        heading=_("Approved") if cell.round == "before" else _("On the waiting list"),
        giving=giving(cell.round, cell.grants_from),
        served=giving_fact(cell.round, cell.grants_from, zone),
        scored=waiting.found.programme.scored,
        lacks=lacking_words(waiting.lacking),
        closes=two_times(cell.list_closes, zone) if cell.list_closes else "",
        figures=[(_("Places"), cell.target), (_("Offered"), cell.offered), (_("Taken"), cell.taken), (_("Free"), cell.free)],
    )
