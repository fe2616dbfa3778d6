"""Whom to ask: the focal point of each country, by mail and telephone; on every page of an applicant's the one of their country."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from jinja2 import pass_context
from jinja2.runtime import Context
from starlette.responses import Response

from services.applications.accounts.desk import desk_of
from services.applications.pages.chosen import chosen_country, remembering
from services.applications.plan.model import Country, Plan
from services.applications.store.plans import all_in_force
from shared.web.formats import sort_key
from shared.web.i18n import current_language
from shared.web.pages import render

router = APIRouter(include_in_schema=False)
HELP_PATH: Final = "/help"


@dataclass(frozen=True, slots=True)
class Contact:
    """A country's focal point; `dial` is the telephone number as a `tel:` address has it, empty where the plan names none."""

    code: str
    country: str
    mail: str
    phone: str

    @property
    def dial(self) -> str:
        return self.phone.replace(" ", "")


def contact_of(country: Country | None) -> Contact | None:
    """Whom people of that country ask."""
    if country is None:
        return None
    return Contact(country.code, country.names[current_language()], country.focal_point, country.focal_phone)


@pass_context
def contact(context: Context) -> Contact | None:
    """For the foot of a page: of the application that it shows, else of the country that the page names as `focal`; else nobody's."""
    folder: Any = context.get("folder")
    if folder is not None:
        return contact_of(folder.plan.country(folder.application.country))
    return contact_of(context.get("focal") or None)


def focal(plans: Iterable[Plan], request: Request) -> Country | None:
    """The country that was chosen in this browser, where one of the plans has it."""
    code = chosen_country(request)
    return next((found for plan in plans if (found := plan.country(code))), None)


def every_country(plans: Iterable[Plan]) -> list[Country]:
    """The countries of all plans, each once, by name."""
    found = {country.code: country for plan in plans for country in plan.countries}
    return sorted(found.values(), key=lambda country: sort_key(country.names[current_language()]))


@router.get(HELP_PATH)
async def help_page(request: Request) -> Response:
    terms = await desk_of(request).db.run(all_in_force)
    plans = [one.plan for one in terms]
    listed = [contact_of(country) for country in every_country(plans)]
    page = render(request, "help.html", contacts=listed, focal=focal(plans, request), countries=every_country(plans))
    return remembering(request, page)
