"""The JSON API under `/api/v1`: the same use cases as the pages, refusals as problem+json."""

from fastapi import APIRouter

from services.applications.api.acts import router as acts
from services.applications.api.agreements import router as agreements
from services.applications.api.downloads import router as downloads
from services.applications.api.form import router as form
from services.applications.api.people import router as people
from services.applications.api.plans import router as plans
from services.applications.api.programmes import router as programmes
from services.applications.api.referees import router as referees
from shared.web.routes import add_routes

router = APIRouter()
add_routes(router, programmes, agreements, form, acts, people, referees, plans, downloads)
