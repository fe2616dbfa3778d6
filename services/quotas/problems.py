"""Refused proposals in words: what, why, what next. Pages and the API show the same."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from services.quotas.proposals import ProposalRefused
from shared.web.i18n import N_
from shared.web.problems import Problem


class _Words(NamedTuple):
    status: int
    title: str
    detail: str


_WORDS: Final[Mapping[str, _Words]] = {
    "unknown_cell": _Words(404, N_("There is no such cell"), N_("Choose a cell of the board: a programme, a country and a year.")),
    "unknown_proposal": _Words(404, N_("There is no such proposal"), N_("Open the list of proposals and choose one there.")),
    "unchanged": _Words(422, N_("That is the target already"), N_("The cell has {target} places now. Enter another number.")),
    "bad_target": _Words(422, N_("That is no possible target"), N_("Enter a whole number of places from 0 to 1,000,000.")),
    "no_reason": _Words(422, N_("A reason is missing"), N_("Say why the target should change, for whoever decides and for the records.")),
    "not_open": _Words(409, N_("The proposal was decided already"), N_("Somebody else was first. Open it to see what was decided.")),
    "same_person": _Words(
        403, N_("Somebody else has to decide this"), N_("You proposed it yourself. Ask another officer to adopt or reject it.")
    ),
    "stale": _Words(
        409,
        N_("The cell has changed since you opened it"),
        N_("It has {target} places now, {offered} offered and {taken} taken, and {waiting} wait. Look at it again, then decide."),
    ),
    "pool_short": _Words(
        409,
        N_("The pool does not have that many places"),
        N_("{wanted} places would be needed and the pool has {pool}. Lower another cell first, or propose a smaller number."),
    ),
    "key_reused": _Words(
        422,
        N_("This key was used for something else"),
        N_("Send each new proposal with a new Idempotency-Key; keep a key for repeats only."),
    ),
}


def problem_of(refused: ProposalRefused) -> Problem:
    """The refusal as an answer, in the language of whoever asked."""
    words = _WORDS[refused.reason]
    return Problem(words.status, words.title, words.detail, code=refused.reason, params=refused.figures)
