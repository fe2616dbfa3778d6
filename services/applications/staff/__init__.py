"""Pages for staff: the country's coordinator, reviewers, the donor's officers, auditors, operators. One module a place.

They call the same use cases as the JSON API; no page decides who may do what.
"""

from fastapi import APIRouter

from services.applications.staff.audit import router as audit
from services.applications.staff.bulk import router as bulk
from services.applications.staff.country import router as country
from services.applications.staff.country_file import UPLOADS
from services.applications.staff.country_file import router as country_file
from services.applications.staff.decide import router as decide
from services.applications.staff.officer import router as officer
from services.applications.staff.operations import router as operations
from services.applications.staff.review import router as review
from services.applications.staff.slate import router as slate

__all__ = ["UPLOADS", "router"]

router = APIRouter(include_in_schema=False)
for part in (country, slate, country_file, review, officer, bulk, decide, audit, operations):
    router.include_router(part)
