"""What a use case answers, besides what was done: closed sets of values. Pages and the API turn them into words.

Every value has a stable `code`. None of them changes anything: a use case that returns one has written nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from services.applications.domain.answers import Answer, Fault
from services.applications.domain.eligibility import Reason
from services.applications.domain.lifecycle import NotAllowed, State

__all__ = ["NotAllowed"]


@dataclass(frozen=True, slots=True)
class NotFound:
    """It is not there, or the viewer may not know that it is."""

    code: ClassVar[str] = "not_found"


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The viewer may see it, and may not do this to it."""

    code: ClassVar[str] = "forbidden"


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody else acted first: the form was made for another version. What is there now: `state` and `version`."""

    state: State
    version: int
    code: ClassVar[str] = "changed"


@dataclass(frozen=True, slots=True)
class CallClosed:
    """The call is not open at the moment that counted, `counted`. `closes` is the last second inside."""

    counted: datetime
    opens: datetime
    closes: datetime
    code: ClassVar[str] = "call_closed"


@dataclass(frozen=True, slots=True)
class CorrectionLate:
    """The day until which a returned application could be corrected has passed."""

    correct_by: date
    code: ClassVar[str] = "correction_late"


@dataclass(frozen=True, slots=True)
class AlreadyApplied:
    """The person has an application to this call."""

    application_id: UUID
    code: ClassVar[str] = "already_applied"


@dataclass(frozen=True, slots=True)
class NotTakingPart:
    """The country does not take part in the programme on this day; `in_part`: it does, but not in what was chosen."""

    country: str
    in_part: bool = False
    code: ClassVar[str] = "not_participating"


@dataclass(frozen=True, slots=True)
class CoursesNotPossible:
    """Courses that were listed and cannot be had, each with why: a code of `domain.courses.WHY`."""

    courses: Mapping[str, str]
    code: ClassVar[str] = "course_not_possible"


@dataclass(frozen=True, slots=True)
class CourseNotListed:
    """An approval named a course that the person did not list; `listed` are those that they did, in their order."""

    course: str
    listed: tuple[str, ...]
    code: ClassVar[str] = "course_not_listed"


@dataclass(frozen=True, slots=True)
class CourseLost:
    """An approval for `course` would come to nothing, or is for the officer to say by name; `why` is a code of `domain.courses.WHY`.

    `others` are the courses of the list that nothing of that kind stands against, `begun` those that have begun: both may be named.
    """

    course: str
    why: str
    others: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    code: ClassVar[str] = "course_lost"


@dataclass(frozen=True, slots=True)
class ChannelLost:
    """An approval would come to nothing: the plan has the way of applying (`channel`) no longer; `open` are those that it has."""

    channel: str
    open: tuple[str, ...]
    code: ClassVar[str] = "channel_lost"


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Keys of the questions that need an answer, and of the documents that are missing, in the order of the form.

    `refused` are questions whose answer, though it was taken once, the form would refuse now.
    `checking` are documents with a file that is not checked yet.
    `referees` are how many more referees (or letters, where it is letters that are needed) there must be.
    """

    questions: tuple[str, ...]
    documents: tuple[str, ...]
    checking: tuple[str, ...] = ()
    referees: int = 0
    refused: tuple[str, ...] = ()
    code: ClassVar[str] = "incomplete"


@dataclass(frozen=True, slots=True)
class PaperFull:
    """As many files as may be of this paper are there; one must go before another one comes."""

    max_files: int
    code: ClassVar[str] = "too_many_files"


@dataclass(frozen=True, slots=True)
class Ineligible:
    """The programme's rules speak against it; each reason has its words."""

    reasons: tuple[Reason, ...]
    code: ClassVar[str] = "ineligible"


@dataclass(frozen=True, slots=True)
class WrongAnswers:
    """Faults by question key. The last good answers of the page stay as they were."""

    faults: Mapping[str, Fault]
    code: ClassVar[str] = "wrong_answers"


@dataclass(frozen=True, slots=True)
class PageChanged:
    """The page was saved since the person saw it: the answers that are there now (`version`, saved at `at`), and what they answered."""

    saved: Mapping[str, Answer]
    typed: Mapping[str, Answer]
    version: int
    at: datetime | None
    code: ClassVar[str] = "page_changed"


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The idempotency key was used for another request."""

    code: ClassVar[str] = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class ReasonsWrong:
    """Reasons are missing, or are none of those that the programme allows for this act."""

    allowed: tuple[str, ...]
    code: ClassVar[str] = "reasons_wrong"


@dataclass(frozen=True, slots=True)
class MarksWrong:
    """Marks, as `kind:key`, that name nothing that can be corrected, name it twice, or say more than `most` characters."""

    marks: tuple[str, ...]
    most: int
    code: ClassVar[str] = "marks_wrong"


@dataclass(frozen=True, slots=True)
class MarksMissing:
    """These reasons say that something is wrong in a place of the form, and no such place was marked; `about` has what each is about."""

    reasons: tuple[str, ...]
    about: frozenset[bool | str]
    code: ClassVar[str] = "marks_missing"


@dataclass(frozen=True, slots=True)
class DateWrong:
    """The date must not be before `earliest`; where `latest` is given, it was behind that one."""

    earliest: date
    latest: date | None = None
    code: ClassVar[str] = "date_wrong"


@dataclass(frozen=True, slots=True)
class NotScored:
    """The route has a review, and no reviewer has scored yet."""

    code: ClassVar[str] = "not_scored"


@dataclass(frozen=True, slots=True)
class PointsWrong:
    """Criterion key to the most points that it may have, for each criterion without points from 0 to there; `sent` are those given."""

    criteria: Mapping[str, int]
    sent: Mapping[str, int] = field(default_factory=dict)
    code: ClassVar[str] = "points_wrong"


@dataclass(frozen=True, slots=True)
class SlateChanged:
    """The order that was sent does not hold exactly the applications on the slate now."""

    code: ClassVar[str] = "slate_changed"


@dataclass(frozen=True, slots=True)
class OfferPassed:
    """The deadline of the offer has passed."""

    answer_by: datetime
    code: ClassVar[str] = "offer_passed"


@dataclass(frozen=True, slots=True)
class OfferReplaced:
    """The form answers an offer that is not the one made now."""

    code: ClassVar[str] = "offer_replaced"
