"""Time zones that people choose from, and the one that a country's people most likely live in."""

from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.core import get_global

from services.applications.accounts.tables import Account
from shared.kernel.zones import zones
from shared.web.formats import BEIJING, bracketed, sort_key, zone_name
from shared.web.i18n import LANGUAGES, current_language

UTC: Final = "UTC"
MAIN: Final = {
    "AR": "America/Argentina/Buenos_Aires",
    "BR": "America/Sao_Paulo",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "EC": "America/Guayaquil",
    "MX": "America/Mexico_City",
}
"""The capital's zone of countries that have several."""
DONOR_SIDE: Final = ("reviewer", "officer", "auditor", "operator")
"""Roles that read moments in Beijing's time, as long as their account names no zone."""
REGIONS: Final = ("America/", "Asia/Shanghai", "Europe/")
"""Where people who apply live, or study for now; a zone from elsewhere that an account has already is offered too."""


@lru_cache(maxsize=512)
def zone_of(country: str) -> str:
    """The zone of the country's capital, or its only or first one; `UTC` for a code that no zone belongs to."""
    if country in MAIN:
        return MAIN[country]
    known = [zone for zone in get_global("territory_zones").get(country, ()) if exists(zone)]
    return str(known[0]) if known else UTC


def named(account: Account) -> str:
    """The zone that the account names; empty where it names none. UTC is one that somebody chose, else it stands for none."""
    return account.timezone if account.zone_chosen or account.timezone != UTC else ""


def of_account(account: Account | None, country: str = "") -> str:
    """The zone that the account names, else the one of its country, of `country` or of its side; empty where nothing says one."""
    if account is not None and (chosen := named(account)):
        return chosen
    if place := (account and account.country) or country:
        return zone_of(place)
    return BEIJING if account is not None and account.role in DONOR_SIDE else ""


def offered() -> tuple[str, ...]:
    """The zones to choose from, `UTC` first, then by the name that is shown, as the language orders names."""
    return _offered(current_language())


@lru_cache(maxsize=len(LANGUAGES))
def _offered(language: str) -> tuple[str, ...]:
    # Some 200 names; `language` is the one that they are shown in now.
    every = {str(zone) for zones in get_global("territory_zones").values() for zone in zones}
    return (UTC, *sorted((zone for zone in every if zone.startswith(REGIONS) and exists(zone)), key=lambda zone: sort_key(zone_name(zone))))


def exists(zone: str) -> bool:
    """Whether this is the name of a time zone."""
    return zone in zones()


def label(zone: str, now: datetime) -> str:
    """The zone's name with its present distance from UTC: `Lima (UTC-05:00)`."""
    if zone == UTC:
        return UTC
    offset = now.astimezone(ZoneInfo(zone)).strftime("%z")
    return bracketed(zone_name(zone), f"UTC{offset[:3]}:{offset[3:5]}")
