"""Beginning an application: the country of nationality, and nothing else."""

from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts import people, zones
from services.applications.accounts.desk import desk_of
from services.applications.domain.outcomes import AlreadyApplied, CallClosed, Forbidden, NotFound, NotTakingPart
from services.applications.pages.fields import country_field
from services.applications.pages.home import Season, programme_in, season, taking_part
from services.applications.pages.kit import applicant, zone_for
from services.applications.pages.refusals import problem
from services.applications.store.applications import live
from services.applications.use_cases import Done
from shared.persistence.database import Tx
from shared.web.i18n import translate
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)
Started = Done | AlreadyApplied | CallClosed | NotTakingPart | NotFound | Forbidden


@router.get("/programmes/{code}/start")
async def start_page(request: Request, code: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    now = desk.clock.now()

    async def read(tx: Tx) -> tuple[Season, str | None, str]:
        found = season(await programme_in(tx, code), now)
        begun = await live(tx, viewer.account_id, code, found.call.year) if found.call else None
        return found, str(begun.id) if begun else None, await zone_for(tx, request)

    found, already, zone = await desk.db.run(read)
    if already:
        return RedirectResponse(f"/applications/{already}", 303)
    if not found.open:
        return RedirectResponse(f"/programmes/{code}", 303)
    return render(request, "start.html", season=found, country=country_field(taking_part(found.terms, found.call, now), "", ""), zone=zone)


@router.post("/programmes/{code}/start")
async def start(request: Request, code: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    now = desk.clock.now()
    form = await request.form()
    country = str(form.get("country", ""))
    found, zone = await desk.db.run(lambda tx: _season(tx, request, code, now))
    countries = taking_part(found.terms, found.call, now)
    if found.call is None:
        return RedirectResponse(f"/programmes/{code}", 303)
    if country not in {one for one, _name in countries}:
        error = _("Choose the country of your nationality")
        return render(request, "start.html", status=422, season=found, country=country_field(countries, country, error), zone=zone)
    year = found.call.year

    async def begin(tx: Tx) -> Started:
        outcome = await use_cases.start_draft(tx, viewer, programme=code, year=year, country=country, now=now)
        account = await people.by_id(tx, viewer.account_id, lock=True)
        if isinstance(outcome, Done) and account is not None and account.timezone == zones.UTC:
            # Deadlines are then shown in the time of the country; the person can change it in the account.
            account.timezone = zones.zone_of(country)
        return outcome

    outcome = await desk.db.run(begin)
    if isinstance(outcome, Done):
        return RedirectResponse(f"/applications/{outcome.application.id}/tasks", 303)
    if isinstance(outcome, AlreadyApplied):
        return RedirectResponse(f"/applications/{outcome.application_id}", 303)
    raise problem(outcome, zone)


async def _season(tx: Tx, request: Request, code: str, now: datetime) -> tuple[Season, str]:
    return season(await programme_in(tx, code), now), await zone_for(tx, request)
