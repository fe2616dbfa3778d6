"""The promises of this service in words, by the names of its live checks."""

from collections.abc import Mapping
from typing import Final

from shared.web.i18n import N_

PROMISES: Final[Mapping[str, str]] = {
    "every submitted application has a receipt and a moment": N_("Every application that was sent has a receipt and a moment"),
    "the timeline ends where the application is": N_("Every timeline ends where its application stands"),
    "every move continues where the one before it led": N_("Every move begins where the one before it led"),
    "facts are counted without a gap": N_("What other services are told is counted without a gap"),
    "an offer has its deadline and its version": N_("Every offer has a deadline and a version"),
    "one slate rank is given once": N_("No number of a slate is given twice"),
    "no copy of a submission was given up": N_("Every application that was sent has its PDF, or will have it"),
    "a letter that has arrived is there": N_("Every letter that has arrived is there"),
    "every programme in force has its plan": N_("Every programme in force has its plan"),
}
