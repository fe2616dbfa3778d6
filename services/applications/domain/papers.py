"""Which papers somebody may attach, by the stage at which a paper is asked for, and where a file stands. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.applications.domain.lifecycle import APPLICANT, COORDINATOR, State


class FileState(StrEnum):
    """Where a file stands: only one that is ready is given out, and counts as attached."""

    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"


PAPERS: Final[Mapping[str, Mapping[str, frozenset[State]]]] = {
    "submission": {APPLICANT: frozenset({State.DRAFT, State.RETURNED})},
    "nomination": {
        APPLICANT: frozenset({State.DRAFT, State.RETURNED, State.SUBMITTED}),
        COORDINATOR: frozenset({State.SUBMITTED}),
    },
    "after_nomination": {
        APPLICANT: frozenset({State.NOMINATED, State.APPROVED, State.WAITING, State.OFFERED, State.ACCEPTED, State.PLACED}),
    },
    "after_offer": {APPLICANT: frozenset({State.OFFERED, State.ACCEPTED, State.PLACED})},
}
"""Stage, role: the states in which that role may attach and remove papers of that stage."""
LATER: Final = ("after_nomination", "after_offer")
"""Stages that ask the applicant for papers once the application was sent."""


def may_attach(stage: str, role: str, state: State) -> bool:
    """Whether the role may change papers of that stage now."""
    return state in PAPERS[stage].get(role, frozenset())


CORRECTED: Final = tuple(stage for stage in PAPERS if may_attach(stage, APPLICANT, State.RETURNED))
"""Stages whose papers the applicant can correct once the application was sent back; of a later one nothing is asked yet."""
