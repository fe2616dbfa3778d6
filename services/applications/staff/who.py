"""Who a member of staff is, for those who may know: other services know ids and roles, and lead here."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.accounts import people
from services.applications.accounts.desk import desk_of
from services.applications.accounts.tables import Account
from services.applications.domain.accounts import APPLICANT
from services.applications.pages.kit import id_from
from services.applications.pages.words import country_name
from services.applications.staff.kit import terms_in
from shared.persistence.database import Tx
from shared.web.formats import listed
from shared.web.identity import require
from shared.web.navigation import role_name
from shared.web.pages import render
from shared.web.problems import Problem

router = APIRouter(include_in_schema=False)

MAY_KNOW = ("officer", "auditor", "operator")


@router.get("/staff/{account}")
async def who_is_it(request: Request, account: str) -> Response:
    """Name, role and country of a member of staff; nobody else is found here, and nobody else finds anybody."""
    require(request, *MAY_KNOW, hidden=True)

    async def read(tx: Tx) -> tuple[Account | None, str]:
        found = await people.by_id(tx, id_from(account))
        country = found.country if found is not None else None
        plan = next((one.plan for one in await terms_in(tx) if country and one.plan.country(country)), None)
        return found, country_name(country, plan) if country and plan else country or ""

    found, country = await desk_of(request).db.run(read)
    if found is None or found.role == APPLICANT:
        raise Problem(404)
    role = role_name(found.role)
    return render(
        request,
        "staff/who.html",
        name=found.name or found.email,
        role=listed(one for one in (role, country) if one),
        email=found.email,
        closed=found.disabled_at is not None,
    )
