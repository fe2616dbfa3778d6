"""Referees: what a programme asks of them, and what may happen to a request for a letter. Pure.

A request is `invited`, then `opened` by whoever has its link, then `received` or `declined`; the applicant may put another
referee in its place (`replaced`), and it is `released` where the application has come to its end without it. A request that waits
after its due date is shown as late; that is no state, because nothing has happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from services.applications.domain.answers import Answer, Page, Question, Texts, When
from services.applications.domain.lifecycle import State

KINDS: Final = ("academic", "professional")
WAYS: Final = ("write", "upload")
NEEDED: Final = ("submission", "nomination")
READERS: Final = ("coordinator", "reviewer", "officer")
MOMENTS: Final = ("closes", "grants_from", "answers_due")
REASONS: Final = ("no_time", "not_known", "conflict", "other")
"""Why a referee may decline."""

LAST_CALL: Final = timedelta(hours=12)
"""The reminder of the due day itself comes so long before the due moment."""
REMIND_EVERY: Final = timedelta(hours=48)
"""An applicant may remind one referee this often at most."""
REMIND_MOST: Final = 5
SECOND: Final = timedelta(seconds=1)


class Standing(StrEnum):
    INVITED = "invited"
    OPENED = "opened"
    RECEIVED = "received"
    DECLINED = "declined"
    REPLACED = "replaced"
    RELEASED = "released"


OPEN: Final = frozenset({Standing.INVITED, Standing.OPENED})
"""A letter may still come."""
LIVE: Final = OPEN | {Standing.RECEIVED}
"""Counts as a referee of the application."""
REPLACEABLE: Final = OPEN | {Standing.DECLINED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Referees:
    """What a programme asks for: how many letters, of which kinds, at which stage, until when, written or uploaded, read by whom.

    Letters are due `due_days` (negative: before) from the call's moment `due_of`; for `late_days` after that they are still taken, and
    marked late. `remind_days` are days before the due moment on which a referee who has not answered is reminded (0: on the day).
    `readers` are the roles that may read the letters. `when` narrows whom letters are asked of. `guidance` says to the
    applicant who should write, `guidance_of` to the referees of each kind what their letter is about.
    """

    minimum: int
    maximum: int
    kinds: tuple[str, ...]
    needed: str
    due_of: str
    due_days: int
    late_days: int = 0
    remind_days: tuple[int, ...] = ()
    ways: tuple[str, ...] = WAYS
    max_bytes: int
    readers: tuple[str, ...]
    guidance: Texts | None = None
    guidance_of: Mapping[str, Texts] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    when: When | None = None

    def asked_of(self, answers: Mapping[str, Answer]) -> bool:
        """Whether somebody with these answers needs letters."""
        return self.when is None or self.when.holds(answers)

    def guidance_for(self, kind: str) -> Texts | None:
        """What a referee of that kind is told of the letter; what the applicant is told speaks to another reader."""
        return self.guidance_of.get(kind)

    @property
    def page(self) -> Page:
        """The letter's questions, as a page of a form."""
        return Page(key="letter", title=Texts("", "", "", "", "", ""), questions=self.questions)

    def due(self, moment: datetime, zone: str) -> datetime:
        """The last second (inside) for a letter, for a call whose `due_of` is at `moment`; days are counted in the call's zone."""
        return shifted(moment, self.due_days, zone)


def shifted(moment: datetime, days: int, zone: str) -> datetime:
    """The same time of day so many days later in that zone, in UTC."""
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=days)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def passed(due: datetime, now: datetime) -> bool:
    """Whether a last second is over; the whole of it counts."""
    return now >= due + SECOND


def next_chase(due: datetime, days: Iterable[int], after: datetime) -> datetime | None:
    """The next moment after `after` at which the referee is to be reminded; none where there is no further one before it is due."""
    moments = (due - timedelta(days=one) if one else due - LAST_CALL for one in days)
    return min((moment for moment in moments if moment > after), default=None)


def remind_again_at(told_at: datetime | None, times: int) -> datetime | None:
    """From when the applicant may remind (again); none where it was done as often as may be."""
    if times >= REMIND_MOST:
        return None
    return told_at + REMIND_EVERY if told_at else datetime.min.replace(tzinfo=UTC)


def may_ask(needed: str, state: State) -> bool:
    """Whether the applicant may ask for letters in this state: as long as what they are needed for lies ahead."""
    before = {State.DRAFT, State.RETURNED} if needed == "submission" else {State.DRAFT, State.RETURNED, State.SUBMITTED}
    return state in before


def may_write(state: State) -> bool:
    """Whether a letter can still be of use to an application in this state."""
    return state in {State.DRAFT, State.RETURNED, State.SUBMITTED, State.NOMINATED}


@dataclass(frozen=True, slots=True)
class Tally:
    """How the letters of one application stand: `received` of those that are `needed`, and how many more may still come (`expected`)."""

    received: int
    needed: int
    expected: int

    @property
    def letters(self) -> int:
        """How many are still to come."""
        return max(0, self.needed - self.received)

    @property
    def referees(self) -> int:
        """How many more people have to be asked, so that there can be enough."""
        return max(0, self.letters - self.expected)


def tally(asked: Referees | None, standings: Sequence[str], answers: Mapping[str, Answer]) -> Tally | None:
    """How the letters stand; none where somebody with these answers is asked for none."""
    if asked is None or not asked.asked_of(answers):
        return None
    return Tally(sum(one == Standing.RECEIVED for one in standings), asked.minimum, sum(one in OPEN for one in standings))


def lacking(asked: Referees | None, standings: Sequence[str], answers: Mapping[str, Answer], stage: str) -> int:
    """How many referees (or, at the stage that letters are needed for, letters) are missing for that stage."""
    found = tally(asked, standings, answers)
    if asked is None or found is None:
        return 0
    if stage == asked.needed:
        return found.letters
    return found.referees if stage == "submission" else 0


def same_address(one: str, other: str) -> bool:
    """Whether two addresses reach one mailbox, as far as can be said: capitals do not count."""
    return one.strip().casefold() == other.strip().casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """Whom an applicant asks: checked and tidied by whoever read the form."""

    name: str
    email: str
    relation: str
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class RefereeRefused:
    """Nobody was asked, reminded or replaced. `code` is stable; `parameters` are for its words.

    not_asked, own_address, address_twice, too_many, too_late, name_needed, throttled, not_open, too_soon, reminded_enough
    """

    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkGone:
    """The link leads nowhere (any more). Whoever holds it learns no more than that."""

    code: ClassVar[str] = "link_gone"


@dataclass(frozen=True, slots=True)
class LetterRefused:
    """The letter was not taken. `code`: too_late, not_open, changed, unseen, incomplete."""

    code: str
