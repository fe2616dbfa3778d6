"""An application whole, with the zone and the moment to show it in: what pages, staff and the copies of what was sent work with."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.applications.accounts import people, zones
from services.applications.accounts.tables import Account
from services.applications.domain.lifecycle import EDITABLE, State
from services.applications.plan.model import Plan
from services.applications.tables import Application
from services.applications.views import Dossier
from shared.persistence.database import Tx


@dataclass(frozen=True, slots=True)
class Folder:
    """One application whole, for the person whose it is, with the zone and the moment to show it in."""

    dossier: Dossier
    zone: str
    now: datetime

    @classmethod
    def of(cls, dossier: Dossier, now: datetime) -> "Folder":
        """In the zone of the person whose application it is."""
        return cls(dossier, zone_with(dossier.person, dossier.application.country), now)

    @property
    def application(self) -> Application:
        return self.dossier.application

    @property
    def plan(self) -> Plan:
        return self.dossier.terms.plan

    @property
    def path(self) -> str:
        return f"/applications/{self.application.id}"

    @property
    def correcting(self) -> bool:
        """Whether it was sent back and waits for the corrections."""
        return self.application.state == State.RETURNED

    @property
    def ask(self) -> str:
        """The address of the country's focal point, whom a person may ask; empty where the plan does not name the country any more."""
        country = self.plan.country(self.application.country)
        return country.focal_point if country else ""

    @property
    def editable(self) -> bool:
        """Whether answers may be changed now."""
        return self.application.state in EDITABLE


async def zone_of(tx: Tx, account_id: UUID | None, country: str = "") -> str:
    """The time zone to show moments in: the account's, else that of its country or the application's, else UTC.

    A language says no zone: Spanish is read from Tijuana to Buenos Aires.
    """
    return zone_with(await people.by_id(tx, account_id) if account_id else None, country)


def zone_with(account: Account | None, country: str = "") -> str:
    """The same of an account that was read already."""
    return zones.of_account(account, country) or zones.UTC
