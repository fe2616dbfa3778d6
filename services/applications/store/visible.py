"""Which applications a viewer may know to exist, as a condition of statements."""

from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, true
from sqlmodel import col

from services.applications.domain.viewers import EVERYWHERE, Viewer
from services.applications.tables import Application


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `application` that holds for what the viewer may know to exist; as `domain.viewers.may_know`."""
    return _visible(viewer.role, bool(viewer.country), viewer.account_id, viewer.country)


def visible(role: str, of_country: bool) -> ColumnElement[bool]:
    """The same in a statement that is built once, for all viewers of the role, of a country or of none; `seen_by` gives its parameters."""
    return _visible(role, of_country, bindparam("viewer"), bindparam("viewer_country"))


def seen_by(viewer: Viewer) -> dict[str, Any]:
    """The parameters of a statement with `visible` in it."""
    return {"viewer": viewer.account_id, "viewer_country": viewer.country}


def _visible(role: str, of_country: bool, account: UUID | BindParameter[UUID], country: str | BindParameter[str]) -> ColumnElement[bool]:
    submitted = col(Application.receipt).is_not(None)
    if role == "applicant":
        return col(Application.person_id) == account
    if role == "coordinator" and of_country:
        return and_(submitted, col(Application.country) == country)
    return and_(submitted, true() if role in EVERYWHERE else false())
