"""Letters between applicants and those who answer."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlmodel import col

from services.applications.domain.letters import Letter
from services.applications.domain.lifecycle import APPLICANT
from services.applications.domain.viewers import Viewer
from services.applications.store.visible import visible_to
from services.applications.tables import Application
from services.applications.tables import Letter as Row
from shared.persistence.database import Tx

_UNANSWERED: Final = text(
    "not exists (select 1 from letter n where n.application_id = letter.application_id and n.kind = letter.kind "
    "and n.number > letter.number)"
)


_OF: Final = select(Row).where(col(Row.application_id) == bindparam("id")).order_by(col(Row.at), col(Row.number))


async def of_application(tx: Tx, application_id: UUID) -> tuple[Letter, ...]:
    """All letters of an application, the first one first."""
    found = (await tx.execute(_OF, {"id": application_id})).scalars()
    return tuple(Letter(one.kind, one.number, one.at, one.role, one.body, one.closes) for one in found)


async def lately(tx: Tx, application_id: UUID, since: datetime) -> int:
    """How many letters the applicant has written about the application since a moment."""
    statement = select(func.count()).where(col(Row.application_id) == application_id, col(Row.role) == APPLICANT, col(Row.at) > since)
    return int((await tx.execute(statement)).scalar_one())


async def add(tx: Tx, application_id: UUID, letter: Letter, author: UUID) -> None:
    """Store a letter, under the application's row lock."""
    values = {name: getattr(letter, name) for name in Letter.__slots__}
    tx.add(Row(application_id=application_id, author_id=author, **values))
    await tx.flush()


async def unanswered(tx: Tx, viewer: Viewer, kind: str, most: int) -> list[tuple[Application, datetime]]:
    """Applications that the viewer may see, and when their last letter of that kind came, which nobody has answered; the oldest first."""
    statement = (
        select(Application, col(Row.at))
        .join(Row, col(Row.application_id) == col(Application.id))
        .where(visible_to(viewer), col(Row.kind) == kind, col(Row.role) == APPLICANT, _UNANSWERED)
        .order_by(col(Row.at), col(Application.id))
        .limit(most)
    )
    return [(one, at) for one, at in (await tx.execute(statement)).all()]


async def waiting(tx: Tx, kind: str, applications: Collection[UUID]) -> set[UUID]:
    """Those of the applications whose last letter of that kind is the applicant's."""
    statement = select(col(Row.application_id)).where(
        col(Row.application_id).in_(applications), col(Row.kind) == kind, col(Row.role) == APPLICANT, _UNANSWERED
    )
    return set((await tx.execute(statement)).scalars()) if applications else set()
