"""How the places of a call are given, in the words that every page has for it: as approvals come in, or on one day.

Quotas says the same.
"""

from datetime import datetime
from typing import Final

from services.applications.domain.lifecycle import State
from services.applications.plan.model import Call
from services.applications.tables import Application
from shared.web.formats import format_day_in
from shared.web.i18n import N_, translate

_ = translate

# fmt: off
ROLLING: Final = N_("Places are given as approvals come in: whoever is approved gets a free place at once, and where none is free waits on a list.")  # noqa: E501
AHEAD: Final = N_("Places are given on {day}, all at once and by rank. Until then nobody has one, and nobody is on a waiting list.")
PAST: Final = N_("Places were given on {day}, all at once and by rank. Whoever is approved since then gets a free place at once, and where none is free waits on a list.")  # noqa: E501
CLOSED: Final = N_("The places of this year were given, and its waiting list is closed. No place is given any more.")
BEFORE: Final = N_("Your application is approved. Places are given on {day}, all at once and by rank.")
"""What waiting means as long as nobody has been given a place."""
# fmt: on


def giving(call: Call, now: datetime) -> str:
    """How the call's places are given, in a sentence or two."""
    if now > call.list_closes:
        return _(CLOSED)
    if call.grants_from is None:
        return _(ROLLING)
    return _(AHEAD if before_day(call, now) else PAST, day=giving_day(call))


def giving_day(call: Call) -> str:
    """The day of the call's zone on which places are given, with the zone; nothing where they are given as approvals come in."""
    return format_day_in(call.grants_from, call.timezone) if call.grants_from is not None else ""


def answers_day(call: Call) -> str:
    """The day of the call's zone until which everybody has an answer, with the zone."""
    return format_day_in(call.answers_due, call.timezone)


def on_the_day(call: Call | None) -> str:
    """`Places are given on 15 April 2016 (Beijing time)`: what is said of an application that waits for that day."""
    return _("Places are given on {day}", day=giving_day(call)) if call is not None else ""


def before_round(application: Application, call: Call | None) -> bool:
    """Whether the application is approved and waits for the day on which places are given: nobody is on a list yet.

    The rank decides, and no clock: quotas tells everybody a rank once it has given the places of the country, which takes a moment.
    """
    return application.state == State.WAITING and application.waiting_rank == 0 and call is not None and call.grants_from is not None


def before_day(call: Call, now: datetime) -> bool:
    """Whether the call's places are given on one day, and that is yet to come: who waits by quotas' figures is on no list."""
    return call.grants_from is not None and now < call.grants_from


def awaits_day(application: Application, call: Call | None, now: datetime) -> bool:
    """The same, or that quotas has not yet answered an approval from before that day."""
    if application.state == State.APPROVED:
        return call is not None and before_day(call, now)
    return before_round(application, call)
