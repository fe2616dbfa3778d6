"""The promises of this service in words, by the names of its live checks."""

from collections.abc import Mapping
from typing import Final

from shared.web.i18n import N_

PROMISES: Final[Mapping[str, str]] = {
    "programmes_whose_places_do_not_sum_to_the_plan": N_("Every programme’s accounts sum to its places"),
    "accounts_that_differ_from_their_transfers": N_("Every account is what its transfers add up to"),
    "cells_that_differ_from_their_places": N_("Every cell counts the places that are there"),
    "cells_that_gave_places_over_their_target": N_("No place was given over a limit"),
    "persons_who_hold_too_much": N_("Nobody holds more places than the plan allows"),
    "persons_whose_places_no_limit_counts": N_("Every place that somebody holds is counted for that person"),
    "limits_that_differ_from_their_places": N_("Every limit counts the places that draw on it"),
    "nomination_limits_that_differ_from_their_nominations": N_("Every country’s nominations are counted"),
    "ranges_of_lists_that_differ_from_who_waits_in_them": N_("Long waiting lists are counted as they are"),
    "places_whose_version_differs_from_their_decisions": N_("Every place stands where its decisions left it"),
    "free_places_of_a_year_that_was_closed": N_("No year that was closed has free places"),
    "chains_whose_head_is_not_their_last_decision": N_("Every chain of decisions ends with its last one"),
    "decisions_whose_hash_or_link_is_wrong": N_("No decision was changed after it was made"),
    "free_places_with_somebody_servable_waiting": N_("No place is free for which somebody could be served"),
}
