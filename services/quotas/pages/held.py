"""The applications behind a cell's numbers of places offered and taken, one by one, for those who work on them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from fastapi import APIRouter, Request
from markupsafe import Markup
from sqlalchemy import Row, text
from starlette.responses import Response

from services.quotas.access import desk_of
from services.quotas.domain.model import OFFERED, TAKEN
from services.quotas.domain.outcomes import Ended
from services.quotas.pages import kit
from services.quotas.pages.cells import frame
from services.quotas.pages.words import SHORT, short_id
from shared.persistence.database import Tx
from shared.web.formats import BEIJING, format_datetime
from shared.web.i18n import N_, translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

HEADINGS: Final[Mapping[str, str]] = {OFFERED: N_("Places offered"), TAKEN: N_("Places taken")}
OUTCOMES: Final[Mapping[str, tuple[str, ...]]] = {OFFERED: (OFFERED,), TAKEN: (TAKEN, Ended.kind)}
"""The last thing that was decided about an application whose place is counted so; a stay that ended stays counted."""
FILES: Final[Mapping[str, str]] = {
    "officer": "/officer/applications/",
    "auditor": "/officer/applications/",
    "coordinator": "/country/applications/",
}
"""Where each role reads an application."""

_HELD: Final = text(
    "select application, outcome, at, number from (select distinct on (application) application, outcome, at, number from decision "
    "where cell = :cell and outcome in ('offered', 'taken', 'ended', 'released') order by application, number desc) as last "
    "where outcome = any(cast(:outcomes as text[])) order by number desc offset :first limit :most"
)


class Held(NamedTuple):
    """One place: whose it is and where that is read, how it stands, since when, and the decision that says so."""

    application: Markup
    file: str
    state: str
    colour: str
    since: str
    number: int
    href: str


@router.get("/quotas/cells/{key}/held/{account}")
async def held_page(request: Request, key: str, account: str) -> Response:
    """As many lines as the number says, newest first, page by page."""
    if account not in HEADINGS:
        raise Problem(404, code="not_found")
    page = kit.number_from(request.query_params.get("page")) or 1
    first = (page - 1) * kit.PAGE_ROWS

    async def read(tx: Tx) -> tuple[kit.Found, str, list[Row[tuple[object, ...]]]]:
        found = await kit.find(tx, key, kit.now(request))
        who = kit.require_sight(request, found.cell)
        asked = {"cell": key, "outcomes": list(OUTCOMES[account]), "first": first, "most": kit.PAGE_ROWS + 1}
        return found, FILES.get(who.role, ""), list(await tx.execute(_HELD, asked))

    found, file, rows = await desk_of(request).db.run(read)
    path = kit.cell_path(key, "held", account)
    return render(
        request,
        "held.html",
        **frame(found),
        heading=_(HEADINGS[account]),
        rows=[_held(key, row, file) for row in rows[: kit.PAGE_ROWS]],
        previous=f"{path}?page={page - 1}" if page > 1 else "",
        next=f"{path}?page={page + 1}" if len(rows) > kit.PAGE_ROWS else "",
    )


def _held(key: str, row: Row[tuple[object, ...]], file: str) -> Held:
    state, colour = SHORT[row.outcome]
    since = format_datetime(row.at, BEIJING)
    read = f"{file}{row.application}" if file else ""
    return Held(short_id(row.application), read, _(state), colour, since, row.number, kit.cell_path(key, "decisions", row.number))
