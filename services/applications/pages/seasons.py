"""Where a programme stands at a moment: its call, and the countries that take part in it."""

from dataclasses import dataclass
from datetime import datetime

from services.applications.pages.words import country_name
from services.applications.plan.model import Call, Programme
from services.applications.store.plans import InForce, in_force
from shared.persistence.database import Tx
from shared.web.formats import sort_key
from shared.web.problems import Problem


@dataclass(frozen=True, slots=True)
class Season:
    """A programme with the call that counts now: the open one, else the next one, else none."""

    terms: InForce
    call: Call | None
    open: bool

    @property
    def programme(self) -> Programme:
        return self.terms.programme


def season(terms: InForce, now: datetime) -> Season:
    """Where the programme stands at `now`."""
    call = terms.programme.open_call(now)
    if call is not None:
        return Season(terms, call, True)
    return Season(terms, following(terms.programme, now), False)


def following(programme: Programme, now: datetime) -> Call | None:
    """The next call that is yet to open."""
    return next((call for call in programme.calls if call.opens > now), None)


async def programme_in(tx: Tx, code: str) -> InForce:
    """The programme with that code; 404 where there is none."""
    terms = await in_force(tx, code)
    if terms is None:
        raise Problem(404, code="not_found")
    return terms


def takes_part(one: Season, country: str, now: datetime) -> bool:
    """Whether people of that country may apply to the programme now or, where it is not open yet, when it opens."""
    return country in {code for code, _name in taking_part(one.terms, one.call, now)}


def soonest(one: Season) -> tuple[bool, str]:
    """What is open first, by when it closes; then what opens, by when; then the rest."""
    moment = None if one.call is None else one.call.closes if one.open else one.call.opens
    return not one.open, moment.isoformat() if moment else "~"


def taking_part(terms: InForce, call: Call | None, now: datetime) -> list[tuple[str, str]]:
    """Codes and names of the countries that take part in the programme on the call's day, by name."""
    day = call.day(max(now, call.opens)) if call else now.date()
    codes = [country.code for country in terms.plan.countries_of(terms.programme)]
    named = [(code, country_name(code, terms.plan)) for code in codes if terms.shares(code, day)]
    return sorted(named, key=lambda one: sort_key(one[1]))
