"""`puente account add`: staff accounts, which nobody can give to themselves on a page."""

from rich.console import Console

from services.applications.accounts.people import Refused, add_staff
from services.run.parked import actor
from shared.kernel.clock import Clock
from shared.messaging.service import Service

WHY = {
    "unknown_role": "expected coordinator, reviewer, officer, auditor or operator",
    "country_needed": "a coordinator needs --country, such as --country PE",
    "country_unknown": "that country is not in the plan",
}


async def add(
    applications: Service, clock: Clock, console: Console, *, email: str, role: str, country: str | None, language: str = "en"
) -> bool:
    """Make the staff account, or bring it to this role; whether that was possible."""
    outcome = await applications.db.run(
        lambda tx: add_staff(tx, email=email, role=role, country=country, language=language, actor=actor(), now=clock.now())
    )
    if isinstance(outcome, Refused):
        console.print(f"no account was made: {WHY.get(outcome.code, outcome.code)}", highlight=False)
        return False
    console.print(f"{email} is {role}{f' of {country}' if country else ''} ({outcome})", highlight=False)
    return True
