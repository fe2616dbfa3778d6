"""Somebody whose country cannot put anybody forward: why, in words, and what there is instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.applications.pages.seasons import Season, season, soonest, takes_part
from services.applications.store.plans import InForce
from shared.web.formats import listed
from shared.web.i18n import current_language, translate

_ = translate


@dataclass(frozen=True, slots=True)
class Away:
    """The country's name, whom the programme is for (empty where the country is on its side, and takes no part now), and the programmes
    with a call now or later in which it takes part.
    """

    country: str
    meant_for: str
    others: tuple[Season, ...]


def away(found: Season, every: Sequence[InForce], code: str, now: datetime) -> Away | None:
    """What to say to somebody of the country with that code; nothing where it takes part, or no country is known, or there is no call."""
    plan, language = found.terms.plan, current_language()
    country = plan.country(code)
    if country is None or found.call is None or takes_part(found, code, now):
        return None
    meant = "" if country.side in found.programme.sides else listed(plan.sides[side][language] for side in found.programme.sides)
    seasons = [season(one, now) for one in every if one.programme.code != found.programme.code]
    others = sorted((one for one in seasons if one.call is not None and takes_part(one, code, now)), key=soonest)
    return Away(country.names[language], meant, tuple(others))
