"""What every page of this service works with: who reads, what they may see, and which cell an address means."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from uuid import UUID

from fastapi import Request

from services.quotas import views
from services.quotas.access import desk_of
from services.quotas.lookups import Namer, part_namer
from services.quotas.rows import CellRow, ProgrammeRow
from shared.events.applications import Names
from shared.kernel.cells import Cell
from shared.persistence.database import Tx
from shared.web.context import context_of
from shared.web.i18n import current_language, translate
from shared.web.identity import IDENTITY_COOKIE, Identity, refuse, require
from shared.web.problems import Problem, Redirect

READERS: Final = ("officer", "auditor", "operator")
"""The roles that see the applications of every country; a coordinator sees those of one."""
PAGE_ROWS: Final = 25
BOARD: Final = "/quotas"
PROPOSALS: Final = "/quotas/proposals"


def reader(request: Request) -> Identity | None:
    """Whoever reads a public page; none where nobody is signed in. An identity that ran out is renewed first."""
    identity = context_of(request).identity
    if identity is None and IDENTITY_COOKIE in request.cookies and request.method == "GET":
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise Redirect(f"/identity?return={quote(path, safe='')}")
    return identity


def sees_applications(identity: Identity | None, country: str) -> bool:
    """Whether they may see which applications hold or wait for a country's places."""
    if identity is None:
        return False
    return identity.role in READERS or (identity.role == "coordinator" and identity.country == country)


def require_sight(request: Request, cell: CellRow) -> Identity:
    """Whoever may see the cell's applications. To anybody else who is signed in there is no such page."""
    identity = require(request)
    if not sees_applications(identity, cell.country):
        raise refuse(request, hidden=True)
    return identity


def now(request: Request) -> datetime:
    return desk_of(request).clock.now()


class Found(NamedTuple):
    """A cell and its programme; `part` names its courses and ways of applying by the keys of their limits."""

    cell: CellRow
    programme: ProgrammeRow
    part: Namer


async def find(tx: Tx, key: str, now: datetime) -> Found:
    """The cell of that key with its programme; 404 where there is none, or where no plan has it."""
    try:
        parsed = Cell.parse(key)
    except ValueError:
        raise Problem(404, code="unknown_cell") from None
    cell = await views.cell(tx, key, now=now)
    programme = await views.programme(tx, parsed.programme) if cell is not None else None
    if cell is None or programme is None:
        raise Problem(404, code="unknown_cell")
    return Found(cell, programme, await part_namer(tx, parsed.programme))


def year_selectors(programmes: Sequence[ProgrammeRow], programme: ProgrammeRow, year: int) -> list[dict[str, Any]]:
    """The selectors of a programme and of one of its years."""
    listed = sorted(programmes, key=lambda one: (-one.places_total, one.code))
    return [
        {
            "key": "programme",
            "label": translate("Programme"),
            "options": [{"key": one.code, "label": local(one.names)} for one in listed],
            "value": programme.code,
        },
        {
            "key": "year",
            "label": translate("Year"),
            "options": [{"key": str(one), "label": str(one)} for one in programme.years],
            "value": str(year),
        },
    ]


def cell_path(key: str, *more: object) -> str:
    """The address of a cell's page, or of a page below it."""
    return "/".join([f"{BOARD}/cells/{quote(key, safe=':')}", *map(str, more)])


def of_cell(cell: CellRow) -> dict[str, str]:
    """A cell as the filters of lists name it."""
    return {"programme": cell.programme, "country": cell.country, "year": str(cell.year)}


def local(names: Names) -> str:
    """The name in the reader's language."""
    return str(getattr(names, current_language()))


def sort_key(names: Names) -> str:
    """The name in the reader's language, as lists of countries are sorted."""
    return unicodedata.normalize("NFKD", local(names)).casefold()


def id_from(raw: str) -> UUID:
    """An id in an address; what is none is nothing that exists."""
    try:
        return UUID(raw)
    except ValueError:
        raise Problem(404, code="not_found") from None


def number_from(raw: str | None) -> int | None:
    """A whole number of an address, not below 1; none where it is none, so that a mistyped page is the first one."""
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) < 10 and int(raw) else None
