"""Questions to the focal point, and appeals: who may write when. Pure. Nothing here changes an application's state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.applications.domain.lifecycle import APPLICANT, COORDINATOR, OFFICER, State

QUESTION, APPEAL = "question", "appeal"
KINDS: Final = (QUESTION, APPEAL)
ANSWERS: Final = {QUESTION: COORDINATOR, APPEAL: OFFICER}
"""Who answers: questions go to the applicant's country, appeals to the programme."""
APPEALABLE: Final = frozenset({State.REJECTED, State.REFUSED})
BODY_MAX: Final = 4_000
PER_DAY: Final = 10
"""Letters that an applicant may write about one application in a day."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter; `closes` ends the exchange, which only staff do, and only with an answer."""

    kind: str
    number: int
    at: datetime
    role: str
    body: str
    closes: bool


@dataclass(frozen=True, slots=True)
class LetterRefused:
    """`reason`: `empty`, `too_long`, `too_many`, `nothing_asked`, `closed`, `no_decision`, `appeal_late` (the last day is `until`)."""

    reason: str
    until: date | None = None
    code: str = "letter_refused"


def of_kind(letters: Sequence[Letter], kind: str) -> list[Letter]:
    return [one for one in letters if one.kind == kind]


def waits_for(letters: Sequence[Letter], kind: str) -> str:
    """Whose turn it is: the role that answers, the applicant, or nobody where there is nothing, or it is closed."""
    found = of_kind(letters, kind)
    if not found or found[-1].closes:
        return ""
    return ANSWERS[kind] if found[-1].role == APPLICANT else APPLICANT


def may_begin(kind: str, state: State, *, today: date, until: date | None) -> LetterRefused | None:
    """Whether the applicant may begin an exchange of that kind: a question at any time, an appeal against a refusal until its last day."""
    if kind == QUESTION:
        return None
    if state not in APPEALABLE or until is None:
        return LetterRefused("no_decision")
    return LetterRefused("appeal_late", until) if today > until else None


def unfit_body(body: str) -> LetterRefused | None:
    """What speaks against the text by itself, whoever writes it, and whenever."""
    return LetterRefused("empty") if not body else LetterRefused("too_long") if len(body) > BODY_MAX else None


def may_write(
    letters: Sequence[Letter], kind: str, role: str, body: str, state: State, *, today: date, until: date | None, lately: int
) -> LetterRefused | None:
    """None where the letter may be written. `until` is the last day of an appeal, `lately` how many the applicant wrote in a day."""
    found = of_kind(letters, kind)
    if unfit := unfit_body(body):
        return unfit
    closed = bool(found) and found[-1].closes
    if role != APPLICANT:
        return LetterRefused("nothing_asked") if not found else LetterRefused("closed") if closed else None
    if lately >= PER_DAY:
        return LetterRefused("too_many")
    if kind == APPEAL and closed:
        return LetterRefused("closed")
    return None if found else may_begin(kind, state, today=today, until=until)
