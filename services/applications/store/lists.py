"""Lists of applications, page by page, for people and for programs; and the figures beside them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select, text
from sqlmodel import col

from services.applications.accounts.tables import Account
from services.applications.domain.viewers import Viewer
from services.applications.store.visible import visible_to
from services.applications.tables import Application
from services.applications.told import CellFigures
from shared.kernel.cells import Cell
from shared.persistence.database import Tx

PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which applications: nothing means all that the viewer may see. `order` is `submitted` (earliest first) or `score` (highest first)."""

    programme: str = ""
    year: int = 0
    country: str = ""
    states: Collection[str] = ()
    receipt: str = ""
    order: str = "submitted"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ended: the last application's sort value (moment or score) and id."""

    submitted_at: datetime
    score: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list: the application and its person's name."""

    application: Application
    name: str


async def find_many(tx: Tx, viewer: Viewer, wanted: Wanted, *, after: Mark | None = None, limit: int = 50) -> list[Listed]:
    """At most `limit` applications (up to `PAGE_MAX`) after a mark, in the order that was wanted, ties by id."""
    submitted, score, key = col(Application.submitted_at), col(Application.score), col(Application.id)
    statement = select(Application, col(Account.name)).outerjoin(Account, col(Account.id) == col(Application.person_id))
    statement = statement.where(visible_to(viewer), col(Application.submitted_at).is_not(None))
    for column, value in (
        (Application.programme, wanted.programme),
        (Application.country, wanted.country),
        (Application.year, wanted.year),
    ):
        if value:
            statement = statement.where(col(column) == value)
    if wanted.states:
        statement = statement.where(col(Application.state).in_(wanted.states))
    if wanted.receipt:
        statement = statement.where(col(Application.receipt) == wanted.receipt.strip().upper())
    if wanted.order == "score":
        statement = statement.where(score.is_not(None)).order_by(score.desc(), submitted, key)
        if after is not None:
            same = and_(score == after.score, or_(submitted > after.submitted_at, and_(submitted == after.submitted_at, key > after.id)))
            statement = statement.where(or_(score < after.score, same))
    else:
        statement = statement.order_by(submitted, key)
        if after is not None:
            statement = statement.where(or_(submitted > after.submitted_at, and_(submitted == after.submitted_at, key > after.id)))
    rows = await tx.execute(statement.limit(min(limit, PAGE_MAX)))
    return [Listed(application, name or "") for application, name in rows]


def mark_of(listed: Listed) -> Mark:
    """The mark after this line."""
    application = listed.application
    assert application.submitted_at is not None, "only submitted applications are listed"
    return Mark(application.submitted_at, application.score or 0, application.id)


_OF_PERSON: Final = select(Application).where(col(Application.person_id) == bindparam("person")).order_by(col(Application.id).desc())


async def of_person(tx: Tx, viewer: Viewer) -> list[Application]:
    """The viewer's own applications, the newest first, drafts too."""
    return list((await tx.execute(_OF_PERSON, {"person": viewer.account_id})).scalars())


async def names(tx: Tx, accounts: Collection[UUID]) -> dict[UUID, str]:
    """Account id to name, of those that there are."""
    if not accounts:
        return {}
    statement = select(col(Account.id), col(Account.name)).where(col(Account.id).in_(accounts))
    return dict((await tx.execute(statement)).all())


async def figures(tx: Tx, cells: Collection[Cell]) -> dict[str, CellFigures]:
    """Cell key to its figures as quotas last told; a cell of which nothing was told is absent."""
    if not cells:
        return {}
    statement = select(CellFigures).where(col(CellFigures.cell).in_([cell.key for cell in cells]))
    return {one.cell: one for one in (await tx.execute(statement)).scalars()}


_ASKING: Final = text("""
    select programme, country, year, count(*) from application
    where state = 'approved' and (programme, country, year) in (
        select * from unnest(cast(:programmes as text[]), cast(:countries as text[]), cast(:years as integer[]))
    ) group by 1, 2, 3
""")


async def asking(tx: Tx, cells: Collection[Cell]) -> dict[Cell, int]:
    """How many approvals quotas has not answered yet, by cell; cells without any are absent."""
    if not cells:
        return {}
    programmes, countries, years = (list(column) for column in zip(*cells, strict=True))
    found = await tx.execute(_ASKING, {"programmes": programmes, "countries": countries, "years": years})
    return {Cell(programme, country, year): number for programme, country, year, number in found}
