"""How the places of a year are given, in the words that every page has for it: as approvals come in, or on one day.

The applications service says the same.
"""

from datetime import datetime
from typing import Final

from shared.web.formats import BEIJING, format_datetime, format_day_in, format_number
from shared.web.i18n import N_, translate

_ = translate

# fmt: off
ROLLING: Final = N_("Places are given as approvals come in: whoever is approved gets a free place at once, and where none is free waits on a list.")  # noqa: E501
AHEAD: Final = N_("Places are given on {day}, all at once and by rank. Until then nobody has one, and nobody is on a waiting list.")
PAST: Final = N_("Places were given on {day}, all at once and by rank. Whoever is approved since then gets a free place at once, and where none is free waits on a list.")  # noqa: E501
CLOSED: Final = N_("The places of this year were given, and its waiting list is closed. No place is given any more.")
# fmt: on


def giving(kind: str, grants_from: datetime | None, *, closed: bool = False) -> str:
    """How places are given, in a sentence or two; `kind` is `rolling`, `before` or `after` the round, `closed` says of the list."""
    if closed:
        return _(CLOSED)
    if grants_from is None:
        return _(ROLLING)
    said = AHEAD if kind == "before" else PAST
    return _(said, day=format_day_in(grants_from, BEIJING))


def giving_fact(kind: str, grants_from: datetime | None, zone: str = BEIJING) -> tuple[str, str]:
    """The same as a fact: its name, and when, in Beijing's time and that of the reader's zone."""
    if grants_from is None:
        return _("Places are given"), _("as approvals come in")
    return _("Places are given on") if kind == "before" else _("Places were given on"), two_times(grants_from, zone)


def two_times(moment: datetime, zone: str) -> str:
    """A moment in the reader's time, and where that is another in Beijing's."""
    return " · ".join(dict.fromkeys((format_datetime(moment, zone), format_datetime(moment, BEIJING))))


def listed_name(kind: str) -> str:
    """What those are called who are approved and have no place: on a list only once places were given."""
    return _("approved so far") if kind == "before" else _("on the waiting list")


def list_title(kind: str) -> str:
    """The heading over them."""
    return _("Approved so far") if kind == "before" else _("Waiting list")


def column_name(kind: str) -> str:
    """The same in a table's head, where how many they are stands below."""
    return _("Approved so far") if kind == "before" else _("Waiting")


def all_of_them(kind: str, n: int) -> str:
    """The link to all of them, from where the first ones stand."""
    text = N_("All {n} approved so far") if kind == "before" else N_("All {n} who wait")
    return _(text, n=format_number(n))


def none_of_them(kind: str) -> str:
    return _("Nobody is approved yet.") if kind == "before" else _("Nobody waits.")


def since_when(kind: str) -> str:
    """The head over the moment of each one's approval."""
    return _("Approved since") if kind == "before" else _("Waiting since")
