"""Which papers somebody may attach, by the stage at which a paper is asked for. Pure."""

from collections.abc import Mapping
from typing import Final

from services.applications.domain.lifecycle import APPLICANT, COORDINATOR, State

PAPERS: Final[Mapping[str, Mapping[str, frozenset[State]]]] = {
    "submission": {APPLICANT: frozenset({State.DRAFT, State.RETURNED})},
    "nomination": {
        APPLICANT: frozenset({State.DRAFT, State.RETURNED, State.SUBMITTED}),
        COORDINATOR: frozenset({State.SUBMITTED}),
    },
    "after_offer": {APPLICANT: frozenset({State.OFFERED, State.ACCEPTED, State.PLACED})},
}
"""Stage, role: the states in which that role may attach and remove papers of that stage."""


def may_attach(stage: str, role: str, state: State) -> bool:
    """Whether the role may change papers of that stage now."""
    return state in PAPERS[stage].get(role, frozenset())
