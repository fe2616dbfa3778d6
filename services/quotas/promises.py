"""The promises of this service in words, by the names of its live checks."""

from collections.abc import Mapping
from typing import Final

from shared.web.i18n import N_

PROMISES: Final[Mapping[str, str]] = {
    "programmes whose places do not sum to the plan": N_("Every programme’s accounts sum to its places"),
    "accounts that differ from their transfers": N_("Every account is what its transfers add up to"),
    "cells that differ from their places": N_("Every cell counts the places that are there"),
    "cells that gave places over their target": N_("No place was given over a limit"),
    "persons who hold too much": N_("Nobody holds more places than the plan allows"),
    "persons whose places no limit counts": N_("Every place that somebody holds is counted for that person"),
    "limits that differ from their places": N_("Every limit counts the places that draw on it"),
    "nomination limits that differ from their nominations": N_("Every country’s nominations are counted"),
    "ranges of lists that differ from who waits in them": N_("Long waiting lists are counted as they are"),
    "places whose version differs from their decisions": N_("Every place stands where its decisions left it"),
    "free places of a year that was closed": N_("No year that was closed has free places"),
    "chains whose head is not their last decision": N_("Every chain of decisions ends with its last one"),
    "decisions whose hash or link is wrong": N_("No decision was changed after it was made"),
    "free places with somebody servable waiting": N_("No place is free for which somebody could be served"),
}
