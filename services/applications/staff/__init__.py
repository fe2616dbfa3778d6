"""Pages for staff: the country's coordinator, reviewers, the donor's officers, auditors, operators. One module a place.

They call the same use cases as the JSON API; no page decides who may do what.
"""

from fastapi import APIRouter

from services.applications.staff.audit import router as audit_pages
from services.applications.staff.bulk import router as bulk_pages
from services.applications.staff.country import router as country_pages
from services.applications.staff.country_file import UPLOADS
from services.applications.staff.country_file import router as country_file_pages
from services.applications.staff.decide import router as decide_pages
from services.applications.staff.letters import router as letter_pages
from services.applications.staff.officer import router as officer_pages
from services.applications.staff.reading import router as reading_pages
from services.applications.staff.recommended import router as recommended_pages
from services.applications.staff.review import router as review_pages
from services.applications.staff.slate import router as slate_pages
from services.applications.staff.who import router as who_pages
from shared.web.routes import add_routes

__all__ = ["UPLOADS", "router"]

router = APIRouter()
add_routes(
    router,
    country_pages,
    slate_pages,
    country_file_pages,
    review_pages,
    officer_pages,
    bulk_pages,
    decide_pages,
    reading_pages,
    letter_pages,
    recommended_pages,
    audit_pages,
    who_pages,
)
