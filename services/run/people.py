"""`puente account add`: staff accounts, which nobody can give to themselves on a page."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console

from services.applications.accounts.people import Refused, add_staff
from services.run.parked import actor
from shared.kernel.clock import Clock
from shared.messaging.service import Service
from shared.web.i18n import LANGUAGES

WHY: Final[Mapping[str, str]] = {
    "email_unknown": "{email!r} is no e-mail address: write one, such as ana@example.org",
    "unknown_role": "{role!r} is no role: expected coordinator, reviewer, officer, auditor or operator",
    "language_unknown": "{language!r} is no language of the pages: expected {languages}",
    "country_needed": "a coordinator needs --country, such as --country PE",
    "country_not_needed": "the role {role} belongs to no country: leave --country out, or make a coordinator",
    "country_unknown": "{country!r} is no country of the plan: write its code of two letters, such as --country {near}",
    "plan_needed": "no plan is loaded yet, so no country is known: puente plan load FOLDER comes first",
}


async def add(
    applications: Service, clock: Clock, console: Console, *, email: str, role: str, country: str | None, language: str = "en"
) -> bool:
    """Make the staff account, or bring it to this role; whether that was possible."""
    outcome = await applications.db.run(
        lambda tx: add_staff(tx, email=email, role=role, country=country, language=language, actor=actor(), now=clock.now())
    )
    if isinstance(outcome, Refused):
        typed = {"email": email, "role": role, "country": country, "language": language}
        why = WHY[outcome.code].format(**typed, languages=", ".join(LANGUAGES), near=outcome.near or "PE")
        console.print(f"No account was made or changed: {why}.", highlight=False, markup=False)
        return False
    console.print(f"{email} is {role}{f' of {country}' if country else ''} ({outcome})", highlight=False, markup=False)
    return True
