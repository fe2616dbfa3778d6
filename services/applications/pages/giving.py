"""How the places of a call are given, in the words that every page has for it: as approvals come in, or on one day.

Quotas says the same.
"""

from datetime import datetime
from typing import Final

from services.applications.domain.lifecycle import State
from services.applications.plan.model import Call
from services.applications.tables import Application
from shared.web.formats import format_date
from shared.web.i18n import N_, translate

_ = translate

# fmt: off
ROLLING: Final = N_("Places are given as approvals come in: whoever is approved gets a free place at once, and where none is free waits on a list.")  # noqa: E501
AHEAD: Final = N_("Places are given on {day}, all at once and by rank. Until then nobody has one, and nobody is on a waiting list.")
PAST: Final = N_("Places were given on {day}, all at once and by rank. Whoever is approved since then gets a free place at once, and where none is free waits on a list.")  # noqa: E501
BEFORE: Final = N_("Your application is approved. Places are given on {day}, all at once and by rank.")
"""What waiting means as long as nobody has been given a place."""
# fmt: on


def giving(call: Call, now: datetime) -> str:
    """How the call's places are given, in a sentence or two."""
    if call.grants_from is None:
        return _(ROLLING)
    return _(AHEAD if now < call.grants_from else PAST, day=giving_day(call))


def giving_day(call: Call) -> str:
    """The day of the call's zone on which places are given; nothing where they are given as approvals come in."""
    return format_date(call.day(call.grants_from)) if call.grants_from is not None else ""


def on_the_day(call: Call | None) -> str:
    """`Places are given on 15 April 2016`: what is said of an application that waits for that day."""
    return _("Places are given on {day}", day=giving_day(call)) if call is not None else ""


def before_round(application: Application, call: Call | None, now: datetime) -> bool:
    """Whether the application is approved and waits for the day on which places are given: nobody is on a list yet."""
    grants_from = call.grants_from if call else None
    return application.state == State.WAITING and not application.waiting_rank and grants_from is not None and now < grants_from
