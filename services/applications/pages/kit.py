"""What every page of this service works with."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request

from services.applications.access import viewer_of
from services.applications.accounts.desk import desk_of
from services.applications.domain.viewers import Viewer
from services.applications.folder import Folder, zone_of
from services.applications.views import dossier
from shared.persistence.database import Tx
from shared.web.context import context_of
from shared.web.formats import bracketed, format_date
from shared.web.i18n import current_language
from shared.web.identity import require
from shared.web.problems import Problem

UPLOAD_ROOM_BYTES: Final = 48 * 1024 * 1024
"""Bodies of uploads may be this large, well over any document's own limit, so that a file too large is refused by its name."""
FORM_ROOM_BYTES: Final = 1024 * 1024


def body_limit(path: str) -> int:
    """How many bytes a request to `path` may carry."""
    of_applicant = path.startswith("/applications/") and "/papers/" in path
    of_referee = path.startswith("/letter/") and path.endswith("/file")
    return UPLOAD_ROOM_BYTES if of_applicant or of_referee else FORM_ROOM_BYTES


def applicant(request: Request) -> Viewer:
    """The applicant who asks; whoever else asks is refused, or led to the sign-in."""
    return replace(viewer_of(require(request, "applicant")), language=current_language())


def id_from(raw: str) -> UUID:
    """An id in an address; what is none is nothing that exists."""
    try:
        return UUID(raw)
    except ValueError:
        raise Problem(404, code="not_found") from None


async def zone_for(tx: Tx, request: Request, country: str = "") -> str:
    """The time zone of whoever asks for a page (`folder.zone_of`)."""
    identity = context_of(request).identity
    return await zone_of(tx, UUID(identity.account_id) if identity else None, country)


def clock_time(moment: datetime, zone: str, now: datetime) -> str:
    """The time of day in the reader's zone, `14:03`; with its day where that is not today's: `14:03 (3 mar 2016)`."""
    there = moment.astimezone(ZoneInfo(zone))
    today = there.date() == now.astimezone(ZoneInfo(zone)).date()
    return f"{there:%H:%M}" if today else bracketed(f"{there:%H:%M}", format_date(there, "medium"))


async def folder_of(request: Request, raw_id: str) -> Folder:
    """The application with that id of whoever asks; 404 where it is somebody else's or nobody's."""
    viewer, desk, application_id = applicant(request), desk_of(request), id_from(raw_id)

    found = await desk.db.run(lambda tx: dossier(tx, viewer, application_id))
    if found is None:
        raise Problem(404, code="not_found")
    return Folder.of(found, desk.clock.now())
