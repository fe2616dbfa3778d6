"""The promises of this service in words, by the names of its live checks."""

from collections.abc import Mapping
from typing import Final

from shared.web.i18n import N_

PROMISES: Final[Mapping[str, str]] = {
    "nobody is told twice": N_("Nobody is told anything twice"),
    "what was sent has its moment": N_("Every message that was sent says when"),
    "what failed says why": N_("Every message that failed says why"),
    "nothing waits for an hour without a try": N_("No message waits for an hour without being tried"),
    "nothing is being sent for an hour": N_("No message has been on its way for an hour"),
    "every mail that ended was published": N_("What became of every email was told to the other services"),
    "a settled reminder was not sent": N_("No reminder was sent that was not needed any more"),
}
